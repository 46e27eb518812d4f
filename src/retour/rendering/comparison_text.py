"""A comparison as plain UTF-8 text, 78 columns wide."""

from collections.abc import Iterable, Sequence

from retour.model.comparison_document import ComparisonDocument, PairPart, PairRow, SidePart
from retour.rendering.catalogues import load_wording
from retour.rendering.foreign import show_controls
from retour.rendering.layout import cell_width, pad, wrap
from retour.rendering.text import WIDTH
from retour.rendering.wording import Wording

_SIGNS = {"added": ">", "removed": "<"}
_LABEL = 12


def render_comparison_text(document: ComparisonDocument) -> str:
    """Return a comparison as text, ending with a line feed; nothing in it steers a terminal.

    Signs in front of a row: ``=`` the same in both, ``<`` only in the first copy of the
    pair, ``>`` only in the second; a changed line is both.
    """
    return _Page(load_wording(document.language)).print(document)


class _Page:
    """The lines of one comparison."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._lines: list[str] = []

    def print(self, document: ComparisonDocument) -> str:
        self._heading(document.title, "=")
        for copy in document.copies:
            self._gap()
            self._paragraph(f"{self._label('copy')} {copy.letter}: {copy.source}")
            for row in copy.rows:
                self._paragraph(
                    row.value, first=f"  {pad(row.label, _LABEL)} ", rest=" " * (_LABEL + 3)
                )
        for pair in document.pairs:
            self._pair(pair)
        return "\n".join(self._lines) + "\n"

    def _pair(self, pair: PairPart) -> None:
        a, b = pair.letters
        alone = self._wording.say("copies", "alone", fields={"a": a, "b": b})
        verdict = self._wording.say("copies", "verdict", pair.verdict)
        self._gap()
        self._heading(f"{alone}: {verdict}", "-")
        self._paragraph(f"{pair.title}. {pair.meaning}")
        self._title("why")
        for reason in pair.reasons:
            self._paragraph(reason.text, first="  - ", rest="    ")
            for quote in reason.quotes:
                self._paragraph(f"{quote.label}: {quote.value}", first="      ", rest="        ")
        if pair.side:
            self._side(pair.side)

    def _side(self, side: SidePart) -> None:
        self._title("chains")
        for n, row in enumerate(side.hops, 1):
            self._row(row)
            if n == side.parted_after and n < len(side.hops):
                self._lines.append(f"  --- {self._label('parted')} ---")
        if not side.hops:
            self._paragraph(self._label("nothing"), first="  ")
        self._title("fields")
        self._rows(side.fields)
        if side.same_fields:
            self._paragraph(side.same_fields, first="  ", rest="  ")
        self._title("body")
        self._paragraph(side.body, first="  ", rest="  ")
        self._rows(side.lines)

    def _rows(self, rows: Iterable[PairRow]) -> None:
        for row in rows:
            self._row(row)

    def _row(self, row: PairRow) -> None:
        """Print a row: on one line where both columns say the same, else one under the other."""
        label = f"{row.label}: " if row.label else ""
        if row.state == "same":
            self._paragraph(label + row.a, first="  = ", rest="      ")
        elif row.state == "changed":
            self._paragraph(label + row.a, first="  < ", rest="      ")
            self._paragraph(label + row.b, first="  > ", rest="      ")
        else:
            value = row.a if row.state == "removed" else row.b
            self._paragraph(label + value, first=f"  {_SIGNS[row.state]} ", rest="      ")

    def _title(self, name: str) -> None:
        self._gap()
        self._lines.append(self._label(name))

    def _heading(self, text: str, rule: str) -> None:
        lines: Sequence[str] = wrap(show_controls(text), WIDTH)
        self._lines += lines
        self._lines.append(rule * min(max(map(cell_width, lines)), WIDTH))

    def _paragraph(self, text: str, *, first: str = "", rest: str = "") -> None:
        self._lines += wrap(show_controls(text), WIDTH, first=first, rest=rest)

    def _gap(self) -> None:
        if self._lines:
            self._lines.append("")

    def _label(self, name: str) -> str:
        return self._wording.say("copies", "label", name)
