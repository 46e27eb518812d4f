"""Numbers over the trail: failures over time, who and where, copies, waiting, waves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from urllib.parse import urlencode

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from retour.knowledge.load import load
from retour.model.statistics import Named, Statistics
from retour.rendering.chart import COLOURS, Column, draw_bar, draw_columns
from retour.web.access import Viewer
from retour.web.naming import say_cause, say_seconds
from retour.web.page import Text, render_page, text_of
from retour.web.site import site_of

router = APIRouter(include_in_schema=False)
_HOUR_US = 3_600_000_000
_PERIODS = {"24h": 24, "7d": 24 * 7, "30d": 24 * 30, "90d": 24 * 90, "all": 0}
_USUAL = "7d"
_SHOWN = 10
"""Lines of a table that are seen at once."""
_NOTHING: Mapping[str, str] = MappingProxyType({})
_NAMED = COLOURS - 1
"""Causes that the chart names; the rest is one part."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table.

    Attributes:
        name: as it is.
        label: in words; empty where the name says it.
        number: how many.
        bar: the number as a picture.
        link: where its mails are; empty where nothing is to be seen there.
        about: where the name is explained; empty: nowhere.
        colour: its class in the chart; empty: none.
    """

    name: str
    label: str
    number: int
    bar: Markup
    link: str
    about: str = ""
    colour: str = ""


@router.get("/overview")
def show(request: Request, person: Viewer, period: str = _USUAL) -> Response:
    """Show the numbers of a time."""
    store = site_of(request).store
    period = period if period in _PERIODS else _USUAL
    now_us = int(datetime.now(UTC).timestamp()) * 1_000_000
    counted = store.read_counted()
    since_us = now_us - _PERIODS[period] * _HOUR_US
    until_us = now_us
    if period == "all":
        since_us, until_us = counted or (now_us - _HOUR_US, now_us)
    numbers = store.read_statistics(since_us, until_us)
    text = text_of(request)
    view = _View(numbers, text, may_read=person.may("helpdesk"))
    return render_page(
        request,
        "overview.html",
        numbers=numbers,
        view=view,
        period=period,
        shown=_SHOWN,
        periods=list(_PERIODS),
        has_older=counted is not None and not numbers.copies,
        may_read=person.may("helpdesk"),
    )


class _View:
    """Makes lines and pictures of numbers."""

    def __init__(self, numbers: Statistics, text: Text, *, may_read: bool) -> None:
        self._numbers = numbers
        self._text = text
        self._may_read = may_read
        named = [name for name, _ in numbers.causes[:_NAMED]]
        self._places = {name: n for n, name in enumerate(named)}

    def search(
        self,
        at_us: int | None = None,
        end_us: int | None = None,
        asked: Mapping[str, str] = _NOTHING,
        **named: str,
    ) -> str:
        """Return where the mails of a number are.

        Args:
            at_us: the beginning of a span; None: of the whole time.
            end_us: its end; None: after one step of the course.
            asked: fields of the search.
            named: more of them.
        """
        if not self._may_read:
            return ""
        numbers = self._numbers
        since_us = numbers.since_us if at_us is None else max(at_us, numbers.since_us)
        if end_us is None:
            end_us = numbers.until_us if at_us is None else at_us + numbers.step_us
        until_us = min(end_us, numbers.until_us)
        times = {"since": _iso(since_us), "until": _iso(until_us - 1)}
        return f"/trail?{urlencode({**asked, **named, **times})}"

    def causes(self) -> list[Line]:
        """Failures by cause."""
        most = max((number for _, number in self._numbers.causes), default=0)
        return [
            Line(
                name,
                say_cause(name, self._text.wording.language),
                number,
                draw_bar(number, most),
                self.search(cause=name),
                f"/causes/{name}" if name in load().causes else "",
                f"c{self._places.get(name, COLOURS - 1)}",
            )
            for name, number in self._numbers.causes
        ]

    def actors(self) -> list[Line]:
        """Failures by who has to act."""
        return self._list(self._numbers.actors, "actor", ("actor", "row"))

    def domains(self) -> list[Line]:
        """Failures by the recipient's domain."""
        return self._list(self._numbers.domains, "failed_to")

    def recipients(self) -> list[Line]:
        """Failures by recipient."""
        return self._list(self._numbers.recipients, "failed_to")

    def waiting(self) -> list[Line]:
        """Who is tried again now, by cause."""
        rows = self._numbers.waiting
        most = max((number for _, number in rows), default=0)
        return [
            Line(
                name,
                say_cause(name, self._text.wording.language),
                number,
                draw_bar(number, most),
                f"/trail?{urlencode({'trouble': 'waiting', 'cause': name})}"
                if self._may_read
                else "",
                f"/causes/{name}" if name in load().causes else "",
            )
            for name, number in rows
        ]

    def attempts(self) -> list[Line]:
        """Hand-overs by outcome."""
        most = max((number for _, number in self._numbers.attempts), default=0)
        return [
            Line(
                name,
                self._text.label("trail", "attempt", name),
                number,
                draw_bar(number, most),
                self.search(status=name),
            )
            for name, number in self._numbers.attempts
        ]

    def verdicts(self) -> list[Line]:
        """Messages that were taken again, by verdict."""
        most = max((number for _, number in self._numbers.verdicts), default=0)
        times = {"since": _iso(self._numbers.since_us), "until": _iso(self._numbers.until_us - 1)}
        return [
            Line(
                verdict,
                self._text.label("copies", "verdict", verdict),
                number,
                draw_bar(number, most),
                f"/trail/repeated?{urlencode({'verdict': verdict, **times})}"
                if self._may_read
                else "",
            )
            for verdict, number in self._numbers.verdicts
        ]

    def checks(self) -> list[Line]:
        """How long content and its checks took."""
        most = max((number for _, number in self._numbers.checks), default=0)
        lines = []
        last = 0
        for name, number in self._numbers.checks:
            end = last if name == "more" else int(name)
            key = "longer" if name == "more" else "up_to"
            label = self._text("overview", key, time=say_seconds(end))
            step = {"check_over_ms": str(last)} if last else {}
            if name != "more":
                step["check_max_ms"] = name
            link = self.search(asked=step) if number else ""
            lines.append(Line(name, label, number, draw_bar(number, most), link))
            last = end
        return lines

    def course(self) -> Markup:
        """Draw failures over time by cause."""
        names = [*self._places]
        others = len(self._numbers.causes) > _NAMED
        columns = [
            Column(self.say_span(span.at_us), self._part(dict(span.failed), others=others))
            for span in self._numbers.course
        ]
        if others:
            names.append(self._text("overview", "others"))
        return draw_columns(
            columns,
            names,
            key="course",
            title=self._text("overview", "course"),
            description=self._text.number(self._numbers.failed, "overview", "failed"),
        )

    def backscatter(self) -> Markup:
        """Draw reports about unknown mails over time."""
        columns = [
            Column(self.say_span(span.at_us), (span.backscatter,)) for span in self._numbers.course
        ]
        return draw_columns(
            columns,
            [self._text("overview", "backscatter")],
            key="backscatter",
            title=self._text("overview", "backscatter"),
            description=self._text.number(self._numbers.backscatter, "overview", "reports"),
        )

    def say_span(self, at_us: int) -> str:
        """Return the name of a step of the course."""
        at = datetime.fromtimestamp(at_us // 1_000_000, UTC)
        return f"{at:%m-%d %H:%M}" if self._numbers.step_us == _HOUR_US else f"{at:%Y-%m-%d}"

    def say_moment(self, at_us: int) -> str:
        """Return a moment as text."""
        return f"{datetime.fromtimestamp(at_us // 1_000_000, UTC):%Y-%m-%d %H:%M}"

    def _part(self, found: dict[str, int], *, others: bool) -> tuple[int, ...]:
        parts = [found.pop(name, 0) for name in self._places]
        return (*parts, sum(found.values())) if others else tuple(parts)

    def _list(
        self, rows: Sequence[Named], field: str, words: tuple[str, str] | None = None
    ) -> list[Line]:
        most = max((number for _, number in rows), default=0)
        return [
            Line(
                name,
                self._text.label(words[0], name, words[1]) if words else "",
                number,
                draw_bar(number, most),
                self.search(asked={field: name}) if name else "",
            )
            for name, number in rows
        ]


def _iso(at_us: int) -> str:
    """Return a moment that a search takes."""
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).isoformat().replace("+00:00", "Z")
