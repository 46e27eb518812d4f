"""Lines of a given width for terminals and plain text; wide characters count as two cells."""

import re
import unicodedata
from collections.abc import Iterator

from retour.model.document import AdminPart

_WORDS = re.compile(r"\S+")


def cell_width(text: str) -> int:
    """Return how many terminal cells a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character) or character in "\u200c\u200d\ufe0e\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """Break a text into lines.

    Args:
        text: one paragraph; white space runs count as one space.
        width: cells a line, the indent included.
        first: indent of the first line.
        rest: indent of the others.

    Returns:
        At least one line. A word longer than a line is cut.
    """
    lines: list[str] = []
    line, used, empty = [first], cell_width(first), True
    for word in _WORDS.findall(text):
        for piece in _pieces(word, max(width - max(cell_width(first), cell_width(rest)), 8)):
            needed = cell_width(piece)
            if not empty and used + 1 + needed > width:
                lines.append("".join(line).rstrip())
                line, used, empty = [rest], cell_width(rest), True
            if not empty:
                line.append(" ")
                used += 1
            line.append(piece)
            used, empty = used + needed, False
    lines.append("".join(line).rstrip())
    return lines


def _pieces(word: str, room: int) -> Iterator[str]:
    """Yield a word in pieces that fit."""
    if cell_width(word) <= room:
        yield word
        return
    piece: list[str] = []
    used = 0
    for character in word:
        cells = _cells(character)
        if used + cells > room:
            yield "".join(piece)
            piece, used = [], 0
        piece.append(character)
        used += cells
    yield "".join(piece)


def pad(text: str, width: int) -> str:
    """Return a text filled up with spaces to a number of cells."""
    return text + " " * (width - cell_width(text))


def list_checks(part: AdminPart) -> list[str]:
    """Return the checks in order, then each product's settings, for printers without columns."""
    return [*part.causes, *(f"{row.label}: {row.value}" for row in part.settings)]
