"""The API below ``/api/v1/``: one module a subject; see docs/api.md."""

from fastapi import APIRouter

from retour.web.api import codes, compare, explain, stats, trails

API_ROUTERS: tuple[APIRouter, ...] = (
    explain.router,
    compare.router,
    trails.router,
    stats.router,
    codes.router,
)
