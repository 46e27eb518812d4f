"""The pages: one module each, with its router; one template each."""

from fastapi import APIRouter

from retour.web.pages import (
    codes,
    compare,
    explain,
    overview,
    preferences,
    signin,
    theme,
    trail,
)

PAGE_ROUTERS: tuple[APIRouter, ...] = (
    explain.router,
    trail.router,
    compare.router,
    overview.router,
    codes.router,
    preferences.router,
    signin.router,
    theme.router,
)
