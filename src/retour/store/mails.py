"""Stored mails to rows: header block, body hash, the body where wanted, and what reports claim."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from retour.model.story import ReportClaim
from retour.store.dialect import Dialect, Row
from retour.store.schema import FROM, TO, contents, parties, reports
from retour.store.texts import clean_name, clean_text
from retour.store.writing import Writer
from retour.trail.mail import Mail

HEADER_BYTES_MAX = 262_144

_CONTENT_COLUMNS = "copy_id, header_block, body_sha256, body, source, answer_us"
_REPORT_COLUMNS = (
    "copy_id, n, at_us, kind, reporting_mta, original_message_id, original_queue_id, envelope_id, "
    "recipient_id, original_id, action, status, reply, remote_mta, cause, outcome, confidence"
)


def write_mails(
    connection: Connection,
    dialect: Dialect,
    writer: Writer,
    mails: Sequence[Mail],
    *,
    source: str,
    keep_body: bool,
) -> list[int]:
    """Write mails.

    Args:
        connection: inside a transaction that holds the writer's lock.
        dialect: the database's ways.
        writer: the process's writer.
        mails: as read.
        source: where they came from.
        keep_body: whether their bodies are kept.

    Returns:
        The ``copy_id`` of the copy that each is: that of a log, where a log knows it.
    """
    placed = writer.write(connection, [mail.draft for mail in mails])
    numbers = [place.span.copy_id for place in placed]
    origin = clean_name(source)
    rows: list[Row] = []
    names: set[str] = set()
    for number, mail in zip(numbers, mails, strict=True):
        body = mail.body if keep_body and mail.body_sha256 is not None else None
        block = mail.header_block[:HEADER_BYTES_MAX]
        rows.append((number, block, mail.body_sha256, body, origin, mail.answer_us))
        names |= _list_names(mail)
    dialect.insert(connection, contents, _CONTENT_COLUMNS, rows)
    ids = writer.dictionary.number_addresses(connection, names)
    parts: list[Row] = []
    for number, mail in zip(numbers, mails, strict=True):
        parts += [(number, FROM, ids[address]) for address in mail.header_from]
        named = _list_names(mail) - set(mail.header_from)
        parts += [(number, TO, ids[name]) for name in named]
    dialect.insert(connection, parties, "copy_id, role, address_id", parts)
    for number, mail in zip(numbers, mails, strict=True):
        if mail.claims:
            _write_claims(connection, dialect, mail.claims, number, ids)
    return numbers


def _list_names(mail: Mail) -> set[str]:
    """List the addresses of a mail's From field and of its claims."""
    names = set(mail.header_from)
    for claim in mail.claims:
        names.update(n for n in (claim.recipient, claim.original_recipient) if n)
    return names


def _write_claims(
    connection: Connection,
    dialect: Dialect,
    claims: Sequence[ReportClaim],
    copy_id: int,
    ids: Mapping[str, int],
) -> None:
    """Write what a report says, unless it was written before."""
    known = select(reports.c.n).where(reports.c.copy_id == copy_id).limit(1)
    if connection.execute(known).first() is None:
        fitted = (_fit(replace(claim, copy_id=copy_id)) for claim in claims)
        rows = [_claim_row(n, claim, ids) for n, claim in enumerate(fitted)]
        dialect.insert(connection, reports, _REPORT_COLUMNS, list(rows))


def _claim_row(n: int, claim: ReportClaim, ids: Mapping[str, int]) -> tuple[object, ...]:
    """Return a claim in the order of the columns; addresses by their numbers."""
    return (
        claim.copy_id,
        n,
        claim.at_us,
        claim.kind,
        claim.reporting_mta,
        claim.original_message_id,
        claim.original_queue_id,
        claim.envelope_id,
        ids[claim.recipient] if claim.recipient else None,
        ids[claim.original_recipient] if claim.original_recipient else None,
        claim.action,
        claim.status,
        claim.reply,
        claim.remote_mta,
        claim.cause,
        claim.outcome,
        claim.confidence,
    )


def _fit(claim: ReportClaim) -> ReportClaim:
    """Make a claim's texts fit for the database."""
    return replace(
        claim,
        reporting_mta=claim.reporting_mta and clean_name(claim.reporting_mta),
        original_message_id=claim.original_message_id and clean_name(claim.original_message_id),
        original_queue_id=claim.original_queue_id and clean_name(claim.original_queue_id),
        envelope_id=claim.envelope_id and clean_name(claim.envelope_id),
        status=claim.status and clean_name(claim.status),
        reply=claim.reply and clean_text(claim.reply),
        remote_mta=claim.remote_mta and clean_name(claim.remote_mta),
    )
