"""A delivery-status part (RFC 3464, RFC 6533) from what a report claims, where it had none."""

import re

from retour.model.analysis import Analysis
from retour.model.diagnosis import Diagnosis
from retour.model.report import Recipient, Report
from retour.model.vocabulary import Action
from retour.rendering.case import domain_of
from retour.wire.address import parse_address
from retour.wire.date import write_date
from retour.wire.header import parse_headers, write_field
from retour.wire.words import printable

_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
# RFC 6533 §3, QCHAR: what stands for itself in the 7-bit form of a UTF-8 address.
_NOT_PLAIN = re.compile(r"[^!-*,-<>-\[\]-~]")
_ACCOUNT = re.compile(r"[A-Za-z0-9.!#$%&'*+=?^_`{|}~-]+")
_PRINTABLE = re.compile(r"[!-~]+")


def write_status(analysis: Analysis) -> str:
    """Write the part's body.

    Args:
        analysis: what the report claims. Where it names no recipient, one group says that nobody
            is known: RFC 3464 §2.1 asks for at least one.

    Returns:
        ASCII text with LF. Unknown facts are left out where RFC 3464 allows it.
    """
    report = analysis.report
    host = report.reporting_mta or _sender_domain(report)
    fallback: Action = "delayed" if report.kind == "delay" else "failed"
    groups = [_write_message_fields(report, host)]
    for recipient, diagnosis in zip(report.recipients, analysis.diagnoses, strict=True):
        groups.append(_write_recipient(recipient, diagnosis, host, fallback))
    if not report.recipients:
        nobody = _write_address("Final-Recipient", None, None)
        groups.append(nobody + _write_action(fallback, None, None))
    return "\n".join(groups)


def _sender_domain(report: Report) -> str | None:
    """Return the domain that the notice came from, where it does not name its own host."""
    header = parse_headers(report.headers)
    return domain_of(parse_address(header.get("from")))


def _write_message_fields(report: Report, host: str | None) -> str:
    """Write what holds for all recipients (RFC 3464 §2.2)."""
    fields = ""
    if report.original is not None and report.original.envelope_id:
        fields = write_field("Original-Envelope-Id", report.original.envelope_id)
    # Reporting-MTA must be there. A type of our own says that nobody knows the name.
    return fields + write_field("Reporting-MTA", f"dns; {host}" if host else "x-unknown; unknown")


def _write_recipient(
    recipient: Recipient, diagnosis: Diagnosis | None, host: str | None, fallback: Action
) -> str:
    """Write what holds for one recipient (RFC 3464 §2.3)."""
    fields = ""
    if recipient.original_address:
        fields = _write_address("Original-Recipient", recipient.original_address, host)
    fields += _write_address("Final-Recipient", recipient.address, host)
    fields += _write_action(recipient.action or fallback, recipient.status, diagnosis)
    if recipient.remote_mta:
        fields += write_field("Remote-MTA", f"dns; {recipient.remote_mta}")
    if diagnostic := _diagnostic(recipient):
        fields += write_field("Diagnostic-Code", diagnostic)
    if recipient.last_attempt_at is not None:
        fields += write_field("Last-Attempt-Date", write_date(recipient.last_attempt_at))
    if recipient.will_retry_until is not None:
        fields += write_field("Will-Retry-Until", write_date(recipient.will_retry_until))
    return fields


def _write_address(name: str, address: str | None, host: str | None) -> str:
    if not address:
        return write_field(name, "x-unknown; unknown")
    if "@" not in address:  # an account, a file or a command of the host that reports
        is_account = host is not None and _ACCOUNT.fullmatch(address)
        typed = f"rfc822; {address}@{host}" if is_account else f"x-local; {address}"
        return write_field(name, typed)
    if _PRINTABLE.fullmatch(address):
        return write_field(name, f"rfc822; {address}")
    # The form for transports of 7 bits: any reader of RFC 6533 knows it, and no relay changes it.
    plain = _NOT_PLAIN.sub(lambda c: f"\\x{{{ord(c[0]):02X}}}", printable(address))
    return write_field(name, f"utf-8; {plain}")


def _write_action(action: Action, status: str | None, diagnosis: Diagnosis | None) -> str:
    """Write the two fields that every group must have."""
    if status is None or not _STATUS.fullmatch(status):
        if action == "failed":
            passing = diagnosis is not None and diagnosis.permanent is False
            status = "4.0.0" if passing else "5.0.0"
        else:
            status = "4.0.0" if action == "delayed" else "2.0.0"
    return write_field("Action", action) + write_field("Status", status)


def _diagnostic(recipient: Recipient) -> str | None:
    reply = recipient.reply
    if reply is not None and reply.code is not None:
        return f"smtp; {reply.code} {reply.text}"
    # Words without a reply code are none of SMTP's (RFC 3464 §2.3.6).
    said = reply.text if reply is not None else ""
    said = said or (recipient.statements[0].text if recipient.statements else "")
    return f"x-unknown; {said}" if said else None
