"""What mail programs keep of a report, by the data of caniemail.com (npm's ``caniemail``).

Every element, attribute and property of the report is looked up. Where one of the programs below
drops it or keeps it in part, it stands in `REVIEWED` with the reason why nothing is lost.
"""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from samples import SAMPLES

from retour.rendering.document import build_document
from retour.rendering.html import render_html
from retour.rendering.letterhead import Letterhead

DATA = Path(__file__).parents[1] / "browser/node_modules/caniemail/data/caniemail.json"
CLIENTS = {
    "outlook": {"windows", "outlook-com"},
    "gmail": {"desktop-webmail", "ios", "android"},
    "apple-mail": {"macos", "ios"},
    "gmx": {"desktop-webmail", "android"},
    "web-de": {"desktop-webmail", "android"},
    "thunderbird": {"macos"},
}
# Names under which the data holds what it does not hold under its own.
SAME = {
    "css-border-style": "css-border",
    "css-border-width": "css-border",
    "css-border-top-style": "css-border",
    "css-border-top-width": "css-border",
    "css-border-bottom-style": "css-border",
    "css-border-bottom-width": "css-border",
    "css-border-color": "css-border",
    "css-font-family": "css-font",
    "css-flex": "css-display-flex",
    "css-margin-right": "css-margin",
    "css-padding-right": "css-padding",
    "html-bgcolor": "html-background",
    "html-li": "html-lists",
    "html-ol": "html-lists",
    "html-tr": "html-table",
    "html-td": "html-table",
    "html-th": "html-table",
    "html-b": "html-strong",
    **{f"html-h{level}": "html-h1-h6" for level in range(1, 7)},
}
# In HTML since 1995 or for the head alone; the data has no page for them.
KNOWN_EVERYWHERE = {
    "html-html",
    "html-head",
    "html-meta",
    "html-title",
    "html-body",
    "html-br",
    "html-a",
    "html-href",
    "html-src",
    "html-alt",
    "html-colspan",
    "html-border",
    "html-height",
    "html-scope",
    "html-class",
    "html-charset",
    "html-name",
    "html-content",
    "html-http-equiv",
    "css-color",
    "css-text-decoration",
}
REVIEWED = {
    "css-background-color": "GMX: not on body; cells carry it",
    "css-border": "Outlook: not on inline elements; only cells have borders",
    "css-border-radius": "square instead of round",
    "css-display": "the narrow form alone, and the logo",
    "css-display-flex": "the narrow form alone",
    "css-font-size": "in px throughout",
    "css-font-weight": "only normal and bold",
    "css-height": "the attribute stands beside it",
    "css-line-height": "in px throughout",
    "css-margin": "no negative and no automatic ones",
    "css-max-width": "Outlook gets a table of fixed width",
    "css-overflow-wrap": "word-break stands beside it",
    "css-word-break": "overflow-wrap stands beside it; else a long name widens the page",
    "css-padding": "on cells, and doubled by margins on lists",
    "css-white-space": "header lines stand in pre; Word wraps them at the edge by itself",
    "css-width": "the attribute stands beside it",
    "css-at-media": "dark and narrow forms are an extra",
    "css-at-media-prefers-color-scheme": "the dark form is an extra",
    "html-aria-hidden": "a sign is read in front of its word",
    "html-background": "a colour, no picture",
    "html-dir": "align stands beside it; the direction of single names is an extra",
    "html-lang": "a screen reader keeps its own language",
    "html-lists": "numbers stay",
    "html-meta-color-scheme": "the dark form is an extra",
    "html-role": "layout tables are read as tables",
    "html-style": "dark and narrow forms are an extra",
    "html-wbr": "nothing is broken up there",
    "html-width": "percentages beside max-width; Outlook gets a fixed table",
    "html-body": "the outermost table carries all that stands there",
    "html-height": "the height of lines says the same",
}


class Used(HTMLParser):
    """Collects what a page uses, as names of caniemail."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        self.names.add(f"html-{tag}")
        for name, value in attrs:
            if name == "style":
                self._declarations(value or "")
            else:
                self.names.add(f"html-{name}")
            if (tag, name, value) == ("meta", "name", "color-scheme"):
                self.names.add("html-meta-color-scheme")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            if "@media" in data:
                self.names.add("css-at-media")
            if "prefers-color-scheme" in data:
                self.names.add("css-at-media-prefers-color-scheme")
            if "display:flex" in data:
                self.names.add("css-display-flex")
            for block in re.findall(r"\{([^{}]*)\}", data):
                self._declarations(block)

    def handle_endtag(self, tag: str) -> None:
        self._in_style &= tag != "style"

    def _declarations(self, css: str) -> None:
        for declaration in filter(None, css.split(";")):
            self.names.add("css-" + declaration.partition(":")[0].strip())


@pytest.fixture(scope="module")
def features() -> dict[str, Any]:
    """The features of caniemail by their names."""
    if not DATA.is_file():
        pytest.skip("no data of caniemail: npm install --prefix tests/browser")
    return {entry["slug"]: entry for entry in json.loads(DATA.read_text())["data"]}


@pytest.fixture(scope="module")
def used() -> set[str]:
    """All that the samples' reports use."""
    page = Used()
    letterhead = Letterhead(name="Example", contact="Ask us", logo=PICTURE)
    for build in SAMPLES.values():
        page.feed(render_html(build_document(build(), isolating=True), letterhead=letterhead))
    return {SAME.get(name, name) for name in page.names}


PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (40).to_bytes(4) + (20).to_bytes(4)


def weak_spots(feature: dict[str, Any]) -> Iterator[str]:
    """Yield the programs that drop a feature or keep it in part, by their newest version."""
    for family, platforms in CLIENTS.items():
        for platform, versions in feature["stats"].get(family, {}).items():
            support = list(versions.values())[-1]
            if platform in platforms and support[0] in "na":
                yield f"{family}.{platform}"


def test_all_that_is_used_is_known(features: dict[str, Any], used: set[str]) -> None:
    """Nothing is used about which nobody knows how mail programs treat it."""
    assert sorted(used - set(features) - KNOWN_EVERYWHERE) == []


def test_nothing_essential_is_dropped(features: dict[str, Any], used: set[str]) -> None:
    """What a program drops has been looked at, one by one."""
    weak = {name: list(weak_spots(features[name])) for name in used & set(features)}
    assert {name: where for name, where in weak.items() if where and name not in REVIEWED} == {}


def test_the_review_holds_nothing_superfluous(features: dict[str, Any], used: set[str]) -> None:
    """A reason for what is not used, or is kept by all, would hide the next real one."""
    weak = {name for name in used & set(features) if any(weak_spots(features[name]))}
    assert sorted(set(REVIEWED) - weak) == []
