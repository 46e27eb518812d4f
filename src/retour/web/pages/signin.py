"""Signing in, with a token or at a provider of identities, and out."""

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from retour.web.access import begin_session, find_token
from retour.web.form import Form
from retour.web.page import render_page
from retour.web.pages.preferences import find_local_path
from retour.web.person import Person
from retour.web.provider import CALLBACK, begin_sign_in, choose_role, finish_sign_in, name_person
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
    begin_session(request, token=token.sha256[:16])
    site.audit.record(request, Person(token.name, token.role), "signed in")
    return RedirectResponse(target, 303)


@router.get("/sign-in/provider")
async def go_to_provider(request: Request) -> Response:
    """Lead the browser to the provider."""
    site = site_of(request)
    if site.provider is None:
        raise HTTPException(404)
    return await begin_sign_in(site.provider, request, site.web.base_url + CALLBACK)


@router.get(CALLBACK)
async def come_back(request: Request) -> Response:
    """Let a person in whom the provider knows and whose groups have a role here."""
    site = site_of(request)
    if site.provider is None or site.web.openid is None:
        raise HTTPException(404)
    claims = await finish_sign_in(site.provider, request)
    name, role = name_person(claims), choose_role(site.web.openid, claims)
    if role is None:
        site.audit.record(request, Person(name, "viewer"), "sign-in refused")
        raise HTTPException(403, "stranger")
    target = find_local_path(str(request.session.get("to", "/")))
    begin_session(request, name=name, role=role)
    site.audit.record(request, Person(name, role), "signed in")
    return RedirectResponse(target, 303)


@router.post("/sign-out")
def sign_out(request: Request, _: Form) -> Response:
    """Forget who it was."""
    if site_of(request).web.knows_people:
        request.session.clear()
    return RedirectResponse("/", 303)
