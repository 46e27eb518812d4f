"""Finding a text with holes, with as little compiling as can be.

To compile a pattern takes as long as to read a mail, and few of the texts whose anchor stands in a
reply are there as a whole. So a text is taken for absent where one of its literals is, and one
whose holes are all ``{*}`` is found by its literals alone.
"""

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from retour.knowledge.quote import RUN_MAX, compile_quote, split_quote

_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


class _Gap(NamedTuple):
    """A ``{*}`` and the literal that ends it: where that may begin, counted from the gap's start.

    Attributes:
        first, last: the nearest and the farthest place where the literal may begin.
        spaced: whether the gap must begin with a space.
        literal: with the space before it, where there must be one.
    """

    first: int
    last: int
    spaced: bool
    literal: str


class Holed:
    """A text with holes. Immutable; safe to share between threads.

    Attributes:
        holes: the names of its holes, without ``{*}``.
    """

    __slots__ = ("_gaps", "_literals", "_text", "holes")

    def __init__(self, text: str) -> None:
        pieces = split_quote(text)
        self._text = text
        self._literals = [word.strip() for kind, word in pieces if kind == "literal"]
        self.holes = frozenset(word for kind, word in pieces if kind not in ("literal", "*"))
        words = [word for kind, word in pieces if kind == "literal"]
        self._gaps = [] if self.holes else list(map(_gap, pairwise(words)))

    def search(self, low: str, start: int) -> tuple[int, int] | None:
        """Return the span of the first match that begins at an offset or behind it, or None.

        Args:
            low: a folded text in lower case (`quote.fold`, `quote.fold_case`).
            start: the offset.
        """
        at = start
        for literal in self._literals:
            at = low.find(literal, at)
            if at < 0:
                return None
            at += len(literal)
        if self._gaps:
            return self._search_gaps(low, start)
        found = compile_quote(self._text).search(low, start)
        return found.span() if found else None

    def capture(self, low: str, start: int, end: int) -> dict[str, tuple[int, int]]:
        """Return the spans of the holes, by name, of a match whose span `search` gave."""
        found = compile_quote(self._text).match(low, start)
        if found is None or found.end() != end:
            return {}
        return {hole: found.span(hole) for hole in self.holes}

    def _search_gaps(self, low: str, start: int) -> tuple[int, int] | None:
        head = self._literals[0]
        at = low.find(head, start)
        while at >= 0:
            if not (at and low[at - 1] in _WORD and low[at] in _WORD):
                end = self._end(low, at + len(head))
                if end is not None:
                    return at, end
            at = low.find(head, at + 1)
        return None

    def _end(self, low: str, at: int) -> int | None:
        """Return where a match ends whose first literal ends at an offset: the nearest place."""
        end: int | None = at
        *gaps, last = self._gaps
        for gap in gaps:
            end = _close(gap, low, end, whole=False) if end is not None else None
        return _close(last, low, end, whole=True) if end is not None else None


def _gap(ends: tuple[str, str]) -> _Gap:
    """Take the gap between two literals; `quote.compile_quote` says the same as a pattern."""
    before, after = ends
    spaced, closed = before.endswith(" "), after.startswith(" ")
    # A gap between two spaces may be empty: then one space is both.
    first = 1 if spaced and not closed else 0
    return _Gap(first, RUN_MAX + spaced, spaced, " " * closed + after.strip())


def _close(gap: _Gap, low: str, at: int, *, whole: bool) -> int | None:
    """Return where the literal behind a gap ends; None where the gap would be too long.

    Args:
        gap: the gap.
        low: the text.
        at: where the gap begins.
        whole: whether the literal is the last one, which must not be glued to a word.
    """
    if gap.spaced and low[at : at + 1] != " ":
        return None
    literal = gap.literal
    bound = at + gap.last + len(literal)
    found = low.find(literal, at + gap.first, bound)
    while found >= 0:
        end = found + len(literal)
        if not (whole and low[end - 1] in _WORD and low[end : end + 1] in _WORD):
            return end
        found = low.find(literal, found + 1, bound)
    return None


@lru_cache(maxsize=8192)
def prepare_quote(text: str) -> Holed:
    """Take a text with holes apart; cached, because few are ever met."""
    return Holed(text)
