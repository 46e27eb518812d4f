"""Numbers over a trail; docs/statistics.md says what each one counts."""

from dataclasses import dataclass

from retour.model.vocabulary import Verdict

Named = tuple[str, int]
"""A name and its number."""


@dataclass(frozen=True, slots=True)
class Span:
    """One step of a course over time.

    Attributes:
        at_us: its beginning, microseconds since 1970.
        failed: failures by cause, most first.
        backscatter: reports about mails that the trail does not know.
    """

    at_us: int
    failed: tuple[Named, ...]
    backscatter: int


@dataclass(frozen=True, slots=True)
class Wave:
    """Hours in a row with far more backscatter than usual."""

    since_us: int
    until_us: int
    reports: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Numbers over the copies that arrived within a time.

    Attributes:
        since_us, until_us: the time: whole hours, microseconds since 1970; the end is not in it.
        step_us: the length of one span of the course.
        uncounted_hours: hours of the time whose newest rows are not in the numbers yet.
        copies: arrivals.
        attempts: hand-overs by outcome.
        causes, actors, domains, recipients: failed recipients by each, most first.
        course: over time, without gaps.
        verdicts: messages that one system took again, by what the arrivals are to each other.
        waiting: recipients that are tried again now, by the cause; of all times.
        checks: hand-overs by how long content and checks took before the queue, in steps of
            :data:`CHECK_STEPS_MS`.
        waves: of backscatter.
    """

    since_us: int
    until_us: int
    step_us: int
    uncounted_hours: int
    copies: int
    attempts: tuple[Named, ...]
    causes: tuple[Named, ...]
    actors: tuple[Named, ...]
    domains: tuple[Named, ...]
    recipients: tuple[Named, ...]
    course: tuple[Span, ...]
    verdicts: tuple[tuple[Verdict, int], ...]
    waiting: tuple[Named, ...]
    checks: tuple[Named, ...]
    waves: tuple[Wave, ...]

    @property
    def failed(self) -> int:
        """Return how many recipients did not get their mail."""
        return sum(number for _, number in self.causes)

    @property
    def backscatter(self) -> int:
        """Return how many reports speak of mails that the trail does not know."""
        return sum(span.backscatter for span in self.course)


CHECK_STEPS_MS = (100, 500, 1_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000)
"""Upper ends of the steps of ``checks``; a step is named by its end, the last one ``more``."""
