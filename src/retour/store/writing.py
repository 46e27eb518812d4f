"""Drafts to rows, in one transaction with the positions that the sources were read to.

Applying the same observations again changes nothing: a copy is found again by its queue id and
time, and all below it has keys made of what it says. A copy's number follows from its first line;
where an earlier line comes later, the copy moves to the number that it would have had.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from zlib import crc32

from sqlalchemy import Connection, select

from retour.model.trail import HandOver, Refusal
from retour.store.counting import mark_hours
from retour.store.dialect import Dialect, Row
from retour.store.dictionary import Dictionary, Host
from retour.store.schema import (
    DAY_US,
    FROM,
    ID_BITS,
    LAST_US,
    PARTITIONED,
    SPREAD,
    TO,
    copies,
    hand_overs,
    links,
    metadata,
    parties,
    positions,
    remarks,
    systems,
)
from retour.store.texts import clean_name, clean_text
from retour.trail.assembly import Draft, Span, choose
from retour.trail.words import split_words

NOBODY = 0
"""``recipient_id`` where a refusal names no recipient."""
REFUSED = "refused"
"""``outcome`` of a hand-over *to* the system, which it did not take."""

_COPY_COLUMNS = (
    "copy_id, system_id, queue_id, first_us, last_us, ended_us, message_id, sender_id, "
    "peer_id, protocol, tls, size_bytes, recipient_count, subject, given_up_us, report_about"
)
_HAND_OVER_COLUMNS = (
    "copy_id, at_us, recipient_id, digest, original_id, outcome, phase, host_id, status, reply, "
    "tls, delay_ms, before_queue_ms, next_queue_id"
)
_OUTCOME, _STATUS = 5, 8
_STRETCH = "UPDATE copies SET last_us = ?, ended_us = coalesce(ended_us, ?) WHERE copy_id = ?"
_COMPLETE = (
    "UPDATE copies SET last_us = ?, ended_us = coalesce(ended_us, ?), "
    "message_id = coalesce(message_id, ?), sender_id = coalesce(sender_id, ?), "
    "peer_id = coalesce(peer_id, ?), protocol = coalesce(protocol, ?), tls = coalesce(tls, ?), "
    "size_bytes = coalesce(size_bytes, ?), recipient_count = coalesce(recipient_count, ?), "
    "subject = coalesce(subject, ?), given_up_us = coalesce(given_up_us, ?), "
    "report_about = coalesce(report_about, ?) WHERE copy_id = ?"
)


class Placed:
    """A draft and the copy that it became or joined."""

    __slots__ = ("draft", "is_new", "span")

    def __init__(self, draft: Draft, span: Span, *, is_new: bool) -> None:
        self.draft = draft
        self.span = span
        self.is_new = is_new


class Writer:
    """Writes drafts; one object a process, since it remembers numbers."""

    def __init__(self, dialect: Dialect, *, with_subjects: bool) -> None:
        self._dialect = dialect
        self._dictionary = Dictionary(dialect)
        self._with_subjects = with_subjects

    def reset(self) -> None:
        """Forget what a transaction that was rolled back had found."""
        self._dictionary.reset()

    @property
    def dictionary(self) -> Dictionary:
        """The numbers of addresses and hosts."""
        return self._dictionary

    def write(self, connection: Connection, drafts: list[Draft]) -> list[Placed]:
        """Write drafts inside a transaction that holds the writer's lock.

        Returns:
            Where each draft went, in the same order.
        """
        self._dictionary.refresh(connection)
        for draft in drafts:
            self._fit(draft)
        placed, moved = self._place(connection, drafts)
        _number_new([place for place in placed if place.is_new])
        numbers = [place.span.copy_id for place in placed if place.is_new]
        numbers += [_number(span) for span, _ in moved]
        self._dialect.prepare_days(connection, _list_days(numbers))
        for span, old_id in moved:
            self._move(connection, span, old_id)
        self._write_rows(connection, placed)
        touched = [place.span.copy_id for place in placed]
        mark_hours(connection, self._dialect, touched + [old_id for _, old_id in moved])
        return placed

    def _fit(self, draft: Draft) -> None:
        """Make a draft's texts fit for the database, in place."""
        draft.queue_id = clean_name(draft.queue_id)
        if draft.message_id is not None:
            draft.message_id = clean_name(draft.message_id)
        if draft.subject is not None:
            draft.subject = clean_text(draft.subject) if self._with_subjects else None

    def _place(
        self, connection: Connection, drafts: list[Draft]
    ) -> tuple[list[Placed], list[tuple[Span, int]]]:
        """Find for every draft the copy that it continues, or make a new one."""
        spans = self._find_spans(connection, {draft.queue_id for draft in drafts})
        placed = []
        before: dict[int, tuple[Span, int]] = {}
        for draft in drafts:
            candidates = spans[draft.queue_id]
            span = choose(draft, candidates) if candidates else None
            is_new = span is None
            if span is None:
                span = Span(
                    0,
                    draft.system,
                    draft.queue_id,
                    draft.first_us,
                    draft.last_us,
                    draft.ended_us,
                    draft.message_id,
                )
                candidates.append(span)
            else:
                if draft.first_us < span.first_us and not draft.is_rough:
                    if span.copy_id:
                        before[span.copy_id] = (span, span.copy_id)
                    span.first_us = draft.first_us
                span.last_us = max(span.last_us, draft.last_us)
                span.ended_us = draft.ended_us if span.ended_us is None else span.ended_us
                span.message_id = span.message_id or draft.message_id
            placed.append(Placed(draft, span, is_new=is_new))
        return placed, list(before.values())

    def _find_spans(self, connection: Connection, names: set[str]) -> defaultdict[str, list[Span]]:
        """Read the stored copies that have one of these queue ids."""
        found: defaultdict[str, list[Span]] = defaultdict(list)
        statement = select(
            copies.c.copy_id,
            systems.c.name,
            copies.c.queue_id,
            copies.c.first_us,
            copies.c.last_us,
            copies.c.ended_us,
            copies.c.message_id,
        ).where(
            copies.c.system_id == systems.c.system_id,
            self._dialect.is_one_of(copies.c.queue_id, names),
        )
        for row in connection.execute(statement):
            found[row[2]].append(Span(*row))
        return found

    def _move(self, connection: Connection, span: Span, old_id: int) -> None:
        """Give a copy the number of its new first moment."""
        subject = connection.execute(
            select(copies.c.subject).where(copies.c.copy_id == old_id)
        ).scalar()
        words = _subject_words(subject)
        if words:
            self._dialect.forget_subjects(connection, [(old_id, words)])
        new_id = _number(span)
        while connection.execute(
            select(copies.c.copy_id).where(copies.c.copy_id == new_id)
        ).first():
            new_id += 1
        for name in PARTITIONED:
            table = metadata.tables[name]
            connection.execute(
                table.update().where(table.c.copy_id == old_id).values(copy_id=new_id)
            )
        connection.execute(
            copies.update().where(copies.c.copy_id == new_id).values(first_us=span.first_us)
        )
        if words:
            self._dialect.index_subjects(connection, [(new_id, words)])
        span.copy_id = new_id

    def _write_rows(self, connection: Connection, placed: list[Placed]) -> None:
        """Write everything of the drafts whose copies are known."""
        drafts = [place.draft for place in placed]
        ids = self._dictionary.number_addresses(connection, _list_addresses(drafts))
        host_ids = self._dictionary.number_hosts(connection, _list_hosts(drafts))
        new = [place for place in placed if place.is_new]
        self._insert_copies(connection, new, ids, host_ids)
        self._update_copies(connection, placed, ids, host_ids)
        hand_over_rows: list[Row] = []
        party_rows: list[Row] = []
        link_rows: list[Row] = []
        remark_rows: list[Row] = []
        for place in placed:
            draft, copy_id = place.draft, place.span.copy_id
            if draft.mail_from is not None:
                party_rows.append((copy_id, FROM, ids[draft.mail_from]))
            for recipient in draft.recipients:
                party_rows.append((copy_id, TO, ids[recipient]))
            for attempt in draft.hand_overs:
                if isinstance(attempt, HandOver):
                    _add_hand_over(attempt, copy_id, ids, host_ids, hand_over_rows, party_rows)
                else:
                    _add_refusal(attempt, copy_id, ids, hand_over_rows, party_rows)
            for link in draft.links:
                other = clean_name(link.other_queue_id)
                link_rows.append((copy_id, link.relation, other, link.at_us))
            remark_rows += [(copy_id, one.name, one.at_us, one.phase) for one in draft.remarks]
        insert = self._dialect.insert
        insert(connection, hand_overs, _HAND_OVER_COLUMNS, hand_over_rows)
        ends = {(row[_OUTCOME], row[_STATUS] or "") for row in hand_over_rows}
        self._dictionary.note_endings(connection, ends)
        insert(connection, parties, "copy_id, role, address_id", party_rows)
        insert(connection, links, "copy_id, relation, other_queue_id, at_us", link_rows)
        insert(connection, remarks, "copy_id, name, at_us, phase", remark_rows)

    def _insert_copies(
        self,
        connection: Connection,
        new: list[Placed],
        ids: Mapping[str, int],
        host_ids: Mapping[Host, int],
    ) -> None:
        """Number and insert new copies."""
        names = self._dictionary.number_systems(connection, {p.draft.system for p in new})
        rows = []
        for place in new:
            draft, span = place.draft, place.span
            rows.append(
                (
                    span.copy_id,
                    names[draft.system],
                    draft.queue_id,
                    span.first_us,
                    span.last_us,
                    span.ended_us,
                    *_facts(draft, ids, host_ids),
                )
            )
        if self._dialect.insert(connection, copies, _COPY_COLUMNS, rows) < len(rows):
            self._insert_crowded(connection, new, rows)
        self._index_subjects(connection, new)

    def _insert_crowded(self, connection: Connection, new: list[Placed], rows: list[Row]) -> None:
        """Find other numbers for the copies whose number another copy of that moment has."""
        taken = {
            row.copy_id: row.queue_id
            for row in connection.execute(
                select(copies.c.copy_id, copies.c.queue_id).where(
                    self._dialect.is_one_of(copies.c.copy_id, [row[0] for row in rows])
                )
            )
        }
        ours = {row[0] for row in rows}
        for place, row in zip(new, rows, strict=True):
            if taken[row[0]] == row[2]:
                continue
            number = row[0] + 1
            while number in ours or not self._dialect.insert(
                connection, copies, _COPY_COLUMNS, [(number, *row[1:])]
            ):
                number += 1
            ours.add(number)
            place.span.copy_id = number

    def _update_copies(
        self,
        connection: Connection,
        placed: list[Placed],
        ids: Mapping[str, int],
        host_ids: Mapping[Host, int],
    ) -> None:
        """Add what continued drafts say to their copies."""
        stretched: list[Row] = []
        completed: list[Row] = []
        told: list[Placed] = []
        for place in placed:
            if place.is_new:
                continue
            draft, span = place.draft, place.span
            facts = _facts(draft, ids, host_ids)
            if any(fact is not None for fact in facts):
                completed.append((span.last_us, span.ended_us, *facts, span.copy_id))
                if draft.subject:
                    told.append(place)
            else:
                stretched.append((span.last_us, span.ended_us, span.copy_id))
        if told:
            listed = self._dialect.is_one_of(copies.c.copy_id, {p.span.copy_id for p in told})
            statement = select(copies.c.copy_id).where(listed, copies.c.subject.is_not(None))
            known = set(connection.execute(statement).scalars())
            # The first subject that is told stands, in the column as in the index.
            fresh = {p.span.copy_id: p for p in reversed(told) if p.span.copy_id not in known}
            self._index_subjects(connection, fresh.values())
        if stretched:
            self._dialect.execute_many(connection, _STRETCH, stretched)
        if completed:
            self._dialect.execute_many(connection, _COMPLETE, completed)

    def _index_subjects(self, connection: Connection, places: Iterable[Placed]) -> None:
        """Make copies found by the words of their subjects."""
        rows = [
            (place.span.copy_id, words)
            for place in places
            if (words := _subject_words(place.draft.subject))
        ]
        if rows:
            self._dialect.index_subjects(connection, rows)


def write_positions(connection: Connection, dialect: Dialect, read: Mapping[str, object]) -> None:
    """Note how far sources were read.

    Args:
        connection: inside the transaction that applies what was read.
        dialect: the database's ways.
        read: by source, values for JSON.
    """
    rows = [(clean_name(source), json.dumps(value)) for source, value in read.items()]
    listed = dialect.is_one_of(positions.c.source, [source for source, _ in rows])
    connection.execute(positions.delete().where(listed))
    dialect.insert(connection, positions, "source, position", list(rows))


def _list_addresses(drafts: list[Draft]) -> set[str]:
    """Collect all addresses that drafts name."""
    found: set[str | None] = set()
    for draft in drafts:
        found.add(draft.mail_from)
        if draft.recipients:
            found.update(draft.recipients)
        for attempt in draft.hand_overs:
            found.add(attempt.recipient)
            if isinstance(attempt, HandOver):
                found.add(attempt.original_recipient)
    found.discard(None)
    return found  # type: ignore[return-value]


def _list_hosts(drafts: list[Draft]) -> set[Host]:
    """Collect all hosts that drafts name."""
    found: set[Host] = set()
    for draft in drafts:
        found.add((draft.peer_name, draft.peer_address, draft.helo))
        for attempt in draft.hand_overs:
            if isinstance(attempt, HandOver):
                found.add((attempt.host, attempt.address, None))
    found.discard((None, None, None))
    return found


def _facts(draft: Draft, ids: Mapping[str, int], host_ids: Mapping[Host, int]) -> Row:
    """Return what a draft says of its copy beside name and times, in the order of the columns."""
    return (
        draft.message_id,
        None if draft.mail_from is None else ids[draft.mail_from],
        host_ids.get((draft.peer_name, draft.peer_address, draft.helo)),
        draft.protocol and clean_name(draft.protocol),
        draft.tls and clean_name(draft.tls),
        draft.size_bytes,
        draft.recipient_count,
        draft.subject,
        draft.given_up_us,
        draft.report_about and clean_name(draft.report_about),
    )


def _add_hand_over(
    attempt: HandOver,
    copy_id: int,
    ids: Mapping[str, int],
    host_ids: Mapping[Host, int],
    rows: list[Row],
    party_rows: list[Row],
) -> None:
    """Add the rows of one attempt."""
    # The time of a log's reading is spent here, so each field is looked at once.
    (
        at_us,
        _,
        _,
        recipient,
        original,
        outcome,
        host,
        address,
        status,
        reply,
        tls,
        delay_ms,
        before_queue_ms,
        next_queue_id,
    ) = attempt
    recipient_id = ids[recipient]
    party_rows.append((copy_id, TO, recipient_id))
    original_id = None
    if original is not None:
        original_id = ids[original]
        party_rows.append((copy_id, TO, original_id))
    if reply is not None and not (len(reply) < 1000 and reply.isascii() and "\0" not in reply):
        reply = clean_text(reply)
    row = (
        copy_id,
        at_us,
        recipient_id,
        crc32(f"{original} {outcome} {host} {address} {reply}".encode(errors="replace")),
        original_id,
        outcome,
        None,
        host_ids.get((host, address, None)),
        status and clean_name(status),
        reply,
        tls and clean_name(tls),
        delay_ms,
        before_queue_ms,
        next_queue_id and clean_name(next_queue_id),
    )
    rows.append(row)


def _add_refusal(
    refusal: Refusal,
    copy_id: int,
    ids: Mapping[str, int],
    rows: list[Row],
    party_rows: list[Row],
) -> None:
    """Add the rows of one refusal."""
    recipient_id = NOBODY
    if refusal.recipient is not None:
        recipient_id = ids[refusal.recipient]
        party_rows.append((copy_id, TO, recipient_id))
    reply = None if refusal.reply is None else clean_text(refusal.reply)
    digest = crc32(f"{refusal.phase}\0{reply}".encode(errors="replace"))
    status = refusal.status and clean_name(refusal.status)
    key = (copy_id, refusal.at_us, recipient_id, digest)
    rows.append((*key, None, REFUSED, refusal.phase, None, status, reply, None, None, None, None))


def _subject_words(subject: str | None) -> str:
    return " ".join(split_words(subject)) if subject else ""


def _number(span: Span) -> int:
    """Return the number that a copy has by its first moment and its name."""
    moment = min(max(span.first_us, 0), LAST_US)
    return (moment << ID_BITS) + (crc32(span.queue_id.encode()) & SPREAD)


def _number_new(new: list[Placed]) -> None:
    """Number the new copies of a batch, each differently."""
    taken: set[int] = set()
    for place in new:
        number = _number(place.span)
        while number in taken:
            number += 1
        place.span.copy_id = number
        taken.add(number)


def _list_days(numbers: list[int]) -> set[int]:
    """List the days of numbers and of those that stand in for them where they are taken."""
    width = DAY_US << ID_BITS
    return {number // width for number in numbers} | {(n + 2 * SPREAD) // width for n in numbers}
