"""Every page before axe-core (WCAG 2.2 A and AA), at three widths, in light and dark."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from webfaults import LOOKS, find_faults
from webserver import MakeSite, Open, serving

from retour.service.serving import Token

EXAMPLES = Path(__file__).parents[2] / "examples"
PATHS = ("/", "/nowhere", "/codes", "/codes/5.4.6", "/causes/duplicate-refused")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_pages_are_accessible(visit: Open, width: int, scheme: str) -> None:
    """Nothing to find, and nothing to scroll sideways."""
    options: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "bypass_csp": True}
    seen = visit("/", color_scheme=scheme, **options)
    faults = {}
    base = seen.page.url.rstrip("/")
    for path in PATHS:
        seen.page.goto(base + path)
        faults[path] = find_faults(seen.page)
    seen.page.goto(base)
    seen.page.set_input_files("#files", EXAMPLES / "second-copy.eml")
    seen.page.get_by_role("button", name="Explain").click()
    seen.page.locator(".report").first.wait_for()
    faults["report"] = find_faults(seen.page)
    seen.page.get_by_role("button", name="Share by link").click()
    seen.page.get_by_label("Link").wait_for()
    faults["share"] = find_faults(seen.page)
    seen.page.goto(base)
    both = [EXAMPLES / "second-copy.eml", EXAMPLES / "mailbox-full.eml"]
    seen.page.set_input_files("#files", both)
    seen.page.get_by_role("button", name="Explain").click()
    seen.page.locator(".mails").wait_for()
    faults["list"] = find_faults(seen.page)

    assert {place: found for place, found in faults.items() if found} == {}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_signing_in_is_accessible(
    visit: Open, make_site: MakeSite, width: int, scheme: str
) -> None:
    """The page that strangers see, and what it says to a wrong token."""
    token = Token("Ada", "viewer", (), sha256(b"secret").hexdigest())
    with serving(make_site(tokens=(token,))) as url:
        options: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "bypass_csp": True}
        seen = visit("/sign-in", at=url, color_scheme=scheme, **options)
        asked = find_faults(seen.page)
        seen.page.locator("input[name=token]").fill("wrong")
        seen.page.locator("input[name=token]").press("Enter")
        seen.page.wait_for_load_state()
        refused = find_faults(seen.page)

    assert (asked, refused) == ([], [])
