"""Reads the numbers that :mod:`retour.store.counting` keeps."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import median
from typing import Any, cast

from sqlalchemy import Connection, func, select

from retour.model.statistics import CHECK_STEPS_MS, Named, Span, Statistics, Wave
from retour.model.vocabulary import Verdict
from retour.store.counting import span_hours
from retour.store.schema import HOUR_US, addresses, counts, troubles, uncounted

TOP = 20
"""How many domains and recipients are named."""
_HOURLY_MAX = 72
_DAILY_MAX = 24 * 100
_SHORT_HOURS = 24 * 10
_WAVE_LEAST = 10
_WAVE_TIMES = 5


def read_statistics(connection: Connection, since_us: int, until_us: int) -> Statistics:
    """Read the numbers of a time.

    Args:
        connection: to read on.
        since_us: its beginning; the hour that it lies in counts whole.
        until_us: its end; likewise.
    """
    first, end = since_us // HOUR_US, -(-until_us // HOUR_US)
    by_kind = _read_counts(connection, first, end)
    kept = counts.c.hour >= first, counts.c.hour < end
    statement = select(counts.c.hour, counts.c.n).where(counts.c.kind == "backscatter", *kept)
    backscatter: Counter[int] = Counter()
    for hour, number in connection.execute(statement):
        backscatter[hour] += number
    step = _choose_step(end - first)
    missing = uncounted.c.hour >= first, uncounted.c.hour < end
    return Statistics(
        first * HOUR_US,
        end * HOUR_US,
        step * HOUR_US,
        connection.execute(select(func.count()).where(*missing)).scalar() or 0,
        sum(number for _, number in by_kind["copies"]),
        by_kind["attempts"],
        by_kind["failed"],
        _rank(connection, troubles.c.actor, first, end, None),
        _rank(connection, troubles.c.domain, first, end, TOP),
        _rank_recipients(connection, first, end),
        _read_course(connection, first, end, step, backscatter),
        cast("tuple[tuple[Verdict, int], ...]", by_kind["verdict"]),
        _read_waiting(connection),
        _order_checks(by_kind["checks"]),
        _find_waves(backscatter, first, end),
    )


def read_counted(connection: Connection) -> tuple[int, int] | None:
    """Return the time that has numbers: its beginning and its end; None: nothing was counted."""
    hours = select(func.min(counts.c.hour), func.max(counts.c.hour)).where(
        counts.c.kind == "copies"
    )
    first, last = connection.execute(hours).one()
    return None if first is None else (first * HOUR_US, (last + 1) * HOUR_US)


def _choose_step(hours: int) -> int:
    """Return how many hours one span of the course has."""
    if hours <= _HOURLY_MAX:
        return 1
    return 24 if hours <= _DAILY_MAX else 24 * 7


def _sort(rows: Iterable[tuple[str, int]]) -> tuple[Named, ...]:
    return tuple(sorted(rows, key=lambda row: (-row[1], row[0])))


def _read_counts(
    connection: Connection, first: int, end: int
) -> defaultdict[str, tuple[Named, ...]]:
    """Sum up what is counted by name."""
    statement = (
        select(counts.c.kind, counts.c.name, func.sum(counts.c.n))
        .where(counts.c.hour >= first, counts.c.hour < end)
        .group_by(counts.c.kind, counts.c.name)
    )
    found: defaultdict[str, list[Named]] = defaultdict(list)
    for kind, name, number in connection.execute(statement):
        found[kind].append((name, int(number)))
    return defaultdict(tuple, {kind: _sort(rows) for kind, rows in found.items()})


def _rank(
    connection: Connection, column: Any, first: int, end: int, limit: int | None
) -> tuple[Named, ...]:
    """Count failures by a column of names."""
    return tuple((str(name), n) for name, n in _rank_by(connection, column, first, end, limit))


def _rank_by(
    connection: Connection, column: Any, first: int, end: int, limit: int | None
) -> list[tuple[Any, int]]:
    low, high = span_hours(first, end)
    number = func.count()
    # Of a short time all troubles are looked at by their numbers; of a long one the index that has
    # the column in order is faster. SQLite would always take the index: an expression stops it.
    kind = troubles.c.kind.concat("") if end - first <= _SHORT_HOURS else troubles.c.kind
    statement = (
        select(column, number)
        .where(kind == "failed", troubles.c.copy_id >= low, troubles.c.copy_id < high)
        .group_by(column)
        .order_by(number.desc(), column)
        .limit(limit)
    )
    return [(row[0], int(row[1])) for row in connection.execute(statement)]


def _rank_recipients(connection: Connection, first: int, end: int) -> tuple[Named, ...]:
    ranked = dict(_rank_by(connection, troubles.c.address_id, first, end, TOP))
    named = select(addresses).where(addresses.c.address_id.in_(list(ranked)))
    return _sort((row.address, ranked[row.address_id]) for row in connection.execute(named))


def _read_course(
    connection: Connection, first: int, end: int, step: int, backscatter: Counter[int]
) -> tuple[Span, ...]:
    """Read failures by cause over time."""
    statement = select(counts.c.hour, counts.c.name, counts.c.n).where(
        counts.c.kind == "failed", counts.c.hour >= first, counts.c.hour < end
    )
    spans: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for hour, cause, number in connection.execute(statement):
        spans[hour // step][cause] += number
    others: Counter[int] = Counter()
    for hour, number in backscatter.items():
        others[hour // step] += number
    return tuple(
        Span(n * step * HOUR_US, _sort(spans[n].items()), others[n])
        for n in range(first // step, -(-end // step))
    )


def _read_waiting(connection: Connection) -> tuple[Named, ...]:
    statement = (
        select(counts.c.name, func.sum(counts.c.n))
        .where(counts.c.kind == "waiting")
        .group_by(counts.c.name)
    )
    return _sort((name, int(number)) for name, number in connection.execute(statement))


def _order_checks(rows: Iterable[Named]) -> tuple[Named, ...]:
    """Return all steps in their order, with those that nothing took."""
    found = dict(rows)
    names = (*map(str, CHECK_STEPS_MS), "more")
    return tuple((name, found.get(name, 0)) for name in names) if found else ()


def _find_waves(backscatter: Counter[int], first: int, end: int) -> tuple[Wave, ...]:
    """Find hours with far more reports about unknown mails than half of the hours have."""
    usual = median(backscatter[hour] for hour in range(first, end)) if end > first else 0
    least = max(_WAVE_LEAST, _WAVE_TIMES * usual)
    waves: list[Wave] = []
    for hour in sorted(hour for hour, number in backscatter.items() if number >= least):
        since, reports = hour * HOUR_US, backscatter[hour]
        if waves and waves[-1].until_us == since:
            reports += waves[-1].reports
            since = waves.pop().since_us
        waves.append(Wave(since, (hour + 1) * HOUR_US, reports))
    return tuple(waves)
