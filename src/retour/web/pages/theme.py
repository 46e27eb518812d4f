"""The colours of all pages as a style sheet: those of the reports, with the operator's two."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from retour.rendering.letterhead import Letterhead
from retour.rendering.theme import Palette, palettes
from retour.web.site import site_of

router = APIRouter(include_in_schema=False)


@router.get("/theme.css")
def show_theme(request: Request) -> Response:
    """Give the colours for light and for dark screens."""
    letterhead = site_of(request).settings.letterhead or Letterhead()
    light, dark = palettes(letterhead.accent, letterhead.stripe)
    sheet = f"{_write(light)}\n@media (prefers-color-scheme:dark){{{_write(dark)}}}\n"
    return Response(sheet, media_type="text/css")


def _write(palette: Palette) -> str:
    return f":root{{{';'.join(f'--{name}:{colour}' for name, colour in palette.items())}}}"
