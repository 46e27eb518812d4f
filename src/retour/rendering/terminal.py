"""A document in a terminal, with rich. Import costs; it is done when the first document is printed.

One rule: every string goes out as a `Text` made of cleaned characters, never as markup, so that
nothing a mail says can colour, move or link.
"""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

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
from retour.rendering.layout import cell_width, list_checks
from retour.rendering.wording import Wording

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

_STATION_MIN = 16
"""Cells that a station needs in a bar across; with less the bar runs downwards."""
_TABLE_MIN = 110
"""Columns from which on the hop table fits across."""
_LINE_MAX = 100
"""Cells of a line of prose: longer ones are hard to read."""
_SIGN_WIDTH = 3
"""Cells of a number or sign at the head of an item."""

_SIGNS = {"passed": "●", "stopped": "✖", "waiting": "◔", "maybe": "?", "ahead": "○"}
_STYLES = {
    "passed": "green",
    "stopped": "bold red",
    "waiting": "bold yellow",
    "maybe": "yellow",
    "ahead": "dim",
}


def render_terminal(document: Document, console: "Console", *, texts: Path | None = None) -> None:
    """Print a document to a rich console of any width; ``texts`` as in `render_text`."""
    _Screen(console, load_wording(document.language, texts=texts)).show(document)


class _Screen:
    """Prints the parts of one document."""

    def __init__(self, console: "Console", wording: Wording) -> None:
        self._console = console
        self._wording = wording
        self._prose = min(console.width, _LINE_MAX)

    def show(self, document: Document) -> None:
        self._rule(document.title)
        if document.note:
            self._line(document.note, style="italic")
        for part in document.recipients:
            self._recipient(part, alone=len(document.recipients) == 1)
        if document.headers:
            self._rule(self._label("headers"))
            for line in document.headers.rstrip("\n").split("\n"):
                # As they came: a long line may run over the edge of the window, but is not cut.
                self._console.print(
                    _text(line.expandtabs(), "dim"), soft_wrap=True, highlight=False
                )

    def _recipient(self, part: RecipientPart, *, alone: bool) -> None:
        if part.address and not alone:
            self._rule(part.address)
        if part.sender:
            self._sender(part.sender)
        if part.code:
            self._title("code")
            self._line(part.code, indent=2)
        if part.admin:
            self._admin(part.admin)
        if part.details:
            self._details(part.details)

    def _sender(self, part: SenderPart) -> None:
        self._gap()
        self._line(part.headline, style="bold")
        self._line(" ".join(part.happened))
        self._title("outcome")
        self._line(part.outcome, indent=2)
        if part.stations:
            self._title("progress")
            self._stations(part.stations)
        self._title("actor")
        self._line(part.actor, indent=2)
        self._title("steps")
        self._numbered(part.steps)

    def _stations(self, stations: Sequence[Station]) -> None:
        room = (self._prose - 2) // len(stations)
        if room >= _STATION_MIN:
            self._bar_across(stations, room)
        else:
            self._bar_down(stations)

    def _bar_across(self, stations: Sequence[Station], room: int) -> None:
        from rich.table import Table  # noqa: PLC0415

        grid = Table.grid(padding=(0, 0))
        for _ in stations:
            grid.add_column(width=room, vertical="top")
        last = len(stations) - 1
        grid.add_row(
            *(
                _join(
                    _text(f"{_SIGNS[station.state]} ", _STYLES[station.state]),
                    _text(_way(stations, n, room - 3) if n < last else "", _way_style(stations, n)),
                )
                for n, station in enumerate(stations)
            )
        )
        # One space at the right keeps neighbours apart when a label fills its column.
        grid.add_row(*(self._pad(_text(station.label, "")) for station in stations))
        grid.add_row(*(self._pad(_text(station.host or "", "dim")) for station in stations))
        grid.add_row(
            *(
                self._pad(_text(self._state(station), _STYLES[station.state]))
                for station in stations
            )
        )
        self._print(self._pad(grid, left=2, right=0))

    def _bar_down(self, stations: Sequence[Station]) -> None:
        for n, station in enumerate(stations):
            if n:
                ahead = station.state == "ahead"
                self._print(_text("  ┊" if ahead else "  │", "dim" if ahead else "green"))
            line = _join(
                _text(f"{_SIGNS[station.state]} ", _STYLES[station.state]),
                _text(station.label, ""),
                _text(f"  {station.host}" if station.host else "", "dim"),
                _text(f"  {self._state(station)}", _STYLES[station.state]),
            )
            self._print(self._pad(line, left=2, right=0))

    def _state(self, station: Station) -> str:
        return self._wording.say("state", station.state)

    def _admin(self, part: AdminPart) -> None:
        self._rule(self._label("admin"))
        self._rows(part.code)
        self._title("causes")
        self._numbered(list_checks(part))
        for name, found in (("evidence", part.evidence), ("contradictions", part.contradictions)):
            if found:
                self._title(name)
                self._listed(("•", item.text) for item in found)
        self._title("confidence")
        self._line(part.confidence, indent=2)
        if part.link:
            self._title("link")
            # Whole, so that it can be followed, even over the edge of the window.
            self._console.print(_text(f"  {part.link}", "blue"), soft_wrap=True, highlight=False)

    def _details(self, part: DetailPart) -> None:
        self._rule(self._label("details"))
        for name, rows in (("original", part.original), ("error", part.error)):
            if rows:
                self._title(name)
                self._rows(rows)
        if part.hops:
            self._title("hops")
            if self._console.width >= _TABLE_MIN:
                self._hop_table(part.hops)
            else:
                self._hop_list(part.hops)

    def _hop_table(self, hops: Sequence[HopRow]) -> None:
        from rich.box import SIMPLE_HEAD  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for name in ("hop", "at", "hop_from", "by", "with", "delay", "marks"):
            fixed = name in ("hop", "at", "delay")
            table.add_column(_text(self._label(name), "bold"), overflow="fold", no_wrap=fixed)
        for hop in hops:
            cells = (self._number(hop), hop.at, hop.from_, hop.by, hop.with_, hop.delay)
            style = _hop_style(hop)
            table.add_row(*(_text(cell, style) for cell in (*cells, "; ".join(hop.marks))))
        self._print(self._pad(table, left=2, right=0))

    def _hop_list(self, hops: Sequence[HopRow]) -> None:
        width = max(_SIGN_WIDTH, *(cell_width(self._number(hop)) for hop in hops))
        for hop in hops:
            way = " → ".join(
                filter(None, (hop.from_ or "?", hop.by or ("" if hop.failed else "?")))
            )
            notes = ", ".join(filter(None, (hop.at, hop.with_, hop.delay)))
            style = _hop_style(hop)
            self._listed([(self._number(hop), way)], style, width)
            for note in filter(None, (notes, *hop.marks)):
                self._listed([("", note)], style or "dim", width)

    def _number(self, hop: HopRow) -> str:
        return self._label("failing") if hop.failed else str(hop.n)

    def _rows(self, rows: Iterable[Row]) -> None:
        self._grid(
            ((_text(row.label, "cyan"), _text(row.value, "")) for row in rows), self._label_width()
        )

    def _label_width(self) -> int:
        return 24 if self._console.width >= 80 else 14

    def _numbered(self, items: Iterable[str]) -> None:
        self._listed((f"{number}.", item) for number, item in enumerate(items, 1))

    def _listed(
        self, items: Iterable[tuple[str, str]], style: str = "", width: int = _SIGN_WIDTH
    ) -> None:
        self._grid(((_text(sign, style), _text(item, style)) for sign, item in items), width)

    def _grid(self, pairs: "Iterable[tuple[Text, Text]]", width: int) -> None:
        from rich.text import Text  # noqa: PLC0415

        # By hand: a table would measure every cell first, which takes twice the time.
        room = max(min(self._prose - width - 4, self._console.width - width - 3), 8)
        for left, right in pairs:
            signs = left.wrap(self._console, width)
            words = right.wrap(self._console, room)
            for sign, line in zip_longest(signs, words):
                start = sign or Text()
                start.align("left", width)
                self._print(_join(Text("  "), start, Text(" "), line or Text()))

    def _pad(self, inner: "RenderableType", *, left: int = 0, right: int = 1) -> "RenderableType":
        from rich.padding import Padding  # noqa: PLC0415

        return Padding(inner, (0, right, 0, left), expand=False)

    def _rule(self, title: str) -> None:
        self._gap()
        width = self._console.width
        text = _text(title, "bold")
        text.truncate(max(width - 6, 8), overflow="ellipsis")
        line = "━" * max(width - text.cell_len - 4, 0)
        self._print(
            _join(
                _text("━━ ", "blue"), text, _text(f" {line}"[: width - text.cell_len - 3], "blue")
            )
        )

    def _title(self, name: str) -> None:
        self._gap()
        self._print(_text(self._label(name), "bold"))

    def _line(self, text: str, *, indent: int = 0, style: str = "") -> None:
        if text:
            self._console.print(
                self._pad(_text(text, style), left=indent, right=0),
                width=self._prose,
                highlight=False,
            )

    def _gap(self) -> None:
        self._console.print()

    def _print(self, renderable: "RenderableType") -> None:
        self._console.print(renderable, highlight=False)

    def _label(self, name: str) -> str:
        return self._wording.say("label", name)


def _text(text: str, style: str) -> "Text":
    """Return characters as they are, without markup, and with nothing that steers a terminal."""
    from rich.text import Text  # noqa: PLC0415

    return Text(show_controls(text), style=style, overflow="fold")


def _join(*parts: "Text") -> "Text":
    from rich.text import Text  # noqa: PLC0415

    return Text(overflow="fold").join(parts)


def _way(stations: Sequence[Station], n: int, cells: int) -> str:
    """Return the stretch behind a station: drawn through where the message went on."""
    return ("━" if stations[n + 1].state in ("passed", "stopped", "waiting") else "╌") * cells + " "


def _way_style(stations: Sequence[Station], n: int) -> str:
    if n + 1 >= len(stations):
        return ""
    state = stations[n + 1].state
    return "green" if state in ("passed", "stopped", "waiting") else _STYLES[state]


def _hop_style(hop: HopRow) -> str:
    if hop.failed:
        return "bold red"
    return "yellow" if hop.marks else ""
