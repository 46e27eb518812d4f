"""Comparisons said and printed."""

import io
import json
from html.parser import HTMLParser
from importlib.resources import files
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mailworld import SCENARIOS, World, see_at_gateway, vary
from rich.console import Console

from retour.model.comparison_document import ComparisonDocument
from retour.model.copies import BodyRelation, Copy, Reason, ReasonKey
from retour.model.vocabulary import VERDICTS
from retour.rendering.catalogues import languages, load_wording
from retour.rendering.comparison import build_comparison_document, name_copy, say_reason
from retour.rendering.comparison_html import render_comparison_html
from retour.rendering.comparison_json import comparison_to_dict
from retour.rendering.comparison_terminal import render_comparison_terminal
from retour.rendering.comparison_text import render_comparison_text
from retour.rendering.html import mark
from retour.rendering.layout import cell_width
from retour.rendering.text import WIDTH
from retour.trail.compare import compare
from retour.trail.copy import read_copy


def see(name: str, seed: int) -> list[Copy]:
    world = World(Random(seed))
    case = vary(world, SCENARIOS[name](world))
    return [see_at_gateway(one, with_envelope=seed % 2 == 0) for one in (case.a, case.b)]


def say(copies: list[Copy]) -> ComparisonDocument:
    sources = [f"{n}.eml" for n in range(len(copies))]
    return build_comparison_document(compare(copies), copies, sources)


def show(document: ComparisonDocument, width: int) -> str:
    out = io.StringIO()
    render_comparison_terminal(document, Console(file=out, width=width, force_terminal=False))
    return out.getvalue()


@pytest.mark.parametrize("language", languages())
def test_every_verdict_reason_and_relation_has_a_text(language: str) -> None:
    """What the core can say can be said to people, in every language."""
    wording = load_wording(language)
    for table in ("verdict", "title", "meaning"):
        assert set(wording.find("copies", table)) == set(VERDICTS)
    assert set(wording.find("copies", "reason")) == set(get_args(ReasonKey))
    assert set(wording.find("copies", "body")) == set(get_args(BodyRelation))


@pytest.mark.parametrize("name", SCENARIOS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=30)
def test_every_reason_is_said_in_full(name: str, seed: int) -> None:
    """A reason never falls silent because a fact that its sentence names is missing."""
    wording = load_wording("en")
    for pair in compare(see(name, seed)).pairs:
        for reason in pair.reasons:
            assert say_reason(wording, reason, "A", "B")


def test_a_reason_names_the_copy_that_it_is_about() -> None:
    """``copy`` is the letter of the side that the fact, else the quote, names."""
    wording = load_wording("en")
    assert say_reason(wording, Reason("list-copy", (("copy", "b"),)), "C", "F").startswith("Copy F")


@pytest.mark.parametrize("name", ["list-copy", "loop", "sent-twice", "retry"])
def test_text_and_terminal_show_verdict_reasons_and_both_columns(name: str) -> None:
    """Both printers show the same things, in their widths."""
    copies = see(name, 4)
    document = say(copies)
    text = render_comparison_text(document)
    assert max(map(cell_width, text.split("\n"))) <= WIDTH
    for printed in (text, show(document, 100)):
        flat = " ".join(printed.split())
        assert document.pairs[0].verdict in flat
        assert document.title in flat
        assert "0.eml" in flat
        assert "1.eml" in flat


@pytest.mark.parametrize("width", [20, 80, 200])
def test_nothing_of_a_mail_steers_a_terminal(width: int) -> None:
    """Control characters of hostile fields and texts are made visible."""
    head = (
        b"Subject: \x1b[2J\x07 %d\nFrom: \xe2\x80\xae@x.example\nX-%d: [bold]\x9b\n\n\x1b]0;t\x07"
    )
    document = say([read_copy(head % (n, n) + b"%d" % n) for n in range(2)])
    page = render_comparison_html(document)
    for printed in (render_comparison_text(document), show(document, width), page):
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(printed)
    assert "[bold]" in show(document, 200)


class _Tags(HTMLParser):
    """Collects what a page consists of, and whether every element is closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag not in {"br", "meta", "wbr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_holds_foreign_text_as_text_alone() -> None:
    """Whatever a mail, a path or an envelope says becomes no element, no attribute and no link."""
    evil = '"><a href=https://x.example/>http://y.example</a><script>x()</script><img src=x>\'"'
    raw = [
        f"Received: from {evil} by {evil} id {n};{evil}\nSubject: {evil}{n}\nX-{n}: {evil}\n"
        f"Message-ID: <{evil}>\n\n{evil} {n}\n".encode()
        for n in range(2)
    ]
    copies = [read_copy(one) for one in raw]
    document = build_comparison_document(compare(copies), copies, [evil, evil], isolating=True)
    page = render_comparison_html(document)
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    assert not tags.names & {"a", "script", "img", "svg", "form", "link", "iframe"}
    assert not tags.attributes & {"href", "src", "onload", "onerror"}
    assert "&lt;script&gt;" in page
    assert "http://" not in page


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_page_says_all_that_the_text_says(name: str, language: str) -> None:
    """Verdict, reasons, quotes, stations and fields; the parting is drawn where there is one."""
    copies = see(name, 6)
    said = build_comparison_document(
        compare(copies), copies, ["a.eml", "b.eml"], language=language, isolating=True
    )
    page = render_comparison_html(said)
    (pair,) = said.pairs
    side = pair.side
    assert side is not None
    texts = [said.title, pair.meaning, side.body, *(reason.text for reason in pair.reasons)]
    texts += [quote.value for reason in pair.reasons for quote in reason.quotes]
    texts += [row.a or row.b for row in (*side.hops, *side.fields)]
    for text in texts:
        assert mark(text) in page
    parted = load_wording(language).say("copies", "label", "parted")
    is_parted = side.parted_after is not None and side.parted_after < len(side.hops)
    assert (parted in page) == is_parted


def test_json_says_verdicts_of_the_contract() -> None:
    """Verdicts are those of the JSON contract; reasons carry key, sentence and quotes."""
    contract = json.loads((files("retour.rendering") / "retour-1.schema.json").read_bytes())
    assert set(contract["$defs"]["copy"]["properties"]["verdict"]["enum"]) == set(VERDICTS)
    copies = see("retry", 2)
    found = comparison_to_dict(compare(copies), copies, ["a.eml", "b.eml"])
    (pair,) = json.loads(json.dumps(found))["pairs"]
    assert (pair["a"], pair["b"], pair["verdict"]) == ("a.eml", "b.eml", "retry")
    assert pair["parted_at"]["host"]
    for reason in pair["reasons"]:
        assert reason["key"] in get_args(ReasonKey)
        assert reason["text"]


def test_more_than_three_copies_are_laid_beside_the_first() -> None:
    """Each pair has its verdict; the side by side is kept to what a person reads."""
    copies = see("retry", 1) + see("loop", 2) + see("split", 3)
    document = say(copies)
    assert len(document.pairs) == 15
    assert [pair.letters[0] for pair in document.pairs if pair.side] == ["A"] * 5


def test_copies_beyond_the_alphabet_are_numbered() -> None:
    """The twenty-seventh copy is 27."""
    assert [name_copy(n) for n in (0, 25, 26)] == ["A", "Z", "27"]
