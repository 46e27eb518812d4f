"""A comparison in a terminal, with rich: two columns side by side."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from retour.model.comparison_document import ComparisonDocument, PairPart, PairRow, SidePart
from retour.model.copies import RowState
from retour.model.vocabulary import Verdict
from retour.rendering.catalogues import load_wording
from retour.rendering.foreign import show_controls
from retour.rendering.wording import Wording

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_STYLES: dict[RowState, str] = {
    "same": "dim",
    "changed": "yellow",
    "added": "green",
    "removed": "red",
}
_VERDICT_STYLES: dict[Verdict, str] = {"loop": "bold red", "unclear": "bold yellow"}
_SIGNS: dict[RowState, str] = {"same": "=", "changed": "~", "added": ">", "removed": "<"}
_WIDTH_MAX = 160


def render_comparison_terminal(document: ComparisonDocument, console: "Console") -> None:
    """Print a comparison to a rich console of any width."""
    _Screen(console, load_wording(document.language)).show(document)


class _Screen:
    """Prints the parts of one comparison; every string goes out as cleaned `Text`."""

    def __init__(self, console: "Console", wording: Wording) -> None:
        self._console = console
        self._wording = wording
        self._width = min(console.width, _WIDTH_MAX)

    def show(self, document: ComparisonDocument) -> None:
        self._line(document.title, "bold")
        for copy in document.copies:
            self._gap()
            self._line(f"{self._label('copy')} {copy.letter}: {copy.source}", "bold cyan")
            self._pairs((row.label, row.value) for row in copy.rows)
        for pair in document.pairs:
            self._pair(pair)

    def _pair(self, pair: PairPart) -> None:
        from rich.rule import Rule  # noqa: PLC0415

        a, b = pair.letters
        alone = self._wording.say("copies", "alone", fields={"a": a, "b": b})
        verdict = self._wording.say("copies", "verdict", pair.verdict)
        self._gap()
        title = _text(f"{alone}: {verdict}", _VERDICT_STYLES.get(pair.verdict, "bold green"))
        self._console.print(Rule(title, align="left", style="blue"), width=self._width)
        self._line(f"{pair.title}. {pair.meaning}")
        self._title("why")
        for reason in pair.reasons:
            self._pairs([("  •", reason.text)], width=3)
            self._pairs(
                (("", f"{quote.label}: {quote.value}") for quote in reason.quotes),
                width=5,
                style="dim",
            )
        if pair.side:
            self._side(pair.side, a, b)

    def _side(self, side: SidePart, a: str, b: str) -> None:
        parted = None if side.parted_after == len(side.hops) else side.parted_after
        self._table("chains", side.hops, a, b, parted)
        self._table("fields", side.fields, a, b)
        self._line(side.same_fields, "dim")
        self._title("body")
        self._line(side.body)
        if side.lines:
            self._table(None, side.lines, a, b)

    def _table(
        self,
        title: str | None,
        rows: tuple[PairRow, ...],
        a: str,
        b: str,
        parted_after: int | None = None,
    ) -> None:
        from rich.box import SIMPLE_HEAD  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415

        if title:
            self._title(title)
        if not rows:
            return
        table = Table(box=SIMPLE_HEAD, pad_edge=False, width=self._width)
        table.add_column("", width=1)
        table.add_column("", overflow="fold", max_width=24)
        table.add_column(_text(a, "bold"), overflow="fold", ratio=1)
        table.add_column(_text(b, "bold"), overflow="fold", ratio=1)
        for n, row in enumerate(rows, 1):
            style = _STYLES[row.state]
            cells = (_SIGNS[row.state], row.label, row.a, row.b)
            table.add_row(*(_text(cell, style) for cell in cells))
            if n == parted_after:
                words = _text(f"— {self._label('parted')} —", "bold magenta")
                table.add_row("", "", words, words)
        self._console.print(table, highlight=False)

    def _pairs(self, pairs: Iterable[tuple[str, str]], *, width: int = 14, style: str = "") -> None:
        from rich.table import Table  # noqa: PLC0415

        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=width)
        grid.add_column(overflow="fold", max_width=max(self._width - width - 2, 8))
        for label, value in pairs:
            grid.add_row(_text(label, "cyan"), _text(value, style))
        if grid.row_count:
            self._console.print(grid, highlight=False)

    def _title(self, name: str) -> None:
        self._gap()
        self._line(self._label(name), "bold")

    def _line(self, text: str, style: str = "") -> None:
        if text:
            self._console.print(_text(text, style), width=min(self._width, 100), highlight=False)

    def _gap(self) -> None:
        self._console.print()

    def _label(self, name: str) -> str:
        return self._wording.say("copies", "label", name)


def _text(text: str, style: str) -> "Text":
    """Return characters as they are, without markup, and with nothing that steers a terminal."""
    from rich.text import Text  # noqa: PLC0415

    return Text(show_controls(text), style=style, overflow="fold")
