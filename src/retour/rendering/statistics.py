"""Numbers over a trail as lines of text."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from typing import NamedTuple

from retour.model.statistics import Named, Statistics
from retour.rendering.foreign import fold_line
from retour.rendering.layout import cell_width, pad
from retour.rendering.trail import to_moment
from retour.rendering.wording import Wording

_NAME_MAX = 80
_COURSE_CAUSES = 4


class Line(NamedTuple):
    """One line, and whether it is the heading of those that follow."""

    text: str
    is_heading: bool = False


def tell_statistics(numbers: Statistics, wording: Wording) -> Iterator[Line]:
    """Yield the lines: totals, then a table under each heading that has anything.

    Args:
        numbers: as read.
        wording: the language; the headings are those of the overview page.
    """
    times = {"since": _say(numbers.since_us), "until": _say(numbers.until_us)}
    yield Line(wording.say("web", "overview", "span", fields=times))
    if numbers.uncounted_hours:
        yield Line(wording.count(numbers.uncounted_hours, "web", "overview", "uncounted"))
    totals = (
        ("copies", numbers.copies),
        ("bounced", numbers.failed),
        ("waiting", sum(number for _, number in numbers.waiting)),
        ("backscatter", numbers.backscatter),
    )
    yield from _lay([(wording.say("web", "overview", key), number) for key, number in totals])
    course = [
        (f"{_say(span.at_us)}  {_list(span.failed)}", sum(number for _, number in span.failed))
        for span in numbers.course
        if span.failed
    ]
    tables: Sequence[tuple[str, Iterable[Named]]] = (
        ("cause", numbers.causes),
        ("course", course),
        ("actors", _name(numbers.actors, wording, "actor", "row")),
        ("domains", numbers.domains),
        ("recipients", numbers.recipients),
        ("waiting_now", numbers.waiting),
        ("attempts", _name(numbers.attempts, wording, "trail.attempt")),
        ("verdicts", _name(numbers.verdicts, wording, "copies.verdict")),
        ("checks", _name_steps(numbers.checks, wording)),
        ("waves", [(f"{_say(w.since_us)} … {_say(w.until_us)}", w.reports) for w in numbers.waves]),
    )
    for heading, rows in tables:
        lines = list(_lay(list(rows)))
        if lines:
            yield Line("")
            yield Line(wording.say("web", "overview", heading), is_heading=True)
            yield from lines


def _say(at_us: int) -> str:
    """Return a moment in UTC, as the page does."""
    return f"{to_moment(at_us, UTC):%Y-%m-%d %H:%M}"


def _list(rows: Sequence[Named]) -> str:
    shown = ", ".join(f"{name} {number}" for name, number in rows[:_COURSE_CAUSES])
    return f"{shown} …" if len(rows) > _COURSE_CAUSES else shown


def _name(
    rows: Iterable[tuple[str, int]], wording: Wording, table: str, form: str = ""
) -> list[Named]:
    """Put words in place of names."""
    keys = table.split(".")
    below = [form] if form else []
    return [(wording.say(*keys, name, *below) or name, number) for name, number in rows]


def _name_steps(rows: Iterable[Named], wording: Wording) -> Iterator[Named]:
    last = ""
    for name, number in rows:
        end = last if name == "more" else f"{int(name) / 1000:g} s"
        key = "longer" if name == "more" else "up_to"
        yield wording.say("web", "overview", key, fields={"time": end}), number
        last = end


def _lay(rows: Sequence[Named]) -> Iterator[Line]:
    """Lay names and numbers into two columns."""
    names = [fold_line(name, _NAME_MAX) or "?" for name, _ in rows]
    width = max(map(cell_width, names), default=0)
    digits = max((len(str(number)) for _, number in rows), default=0)
    for name, (_, number) in zip(names, rows, strict=True):
        yield Line(f"  {pad(name, width)}  {number:>{digits}}")
