"""Rows to the values that the rest of Retour speaks: copies with all that hangs on them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Select, select

from retour.model.story import Copy, ReportClaim
from retour.model.trail import HandOver, Link, Refusal, Remark
from retour.store.dialect import NUMBERS, PLANNED_ONCE, Dialect
from retour.store.schema import (
    TO,
    addresses,
    contents,
    copies,
    hand_overs,
    hosts,
    links,
    parties,
    remarks,
    reports,
    systems,
)
from retour.store.writing import REFUSED
from retour.trail.assembly import UNQUEUED

BELOW_MAX = 20_000
"""Rows of a kind that are read for the copies of one answer; a list of a million stays cheap."""

_sender = addresses.alias("sender")
_recipient = addresses.alias("recipient")
_original = addresses.alias("original")


def read_copies(
    connection: Connection, dialect: Dialect, numbers: Collection[int], *, whole: bool = False
) -> list[Copy]:
    """Read copies.

    Args:
        connection: to read on.
        dialect: the database's ways.
        numbers: their ``copy_id``.
        whole: remarks and header blocks, too.

    Returns:
        Those that are there, by number, which is by time.
    """
    if not numbers:
        return []
    attempts, refused = _read_attempts(connection, dialect, numbers)
    recipients = _read_recipients(connection, dialect, numbers)
    found_links = _read_links(connection, dialect, numbers)
    kept = _read_contents(connection, dialect, numbers) if whole else {}
    remarked = _read_remarks(connection, dialect, numbers) if whole else {}
    rows = _read(connection, _select_copies(dialect), numbers)
    return [
        Copy(
            row.copy_id,
            row.system,
            None if row.queue_id.startswith(UNQUEUED) else row.queue_id,
            row.first_us,
            row.last_us,
            row.ended_us,
            row.message_id,
            row.mail_from,
            row.peer_name or None,
            row.peer_address or None,
            row.helo or None,
            row.protocol,
            row.tls,
            row.size_bytes,
            row.recipient_count,
            row.subject,
            row.given_up_us,
            row.report_about,
            tuple(recipients[row.copy_id]),
            tuple(_name_attempts(row, attempts[row.copy_id])),
            tuple(_name_refusals(row, refused[row.copy_id])),
            tuple(
                Link(at_us, row.system, row.queue_id, other, cast("Any", relation))
                for relation, other, at_us in found_links[row.copy_id]
            ),
            tuple(
                Remark(at_us, row.system, row.queue_id, cast("Any", name), cast("Any", phase))
                for name, at_us, phase in remarked.get(row.copy_id, ())
            ),
            *kept.get(row.copy_id, (None, None, False)),
        )
        for row in rows
    ]


def _read(
    connection: Connection, statement: Select[Any], numbers: Collection[int]
) -> Iterable[Any]:
    """Run one of the statements below for some copies."""
    return connection.execute(statement, {NUMBERS: list(numbers)}, execution_options=PLANNED_ONCE)


# Each is made once: to put one together takes longer than to run it.
@cache
def _select_copies(dialect: Dialect) -> Select[Any]:
    """Select copies with the words behind their numbers."""
    return (
        select(
            copies,
            systems.c.name.label("system"),
            _sender.c.address.label("mail_from"),
            hosts.c.name.label("peer_name"),
            hosts.c.address.label("peer_address"),
            hosts.c.helo,
        )
        .join_from(copies, systems, copies.c.system_id == systems.c.system_id)
        .outerjoin(_sender, copies.c.sender_id == _sender.c.address_id)
        .outerjoin(hosts, copies.c.peer_id == hosts.c.host_id)
        .where(dialect.is_key(copies.c.copy_id))
        .order_by(copies.c.copy_id)
    )


def _read_attempts(
    connection: Connection, dialect: Dialect, numbers: Collection[int]
) -> tuple[dict[int, list[Any]], dict[int, list[Any]]]:
    """Read hand-overs and refusals by copy."""
    attempts: defaultdict[int, list[Any]] = defaultdict(list)
    refused: defaultdict[int, list[Any]] = defaultdict(list)
    for row in _read(connection, _select_attempts(dialect), numbers):
        (refused if row.outcome == REFUSED else attempts)[row.copy_id].append(row)
    return attempts, refused


@cache
def _select_attempts(dialect: Dialect) -> Select[Any]:
    return (
        select(
            hand_overs,
            _recipient.c.address.label("recipient"),
            _original.c.address.label("original"),
            hosts.c.name.label("host"),
            hosts.c.address.label("address"),
        )
        .select_from(hand_overs)
        .outerjoin(_recipient, hand_overs.c.recipient_id == _recipient.c.address_id)
        .outerjoin(_original, hand_overs.c.original_id == _original.c.address_id)
        .outerjoin(hosts, hand_overs.c.host_id == hosts.c.host_id)
        .where(dialect.is_key(hand_overs.c.copy_id))
        .order_by(hand_overs.c.copy_id, hand_overs.c.at_us, hand_overs.c.recipient_id)
        .limit(BELOW_MAX)
    )


def _name_attempts(copy: Any, rows: Iterable[Any]) -> Iterable[HandOver]:
    for row in rows:
        yield HandOver(
            row.at_us,
            copy.system,
            copy.queue_id,
            row.recipient or "",
            row.original,
            row.outcome,
            row.host or None,
            row.address or None,
            row.status,
            row.reply,
            row.tls,
            row.delay_ms,
            row.before_queue_ms,
            row.next_queue_id,
        )


def _name_refusals(copy: Any, rows: Iterable[Any]) -> Iterable[Refusal]:
    queue_id = None if copy.queue_id.startswith(UNQUEUED) else copy.queue_id
    for row in rows:
        yield Refusal(
            row.at_us,
            copy.system,
            queue_id,
            copy.peer_name or None,
            copy.peer_address or None,
            copy.helo or None,
            copy.mail_from,
            row.recipient,
            row.phase,
            row.reply,
            row.status,
            copy.message_id,
        )


def _read_recipients(
    connection: Connection, dialect: Dialect, numbers: Collection[int]
) -> dict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for copy_id, address in _read(connection, _select_recipients(dialect), numbers):
        found[copy_id].append(address)
    return found


@cache
def _select_recipients(dialect: Dialect) -> Select[Any]:
    return (
        select(parties.c.copy_id, addresses.c.address)
        .join_from(parties, addresses, parties.c.address_id == addresses.c.address_id)
        .where(dialect.is_key(parties.c.copy_id), parties.c.role == TO)
        .order_by(parties.c.copy_id, addresses.c.address)
        .limit(BELOW_MAX)
    )


def _read_links(
    connection: Connection, dialect: Dialect, numbers: Collection[int]
) -> dict[int, list[tuple[str, str, int]]]:
    found: defaultdict[int, list[tuple[str, str, int]]] = defaultdict(list)
    for copy_id, relation, other, at_us in _read(connection, _select_links(dialect), numbers):
        found[copy_id].append((relation, other, at_us))
    return found


@cache
def _select_links(dialect: Dialect) -> Select[Any]:
    return (
        select(links.c.copy_id, links.c.relation, links.c.other_queue_id, links.c.at_us)
        .where(dialect.is_key(links.c.copy_id))
        .order_by(links.c.copy_id, links.c.at_us, links.c.other_queue_id)
        .limit(BELOW_MAX)
    )


def _read_remarks(
    connection: Connection, dialect: Dialect, numbers: Collection[int]
) -> dict[int, list[tuple[str, int, str]]]:
    found: defaultdict[int, list[tuple[str, int, str]]] = defaultdict(list)
    for copy_id, name, at_us, phase in _read(connection, _select_remarks(dialect), numbers):
        found[copy_id].append((name, at_us, phase))
    return found


@cache
def _select_remarks(dialect: Dialect) -> Select[Any]:
    return (
        select(remarks.c.copy_id, remarks.c.name, remarks.c.at_us, remarks.c.phase)
        .where(dialect.is_key(remarks.c.copy_id))
        .order_by(remarks.c.copy_id, remarks.c.at_us)
        .limit(BELOW_MAX)
    )


def _read_contents(
    connection: Connection, dialect: Dialect, numbers: Collection[int]
) -> dict[int, tuple[bytes | None, str | None, bool, int | None]]:
    return {
        number: (block, digest, bool(has_body), answer_us)
        for number, block, digest, has_body, answer_us in _read(
            connection, _select_contents(dialect), numbers
        )
    }


@cache
def _select_contents(dialect: Dialect) -> Select[Any]:
    return select(
        contents.c.copy_id,
        contents.c.header_block,
        contents.c.body_sha256,
        contents.c.body.is_not(None),
        contents.c.answer_us,
    ).where(dialect.is_key(contents.c.copy_id))


def read_claims(connection: Connection, where: Any) -> list[ReportClaim]:
    """Read what reports say, by time.

    Args:
        connection: to read on.
        where: a condition on ``reports``.
    """
    statement = (
        select(
            reports,
            _recipient.c.address.label("recipient"),
            _original.c.address.label("original"),
        )
        .select_from(reports)
        .outerjoin(_recipient, reports.c.recipient_id == _recipient.c.address_id)
        .outerjoin(_original, reports.c.original_id == _original.c.address_id)
        .where(where)
        .order_by(reports.c.at_us, reports.c.copy_id, reports.c.n)
        .limit(BELOW_MAX)
    )
    return [
        ReportClaim(
            row.copy_id,
            row.at_us,
            row.kind,
            row.reporting_mta,
            row.original_message_id,
            row.original_queue_id,
            row.envelope_id,
            row.recipient,
            row.original,
            row.action,
            row.status,
            row.reply,
            row.remote_mta,
            row.cause,
            row.outcome,
            row.confidence,
        )
        for row in connection.execute(statement)
    ]
