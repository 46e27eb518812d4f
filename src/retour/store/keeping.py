"""How long things are kept, and what is kept of a person."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, exists, func, or_, select, update

from retour.model.story import Copy
from retour.store.counting import drop_hours, mark_hours
from retour.store.dialect import Dialect
from retour.store.dictionary import forget_addresses, start_generation
from retour.store.reading import read_copies
from retour.store.schema import (
    DAY_US,
    ID_BITS,
    PARTITIONED,
    address_words,
    addresses,
    contents,
    copies,
    hand_overs,
    metadata,
    parties,
    reports,
)
from retour.trail.words import split_words

_STEP = 5_000
FORGOTTEN = "forgotten"
"""What stands in place of an address that was forgotten, with a number behind it."""


@dataclass(frozen=True, slots=True)
class Ages:
    """After how many days what is deleted.

    Attributes:
        summaries: whole copies, with their hand-overs and reports.
        headers: header blocks.
        bodies: bodies; 0: they are not kept at all.
    """

    summaries: int = 90
    headers: int = 30
    bodies: int = 0


@dataclass(frozen=True, slots=True)
class Removed:
    """What was deleted: ``copies`` rows, or whole ``days``; header blocks and bodies."""

    copies: int
    days: int
    headers: int
    bodies: int
    addresses: int


def delete_old(connection: Connection, dialect: Dialect, now_us: int, ages: Ages) -> Removed:
    """Delete what is older than it may be, and make the next days' room.

    Args:
        connection: inside a transaction that holds the writer's lock.
        dialect: the database's ways.
        now_us: the time now.
        ages: after how many days.
    """
    today = now_us // DAY_US
    oldest = today - ages.summaries
    days = dialect.drop_days(connection, oldest)
    rows = 0
    if not dialect.ends_with_days():
        rows = _delete_copies(connection, dialect, (oldest * DAY_US) << ID_BITS)
    if days or rows:
        drop_hours(connection, oldest * 24)
    headers = _empty(connection, "header_block", (today - ages.headers) * DAY_US)
    bodies = _empty(connection, "body", (today - ages.bodies) * DAY_US if ages.bodies else None)
    lost = _delete_orphans(connection, dialect) if days or rows else 0
    dialect.prepare_days(connection, range(today, today + 3))
    return Removed(rows, days, headers, bodies, lost)


def _delete_copies(connection: Connection, dialect: Dialect, below: int) -> int:
    """Delete the copies with lower numbers, row by row."""
    deleted = 0
    while True:
        statement = (
            select(copies.c.copy_id, copies.c.subject)
            .where(copies.c.copy_id < below)
            .order_by(copies.c.copy_id)
            .limit(_STEP)
        )
        rows = connection.execute(statement).all()
        if not rows:
            return deleted
        _forget_subjects(connection, dialect, [(row.copy_id, row.subject) for row in rows])
        for name in PARTITIONED:
            table = metadata.tables[name]
            connection.execute(table.delete().where(table.c.copy_id <= rows[-1].copy_id))
        deleted += len(rows)


def _forget_subjects(
    connection: Connection, dialect: Dialect, rows: list[tuple[int, str | None]]
) -> None:
    """Take subjects out of the search."""
    indexed = [
        (number, words)
        for number, subject in rows
        if subject and (words := " ".join(split_words(subject)))
    ]
    if indexed:
        dialect.forget_subjects(connection, indexed)


def _empty(connection: Connection, column: str, before_us: int | None) -> int:
    """Empty a column of older copies' contents; None: of all."""
    statement = update(contents).where(contents.c[column].is_not(None)).values({column: None})
    if before_us is not None:
        statement = statement.where(contents.c.copy_id < max(before_us, 0) << ID_BITS)
    return connection.execute(statement).rowcount


def _delete_orphans(connection: Connection, dialect: Dialect) -> int:
    """Delete the addresses that no copy has any more."""
    unused = ~exists().where(parties.c.address_id == addresses.c.address_id)
    rows = connection.execute(
        select(addresses.c.address_id, addresses.c.address).where(unused)
    ).all()
    forget_addresses(connection, dialect, [(number, address) for number, address in rows])
    numbers = [number for number, _ in rows]
    if numbers:
        listed = dialect.is_one_of(addresses.c.address_id, numbers)
        connection.execute(addresses.delete().where(listed))
        start_generation(connection)
    return len(numbers)


def find_person(connection: Connection, address: str) -> list[tuple[int, str]]:
    """Find the entries of one person: the address in any case, and wrapped in a return path.

    ``ann@example.net`` stands in ``list+ann=example.net@list.example`` (VERP) and in
    ``SRS0=x=y=example.net=ann@relay.example`` (SRS), too.
    """
    wanted = address.strip().strip("<>").lower()
    local, _, domain = wanted.rpartition("@")
    words = split_words(wanted)
    if not words:
        return []
    # The rarest word of an address is most likely its longest one.
    word = max(words, key=len)
    rows = connection.execute(
        select(addresses.c.address_id, addresses.c.address)
        .join_from(address_words, addresses, address_words.c.address_id == addresses.c.address_id)
        .where(address_words.c.word == word)
    )
    wrapped = (f"{local}={domain}@", f"={domain}={local}@")
    return [
        (number, found)
        for number, found in rows
        if found.lower() == wanted or (local and any(part in found.lower() for part in wrapped))
    ]


def list_copies_of(connection: Connection, dialect: Dialect, numbers: list[int]) -> Iterator[Copy]:
    """Read all copies that some addresses had part in, oldest first."""
    after = -1
    while numbers:
        statement = (
            select(parties.c.copy_id)
            .where(dialect.is_one_of(parties.c.address_id, numbers), parties.c.copy_id > after)
            .distinct()
            .order_by(parties.c.copy_id)
            .limit(200)
        )
        found = list(connection.execute(statement).scalars())
        if not found:
            return
        yield from read_copies(connection, dialect, found, whole=True)
        after = found[-1]


def forget_person(connection: Connection, dialect: Dialect, address: str) -> int:
    """Make a person unknown: address, subjects, contents, and replies that name the address.

    Hand-overs stay as numbers without a name.

    Returns:
        How many copies had to do with the person.
    """
    entries = find_person(connection, address)
    if not entries:
        return 0
    numbers = [number for number, _ in entries]
    forget_addresses(connection, dialect, entries)
    for number, _ in entries:
        connection.execute(
            update(addresses)
            .where(addresses.c.address_id == number)
            .values(address=f"{FORGOTTEN}-{number}")
        )
    start_generation(connection)
    touched = 0
    for copy in list(list_copies_of(connection, dialect, numbers)):
        touched += 1
        _empty_copy(connection, dialect, copy, address.strip().strip("<>"))
        mark_hours(connection, dialect, [copy.copy_id])
    return touched


def _empty_copy(connection: Connection, dialect: Dialect, copy: Copy, address: str) -> None:
    """Delete from one copy what may speak of a person."""
    _forget_subjects(connection, dialect, [(copy.copy_id, copy.subject)])
    connection.execute(update(copies).where(copies.c.copy_id == copy.copy_id).values(subject=None))
    connection.execute(contents.delete().where(contents.c.copy_id == copy.copy_id))
    for table in (hand_overs, reports):
        named = func.lower(table.c.reply).contains(address.lower(), autoescape=True)
        connection.execute(
            update(table).where(table.c.copy_id == copy.copy_id, or_(named)).values(reply=None)
        )
