"""The pages: one module each, with its router; one template each."""

from fastapi import APIRouter

from retour.web.pages import codes, explain, preferences, signin, theme

PAGE_ROUTERS: tuple[APIRouter, ...] = (
    explain.router,
    codes.router,
    preferences.router,
    signin.router,
    theme.router,
)
