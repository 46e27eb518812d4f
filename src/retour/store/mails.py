"""Stored mails to rows: header block, body hash, the body where wanted, and what reports claim."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, select

from retour.model.story import ReportClaim
from retour.store.dialect import Dialect
from retour.store.schema import FROM, TO, contents, parties, reports
from retour.store.texts import clean_name, clean_text
from retour.store.writing import Writer
from retour.trail.mail import Mail

HEADER_BYTES_MAX = 262_144

_REPORT_COLUMNS = (
    "copy_id, n, at_us, kind, reporting_mta, original_message_id, original_queue_id, envelope_id, "
    "recipient_id, original_id, action, status, reply, remote_mta, cause, outcome, confidence"
)


def write_mail(
    connection: Connection,
    dialect: Dialect,
    writer: Writer,
    mail: Mail,
    *,
    source: str,
    keep_body: bool,
) -> int:
    """Write one mail.

    Args:
        connection: inside a transaction that holds the writer's lock.
        dialect: the database's ways.
        writer: the process's writer.
        mail: as read.
        source: where it came from.
        keep_body: whether its body is kept.

    Returns:
        The ``copy_id`` of the copy that it is: that of a log, where a log knows it.
    """
    [placed] = writer.write(connection, [mail.draft])
    copy_id = placed.span.copy_id
    block, body = mail.header_block[:HEADER_BYTES_MAX], mail.body if keep_body else None
    row = (copy_id, block, mail.body_sha256, body, clean_name(source))
    dialect.insert(connection, contents, "copy_id, header_block, body_sha256, body, source", [row])
    names = set(mail.header_from)
    for claim in mail.claims:
        names.update(n for n in (claim.recipient, claim.original_recipient) if n)
    ids = writer.dictionary.number_addresses(connection, names)
    rows = [(copy_id, FROM, ids[address]) for address in mail.header_from]
    rows += [(copy_id, TO, ids[name]) for name in names - set(mail.header_from)]
    dialect.insert(connection, parties, "copy_id, role, address_id", list(rows))
    known = select(reports.c.n).where(reports.c.copy_id == copy_id).limit(1)
    if mail.claims and connection.execute(known).first() is None:
        claims = (_fit(replace(claim, copy_id=copy_id)) for claim in mail.claims)
        rows_of_claims = [_claim_row(n, claim, ids) for n, claim in enumerate(claims)]
        dialect.insert(connection, reports, _REPORT_COLUMNS, rows_of_claims)
    return copy_id


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
