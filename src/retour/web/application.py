"""The application: settings in, everything that answers requests out."""

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from retour.analyse import explain
from retour.service.settings import load_settings
from retour.version import __version__
from retour.web.access import SESSION_SECONDS
from retour.web.api import API_ROUTERS
from retour.web.api.contract import install_openapi
from retour.web.counting import counting
from retour.web.guard import Guard, Refusal
from retour.web.page import STATIC
from retour.web.pages import PAGE_ROUTERS
from retour.web.refusing import answer_refusal, register_refusals
from retour.web.site import Site, open_site

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
_DESCRIPTION = (
    "Explains mail that came back, follows messages, and says whether they arrived. "
    "The same JSON as `retour --format json`; see docs/json.md and docs/api.md."
)


def create_app(site: Site) -> FastAPI:
    """Return the application.

    Args:
        site: what its pages share; it is closed when the server stops.
    """

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncIterator[None]:
        explain(b"Subject: warm\n\nup\n")  # loads what the first visitor would wait for
        # The knowledge stays; the collector need not look through it again and again.
        gc.freeze()
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        with counting(site):
            yield
        site.close()

    app = FastAPI(
        title="Retour",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=live,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.state.site = site
    for router in (*PAGE_ROUTERS, *API_ROUTERS):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    register_refusals(app)
    install_openapi(app)
    web = site.web
    if web.knows_people:
        is_secure = web.base_url.startswith("https://")
        app.add_middleware(
            SessionMiddleware,
            secret_key=site.sign("session", ""),
            session_cookie="__Host-retour" if is_secure else "retour",
            max_age=SESSION_SECONDS,
            same_site="lax",  # a provider of identities leads back here from its own site
            https_only=is_secure,
        )

    def answer(scope: Scope, refusal: Refusal) -> Response:
        return answer_refusal({**scope, "app": app}, refusal)  # it never came as far as that

    app.add_middleware(Guard, web=web, answer=answer)
    if web.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(web.trusted_proxies))
    return app


def create_from_environment() -> FastAPI:
    """Return the application for a process that uvicorn starts: settings from the environment."""
    return create_app(open_site(load_settings(None, os.environ), os.environ))
