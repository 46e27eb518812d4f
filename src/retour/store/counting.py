"""Counts the trail hour by hour, behind the writing; docs/statistics.md says what and why so.

Whoever writes marks the hours of the copies that were touched, in the same transaction. Counting an
hour takes all of its numbers away, makes them anew from the rows, and takes the mark away, in one
transaction too: so nothing is counted twice or left out, whatever comes late, moves, goes or dies.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, exists, func, select

from retour.analyse import explain_reply
from retour.knowledge.load import load
from retour.model.statistics import CHECK_STEPS_MS
from retour.model.vocabulary import TroubleKind
from retour.store.dialect import Dialect
from retour.store.schema import (
    HOUR_US,
    ID_BITS,
    QUEUED_SPAN,
    addresses,
    copies,
    counts,
    hand_overs,
    reports,
    troubles,
    uncounted,
)
from retour.trail.assembly import UNQUEUED

UNKNOWN = "unknown"
_MARK = (
    "INSERT INTO uncounted(hour, times) VALUES(?, 1) "
    "ON CONFLICT(hour) DO UPDATE SET times = uncounted.times + 1"
)
_TROUBLE_COLUMNS = "copy_id, n, kind, cause, actor, domain, address_id"
_BAD = ("deferred", "failed", "expired")
_FAILING_KINDS = ("failure", "mixed")
_FAILED_ACTIONS = ("failed",)


class Marked(NamedTuple):
    """An hour since 1970 whose numbers are not up to date, and how often it was marked."""

    hour: int
    times: int

    @property
    def first_us(self) -> int:
        """Return its first microsecond since 1970."""
        return self.hour * HOUR_US

    @property
    def last_us(self) -> int:
        """Return its last one."""
        return (self.hour + 1) * HOUR_US - 1


class _Trouble(NamedTuple):
    copy_id: int
    kind: TroubleKind
    cause: str
    actor: str
    address_id: int | None
    address: str


def find_hour(copy_id: int) -> int:
    """Return the hour since 1970 in which a copy arrived."""
    return (copy_id >> ID_BITS) // HOUR_US


def span_hours(first: int, end: int) -> tuple[int, int]:
    """Return the lowest ``copy_id`` of some hours, and the lowest behind them."""
    return (first * HOUR_US) << ID_BITS, (end * HOUR_US) << ID_BITS


def mark_hours(connection: Connection, dialect: Dialect, copy_ids: Iterable[int]) -> None:
    """Note that copies were touched, inside the transaction that does it."""
    hours = sorted({find_hour(copy_id) for copy_id in copy_ids})
    if hours:
        dialect.execute_many(connection, _MARK, [(hour,) for hour in hours])


def list_marked(connection: Connection, limit: int) -> list[Marked]:
    """Return hours that are to be counted, newest first."""
    statement = select(uncounted).order_by(uncounted.c.hour.desc()).limit(limit)
    return [Marked(row.hour, row.times) for row in connection.execute(statement)]


def drop_hours(connection: Connection, before_hour: int) -> None:
    """Take the numbers of hours away whose copies were deleted."""
    low, _ = span_hours(before_hour, before_hour)
    connection.execute(counts.delete().where(counts.c.hour < before_hour))
    connection.execute(troubles.delete().where(troubles.c.copy_id < low))
    connection.execute(uncounted.delete().where(uncounted.c.hour < before_hour))


def count_hour(
    connection: Connection, dialect: Dialect, marked: Marked, verdicts: Mapping[str, int]
) -> None:
    """Count one hour anew.

    Args:
        connection: inside a transaction that holds the writer's lock.
        dialect: the database's ways.
        marked: the hour; where it was marked again since it was listed, it stays marked.
        verdicts: messages that one system took again in this hour, by verdict, as they stood when
            the hour was listed.
    """
    hour = marked.hour
    low, high = span_hours(hour, hour + 1)
    connection.execute(counts.delete().where(counts.c.hour == hour))
    connection.execute(
        troubles.delete().where(troubles.c.copy_id >= low, troubles.c.copy_id < high)
    )
    found = _read_hand_overs(connection, dialect, low, high)
    found += _read_reports(connection, low, high)
    rows = [
        (kind, hour, name, number)
        for kind, name, number in (
            *_count_rows(connection, low, high),
            *_count_troubles(found),
            *(("verdict", verdict, number) for verdict, number in verdicts.items()),
        )
        if number
    ]
    dialect.insert(connection, counts, "kind, hour, name, n", rows)
    dialect.insert(connection, troubles, _TROUBLE_COLUMNS, _number(found))
    mark_hours(connection, dialect, _find_late_known(connection, low, high))
    connection.execute(
        uncounted.delete().where(uncounted.c.hour == hour, uncounted.c.times == marked.times)
    )


def _find_late_known(connection: Connection, low: int, high: int) -> list[int]:
    """Find reports that were taken for backscatter before the logs of their mail came.

    Only those of later hours, so that two hours never mark each other for ever.

    Args:
        connection: to read on.
        low: the lowest ``copy_id`` of the hour in which the mails arrived.
        high: the lowest one behind it.
    """
    was_known = exists().where(
        copies.c.message_id == reports.c.original_message_id,
        copies.c.copy_id >= low,
        copies.c.copy_id < high,
    )
    statement = (
        select(reports.c.copy_id)
        .join(troubles, troubles.c.copy_id == reports.c.copy_id)
        .where(
            troubles.c.kind == "backscatter",
            reports.c.copy_id >= high,
            reports.c.copy_id < high + QUEUED_SPAN,
            was_known,
        )
    )
    return list(connection.execute(statement).scalars())


def _count_rows(connection: Connection, low: int, high: int) -> Iterable[tuple[str, str, int]]:
    """Count copies, hand-overs by outcome, and how long checks took."""
    arrived = select(func.count()).where(
        copies.c.copy_id >= low, copies.c.copy_id < high, copies.c.queue_id < UNQUEUED
    )
    yield "copies", "", connection.execute(arrived).scalar() or 0
    within = (hand_overs.c.copy_id >= low, hand_overs.c.copy_id < high)
    # An expression, since the index by outcome would lead through all days.
    outcome = hand_overs.c.outcome.concat("")
    for name, number in connection.execute(
        select(outcome, func.count()).where(*within).group_by(outcome)
    ):
        yield "attempts", name, number
    took = hand_overs.c.before_queue_ms
    step = case(*((took <= end, str(end)) for end in CHECK_STEPS_MS), else_="more")
    for name, number in connection.execute(
        select(step, func.count()).where(*within, took.is_not(None)).group_by(step)
    ):
        yield "checks", name, number


def _count_troubles(found: list[_Trouble]) -> Iterable[tuple[str, str, int]]:
    for (kind, cause), number in Counter((one.kind, one.cause) for one in found).items():
        yield kind, cause, number


def _number(found: list[_Trouble]) -> list[tuple[object, ...]]:
    """Number the troubles of each copy."""
    last: Counter[int] = Counter()
    rows: list[tuple[object, ...]] = []
    for one in found:
        last[one.copy_id] += 1
        domain = one.address.rpartition("@")[2].lower()
        n = last[one.copy_id]
        rows.append((one.copy_id, n, one.kind, one.cause, one.actor, domain, one.address_id))
    return rows


def _read_hand_overs(
    connection: Connection, dialect: Dialect, low: int, high: int
) -> list[_Trouble]:
    """Read how it stands with the recipients to whom a hand-over went wrong."""
    statement = (
        select(
            hand_overs.c.copy_id,
            hand_overs.c.recipient_id,
            hand_overs.c.at_us,
            hand_overs.c.outcome,
            hand_overs.c.reply,
            hand_overs.c.status,
            copies.c.ended_us,
            copies.c.given_up_us,
            func.coalesce(addresses.c.address, "").label("address"),
        )
        .join(copies, copies.c.copy_id == hand_overs.c.copy_id)
        .outerjoin(addresses, addresses.c.address_id == hand_overs.c.recipient_id)
        .where(
            hand_overs.c.copy_id >= low,
            hand_overs.c.copy_id < high,
            hand_overs.c.outcome.concat("").in_(_BAD),
        )
        .order_by(hand_overs.c.copy_id, hand_overs.c.at_us)
    )
    last: dict[tuple[int, int], Any] = {}
    for row in connection.execute(statement):
        key = (row.copy_id, row.recipient_id)
        # What was given up is not tried again; a line that says otherwise is another system's.
        if key not in last or last[key].outcome == "deferred":
            last[key] = row
    deferred = {key[0] for key, row in last.items() if row.outcome == "deferred"}
    passed = _find_passed(connection, dialect, deferred)
    found = []
    for key, row in last.items():
        kind = _judge(row, is_passed=row.at_us <= passed[key])
        if kind is not None:
            cause, actor = _name_cause(row.reply or row.status)
            found.append(_Trouble(row.copy_id, kind, cause, actor, row.recipient_id, row.address))
    return found


def _find_passed(
    connection: Connection, dialect: Dialect, copy_ids: set[int]
) -> Mapping[tuple[int, int], int]:
    """Return when a recipient's copy was got rid of in a way that is no trouble."""
    passed: dict[tuple[int, int], int] = defaultdict(lambda: -1)
    if copy_ids:
        statement = select(
            hand_overs.c.copy_id, hand_overs.c.recipient_id, func.max(hand_overs.c.at_us)
        ).where(
            dialect.is_one_of(hand_overs.c.copy_id, sorted(copy_ids)),
            hand_overs.c.outcome.concat("").not_in((*_BAD, "refused")),
        )
        grouped = statement.group_by(hand_overs.c.copy_id, hand_overs.c.recipient_id)
        passed.update(((row[0], row[1]), row[2]) for row in connection.execute(grouped))
    return passed


def _judge(row: Any, *, is_passed: bool) -> TroubleKind | None:
    """Tell how it stands with one recipient, from the last hand-over that went wrong."""
    if row.outcome != "deferred":
        return "failed"
    if is_passed:
        return None
    if row.given_up_us is not None:
        return "failed"
    return "waiting" if row.ended_us is None else None


def _read_reports(connection: Connection, low: int, high: int) -> list[_Trouble]:
    """Read what stored reports say failed, where no hand-over said so already."""
    original = copies.alias()
    about = original.c.message_id == reports.c.original_message_id
    is_known = exists().where(about)
    is_seen = exists().where(
        about,
        hand_overs.c.copy_id == original.c.copy_id,
        hand_overs.c.outcome.concat("").in_(("failed", "expired")),
    )
    named = func.coalesce(reports.c.original_id, reports.c.recipient_id)
    statement = (
        select(
            reports.c.copy_id,
            reports.c.cause,
            reports.c.original_message_id,
            named.label("address_id"),
            func.coalesce(addresses.c.address, "").label("address"),
            is_known.label("is_known"),
        )
        .outerjoin(addresses, addresses.c.address_id == named)
        .where(
            reports.c.copy_id >= low,
            reports.c.copy_id < high,
            reports.c.kind.in_(_FAILING_KINDS),
            func.coalesce(reports.c.action, "failed").in_(_FAILED_ACTIONS),
            ~is_seen,
        )
        .order_by(reports.c.copy_id, reports.c.n)
    )
    found = []
    for row in connection.execute(statement):
        is_ours = row.is_known or row.original_message_id is None
        cause = row.cause or UNKNOWN
        actor = _name_actor(cause)
        kind: TroubleKind = "failed" if is_ours else "backscatter"
        found.append(_Trouble(row.copy_id, kind, cause, actor, row.address_id, row.address))
    return found


@lru_cache(maxsize=50_000)
def _name_cause(reply: str | None) -> tuple[str, str]:
    """Return cause and actor of a reply; many mails fail with the same words."""
    if not reply:
        return UNKNOWN, _name_actor(UNKNOWN)
    diagnosis = explain_reply(reply).diagnosis
    return diagnosis.cause, diagnosis.actor


def _name_actor(cause: str) -> str:
    known = load().causes.get(cause)
    return known.actor if known else "nobody"
