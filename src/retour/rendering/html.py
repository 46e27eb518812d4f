"""A document as HTML that survives mail programs: tables, inline styles, nothing from outside.

One rule: whatever a template prints goes through `mark`, which escapes it; only `mark` and this
package's own tables make markup. The sole links are the sources of our own rules.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from retour.knowledge.cache import cache_file, read_cache, write_cache
from retour.model.document import Document, HopRow, RecipientPart, State, Station
from retour.rendering.catalogues import load_wording
from retour.rendering.foreign import show_controls
from retour.rendering.letterhead import Letterhead, embed, measure
from retour.rendering.theme import SANS, load_theme
from retour.rendering.wording import ISOLATE, POP_ISOLATE, Wording, is_right_to_left, isolate

_TEMPLATES = Path(__file__).with_name("template")
_ISOLATES = re.compile(f"([{ISOLATE}{POP_ISOLATE}])")
_PLAIN = re.compile(r"[\w .,;@()/+*#%!?“”\u2013-]*")
_CONSTANT = re.compile(r'\{\{ (?:css\["([a-z0-9-]+)"\]|form\.([a-z]+)) \}\}')
SIGNS: dict[State, str] = {
    "passed": "✓",
    "stopped": "✕",
    "waiting": "…",
    "maybe": "?",
    "ahead": "\u2013",
}
"""What tells a state to those who see no colour; the word stands beside it."""
_WORST_FIRST: tuple[State, ...] = ("stopped", "maybe", "waiting", "ahead", "passed")
_PARTS_MAX = 50
"""Groups of recipients that are told about in full; the others stand in the overview."""
_ROWS_MAX = 500
"""Rows of the overview, and addresses of one group."""
_LOGO_MAX = (280, 64)
"""Pixels that a logo is shown in at most, across and down."""
_WIDTH = 720
"""Pixels that a report is wide at most."""
_NOTHING = Letterhead()


def render_html(
    document: Document,
    *,
    letterhead: Letterhead = _NOTHING,
    logo_url: str | None = None,
    texts: Path | None = None,
) -> str:
    """Return the document as one HTML page.

    Args:
        document: made with ``isolating=True``.
        letterhead: the operator's marks.
        logo_url: where the logo is, for example ``cid:logo`` in a mail; None: inside the page.
        texts: an operator's catalogues, as the document was made with.
    """
    wording = load_wording(document.language, texts=texts)
    direction = "rtl" if is_right_to_left(wording.language) else "ltr"
    template = load_template("report.html", letterhead.accent, letterhead.stripe, direction)
    return template.render(
        document=document,
        width=_WIDTH,
        page=ReportPage(document, wording),
        label=wording.find("label"),
        letterhead=letterhead,
        logo=_place_logo(letterhead, logo_url),
    )


def mark(value: object) -> Markup:
    """Return a value as markup: escaped, controls visible, isolated parts as elements.

    Jinja2 calls it for everything that a template prints. Isolates come out balanced whatever
    stands in the text.
    """
    if isinstance(value, Markup):
        return value
    text = str(value)
    if _PLAIN.fullmatch(text):
        return Markup(text)  # nothing to escape, and most texts are such
    if ISOLATE not in text:
        return Markup(_escape(text))
    parts: list[str] = []
    depth = 0
    for piece in _ISOLATES.split(text):
        if piece == ISOLATE:
            parts.append('<span dir="auto">')
            depth += 1
        elif piece != POP_ISOLATE:
            parts.append(_escape(piece))
        elif depth:
            parts.append("</span>")
            depth -= 1
    return Markup("".join(parts) + "</span>" * depth)


def mark_foreign(text: str, *, rtl: bool) -> Markup:
    """Return a text that came with a mail, isolated where it could turn what is around it.

    Args:
        text: as it came.
        rtl: whether the page runs from right to left.
    """
    return mark(isolate(text) if rtl or not text.isascii() else text)


def _escape(text: str) -> str:
    """Escape a text; a URL in it is broken up invisibly, so that no program makes it a link."""
    escaped = str(escape(show_controls(text)))
    return escaped.replace("://", ":<wbr>//") if "://" in escaped else escaped


@lru_cache(maxsize=16)
def load_template(name: str, accent: str, stripe: str, direction: str) -> Template:
    """Compile a page's templates for a theme and a direction, both written into them.

    Args:
        name: of the template.
        accent: of headings, ``#rrggbb``.
        stripe: of every second stripe, the same.
        direction: ``ltr`` or ``rtl``.
    """
    start, end = ("left", "right") if direction == "ltr" else ("right", "left")
    theme = load_theme(accent, stripe, end)
    environment = Environment(
        loader=_FormLoader(theme.attributes, {"dir": direction, "start": start}),
        autoescape=True,
        finalize=mark,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=_CompiledTemplates(),
    )
    environment.globals.update(
        css={name: Markup(said) for name, said in theme.attributes.items()},
        sheet=Markup(theme.sheet),
        sans=Markup(SANS),
    )
    return environment.get_template(name)


class _CompiledTemplates(BytecodeCache):
    """Keeps compiled templates in the user's cache: compiling takes a third of a first report.

    Jinja2 compares the source that was compiled, so two themes of one template only take turns.
    """

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a template's place with what is kept of it."""
        cache = self._find(bucket)
        lines = read_cache(cache) if cache else None
        if lines:
            bucket.bytecode_from_string(b"\n".join(lines))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        if cache := self._find(bucket):
            write_cache(cache, bucket.bytecode_to_string().split(b"\n"))

    def _find(self, bucket: Bucket) -> Path | None:
        return cache_file(f"template-{bucket.key[:8]}", _TEMPLATES)


class _FormLoader(FileSystemLoader):
    """Reads templates and writes into them what is the same for every report.

    That are the styles (``css["name"]``) and the direction (``form.dir``, ``form.start``): two
    thirds of what a template prints, and looking them up at each report would take longer than
    all the rest.
    """

    def __init__(self, css: Mapping[str, str], form: Mapping[str, str]) -> None:
        super().__init__(_TEMPLATES)
        self._known = (css, form)

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's text, its file, and whether it still is the same."""
        source, file, is_fresh = super().get_source(environment, template)
        return _CONSTANT.sub(self._fill, source), file, is_fresh

    def _fill(self, found: re.Match[str]) -> str:
        css, form = self._known
        return css[found[1]] if found[1] else form[found[2]]


def _place_logo(letterhead: Letterhead, url: str | None) -> dict[str, object] | None:
    """Return where the logo is and how large it is shown, None where there is none."""
    if not letterhead.logo:
        return None
    width, height = measure(letterhead.logo)
    scale = min(_LOGO_MAX[0] / width, _LOGO_MAX[1] / height, 1)
    return {
        "url": Markup(escape(url or embed(letterhead.logo))),
        "width": max(round(width * scale), 1),
        "height": max(round(height * scale), 1),
    }


def _rank(part: RecipientPart) -> int:
    return _WORST_FIRST.index(part.state)


class ReportPage:
    """What templates of a report ask for that is form and not content."""

    def __init__(self, document: Document, wording: Wording) -> None:
        self._wording = wording
        self._rtl = is_right_to_left(wording.language)
        self.parts: Sequence[RecipientPart] = document.recipients[:_PARTS_MAX]
        self.worst_first = sorted(self.parts, key=_rank)
        self.rows = sorted(document.recipients[:_ROWS_MAX], key=_rank)
        self.several = len(document.recipients) > 1
        self.untold = len(document.recipients) - len(self.rows)
        self.headers = (document.headers or "").rstrip("\n")
        self.language = wording.language
        self.direction = "rtl" if self._rtl else "ltr"

    def label(self, name: str) -> str:
        """Return a word of the report's form, as ``outcome``."""
        return self._wording.say("label", name)

    def foreign(self, text: str) -> Markup:
        """Return a text that came with the mail."""
        return mark_foreign(text, rtl=self._rtl)

    def sign(self, state: State) -> str:
        """Return the sign of a state."""
        return SIGNS[state]

    def word(self, state: State) -> str:
        """Return the word for a state of a station."""
        return self._wording.say("state", state)

    def goes_on(self, stations: Sequence[Station], n: int) -> State | None:
        """Return how the way behind a station looks; None behind the last."""
        if n + 1 == len(stations):
            return None
        after = stations[n + 1].state
        return "passed" if after in ("stopped", "waiting") else after

    def bars(self, hops: Sequence[HopRow]) -> Iterator[tuple[HopRow, int]]:
        """Yield hops with the length of their delay's bar, in percent of the longest delay."""
        longest = max((hop.delay_seconds or 0 for hop in hops), default=0)
        for hop in hops:
            share = (hop.delay_seconds or 0) / longest if longest > 0 else 0
            yield hop, min(max(round(share * 100), 3), 100) if share > 0 else 0

    def more(self, addresses: Sequence[str]) -> str:
        """Return all addresses of a group in one line."""
        shown = ", ".join(addresses[:_ROWS_MAX])
        return f"{shown} … ({len(addresses)})" if len(addresses) > _ROWS_MAX else shown

    def link(self, url: str) -> Markup:
        """Return an address as it stands in an attribute; for sources of our own rules alone."""
        if not url.startswith("https://"):
            raise ValueError(f"no source of a rule: {url!r}")
        return Markup(escape(url))

    def host(self, url: str) -> str:
        """Return the host of a source, to be shown as its name."""
        return urlsplit(url).hostname or url
