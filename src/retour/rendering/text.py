"""A document as plain UTF-8 text, 78 columns wide: for mail, files and pipes."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from retour.model.document import (
    AdminPart,
    DetailPart,
    Document,
    HopRow,
    RecipientPart,
    Row,
    SenderPart,
    Station,
)
from retour.rendering.catalogues import load_wording
from retour.rendering.foreign import show_controls
from retour.rendering.layout import cell_width, list_checks, pad, wrap
from retour.rendering.wording import Wording

WIDTH = 78
"""RFC 5322 §2.1.1 recommends lines of at most 78 characters."""

_SIGNS = {"passed": "[x]", "stopped": "[!]", "waiting": "[~]", "maybe": "[?]", "ahead": "[ ]"}
_LABEL_MAX = 22


def render_text(document: Document, *, texts: Path | None = None) -> str:
    """Return the document as text, ending with a line feed.

    No character of it can steer a terminal. Header lines (part 4) stand as they came, unwrapped.

    Args:
        document: made without isolates.
        texts: an operator's catalogues, as the document was made with.
    """
    return _Page(load_wording(document.language, texts=texts)).print(document)


class _Page:
    """The lines of one document."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._lines: list[str] = []

    def print(self, document: Document) -> str:
        self._heading(document.title, "=")
        if document.note:
            self._gap()
            self._paragraph(document.note)
        for part in document.recipients:
            self._recipient(part, alone=len(document.recipients) == 1)
        if document.headers:
            self._gap()
            self._heading(self._label("headers"), "-")
            self._lines += (
                show_controls(line.expandtabs())
                for line in document.headers.rstrip("\n").split("\n")
            )
        return "\n".join(self._lines) + "\n"

    def _recipient(self, part: RecipientPart, *, alone: bool) -> None:
        if part.address and not alone:
            self._gap()
            self._heading(part.address, "=")
        if part.sender:
            self._sender(part.sender)
        if part.code:
            self._block("code", [part.code])
        if part.admin:
            self._admin(part.admin)
        if part.details:
            self._details(part.details)

    def _sender(self, part: SenderPart) -> None:
        self._gap()
        self._heading(part.headline, "-")
        self._paragraph(" ".join(part.happened))
        self._block("outcome", [part.outcome])
        if part.stations:
            self._title("progress")
            self._stations(part.stations)
        self._block("actor", [part.actor])
        self._title("steps")
        for number, step in enumerate(part.steps, 1):
            self._paragraph(step, first=f"  {number}. ", rest="     ")

    def _stations(self, stations: Sequence[Station]) -> None:
        for n, station in enumerate(stations):
            if n:
                self._lines.append("   |" if station.state != "ahead" else "   .")
            state = self._wording.say("state", station.state)
            host = f" ({station.host})" if station.host else ""
            text = f"{station.label}{host}: {state}"
            self._paragraph(text, first=f"  {_SIGNS[station.state]} ", rest="      ")

    def _admin(self, part: AdminPart) -> None:
        self._gap()
        self._heading(self._label("admin"), "-")
        self._rows(part.code)
        self._title("causes")
        for number, cause in enumerate(list_checks(part), 1):
            self._paragraph(cause, first=f"  {number}. ".ljust(5), rest="     ")
        self._list("evidence", [finding.text for finding in part.evidence])
        self._list("contradictions", [clash.text for clash in part.contradictions])
        self._block("confidence", [part.confidence])
        if part.link:
            self._title("link")
            self._lines.append(f"  {show_controls(part.link)}")  # whole, so that it can be followed

    def _details(self, part: DetailPart) -> None:
        self._gap()
        self._heading(self._label("details"), "-")
        for name, rows in (("original", part.original), ("error", part.error)):
            if rows:
                self._title(name)
                self._rows(rows)
        if part.hops:
            self._title("hops")
            for hop in part.hops:
                self._hop(hop)

    def _hop(self, hop: HopRow) -> None:
        """Print a hop on lines of its own: a table of six columns does not fit into 78."""
        number = "  -> " if hop.failed else f"  {hop.n}. ".ljust(5)
        way = " -> ".join(filter(None, (hop.from_ or "?", hop.by or ("" if hop.failed else "?"))))
        self._paragraph(f"{hop.at}  {way}" if hop.at else way, first=number, rest="     ")
        notes = ", ".join(filter(None, (hop.with_, hop.delay)))
        if notes:
            self._paragraph(notes, first="     ", rest="     ")
        for mark in hop.marks:
            self._paragraph(mark, first="     ! ", rest="       ")

    def _rows(self, rows: Iterable[Row]) -> None:
        for row in rows:
            label = show_controls(row.label)
            first = f"  {pad(label, _LABEL_MAX)} "
            if cell_width(label) > _LABEL_MAX:
                self._lines += wrap(label, WIDTH, first="  ", rest="  ")
                first = " " * (_LABEL_MAX + 3)
            self._paragraph(row.value, first=first, rest=" " * (_LABEL_MAX + 3))

    def _list(self, name: str, items: Sequence[str]) -> None:
        if items:
            self._title(name)
            for item in items:
                self._paragraph(item, first="  - ", rest="    ")

    def _block(self, name: str, sentences: Iterable[str]) -> None:
        self._title(name)
        for sentence in sentences:
            self._paragraph(sentence, first="  ", rest="  ")

    def _title(self, name: str) -> None:
        self._gap()
        self._lines.append(self._label(name))

    def _heading(self, text: str, rule: str) -> None:
        lines = list(self._clean(text))
        self._lines += lines
        self._lines.append(rule * min(max(map(cell_width, lines)), WIDTH))

    def _clean(self, text: str) -> Iterator[str]:
        yield from wrap(show_controls(text), WIDTH)

    def _paragraph(self, text: str, *, first: str = "", rest: str = "") -> None:
        self._lines += wrap(show_controls(text), WIDTH, first=first, rest=rest)

    def _gap(self) -> None:
        if self._lines:
            self._lines.append("")

    def _label(self, name: str) -> str:
        return self._wording.say("label", name)
