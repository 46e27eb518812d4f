"""Every page before axe-core (WCAG 2.2 A and AA), at three widths, in light and dark."""

import os
from pathlib import Path
from typing import Any

import pytest
from webserver import Open

AXE = Path(__file__).parents[1] / "browser/node_modules/axe-core/axe.min.js"
EXAMPLES = Path(__file__).parents[2] / "examples"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATHS = ("/", "/nowhere", "/codes", "/codes/5.4.6", "/causes/duplicate-refused")
LOOKS = [(360, "light"), (800, "dark"), (1280, "light"), (360, "dark")]


def find_faults(page: Any) -> list[str]:
    """Return what axe-core finds wrong, and whether the page must be scrolled sideways."""
    if not AXE.is_file():
        missing = "axe-core is not here: npm install --prefix tests/browser"
        if os.environ.get("RETOUR_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "(values) => window.axe.run({runOnly: {type: 'tag', values}})"
        ".then(({violations}) => violations.map("
        "({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 160)}`))",
        TAGS,
    )
    beyond = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [*found, *([f"{beyond} pixels wider than the screen"] if beyond > 0 else [])]


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
