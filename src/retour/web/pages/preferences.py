"""What a visitor chooses for all pages: the language."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from retour.rendering.catalogues import find_catalogue
from retour.web.form import Form
from retour.web.language import COOKIE
from retour.web.site import site_of

router = APIRouter(include_in_schema=False)
_A_YEAR_SECONDS = 365 * 24 * 3600


@router.post("/language")
def choose_language(request: Request, form: Form) -> Response:
    """Keep the language and go back to the page."""
    response = RedirectResponse(find_local_path(str(form.get("back", "/"))), 303)
    language = find_catalogue(str(form.get("language", "")))
    if language:
        response.set_cookie(
            COOKIE,
            language,
            max_age=_A_YEAR_SECONDS,
            httponly=True,
            samesite="lax",
            secure=site_of(request).web.base_url.startswith("https://"),
        )
    return response


def find_local_path(path: str) -> str:
    """Return a path of this server; what could lead anywhere else becomes the first page."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_local and path.isascii() and "\\" not in path else "/"
