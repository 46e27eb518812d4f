"""Signing in with a token, and out."""

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from retour.web.access import Person, find_token
from retour.web.form import Form
from retour.web.page import render_page
from retour.web.pages.preferences import find_local_path
from retour.web.site import site_of

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def show_sign_in(request: Request) -> Response:
    """Show the ways to sign in."""
    web = site_of(request).web
    if not web.knows_people:
        raise HTTPException(404)
    return render_page(request, "signin.html", web=web, is_wrong=False)


@router.post("/sign-in")
def sign_in(request: Request, form: Form) -> Response:
    """Sign in with a token."""
    site = site_of(request)
    if not site.web.tokens:
        raise HTTPException(404)
    token = find_token(site.web, str(form.get("token", "")).strip())
    if token is None:
        site.audit.record(request, Person("?", "viewer"), "sign-in refused")
        return render_page(request, "signin.html", status=403, web=site.web, is_wrong=True)
    target = find_local_path(str(request.session.get("to", "/")))
    # A new session: nothing that was known before somebody signed in stays.
    request.session.clear()
    request.session["token"] = token.sha256[:16]
    site.audit.record(request, Person(token.name, token.role), "signed in")
    return RedirectResponse(target, 303)


@router.post("/sign-out")
def sign_out(request: Request, _: Form) -> Response:
    """Forget who it was."""
    if site_of(request).web.knows_people:
        request.session.clear()
    return RedirectResponse("/", 303)
