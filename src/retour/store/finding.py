"""Finds copies by parts of what is known of them, at a cost that does not follow the trail's size.

One of the conditions leads: an index gives its copies in order of their numbers, newest first, a
bounded number at a time, and the other conditions are checked on these. Which one leads is not left
to the database's planner: each is asked for a small number of copies in any order, and one that has
no more leads, with just these. Where all have more, it is counted how many of the newest copies
meet each, and the rarest leads. Where an index would have to put what it finds into order first,
and that is much, the newest copies are looked through before: what is frequent is among them, and
what is not is soon sorted.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    func,
    select,
    union_all,
)

from retour.model.story import Query
from retour.store.conditions import Condition, list_conditions
from retour.store.dialect import LAST_KEY, NUMBERS, PLANNED_ONCE, Dialect, Keys, within
from retour.store.schema import (
    ID_BITS,
    LAST_US,
    SPREAD,
    copies,
)

_COUNTED = 512
_COUNTED_RARE = (4_096, 16_384)
_SAMPLE = 1_024
_SAMPLE_RARE = 4
"""From so few among the newest copies it does not follow how many there are in all."""
_FIRST_STEP = 256
_LAST_STEP = 16_384
_WALKED = 5_000
"""Copies that are looked through before much is put into order."""


def find_numbers(connection: Connection, dialect: Dialect, query: Query) -> list[int]:
    """Find copies.

    Args:
        connection: to read on.
        dialect: the database's ways.
        query: what is asked.

    Returns:
        At most ``query.limit`` numbers, newest first.
    """
    found = _find(connection, dialect, query, begins=False)
    if found or query.subject is None:
        return found
    if query.before is not None and _find(
        connection, dialect, replace(query, before=None, limit=1), begins=False
    ):
        return found  # these words were found, and this is behind the last page of them
    # Nobody wrote these words; perhaps they are the beginnings of some.
    return _find(connection, dialect, query, begins=True)


def _find(connection: Connection, dialect: Dialect, query: Query, *, begins: bool) -> list[int]:
    """Find copies; ``begins``: subjects may have words that only begin so."""
    conditions = list_conditions(connection, dialect, query, begins=begins)
    if conditions is None:
        return []
    keys = _list_keys(query)
    leader, few = _choose_leader(connection, conditions, keys)
    others = [condition for condition in conditions if condition is not leader]
    search = _Search(connection, dialect, query)
    if few is not None:
        search.check(few, others)
        return search.found[: query.limit]
    walk = _WALKED if leader and not leader.in_order else 0
    lead = leader.lead if leader and leader.lead else _lead_by_time
    for low, top in dialect.slice_keys(connection, keys):
        high = top
        if walk:
            looked, high = search.go((low, high), _lead_by_time, conditions, walk)
            walk = max(walk - looked, 0)
        search.go((low, high), lead, others)
        if len(search.found) >= query.limit:
            break
    return search.found[: query.limit]


class _Search:
    """Gathers what one query finds."""

    def __init__(self, connection: Connection, dialect: Dialect, query: Query) -> None:
        self._connection = connection
        self._dialect = dialect
        self._query = query
        self._step = max(_FIRST_STEP, query.limit)
        self.found: list[int] = []

    def check(self, numbers: list[int], others: list[Condition]) -> None:
        """Check numbers, newest first, until enough are found."""
        # A leader may name a copy twice: of two addresses that were asked for.
        numbers = list(dict.fromkeys(numbers))
        first = 0
        while first < len(numbers) and len(self.found) < self._query.limit:
            some = numbers[first : first + self._step]
            self.found += _check(self._connection, self._dialect, some, others, self._query)
            first += self._step
            self._step = min(self._step * 4, _LAST_STEP)

    def go(
        self,
        keys: Keys,
        lead: Callable[[Keys], list[Select[Any]]],
        others: list[Condition],
        most: int | None = None,
    ) -> tuple[int, int]:
        """Search a range of numbers until enough are found.

        Args:
            keys: the range.
            lead: what gives the numbers.
            others: what else they have to meet.
            most: how many are looked at, roughly.

        Returns:
            How many were looked at, and the highest number that was not.
        """
        low, high = keys
        looked = 0
        while low <= high and len(self.found) < self._query.limit:
            if most is not None and looked >= most:
                return looked, high
            step, statement = self._step, _merge(lead((low, high)), self._step)
            numbers = list(self._connection.execute(statement).scalars())
            self.check(numbers, others)
            looked += len(numbers)
            if len(numbers) < step:
                return looked, low - 1
            high = numbers[-1] - 1
        return looked, high


def _merge(ranges: list[Select[Any]], limit: int) -> Select[Any]:
    """Select the newest numbers of several ranges, each of which has its own order."""
    newest = [part.order_by(part.selected_columns[0].desc()).limit(limit) for part in ranges]
    if len(newest) == 1:
        return newest[0]
    either = union_all(*(select(part.subquery().c.key) for part in newest)).subquery()
    return select(either.c.key).order_by(either.c.key.desc()).limit(limit)


def _lead_by_time(keys: Keys) -> list[Select[Any]]:
    return [select(copies.c.copy_id.label("key")).where(within(copies.c.copy_id, keys))]


def _list_keys(query: Query) -> Keys:
    """Return the numbers that the times and the page leave."""
    low, high = 0, LAST_KEY
    if query.since_us is not None:
        low = min(max(query.since_us, 0), LAST_US) << ID_BITS
    if query.until_us is not None:
        high = (min(max(query.until_us, 0), LAST_US) << ID_BITS) + SPREAD
    if query.before is not None:
        high = min(high, query.before - 1)
    return low, high


def _choose_leader(
    connection: Connection, conditions: list[Condition], keys: Keys
) -> tuple[Condition | None, list[int] | None]:
    """Choose the condition that the fewest copies meet.

    Returns:
        The condition, None where no index serves any; and all numbers that meet it, newest first,
        where these are few.
    """
    leading = [condition for condition in conditions if condition.lead]
    for condition in leading:
        if condition.gives_some:
            some = _list_some(connection, condition, keys, _COUNTED)
            if len(some) < _COUNTED:
                return condition, some
    if len(leading) < 2:
        return (leading[0] if leading else None), None
    counted = _count_newest(connection, leading, keys)
    rarest = min(counted)
    rare = [c for c, n in zip(leading, counted, strict=True) if n <= max(rarest, _SAMPLE_RARE)]
    # Of those alike one in order: its newest copies may be enough.
    rare.sort(key=lambda condition: not condition.in_order)
    if rarest > _SAMPLE_RARE or (len(rare) == 1 and rare[0].in_order):
        return rare[0], None
    for most in _COUNTED_RARE:
        for condition in rare:
            if condition.gives_some:
                some = _list_some(connection, condition, keys, most)
                if len(some) < most:
                    return condition, some
    return rare[0], None


def _list_some(connection: Connection, condition: Condition, keys: Keys, most: int) -> list[int]:
    """List numbers that meet a condition, newest first; where they are more than ``most``, any."""
    assert condition.lead
    parts = [select(part.limit(most).subquery().c.key) for part in condition.lead(keys)]
    some = union_all(*parts).limit(most)
    # With bounds a plan is made for the days that they leave, which takes less than all days do.
    is_kept = condition.is_planned_once and keys == (0, LAST_KEY)
    options = PLANNED_ONCE if is_kept else {}
    return sorted(connection.execute(some, execution_options=options).scalars(), reverse=True)


def _count_newest(connection: Connection, conditions: list[Condition], keys: Keys) -> list[int]:
    """Count how many of the newest copies meet each condition."""
    newest = _merge(_lead_by_time(keys), _SAMPLE).subquery()
    options = PLANNED_ONCE if keys == (0, LAST_KEY) else {}
    lowest = select(func.min(newest.c.key), func.max(newest.c.key))
    low, high = connection.execute(lowest, execution_options=options).one()
    if low is None:
        return [0] * len(conditions)
    counts = [
        select(func.count())
        .where(within(copies.c.copy_id, (low, high)), condition.holds((low, high)))
        .scalar_subquery()
        for condition in conditions
    ]
    return list(connection.execute(select(*counts)).one())


def _check(
    connection: Connection,
    dialect: Dialect,
    numbers: list[int],
    others: list[Condition],
    query: Query,
) -> list[int]:
    """Return the numbers, newest first, that meet the other conditions, too."""
    timed = query.since_us is not None or query.until_us is not None
    if not numbers or not (others or timed):
        return numbers
    keys = (numbers[-1], numbers[0])
    statement = select(copies.c.copy_id).where(
        within(copies.c.copy_id, keys), dialect.is_key(copies.c.copy_id)
    )
    for condition in others:
        statement = statement.where(condition.holds(keys))
    if query.since_us is not None:
        statement = statement.where(copies.c.first_us >= query.since_us)
    if query.until_us is not None:
        statement = statement.where(copies.c.first_us <= query.until_us)
    in_order = statement.order_by(copies.c.copy_id.desc())
    return list(connection.execute(in_order, {NUMBERS: numbers}).scalars())
