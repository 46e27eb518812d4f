"""Explain a mail that was dropped or pasted."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from retour.web.access import Viewer
from retour.web.page import render_page

router = APIRouter(include_in_schema=False)


@router.get("/")
def show_form(request: Request, _: Viewer) -> Response:
    """Show the field that takes a mail."""
    return render_page(request, "explain.html")
