"""HTML reports: whole, escaped, without links of strangers, and readable without colour."""

import dataclasses
import re
import typing
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import samples
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from markupsafe import Markup
from samples import SAMPLES

from retour.model.analysis import Analysis
from retour.rendering import catalogues
from retour.rendering.catalogues import load_wording
from retour.rendering.document import build_document, build_reply_document
from retour.rendering.html import SIGNS, load_template, mark, render_html
from retour.rendering.letterhead import Letterhead, embed, measure
from retour.rendering.theme import STATES
from retour.rendering.wording import ISOLATE, POP_ISOLATE

TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "table",
    "tr",
    "td",
    "th",
    "div",
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "ol",
    "li",
    "span",
    "br",
    "b",
    "pre",
    "a",
    "img",
    "wbr",
}
VOID = {"meta", "br", "wbr", "img"}
ATTRIBUTES = {
    "alt",
    "align",
    "aria-hidden",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "charset",
    "class",
    "colspan",
    "content",
    "dir",
    "height",
    "href",
    "http-equiv",
    "lang",
    "name",
    "role",
    "scope",
    "src",
    "style",
    "valign",
    "width",
}
EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</td></tr></table><h1>PAID</h1>",
    "javascript:alert(1)",
    "https://evil.example/?a=1&b=2",
    "<!--[if mso]><p>x",
    "]]><!--",
    "{{ 7*7 }}{% raw %}",
    "&lt;b&gt; &amp;",
    f"{POP_ISOLATE}{ISOLATE}{ISOLATE}",
    samples.ESCAPES,
]
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (560).to_bytes(4) + (64).to_bytes(4)


class Page(HTMLParser):
    """Reads a page and holds it to its tags, attributes and nesting."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, _ in attrs:
            assert name in ATTRIBUTES, name
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        """What a reader sees, white space folded."""
        return " ".join("".join(self.texts).split())


def render(analysis: Analysis, **options: Any) -> str:
    """Return a page."""
    letterhead = options.pop("letterhead", Letterhead())
    return render_html(build_document(analysis, isolating=True, **options), letterhead=letterhead)


@cache
def sources() -> frozenset[str]:
    """The pages that our own rules were derived from."""
    from retour.knowledge.load import load  # noqa: PLC0415

    return frozenset(rule.source for rule in load().rules.values())


@pytest.mark.parametrize("audience", ["sender", "admin", "all"])
@pytest.mark.parametrize("name", SAMPLES)
def test_pages_are_whole(name: str, audience: Any) -> None:
    """Known tags and attributes, all closed; one heading of the first rank, no rank skipped."""
    page = Page(render(SAMPLES[name](), audience=audience))
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))


@pytest.mark.parametrize("name", SAMPLES)
def test_tables_say_whether_they_hold_data(name: str) -> None:
    """A table has cells that name rows or columns, or is marked as layout."""
    markup = render(SAMPLES[name]())
    for attributes, inside in re.findall(
        r"<table([^>]*)>((?:(?!<table).)*?)</table>", markup, re.S
    ):
        assert ('role="presentation"' in attributes) != ("<th " in inside)
    for tag, attributes in Page(markup).elements:
        if tag == "th":
            assert attributes["scope"] in ("row", "col")


def put_everywhere(value: Any, payload: str) -> Any:
    """Return a value with every free text in it, however deep, followed by a payload."""
    if isinstance(value, tuple):
        return tuple(put_everywhere(item, payload) for item in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return f"{value}{payload}" if isinstance(value, str) else value
    hints = typing.get_type_hints(type(value))
    changed = {}
    for field in dataclasses.fields(value):
        inner = getattr(value, field.name)
        closed = isinstance(inner, str) and "Literal" in str(hints[field.name])
        named = isinstance(inner, str) and field.name in ("cause", "language")
        changed[field.name] = inner if closed or named else put_everywhere(inner, payload)
    return replace(value, **changed)


@pytest.mark.parametrize("payload", EVIL)
@pytest.mark.parametrize("name", ["second-copy", "different-fates", "moved", "dmarc-failure"])
def test_hostile_text_in_every_field_stays_text(name: str, payload: str) -> None:
    """Nothing of a mail makes an element, an attribute or a link, or steers the reader's screen."""
    calm, evil = SAMPLES[name](), put_everywhere(SAMPLES[name](), payload)
    markup = render(evil)
    page, innocent = Page(markup), Page(render(calm))
    assert set(page.links) <= sources()
    assert page.headings == innocent.headings
    assert not STEERING.search(markup)


@settings(max_examples=150)
@given(st.text(max_size=60))
def test_any_text_in_every_field_stays_text(payload: str) -> None:
    """The same for whatever can be written."""
    markup = render(put_everywhere(SAMPLES["user-unknown"](), payload))
    assert set(Page(markup).links) <= sources()
    assert not STEERING.search(markup)


@given(st.text(alphabet=f'ab<&"{ISOLATE}{POP_ISOLATE}\x1b', max_size=30))
def test_marked_text_is_balanced_and_complete(text: str) -> None:
    """Isolates come out as closed elements whatever stands between them; no letter is lost."""
    page = Page(str(mark(text)))
    kept = text.replace(ISOLATE, "").replace(POP_ISOLATE, "").replace("\x1b", "\u241b")
    assert "".join(page.texts).replace("\ufffd", "") == kept


def test_markup_of_ours_passes_unchanged() -> None:
    """What is markup already is not escaped again."""
    assert mark(Markup("<b>")) == "<b>"
    assert mark("<b>") == "&lt;b&gt;"


def test_url_of_a_bounce_is_no_link_and_does_not_look_like_one_to_programs() -> None:
    """A page that the other side names is shown, but broken up where programs would link it."""
    markup = render(samples.moved())
    assert "evil.example" in Page(markup).text
    assert "http://evil" not in markup
    assert "evil.example" not in " ".join(Page(markup).links)


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_is_fetched(name: str) -> None:
    """No picture, sheet or script from elsewhere, and a policy that would forbid it."""
    markup = render(SAMPLES[name](), letterhead=Letterhead(name="E", logo=PICTURE))
    page = Page(markup)
    for tag, attributes in page.elements:
        assert not (attributes.get("src") or "data:").startswith(("http", "//")), tag
    assert "url(" not in markup
    assert "default-src 'none'" in markup


@pytest.mark.parametrize("name", ["second-copy", "true-loop", "mailbox-full-delay"])
def test_state_is_told_in_words_and_signs(name: str) -> None:
    """Without any colour each station still says how the message fared there."""
    document = build_document(SAMPLES[name](), isolating=True)
    text = Page(render_html(document)).text
    told = document.recipients[0].sender
    assert told
    for station in told.stations:
        assert load_wording("en").say("state", station.state) in text
        assert SIGNS[station.state] in text
    assert set(SIGNS) == set(STATES)
    assert len(set(SIGNS.values())) == len(SIGNS)


def test_who_must_act_is_told_apart_from_how_far_it_got() -> None:
    """Two headings, two places: where it stopped is not who has to act."""
    text = Page(render(samples.dmarc_failure())).text
    assert text.index("How far it got") < text.index("stopped here") < text.index("Who has to act")
    assert "The people who look after your mail system have to put this right." in text


def test_several_recipients_begin_with_an_overview_that_names_the_worst_first() -> None:
    """Every recipient stands in one table with its fate before anything is told at length."""
    text = Page(render(samples.different_fates())).text
    overview = text[text.index("How each recipient fared") :]
    first = overview.index("ann@example.net, dee@example.net")
    assert first < overview.index("cem@example.net") < overview.index("ben@example.net")
    assert first < overview.index("not delivered") < overview.index("There are no mailboxes")


def test_many_groups_are_told_briefly() -> None:
    """A thousand different fates make no endless page: an overview, and fifty groups at length."""
    fates = samples.different_fates()
    recipients = tuple(
        replace(fates.report.recipients[0], address=f"p{n}@example.net", remote_mta=f"mx{n}.net")
        for n in range(1000)
    )
    report = replace(fates.report, recipients=recipients)
    many = replace(fates, report=report, diagnoses=(fates.diagnoses[0],) * 1000)
    page = Page(render(many))
    assert "p499@example.net" in page.text
    assert "+ 500" in page.text
    assert page.headings.count(2) < 110


def test_delay_bars_follow_the_delays() -> None:
    """The longest delay has the whole width; none and negative ones have no bar."""
    markup = render(samples.true_loop())
    bars = [
        int(width)
        for width in re.findall(
            r'<table [^>]*width="(\d+)%"[^>]*><tr><td height="6" class="bar"', markup
        )
    ]
    delays = [hop.delay or 0 for hop in samples.true_loop().route.hops]
    assert len(bars) >= len([delay for delay in delays if delay > 0])
    assert max(bars) == 100


def test_logo_stands_alone_or_is_a_part_of_the_mail() -> None:
    """In a file the picture is in the page; in a mail its address is that of a part."""
    letterhead = Letterhead(name="Müller & Söhne", contact="Ask <us>", logo=PICTURE)
    document = build_document(samples.success(), isolating=True)
    page = Page(render_html(document, letterhead=letterhead))
    picture = next(attributes for tag, attributes in page.elements if tag == "img")
    assert picture["src"] == embed(PICTURE)
    assert picture["alt"] == "Müller & Söhne"
    assert (picture["width"], picture["height"]) == ("280", "32")
    assert "Ask <us>" in page.text
    mail = render_html(document, letterhead=letterhead, logo_url="cid:logo")
    assert 'src="cid:logo"' in mail
    assert "base64" not in mail


def test_logo_must_be_a_picture() -> None:
    """Bytes that are no PNG are refused before anything is printed."""
    with pytest.raises(ValueError, match="PNG"):
        measure(b"GIF89a")


@pytest.fixture
def arabic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue for a language that is written from right to left, in English words."""
    english = (catalogues.CATALOGUE / "en.toml").read_text(encoding="utf-8")
    for name in ("en", "ar"):
        text = english.replace('language = "en"', f'language = "{name}"')
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalogues, "CATALOGUE", tmp_path)
    load_wording.cache_clear()
    yield
    load_wording.cache_clear()


@pytest.mark.usefixtures("arabic")
def test_right_to_left_pages_are_mirrored() -> None:
    """Direction, alignment and the isolation of names follow the language."""
    markup = render(samples.user_unknown(), language="ar")
    page = Page(markup)
    assert dict(page.elements[0][1]) == {"lang": "ar", "dir": "rtl"}
    assert 'align="left"' not in markup
    assert '<span dir="auto">slaes@example.net</span>' in markup


def test_foreign_letters_are_isolated_in_a_sentence() -> None:
    """An Arabic name cannot turn the English around it; a Latin one needs no care."""
    analysis = samples.user_unknown()
    recipient = replace(analysis.report.recipients[0], address="\u0645\u0628@example.net")
    report = replace(analysis.report, recipients=(recipient,))
    markup = render(replace(analysis, report=report))
    assert 'for <span dir="auto">\u0645\u0628@example.net</span>.' in markup
    assert "for slaes@example.net." in render(samples.user_unknown())


def test_headers_stand_as_they_came() -> None:
    """Part 4 is the header block, every character of it, also one that looks like markup."""
    page = render(samples.user_unknown())
    block = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.S)
    assert block
    assert "".join(Page(block[1]).texts) == samples.HEADERS.rstrip("\n")


def test_a_reply_alone_has_a_page() -> None:
    """`retour code` gives parts 1 and 2."""
    page = Page(render_html(build_reply_document(samples.reply_answer(), isolating=True)))
    assert "How far it got" not in page.text
    assert "routing-loop" in page.text


def test_a_template_is_compiled_once_for_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next process takes it from the user's cache, unless others may write there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    look = ("report.html", "#123456", "#eeeeee", "ltr")
    load_template.cache_clear()
    load_template(*look)
    kept = list(tmp_path.glob("retour/template-*"))
    assert kept

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(Environment, "compile", refuse)
    load_template.cache_clear()
    load_template(*look)
    for file in kept:
        file.chmod(0o666)
    load_template.cache_clear()
    with pytest.raises(AssertionError, match="compiled again"):
        load_template(*look)
