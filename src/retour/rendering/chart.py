"""Values to pictures in SVG.

Pure; colours are classes of the page's style sheet, so that light and dark, print and forced
colours are its business, and a strict policy needs no exception. A picture is one image for
assistive technology, with a title and a description. Whatever it shows stands in a table beside it,
which is where links are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from retour.rendering.foreign import show_controls

COLOURS = 8
"""Classes ``c0`` to ``c7``; the last one is for all the rest."""
_WIDTH = 720
_HEIGHT = 220
_LEFT = 48
_BOTTOM = 24
_TOP = 8
_GAP_MAX = 4
_LABELS = 6


@dataclass(frozen=True, slots=True)
class Column:
    """One column of stacked parts.

    Attributes:
        label: below it, where there is room.
        parts: of each name of the chart, in their order.
    """

    label: str
    parts: tuple[int, ...]


def draw_columns(
    columns: Sequence[Column], names: Sequence[str], *, key: str, title: str, description: str
) -> Markup:
    """Draw columns beside each other, each stacked of parts.

    Args:
        columns: from left to right.
        names: of the parts, from the bottom up; the n-th one has the class ``cN``.
        key: unique within the page; begins the ids.
        title: what it shows.
        description: what there is to see.
    """
    most = max((sum(column.parts) for column in columns), default=0)
    scale = (_HEIGHT - _TOP - _BOTTOM) / _round_up(most)
    pitch = (_WIDTH - _LEFT) / max(len(columns), 1)
    gap = min(_GAP_MAX, pitch / 4)
    every = -(-len(columns) // _LABELS) or 1
    parts = [*_draw_lines(_round_up(most), scale)]
    for n, column in enumerate(columns):
        x, y = _LEFT + n * pitch + gap / 2, float(_HEIGHT - _BOTTOM)
        for index, (name, number) in enumerate(zip(names, column.parts, strict=True)):
            if number:
                height = number * scale
                y -= height
                said = f"{column.label}, {name}: {number}"
                parts.append(
                    f'<rect class="c{min(index, COLOURS - 1)}" x="{x:.1f}" y="{y:.1f}" '
                    f'width="{pitch - gap:.1f}" height="{height:.1f}">'
                    f"<title>{_text(said)}</title></rect>"
                )
        if n % every == 0:
            parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - 6}">{_text(column.label)}</text>')
    return _frame("".join(parts), key, title, description)


def draw_bar(number: float, most: float) -> Markup:
    """Draw one horizontal bar for a cell of a table that says the number, too."""
    share = 100 * number / most if most else 0
    # No number is drawn as large as the widest one that is not.
    width = max(share, 0.5) if number else 0
    return Markup(
        '<svg class="bar-line" height="6" width="100%" aria-hidden="true">'
        f'<rect height="6" rx="2" width="{width:.1f}%"/></svg>'
    )


def draw_span(begin: float, end: float, marks: Sequence[tuple[float, str]] = ()) -> Markup:
    """Draw a lane of a time line: a bar from begin to end, and marks on it.

    Args:
        begin: share of the whole time, 0 to 1.
        end: likewise.
        marks: shares, and the class of each: ``good``, ``bad`` or ``even``.
    """
    width = max(end - begin, 0.004)
    start = min(begin, 1 - width)
    dots = "".join(
        f'<circle class="{name}" cx="{100 * min(max(at, 0.006), 0.994):.2f}%" cy="8" r="4"/>'
        for at, name in marks
    )
    return Markup(
        '<svg class="lane" height="16" width="100%" aria-hidden="true">'
        '<line x1="0" x2="100%" y1="8" y2="8"/>'
        f'<rect x="{100 * start:.2f}%" y="4" width="{100 * width:.2f}%" height="8" rx="2"/>'
        f"{dots}</svg>"
    )


def _frame(inner: str, key: str, title: str, description: str) -> Markup:
    return Markup(
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="{key}-title {key}-text">'
        f'<title id="{key}-title">{_text(title)}</title>'
        f'<desc id="{key}-text">{_text(description)}</desc>{inner}</svg>'
    )


def _draw_lines(most: int, scale: float) -> list[str]:
    """Draw the ground, the middle and the top, with their numbers."""
    lines = []
    for value in (0, most / 2, most):
        y = _HEIGHT - _BOTTOM - value * scale
        number = f"{value:g}"
        lines.append(f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text class="end" x="{_LEFT - 6}" y="{y + 4:.1f}">{number}</text>')
    return lines


def _round_up(most: int) -> int:
    """Return the next number that makes a good end of an axis: 1, 2 or 5 and zeros."""
    size = 1
    while size * 10 < most:
        size *= 10
    return next((n * size for n in (2, 5, 10) if n * size >= most), 10 * size)


def _text(value: str) -> str:
    """Return a text that may be foreign, for a place in the picture."""
    return str(escape(show_controls(value)))
