"""Reports in a real browser: nothing that axe-core finds wrong, and no scrolling sideways."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest
from mailworld import SCENARIOS, World, see_at_gateway
from samples import SAMPLES

from retour.model.comparison_document import ComparisonDocument
from retour.rendering.comparison import build_comparison_document
from retour.rendering.comparison_html import render_comparison_html
from retour.rendering.document import build_document
from retour.rendering.html import render_html
from retour.trail.compare import compare

BROWSER = Path(__file__).parents[1] / "browser"
NAMES = ("second-copy", "different-fates", "mailbox-full-delay", "auto-reply", "hostile")
COMPARISONS = ("list-copy", "loop", "sent-twice")


def _compare(scenario: str) -> ComparisonDocument:
    world = World(Random(3))
    case = SCENARIOS[scenario](world)
    copies = [see_at_gateway(one, with_envelope=True) for one in (case.a, case.b, case.a)]
    names = ["a.eml", "b.eml", "c.eml"]
    return build_comparison_document(compare(copies), copies, names, isolating=True)


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the browser found, for each page, width and scheme."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    node = shutil.which("node")
    if not chromium or not node or not (BROWSER / "node_modules/axe-core").is_dir():
        missing = "no browser: needs chromium, node and npm install --prefix tests/browser"
        if os.environ.get("RETOUR_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("pages")
    pages = []
    for name in NAMES:
        page = folder / f"{name}.html"
        page.write_text(render_html(build_document(SAMPLES[name](), isolating=True)))
        pages.append(str(page))
    for scenario in COMPARISONS:
        page = folder / f"compare-{scenario}.html"
        page.write_text(render_comparison_html(_compare(scenario)))
        pages.append(str(page))
    done = subprocess.run(
        [node, str(BROWSER / "look.mjs"), chromium, *pages], capture_output=True, check=True
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(found) == 4 * len(pages)
    return found


def test_axe_finds_nothing_wrong(looks: list[dict[str, Any]]) -> None:
    """WCAG 2.2 A and AA and good practice, at three widths, light and dark."""
    assert [look for look in looks if look["faults"]] == []


def test_no_page_is_wider_than_the_screen(looks: list[dict[str, Any]]) -> None:
    """360 pixels are a phone, and 800 pixels at a zoom of 200 %, near enough."""
    assert [look for look in looks if look["beyond"] > 0] == []
