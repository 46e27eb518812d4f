"""Every page before axe-core (WCAG 2.2 A and AA), at three widths, in light and dark."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from webfaults import LOOKS, find_faults
from webserver import MakeSite, Open, Visit, serving

from retour.service.serving import Token
from retour.web.pages import PAGE_ROUTERS

EXAMPLES = Path(__file__).parents[2] / "examples"
ONE, OTHER = EXAMPLES / "second-copy.eml", EXAMPLES / "mailbox-full.eml"
PAGES = {
    "/": ("/",),
    "/trail": (
        "/trail",
        "/trail?from=ann@example.com&status=failed",
        "/trail?cause=mailbox-full&check_over_ms=1000&queue_id=Q",
        "/trail?since=nonsense",
        "/trail?from=nobody",
    ),
    "/trail/message": (
        "/trail/message?id=%3Cway@example.com%3E",
        "/trail/message?id=nobody",
    ),
    "/trail/repeated": ("/trail/repeated", "/trail/repeated?since=nonsense"),
    "/compare": ("/compare", "/compare?a=%3Ctwin@example.com%3E", "/compare?a=nobody"),
    "/overview": ("/overview", "/overview?period=24h"),
    "/codes": ("/codes",),
    "/codes/{code}": ("/codes/5.4.6",),
    "/causes/{name}": ("/causes/duplicate-refused",),
}
"""Addresses of each route that can be opened just so."""
JOURNEYS = {"/explain", "/share", "/s/{token}", "/sign-in"}
"""Routes whose pages are looked at on the way of a person."""
NO_PAGES = {
    "/causes",  # leads to /codes
    "/explain/download",
    "/language",
    "/sign-in/back",
    "/sign-in/provider",
    "/sign-out",
    "/theme.css",
}


def test_no_page_is_forgotten() -> None:
    """The application's own routes are those that are looked at here."""
    routes = {route.path for router in PAGE_ROUTERS for route in router.routes}  # type: ignore[attr-defined]
    assert routes == PAGES.keys() | JOURNEYS | NO_PAGES


def look(visit: Open, url: str, width: int, scheme: str, path: str = "/") -> Visit:
    """Open a window that axe-core may be put into."""
    options: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "bypass_csp": True}
    return visit(path, at=url, color_scheme=scheme, **options)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_pages_are_accessible(visit: Open, filled: str, width: int, scheme: str) -> None:
    """Nothing to find, and nothing to scroll sideways, whatever subjects and names hold."""
    seen = look(visit, filled, width, scheme)
    faults = {}
    for path in (path for paths in PAGES.values() for path in paths):
        seen.page.goto(filled + path)
        seen.page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
        faults[path] = find_faults(seen.page)

    assert {path: found for path, found in faults.items() if found} == {}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_what_comes_of_mails_is_accessible(
    visit: Open, filled: str, width: int, scheme: str
) -> None:
    """A report, its link, what the link opens, a list of reports, and two copies compared."""
    seen = look(visit, filled, width, scheme)
    faults = {}
    seen.page.set_input_files("#files", ONE)
    seen.page.get_by_role("button", name="Explain").click()
    seen.page.locator(".report").first.wait_for()
    faults["report"] = find_faults(seen.page)
    seen.page.get_by_role("button", name="Share by link").click()
    link = seen.page.get_by_label("Link")
    link.wait_for()
    faults["share"] = find_faults(seen.page)
    seen.page.goto(link.input_value())
    faults["shared"] = find_faults(seen.page)
    seen.page.goto(filled)
    seen.page.set_input_files("#files", [ONE, OTHER])
    seen.page.get_by_role("button", name="Explain").click()
    seen.page.locator(".mails").wait_for()
    faults["list"] = find_faults(seen.page)
    seen.page.goto(filled + "/compare")
    seen.page.set_input_files("#files", [ONE, OTHER])
    seen.page.get_by_role("button", name="Compare").first.click()
    seen.page.locator(".pairs").first.wait_for()
    faults["compared"] = find_faults(seen.page)

    assert {place: found for place, found in faults.items() if found} == {}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_refusals_are_accessible(visit: Open, make_site: MakeSite, width: int, scheme: str) -> None:
    """No such page, too large, too often, and a trail out of reach."""
    faults = {}
    with serving(make_site(upload_max_bytes=1000, store="postgresql://x@127.0.0.1:1/x")) as url:
        seen = look(visit, url, width, scheme, "/nowhere")
        faults["missing"] = find_faults(seen.page)
        seen.page.goto(url + "/trail")
        faults["trail"] = find_faults(seen.page)
        seen.page.goto(url)
        seen.page.set_input_files("#files", ONE)
        seen.page.get_by_role("button", name="Explain").click()
        seen.page.get_by_role("heading", name="too large").wait_for()
        faults["large"] = find_faults(seen.page)
    with serving(make_site(requests_per_minute=1)) as url:
        seen = look(visit, url, width, scheme)
        seen.page.goto(url)
        seen.page.goto(url)
        assert "too many requests" in seen.page.content()
        faults["often"] = find_faults(seen.page)

    assert {place: found for place, found in faults.items() if found} == {}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_signing_in_is_accessible(
    visit: Open, make_site: MakeSite, width: int, scheme: str
) -> None:
    """The page that strangers see, what it says to a wrong token, and a page that is not theirs."""
    token = Token("Ada", "viewer", (), sha256(b"secret").hexdigest())
    with serving(make_site(tokens=(token,))) as url:
        seen = look(visit, url, width, scheme, "/sign-in")
        faults = {"asked": find_faults(seen.page)}
        for said in ("wrong", "secret"):
            seen.page.locator("input[name=token]").fill(said)
            seen.page.locator("input[name=token]").press("Enter")
            seen.page.wait_for_load_state()
            faults[said] = find_faults(seen.page)
        seen.page.goto(url + "/trail")
        faults["role"] = find_faults(seen.page)

    assert {place: found for place, found in faults.items() if found} == {}
