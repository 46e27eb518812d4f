"""A running server, and a real browser before it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from webserver import LOCAL, MakeSite, Open, Visit, serving
from webtrail import make_trail

from retour.service.serving import WebSettings
from retour.service.settings import Settings
from retour.web.application import create_app
from retour.web.site import Site, open_site


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[MakeSite]:
    """Make what pages share, over an empty trail; keywords are settings of the web."""
    made: list[Site] = []

    def make(settings: Settings | None = None, *, store: str = "", **web: object) -> Site:
        defaults = {"requests_per_minute": 0, "shares": tmp_path / "shares"}
        defaults |= {"audit_log": tmp_path / "audit.jsonl"}
        served = WebSettings(**{**defaults, **web})  # type: ignore[arg-type]
        environ = {"HOME": str(tmp_path), **({"RETOUR_STORE": store} if store else {})}
        site = open_site(replace(settings or Settings(), web=served), environ)
        made.append(site)
        return site

    yield make
    for site in made:
        site.close()


@pytest.fixture
def client(make_site: MakeSite) -> TestClient:
    """A client of a server for this machine alone."""
    return TestClient(create_app(make_site()), base_url=LOCAL, follow_redirects=False)


@pytest.fixture
def server(make_site: MakeSite) -> Iterator[str]:
    """The address of a running server for this machine alone."""
    with serving(make_site()) as url:
        yield url


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The place of a trail that knows what pages and examples ask for."""
    return make_trail(tmp_path_factory.mktemp("trail"))


@pytest.fixture
def filled(make_site: MakeSite, trail: str) -> Iterator[str]:
    """The address of a running server over that trail."""
    with serving(make_site(store=trail)) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; skips where there is none."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        missing = "no browser is here (Debian: chromium)"
        if os.environ.get("RETOUR_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Open]:
    """Open windows before the running server; keywords are those of a browser context."""
    contexts: list[BrowserContext] = []

    def open_window(path: str = "/", *, at: str = server, **options: object) -> Visit:
        options.setdefault("locale", "en-GB")
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        visit = Visit(context, at)
        visit.page.goto(at + path)
        return visit

    yield open_window
    for context in contexts:
        context.close()
