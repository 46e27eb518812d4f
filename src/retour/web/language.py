"""The language of a page: what the visitor chose, else what the browser asks for, else English."""

from starlette.requests import Request

from retour.rendering.catalogues import FALLBACK, find_catalogue
from retour.rendering.language import rank_tags

COOKIE = "retour_language"


def choose_page_language(request: Request) -> str:
    """Return the language to show a page in; always one that has a catalogue."""
    chosen = request.cookies.get(COOKIE, "")
    asked = rank_tags(request.headers.get("accept-language", ""))
    return next(filter(None, map(find_catalogue, (chosen, *asked))), FALLBACK)
