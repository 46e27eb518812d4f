"""From one copy to its whole story: the same Message-ID, hand-overs, forwards, reports."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, Select, exists, literal, or_, select

from retour.model.story import Copy, ReportClaim, Story
from retour.store.dialect import Dialect
from retour.store.reading import read_claims, read_copies
from retour.store.schema import ID_BITS, LAST_US, QUEUED_SPAN, copies, hand_overs, links, reports
from retour.store.texts import clean_name
from retour.trail.arrivals import list_repeated
from retour.trail.assembly import UNQUEUED
from retour.trail.joining import leads_to
from retour.trail.naming import list_spellings, strip_name
from retour.trail.ways import Ways

STORY_MAX = 500
"""Copies of one story that are read; a loop or a list may have more."""
_DIGITS_MAX = 19
_CONTINUATIONS = ("handed-on", "forwarded")


def read_story(
    connection: Connection, dialect: Dialect, start: Iterable[int], *, is_whole: bool
) -> Story:
    """Read the story that some copies belong to.

    Args:
        connection: to read on.
        dialect: the database's ways.
        start: ``copy_id`` of copies, of one message.
        is_whole: the message is asked for, not one copy of it.
    """
    asked = frozenset(start)
    known: dict[int, Copy] = {}
    report_copies: set[int] = set()
    fresh = read_copies(connection, dialect, sorted(asked)[:STORY_MAX], whole=True)
    while fresh:
        known.update((copy.copy_id, copy) for copy in fresh)
        numbers = _list_neighbours(connection, dialect, fresh) - known.keys()
        room = STORY_MAX - len(known)
        candidates = read_copies(connection, dialect, sorted(numbers)[:room], whole=True)
        fresh = []
        for candidate in candidates:
            relation = _relate(candidate, known.values())
            if relation == "report":
                report_copies.add(candidate.copy_id)
                known[candidate.copy_id] = candidate
            elif relation:
                fresh.append(candidate)
    claims = _read_claims(connection, dialect, list(known.values()))
    told = {claim.copy_id for claim in claims} - known.keys()
    for copy in read_copies(connection, dialect, sorted(told)[:STORY_MAX], whole=True):
        known[copy.copy_id] = copy
    report_copies |= {claim.copy_id for claim in claims if claim.copy_id not in asked}
    return Story(
        tuple(sorted(known.values(), key=lambda copy: (copy.first_us, copy.copy_id))),
        asked,
        is_whole,
        frozenset(report_copies),
        tuple(claims),
        is_cut=len(known) >= STORY_MAX,
    )


def _relate(candidate: Copy, known: Iterable[Copy]) -> str | None:
    """Say how a copy belongs to those known: ``message``, ``report``, or not at all."""
    found = None
    for copy in known:
        if candidate.message_id is not None and candidate.message_id == copy.message_id:
            return "message"
        relation = leads_to(copy, candidate)
        if relation in _CONTINUATIONS or leads_to(candidate, copy) in _CONTINUATIONS:
            return "message"
        if relation is not None or _is_about(candidate, copy):
            found = "report"
    return found


def _is_about(candidate: Copy, copy: Copy) -> bool:
    """Tell whether the log says that a copy is a report on another one's message."""
    return candidate.report_about is not None and candidate.report_about == copy.message_id


def _list_neighbours(connection: Connection, dialect: Dialect, fresh: list[Copy]) -> set[int]:
    """List the copies that may be next to some."""
    ids = {copy.message_id for copy in fresh if copy.message_id}
    names = {copy.queue_id for copy in fresh if copy.queue_id}
    later = {link.other_queue_id for copy in fresh for link in copy.links}
    later |= {a.next_queue_id for copy in fresh for a in copy.hand_overs if a.next_queue_id}
    parts: list[Select[Any]] = []
    if ids:
        parts.append(select(copies.c.copy_id).where(dialect.is_one_of(copies.c.message_id, ids)))
    if later:
        parts.append(select(copies.c.copy_id).where(dialect.is_one_of(copies.c.queue_id, later)))
    if ids:
        parts.append(select(copies.c.copy_id).where(dialect.is_one_of(copies.c.report_about, ids)))
    if names:
        parts.append(
            select(hand_overs.c.copy_id).where(
                hand_overs.c.next_queue_id.is_not(None),
                dialect.is_one_of(hand_overs.c.next_queue_id, names),
            )
        )
        parts.append(
            select(links.c.copy_id).where(dialect.is_one_of(links.c.other_queue_id, names))
        )
    found: set[int] = set()
    for part in parts:
        found.update(connection.execute(part.limit(STORY_MAX * 2)).scalars())
    return found


def _read_claims(connection: Connection, dialect: Dialect, known: list[Copy]) -> list[ReportClaim]:
    """Read what reports say of copies: by Message-ID, or by queue id where they know no other."""
    ids = {copy.message_id for copy in known if copy.message_id}
    names = {copy.queue_id for copy in known if copy.queue_id}
    if not ids and not names:
        return []
    either = [dialect.is_one_of(reports.c.original_message_id, ids)] if ids else []
    if names:
        either.append(
            reports.c.original_message_id.is_(None)
            & dialect.is_one_of(reports.c.original_queue_id, names)
        )
    return read_claims(connection, or_(*either))


def find_by_name(
    connection: Connection, name: str, near_us: int | None = None
) -> tuple[list[int], bool]:
    """Find the copies that a Message-ID, a queue id or a ``copy_id`` names, newest last.

    Args:
        connection: to read on.
        name: as somebody wrote it (`retour.trail.naming`).
        near_us: of a queue id that came back, the copy of that time; None: the newest.

    Returns:
        All copies of a Message-ID, one of a queue id; and whether it was a Message-ID.
    """
    bare = strip_name(name)
    exact = {clean_name(one) for one in (name, name.strip(), bare, f"<{bare}>")}
    by_message = select(copies.c.copy_id).where(copies.c.message_id.in_(exact))
    found = sorted(connection.execute(by_message.limit(STORY_MAX * 2)).scalars())
    if found:
        return found, True
    for spellings in (exact, {clean_name(one) for one in list_spellings(name)} - exact):
        found = _find_by_queue_id(connection, spellings, near_us)
        if found:
            return found, False
    if not bare.isdecimal() or len(bare) > _DIGITS_MAX:
        return [], False
    by_number = select(copies.c.copy_id).where(copies.c.copy_id == int(bare))
    return list(connection.execute(by_number).scalars()), False


def _find_by_queue_id(
    connection: Connection, spellings: Collection[str], near_us: int | None
) -> list[int]:
    """Find the one copy that bore a queue id, of several the one nearest to a moment."""
    if not spellings:
        return []
    by_queue = select(copies.c.copy_id).where(copies.c.queue_id.in_(spellings))
    if near_us is None:
        newest = by_queue.order_by(copies.c.copy_id.desc()).limit(1)
        return list(connection.execute(newest).scalars())
    moment = min(max(near_us, 0), LAST_US) << ID_BITS
    before = by_queue.where(copies.c.copy_id <= moment).order_by(copies.c.copy_id.desc())
    after = by_queue.where(copies.c.copy_id > moment).order_by(copies.c.copy_id)
    around = [
        number for part in (before, after) for number in connection.execute(part.limit(1)).scalars()
    ]
    return [min(around, key=lambda number: abs(number - moment))] if around else []


def find_repeated(
    connection: Connection, low: int, high: int, end: int, limit: int
) -> list[tuple[int, str]]:
    """Find the messages of which one system wrote down more than one copy, newest first.

    Each is found at its newest copy in the range, by one look into an index a copy: nothing is
    sorted, and nothing is held. A copy that comes more than :data:`QUEUED_SPAN` after the last one
    begins anew.

    Args:
        connection: to read on.
        low: the lowest ``copy_id`` of a newest copy.
        high: the highest.
        end: the highest one that counts as a copy.
        limit: how many.

    Returns:
        ``copy_id`` and Message-ID of each; a message that several systems took twice, for each.
    """
    earlier, later = copies.alias(), copies.alias()
    is_queued = copies.c.queue_id < UNQUEUED

    def has_other(other: Any, *places: Any) -> Any:
        return exists(
            select(literal(1)).where(
                other.c.message_id == copies.c.message_id,
                other.c.system_id == copies.c.system_id,
                other.c.queue_id < UNQUEUED,
                *places,
            )
        )

    statement = (
        select(copies.c.copy_id, copies.c.message_id)
        .where(
            copies.c.copy_id.between(low, high),
            copies.c.message_id.is_not(None),
            is_queued,
            has_other(
                earlier,
                earlier.c.copy_id < copies.c.copy_id,
                earlier.c.copy_id >= copies.c.copy_id - QUEUED_SPAN,
            ),
            ~has_other(
                later,
                later.c.copy_id > copies.c.copy_id,
                later.c.copy_id <= copies.c.copy_id + QUEUED_SPAN,
                later.c.copy_id <= end,
            ),
        )
        .order_by(copies.c.copy_id.desc())
        .limit(limit)
    )
    return [(row.copy_id, row.message_id) for row in connection.execute(statement)]


def read_repeated(
    connection: Connection, dialect: Dialect, message_id: str, copy_id: int, end: int
) -> Story | None:
    """Read the story of a message that was found at one of its copies.

    Returns:
        None where no system took it twice after all, and where it was found at a newer copy.
    """
    statement = (
        select(copies.c.copy_id)
        .where(
            copies.c.message_id == message_id,
            copies.c.copy_id <= min(end, copy_id + QUEUED_SPAN),
        )
        .order_by(copies.c.copy_id.desc())
        .limit(STORY_MAX)
    )
    numbers = sorted(connection.execute(statement).scalars())
    own = read_copies(connection, dialect, numbers)
    if not list_repeated(own, Ways(own)) or _find_newest_repeated(own) != copy_id:
        return None  # most often a content filter's: the story need not be read
    return read_story(connection, dialect, numbers, is_whole=True)


def _find_newest_repeated(own: list[Copy]) -> int | None:
    """Return the number of the newest copy of whose system there is an older one."""
    seen: set[str] = set()
    newest = None
    for copy in own:
        if copy.queue_id is not None:
            newest = copy.copy_id if copy.system in seen else newest
            seen.add(copy.system)
    return newest
