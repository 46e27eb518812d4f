"""What may be asked of a copy: each a condition, with what leads to its copies and what holds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)

from retour.model.story import Query
from retour.store.dialect import Dialect, Keys, within
from retour.store.schema import (
    FROM,
    SLOW_CHECK_MS,
    TO,
    address_words,
    addresses,
    copies,
    endings,
    hand_overs,
    host_words,
    hosts,
    parties,
    troubles,
)
from retour.store.texts import clean_name
from retour.trail.words import split_words

ANYWHERE = "*"
"""A part that begins so is looked for inside of words, too, which takes longer."""
NAMES_MAX = 2_000
"""Different addresses or hosts that a part may mean; more are checked on each copy instead."""
WORDS_MAX = 50_000
"""Addresses with one word that are looked through for the whole part; of more, each copy's are."""

_FEW = 512
"""A word that so few addresses have is rare enough to look no further for a rarer one."""
_ENDS_MAX = 64
_AFTER_TEXT = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Condition:
    """One of the things that are asked.

    Attributes:
        lead: selects the numbers of the copies that meet it, as column ``key``; several statements
            where they come from several ranges of an index; None where no index serves it.
        holds: says it of a row of ``copies`` whose number lies between the keys.
        in_order: whether the index gives the newest of a statement without looking at all.
        gives_some: whether it gives a few in any order without looking at all.
        is_planned_once: whether it gives them by the same plan, whatever is asked for.
    """

    lead: Callable[[Keys], list[Select[Any]]] | None
    holds: Callable[[Keys], Any]
    in_order: bool = True
    gives_some: bool = True
    is_planned_once: bool = False


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
        conditions.append(_name_status(connection, dialect, query.status))
    if any((query.trouble, query.cause, query.actor, query.failed_to)):
        conditions.append(_name_trouble(connection, dialect, query))
    if query.check_over_ms is not None or query.check_max_ms is not None:
        conditions.append(_name_check(query.check_over_ms, query.check_max_ms))
    met = [condition for condition in conditions if condition is not None]
    return met if len(met) == len(conditions) else None


def _name_trouble(connection: Connection, dialect: Dialect, query: Query) -> Condition | None:
    """Ask for what the numbers of docs/statistics.md count."""
    met = [troubles.c.kind == (query.trouble or "failed")]
    if query.cause:
        met.append(troubles.c.cause == query.cause)
    if query.actor:
        met.append(troubles.c.actor == query.actor)
    if query.failed_to:
        wanted = clean_name(query.failed_to.strip().strip("<>").lower())
        local, _, domain = wanted.rpartition("@")
        if local:
            named = select(addresses.c.address_id).where(
                func.lower(addresses.c.address) == wanted,
                dialect.is_one_of(
                    addresses.c.address_id, find_addresses(connection, dialect, wanted) or []
                ),
            )
            met.append(troubles.c.address_id.in_(named))
        else:
            met.append(troubles.c.domain == domain)
    number = dialect.name_plainly(troubles.c.copy_id)

    def lead(keys: Keys) -> list[Select[Any]]:
        return [select(number.label("key")).where(*met, within(number, keys)).distinct()]

    def holds(keys: Keys) -> Any:
        bounds = within(troubles.c.copy_id, keys)
        return _has_row(troubles.c.copy_id == copies.c.copy_id, bounds, _only_check(and_(*met)))

    # The copies of one kind and cause lie in their order.
    return Condition(lead, holds, in_order=False)


def _name_check(over_ms: int | None, max_ms: int | None) -> Condition:
    """Ask for how long content and checks took before the queue."""
    took = hand_overs.c.before_queue_ms
    bounds = [took > over_ms] if over_ms is not None else []
    if max_ms is not None:
        bounds.append(took <= max_ms)

    def lead(keys: Keys) -> list[Select[Any]]:
        number = hand_overs.c.copy_id
        # The index is taken where its own bound stands there, as it stands in the schema.
        slow = took > literal_column(str(SLOW_CHECK_MS))
        return [select(number.label("key")).where(slow, *bounds, within(number, keys))]

    is_slow = over_ms is not None and over_ms >= SLOW_CHECK_MS
    here = hand_overs.c.copy_id == copies.c.copy_id
    # Quick checks are frequent: among the newest copies are enough of them.
    return Condition(
        lead if is_slow else None,
        lambda keys: _has_row(here, within(hand_overs.c.copy_id, keys), *bounds),
    )


def _only_check(matches: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say it so that no index serves it: it is checked on rows that another condition gave."""
    return matches.is_(true())


def _has_row(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say that a row is there, which is looked for by each copy's number.

    Without the OFFSET PostgreSQL would rather join with all the rows that might be there.
    """
    return select(literal(1)).where(*where).offset(0).exists()


def _begins(dialect: Dialect, column: Any, start: str) -> Condition:
    """Ask for texts that begin so; or for ``*part``, anywhere."""
    if start.startswith(ANYWHERE):
        inside = column.contains(start.strip(ANYWHERE), autoescape=True)
        return Condition(None, lambda _: inside)
    return _is_named(dialect, column.between(start, start + _AFTER_TEXT))


def _is_named(
    dialect: Dialect, matches: ColumnElement[bool], *, is_whole: bool = False
) -> Condition:
    """Ask for what an index of names serves."""
    number = dialect.name_plainly(copies.c.copy_id)
    return Condition(
        lambda keys: [select(number.label("key")).where(matches, within(number, keys))],
        lambda _: _only_check(matches),
        in_order=False,
        is_planned_once=is_whole,
    )


def _name_message(dialect: Dialect, part: str) -> Condition:
    """Ask for a Message-ID, whole or from its beginning, with angle brackets or without."""
    part = clean_name(part.strip())
    if not part.startswith(("<", ANYWHERE)):
        part = f"<{part}"
    if part.endswith(">") and not part.startswith(ANYWHERE):
        return _is_named(dialect, copies.c.message_id == part, is_whole=True)
    return _begins(dialect, copies.c.message_id, part)


def _name_address(
    connection: Connection, dialect: Dialect, part: str, role: int
) -> Condition | None:
    """Ask for a sender or a recipient."""
    part = clean_name(part.strip().strip("<>")).lower()
    names = find_addresses(connection, dialect, part)
    if names == []:
        return None
    of_role = parties.c.role == role
    if names is None:
        match = dialect.has_part(addresses.c.address, part.strip(ANYWHERE))
        named = _has_row(addresses.c.address_id == parties.c.address_id, match)
    else:
        named = _only_check(dialect.is_one_of(parties.c.address_id, names))

    def holds(keys: Keys) -> Any:
        bounds = within(parties.c.copy_id, keys)
        return _has_row(parties.c.copy_id == copies.c.copy_id, of_role, named, bounds)

    if names is None:
        return Condition(None, holds)
    return _lead_by_names(dialect, parties.c.address_id, parties.c.copy_id, names, of_role, holds)


def _lead_by_names(
    dialect: Dialect,
    name: ColumnElement[int],
    copy_id: ColumnElement[int],
    names: list[int],
    of_role: ColumnElement[bool],
    holds: Callable[[Keys], Any],
) -> Condition:
    """Ask for some of the names that an index has in front of the copies' numbers."""
    if len(names) <= dialect.merged_max:

        def lead_each(keys: Keys) -> list[Select[Any]]:
            key = copy_id.label("key")
            return [select(key).where(name == one, of_role, within(copy_id, keys)) for one in names]

        return Condition(lead_each, holds, is_planned_once=True)
    one_of = dialect.is_one_of(name, names)
    # The copies of one name lie in their order; those of many have to be put into it, which no
    # other index shall seem to save.
    number = copy_id.op("+")(literal_column("0"))

    def lead(keys: Keys) -> list[Select[Any]]:
        return [select(number.label("key")).where(one_of, of_role, within(copy_id, keys))]

    in_order = dialect.ends_with_days()  # a day is soon in order
    return Condition(lead, holds, in_order=in_order, is_planned_once=True)


def find_addresses(connection: Connection, dialect: Dialect, part: str) -> list[int] | None:
    """Find the addresses that a part means.

    Args:
        connection: to read on.
        dialect: the database's ways.
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
        contains = dialect.has_part(addresses.c.address, part.strip(ANYWHERE))
        statement = select(addresses.c.address_id, addresses.c.address).where(contains)
    else:
        if "@" in part.strip("@"):
            exact = select(addresses.c.address_id).where(addresses.c.address == part)
            known = list(connection.execute(exact).scalars())
            if known:
                return known
        by_words = _select_by_words(
            connection, dialect, address_words.c.address_id, addresses.c.address, part, words
        )
        if by_words is None:
            return None
        statement = by_words
    rows = connection.execute(statement.limit(NAMES_MAX + 1)).all()
    whole = [number for number, address in rows if address.lower() == part]
    if whole:
        return whole
    return None if len(rows) > NAMES_MAX else [number for number, _ in rows]


def _select_by_words(
    connection: Connection,
    dialect: Dialect,
    number: Column[int],
    text: ColumnElement[str],
    part: str,
    words: list[str],
) -> Select[Any] | None:
    """Select the numbers and texts that hold a part, by the rarest of its words.

    All words but the last are whole ones; the last one may go on.

    Args:
        connection: to read on.
        dialect: the database's ways.
        number: beside the words, in their table.
        text: in the table that the number is the key of.
        part: what is looked for, lower case.
        words: of the part.

    Returns:
        None where more than :data:`WORDS_MAX` have the rarest word.
    """
    word, named = number.table.c.word, number.name
    *whole, last = words
    conditions = [word == each for each in whole]
    conditions.append(word.between(last, last + _AFTER_TEXT))
    rarest, fewest = conditions[0], WORDS_MAX + 1
    for condition in conditions:
        some = select(number).where(condition).limit(fewest).subquery()
        count = connection.execute(select(func.count()).select_from(some)).scalar() or 0
        if count < fewest:
            rarest, fewest = condition, count
        if fewest <= _FEW:
            break  # few enough to look through, however rare another one is
    if fewest > WORDS_MAX:
        return None
    table = addresses if named == "address_id" else hosts
    key = table.c[named]
    contains = dialect.has_part(text, part)
    return select(key, text).where(key.in_(select(number).where(rarest)), contains)


def _name_subject(dialect: Dialect, text: str, *, begins: bool) -> Condition | None:
    """Ask for words of a subject."""
    words = split_words(text)
    if not words:
        return None
    matches = dialect.has_words(words, begins=begins)
    return Condition(
        lambda keys: [dialect.find_subjects(words, keys, begins=begins)],
        lambda _: _only_check(matches),
        # What begins so is put together from all words that do, which may be most of the trail's.
        in_order=not begins,
        gives_some=not begins,
        is_planned_once=True,
    )


def _name_peer(connection: Connection, dialect: Dialect, part: str) -> Condition | None:
    """Ask for the host that brought it, by its name, address or HELO name."""
    part = clean_name(part.strip().strip("[]")).lower()
    text = hosts.c.name + " " + hosts.c.address + " " + hosts.c.helo
    words = split_words(part)
    inside = part.strip(ANYWHERE)
    match = dialect.has_part(text, inside)
    statement: Select[Any] | None = select(hosts.c.host_id).where(match)
    if words and not part.startswith(ANYWHERE):
        statement = _select_by_words(connection, dialect, host_words.c.host_id, text, part, words)
    names = None
    if statement is not None:
        names = list(connection.execute(statement.limit(NAMES_MAX + 1)).scalars())
        if not names:
            return None
    if names is None or len(names) > NAMES_MAX:
        anywhere = _has_row(hosts.c.host_id == copies.c.peer_id, match)
        return Condition(None, lambda _: anywhere)
    one_of = dialect.is_one_of(copies.c.peer_id, names)
    checked = _only_check(one_of)
    return _lead_by_names(
        dialect, copies.c.peer_id, copies.c.copy_id, names, true(), lambda _: checked
    )


def _name_status(connection: Connection, dialect: Dialect, status: str) -> Condition | None:
    """Ask for how a hand-over ended: an outcome, or a status code from its beginning."""
    status = clean_name(status.strip().lower())
    by_code = status[:1].isdigit()
    wanted = (
        endings.c.status.between(status, status + _AFTER_TEXT)
        if by_code
        else endings.c.outcome == status
    )
    pairs = connection.execute(select(endings).where(wanted).limit(_ENDS_MAX + 1)).all()
    here = hand_overs.c.copy_id == copies.c.copy_id
    ended = (
        hand_overs.c.status.between(status, status + _AFTER_TEXT)
        if by_code
        else hand_overs.c.outcome == status
    )
    number = hand_overs.c.copy_id
    given_up = copies.c.given_up_us.is_not(None)
    is_expired = status == "expired"

    def holds(keys: Keys) -> Any:
        found = _has_row(here, _only_check(ended), within(number, keys))
        # By a line about a recipient, or about all that were left.
        return or_(given_up, found) if is_expired else found

    if not pairs and not is_expired:
        return None
    if len(pairs) > _ENDS_MAX:
        return Condition(None, holds)

    def lead(keys: Keys) -> list[Select[Any]]:
        bounds = within(number, keys)
        ends = [_is_end(outcome, code) for outcome, code in pairs]
        if len(ends) > dialect.merged_max:
            ends = [or_(*ends)]
        found = [select(number.label("key")).where(end, bounds) for end in ends]
        if is_expired:
            whole = within(copies.c.copy_id, keys)
            found.append(select(copies.c.copy_id.label("key")).where(given_up, whole))
        return found

    in_order = len(pairs) <= dialect.merged_max or dialect.ends_with_days()
    return Condition(lead, holds, in_order=in_order)


def _is_end(outcome: str, code: str) -> ColumnElement[bool]:
    """Say that a hand-over ended so; a code that is not known is ``""``."""
    status = hand_overs.c.status == code if code else hand_overs.c.status.is_(None)
    return and_(hand_overs.c.outcome == outcome, status)
