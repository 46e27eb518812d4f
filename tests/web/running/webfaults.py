"""What axe-core finds wrong with a page, and the looks that each page is held to."""

import os
from pathlib import Path
from typing import Any

import pytest

AXE = Path(__file__).parents[2] / "browser/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [(width, scheme) for width in (360, 820, 1440) for scheme in ("light", "dark")]


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
