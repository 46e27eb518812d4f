"""Finds copies by parts of what is known of them, at a cost that does not follow the trail's size.

One of the conditions leads: an index gives its copies in order of their numbers, newest first, a
bounded number at a time, and the other conditions are checked on these. Which one leads is not left
to the database's planner: where several could, each is counted up to a small bound, and the rarest
leads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select, union_all

from retour.model.story import Query
from retour.store.dialect import Dialect
from retour.store.schema import (
    FROM,
    ID_BITS,
    LAST_US,
    SPREAD,
    TO,
    TROUBLE,
    address_words,
    addresses,
    copies,
    hand_overs,
    hosts,
    parties,
)
from retour.store.texts import clean_name
from retour.trail.words import split_words

ANYWHERE = "*"
"""A part that begins so is looked for inside of words, too, which takes longer."""
NAMES_MAX = 2_000
"""Different addresses or hosts that a part may mean; more are checked on each copy instead."""
WORDS_MAX = 50_000
"""Addresses with one word that are looked through for the whole part."""

_COUNTED = 512
_FIRST_STEP = 256
_LAST_STEP = 16_384
_LAST_KEY = (1 << 63) - 1
_TROUBLED = ("deferred", "failed", "expired", "discarded", "held", "expanded", "refused")
_AFTER_TEXT = "\U0010ffff"

Keys = tuple[int, int]
"""The lowest and the highest number that counts."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One of the things that are asked.

    Attributes:
        lead: selects the numbers of the copies that meet it, as column ``key``; None where no index
            serves it.
        holds: says it of a row of ``copies`` whose number lies between the keys.
    """

    lead: Callable[[Keys], Select[Any]] | None
    holds: Callable[[Keys], Any]


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
    if not found and query.subject is not None and query.before is None:
        # Nobody wrote these words; perhaps they are the beginnings of some.
        found = _find(connection, dialect, query, begins=True)
    return found


def _find(connection: Connection, dialect: Dialect, query: Query, *, begins: bool) -> list[int]:
    """Find copies; ``begins``: subjects may have words that only begin so."""
    conditions = list_conditions(connection, dialect, query, begins=begins)
    if conditions is None:
        return []
    low, high = _list_keys(query)
    leader = _choose_leader(connection, conditions, (low, high))
    lead = leader.lead if leader and leader.lead else _lead_by_time
    others = [condition for condition in conditions if condition is not leader]
    found: list[int] = []
    for piece in dialect.slice_keys(connection, (low, high)):
        found += _search(connection, dialect, query, piece, lead, others, len(found))
        if len(found) >= query.limit:
            break
    return found[: query.limit]


def _search(
    connection: Connection,
    dialect: Dialect,
    query: Query,
    keys: Keys,
    lead: Callable[[Keys], Select[Any]],
    others: list[Condition],
    known: int,
) -> list[int]:
    """Search one range of numbers until enough are found, beside those known."""
    low, high = keys
    found: list[int] = []
    step = max(_FIRST_STEP, query.limit)
    while low <= high:
        statement = lead((low, high)).order_by(None).limit(None)
        key = statement.selected_columns[0]
        numbers = list(connection.execute(statement.order_by(key.desc()).limit(step)).scalars())
        found += _check(connection, dialect, numbers, others, query)
        if len(numbers) < step or known + len(found) >= query.limit:
            break
        high = numbers[-1] - 1
        step = min(step * 4, _LAST_STEP)
    return found


def _lead_by_time(keys: Keys) -> Select[Any]:
    return select(copies.c.copy_id.label("key")).where(copies.c.copy_id.between(*keys))


def _list_keys(query: Query) -> Keys:
    """Return the numbers that the times and the page leave."""
    low, high = 0, _LAST_KEY
    if query.since_us is not None:
        low = min(max(query.since_us, 0), LAST_US) << ID_BITS
    if query.until_us is not None:
        high = (min(max(query.until_us, 0), LAST_US) << ID_BITS) + SPREAD
    if query.before is not None:
        high = min(high, query.before - 1)
    return low, high


def _choose_leader(
    connection: Connection, conditions: list[Condition], keys: Keys
) -> Condition | None:
    """Choose the condition that the fewest copies meet."""
    leading = [condition for condition in conditions if condition.lead]
    if len(leading) < 2:
        return leading[0] if leading else None
    best, fewest = leading[0], _COUNTED + 1
    for condition in leading:
        assert condition.lead
        some = condition.lead(keys).limit(_COUNTED).subquery()
        count = connection.execute(select(func.count()).select_from(some)).scalar() or 0
        if count < fewest:
            best, fewest = condition, count
    return best


def _check(
    connection: Connection,
    dialect: Dialect,
    numbers: list[int],
    others: list[Condition],
    query: Query,
) -> list[int]:
    """Return the numbers that meet the other conditions, too."""
    # A leader may name a copy twice: of two addresses that were asked for.
    numbers = list(dict.fromkeys(numbers))
    timed = query.since_us is not None or query.until_us is not None
    if not numbers or not (others or timed):
        return numbers
    keys = (numbers[-1], numbers[0])
    statement = select(copies.c.copy_id).where(
        copies.c.copy_id.between(*keys), dialect.is_one_of(copies.c.copy_id, numbers)
    )
    for condition in others:
        statement = statement.where(condition.holds(keys))
    if query.since_us is not None:
        statement = statement.where(copies.c.first_us >= query.since_us)
    if query.until_us is not None:
        statement = statement.where(copies.c.first_us <= query.until_us)
    return list(connection.execute(statement.order_by(copies.c.copy_id.desc())).scalars())


def list_conditions(
    connection: Connection, dialect: Dialect, query: Query, *, begins: bool
) -> list[Condition] | None:
    """Turn a query into conditions; None where one of them cannot be met at all."""
    conditions: list[Condition | None] = []
    if query.queue_id is not None:
        conditions.append(_begins(dialect, copies.c.queue_id, clean_name(query.queue_id)))
    if query.message_id is not None:
        conditions.append(_name_message(dialect, query.message_id))
    for part, role in ((query.from_, FROM), (query.to, TO)):
        if part is not None:
            conditions.append(_name_address(connection, dialect, part, role))
    if query.subject is not None:
        conditions.append(_name_subject(dialect, query.subject, begins=begins))
    if query.peer is not None:
        conditions.append(_name_peer(connection, dialect, query.peer))
    if query.status is not None:
        conditions.append(_name_status(query.status))
    met = [condition for condition in conditions if condition is not None]
    return met if len(met) == len(conditions) else None


def _begins(dialect: Dialect, column: Any, start: str) -> Condition:
    """Ask for texts that begin so; or for ``*part``, anywhere."""
    if start.startswith(ANYWHERE):
        inside = column.contains(start.strip(ANYWHERE), autoescape=True)
        return Condition(None, lambda _: inside)
    matches = column.between(start, start + _AFTER_TEXT)
    number = dialect.name_plainly(copies.c.copy_id)
    return Condition(
        lambda keys: select(number.label("key")).where(matches, number.between(*keys)),
        lambda _: matches,
    )


def _name_message(dialect: Dialect, part: str) -> Condition:
    """Ask for a Message-ID, whole or from its beginning, with angle brackets or without."""
    part = clean_name(part.strip())
    if not part.startswith(("<", ANYWHERE)):
        part = f"<{part}"
    return _begins(dialect, copies.c.message_id, part)


def _name_address(
    connection: Connection, dialect: Dialect, part: str, role: int
) -> Condition | None:
    """Ask for a sender or a recipient."""
    part = clean_name(part.strip().strip("<>")).lower()
    names = find_addresses(connection, part)
    if names == []:
        return None
    of_role = parties.c.role == role
    if names is None:
        here = parties.c.copy_id == copies.c.copy_id
        match = func.lower(addresses.c.address).contains(part.strip(ANYWHERE), autoescape=True)
        joined = parties.c.address_id == addresses.c.address_id
        anywhere = exists().where(here, of_role, joined, match)
        return Condition(None, lambda _: anywhere)
    one_of = (
        parties.c.address_id == names[0]
        if len(names) == 1
        else dialect.is_one_of(parties.c.address_id, names)
    )
    # One address's copies lie in their order; those of several have to be put into it.
    number = parties.c.copy_id if len(names) == 1 else dialect.name_plainly(parties.c.copy_id)

    def holds(keys: Keys) -> Any:
        bounds = parties.c.copy_id.between(*keys)
        return exists().where(parties.c.copy_id == copies.c.copy_id, of_role, one_of, bounds)

    return Condition(
        lambda keys: select(number.label("key")).where(one_of, of_role, number.between(*keys)),
        holds,
    )


def find_addresses(connection: Connection, part: str) -> list[int] | None:
    """Find the addresses that a part means.

    Args:
        connection: to read on.
        part: lower case; ``""`` for the null reverse-path; beginning with ``*`` for a part that
            may stand inside of words.

    Returns:
        Their numbers; only the address itself where the part is one that is known; None where
        they are more than :data:`NAMES_MAX`.
    """
    if not part:
        statement = select(addresses.c.address_id).where(addresses.c.address == "")
        return list(connection.execute(statement).scalars())
    words = split_words(part)
    if not words or part.startswith(ANYWHERE):
        contains = func.lower(addresses.c.address).contains(part.strip(ANYWHERE), autoescape=True)
        statement = select(addresses.c.address_id, addresses.c.address).where(contains)
    else:
        if "@" in part.strip("@"):
            exact = select(addresses.c.address_id).where(addresses.c.address == part)
            known = list(connection.execute(exact).scalars())
            if known:
                return known
        statement = _select_by_words(connection, part, words)
    rows = connection.execute(statement.limit(NAMES_MAX + 1)).all()
    whole = [number for number, address in rows if address.lower() == part]
    if whole:
        return whole
    return None if len(rows) > NAMES_MAX else [number for number, _ in rows]


def _select_by_words(connection: Connection, part: str, words: list[str]) -> Select[Any]:
    """Select the addresses that hold a part, by the rarest of its words.

    All words but the last are whole ones; the last one may go on.
    """
    *whole, last = words
    conditions = [address_words.c.word == word for word in whole]
    conditions.append(address_words.c.word.between(last, last + _AFTER_TEXT))
    rarest, fewest = conditions[0], _COUNTED + 1
    for condition in conditions if whole else ():
        some = select(address_words.c.address_id).where(condition).limit(_COUNTED).subquery()
        count = connection.execute(select(func.count()).select_from(some)).scalar() or 0
        if count < fewest:
            rarest, fewest = condition, count
    # One more than would be taken, so that it shows when there were more.
    some = select(address_words.c.address_id).where(rarest).limit(WORDS_MAX).subquery()
    contains = func.lower(addresses.c.address).contains(part, autoescape=True)
    return (
        select(addresses.c.address_id, addresses.c.address)
        .where(addresses.c.address_id.in_(select(some.c.address_id)), contains)
        .distinct()
    )


def _name_subject(dialect: Dialect, text: str, *, begins: bool) -> Condition | None:
    """Ask for words of a subject."""
    words = split_words(text)
    if not words:
        return None
    return Condition(
        lambda keys: dialect.find_subjects(words, keys, begins=begins),
        lambda keys: copies.c.copy_id.in_(dialect.find_subjects(words, keys, begins=begins)),
    )


def _name_peer(connection: Connection, dialect: Dialect, part: str) -> Condition | None:
    """Ask for the host that brought it; hosts are few enough to be looked through."""
    part = clean_name(part.strip("[]*")).lower()
    match = or_(
        *(
            func.lower(column).contains(part, autoescape=True)
            for column in (hosts.c.name, hosts.c.address, hosts.c.helo)
        )
    )
    statement = select(hosts.c.host_id).where(match).limit(NAMES_MAX + 1)
    names = list(connection.execute(statement).scalars())
    if not names:
        return None
    if len(names) > NAMES_MAX:
        anywhere = exists().where(hosts.c.host_id == copies.c.peer_id, match)
        return Condition(None, lambda _: anywhere)
    one_of = (
        copies.c.peer_id == names[0]
        if len(names) == 1
        else dialect.is_one_of(copies.c.peer_id, names)
    )
    return Condition(
        lambda keys: select(copies.c.copy_id.label("key")).where(
            one_of, copies.c.copy_id.between(*keys)
        ),
        lambda _: one_of,
    )


def _name_status(status: str) -> Condition:
    """Ask for how a hand-over ended: an outcome, or a status code from its beginning."""
    status = clean_name(status.strip().lower())
    here = hand_overs.c.copy_id == copies.c.copy_id
    if status[:1].isdigit():
        coded = hand_overs.c.status.between(status, status + _AFTER_TEXT)
        return Condition(None, lambda _: exists().where(here, coded))
    ended: ColumnElement[bool] = hand_overs.c.outcome == status
    if status not in _TROUBLED:
        return Condition(None, lambda _: exists().where(here, ended))
    if status == "expired":
        return _name_expired()
    return Condition(
        lambda keys: (
            select(hand_overs.c.copy_id.label("key"))
            .where(ended, TROUBLE, hand_overs.c.copy_id.between(*keys))
            .distinct()
        ),
        lambda _: exists().where(here, ended),
    )


def _name_expired() -> Condition:
    """Ask for what was given up: by a line about a recipient, or about all that were left."""
    expired = hand_overs.c.outcome == "expired"
    given_up = copies.c.given_up_us.is_not(None)

    def lead(keys: Keys) -> Select[Any]:
        either = union_all(
            select(hand_overs.c.copy_id.label("key")).where(
                expired, TROUBLE, hand_overs.c.copy_id.between(*keys)
            ),
            select(copies.c.copy_id).where(given_up, copies.c.copy_id.between(*keys)),
        ).subquery()
        return select(either.c.key).distinct()

    here = exists().where(hand_overs.c.copy_id == copies.c.copy_id, expired)
    return Condition(lead, lambda _: or_(given_up, here))
