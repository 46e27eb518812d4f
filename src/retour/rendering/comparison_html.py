"""A comparison as one HTML page, in the look of the reports."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from retour.model.comparison_document import ComparisonDocument, PairPart, PairRow, SidePart
from retour.model.copies import RowState
from retour.model.document import State
from retour.model.vocabulary import Verdict
from retour.rendering.catalogues import load_wording
from retour.rendering.html import load_template, mark_foreign
from retour.rendering.letterhead import Letterhead
from retour.rendering.theme import ACCENT, STRIPE
from retour.rendering.wording import Wording, is_right_to_left

_WIDTH = 1000
"""Pixels that the page is wide at most: two columns."""
_STATES: Mapping[Verdict, State] = {
    "loop": "stopped",
    "retry": "waiting",
    "fan-out": "passed",
    "resent": "passed",
    "split": "passed",
    "unclear": "maybe",
    "distinct": "ahead",
}
_SIGNS: Mapping[RowState, str] = {"same": "=", "changed": "≠", "added": ">", "removed": "<"}


def render_comparison_html(document: ComparisonDocument) -> str:
    """Return a comparison as a page.

    Nothing in it is a link, nothing is fetched, and it runs no program.

    Args:
        document: made with ``isolating=True``.
    """
    wording = load_wording(document.language)
    direction = "rtl" if is_right_to_left(wording.language) else "ltr"
    template = load_template("comparison.html", ACCENT, STRIPE, direction)
    return template.render(
        document=document,
        width=_WIDTH,
        page=ComparisonPage(wording),
        label=wording.find("copies", "label"),
        letterhead=Letterhead(),
        logo=None,
    )


@dataclass(frozen=True, slots=True)
class _ChainRow:
    """One row of two chains laid on each other.

    Attributes:
        kind: ``shared``: a station of both; ``parting``: behind the last of these; ``apart``:
            stations of one.
        a, b: the stations; a shared one stands in ``a``.
        goes_on: whether the way to the next row is drawn.
        is_first: the first of these behind a shared one: a side without a station ends there.
    """

    kind: Literal["shared", "parting", "apart"]
    a: PairRow | None = None
    b: PairRow | None = None
    goes_on: bool = False
    is_first: bool = False


class ComparisonPage:
    """What the template asks for that is form and not content."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._rtl = is_right_to_left(wording.language)

    def foreign(self, text: str) -> Markup:
        """Return a text that came with a mail."""
        return mark_foreign(text, rtl=self._rtl)

    def state(self, pair: PairPart) -> State:
        """Return the state in whose colours a verdict is shown."""
        return _STATES[pair.verdict]

    def verdict(self, pair: PairPart) -> str:
        """Return the verdict's word."""
        return self._wording.say("copies", "verdict", pair.verdict)

    def title(self, pair: PairPart) -> str:
        """Return which copies a card is about."""
        a, b = pair.letters
        return self._wording.say("copies", "alone", fields={"a": a, "b": b})

    def word(self, state: RowState, pair: PairPart) -> str:
        """Return how a row stands, in words."""
        a, b = pair.letters
        return self._wording.say("copies", "state", state, fields={"a": a, "b": b})

    def end(self, letter: str) -> str:
        """Return that a copy was found where the ways part."""
        return self._wording.say("copies", "label", "found", fields={"copy": letter})

    def sign(self, state: RowState) -> str:
        """Return the sign of the same."""
        return _SIGNS[state]

    def hop(self, label: str) -> str:
        """Return the number of a station in the chains that it is in."""
        numbers = dict.fromkeys(number for number in label.split("/") if number != "-")
        return f"{self._wording.say('label', 'hop')} {'/'.join(numbers)}"

    def chains(self, side: SidePart) -> Iterator[_ChainRow]:
        """Yield the rows of two chains: what both passed as one, the rest side by side."""
        last = len(side.hops)
        apart: list[PairRow] = []
        for n, row in enumerate(side.hops, 1):
            if row.state != "same":
                apart.append(row)
                continue
            yield from _lay_apart(apart, goes_on=True)
            apart = []
            yield _ChainRow("shared", row, goes_on=n < last)
            if n == side.parted_after and n < last:
                yield _ChainRow("parting")
        yield from _lay_apart(apart, goes_on=False)


def _lay_apart(rows: Sequence[PairRow], *, goes_on: bool) -> Iterator[_ChainRow]:
    """Yield stations of one chain beside those of the other, the oldest of either first."""
    ways = [[row for row in rows if row.state == state] for state in ("removed", "added")]
    most = max(map(len, ways))
    for n in range(most):
        a, b = (way[n] if n < len(way) else None for way in ways)
        yield _ChainRow("apart", a, b, goes_on or n + 1 < most, is_first=n == 0 and not goes_on)
