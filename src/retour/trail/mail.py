"""A stored mail to what it says of its own arrival: the copy that its top ``Received:`` names."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b, sha256

from retour.model.analysis import Analysis
from retour.model.story import ReportClaim
from retour.model.trail import Arrival
from retour.model.vocabulary import Kind
from retour.trail.assembly import UNQUEUED, Draft
from retour.wire.address import parse_address, parse_addresses
from retour.wire.date import parse_date
from retour.wire.header import Headers, parse_headers
from retour.wire.received import Stamp, parse_received
from retour.wire.source import read_source
from retour.wire.words import decode_words

_BLOCK_END = re.compile(rb"\r?\n\r?\n")
_ID = re.compile(r"<[^<>\s]{1,900}>")
# RFC 3464 §2.3.7, and what Postfix says in its own field.
_LOG_ID = re.compile(rb"^(?:X-Postfix-Queue-ID|Final-Log-ID):[ \t]*([!-~]{1,200})", re.M | re.I)
# Who was meant by the envelope, as programs note it on delivery.
_ENVELOPE_FIELDS = ("x-original-to", "delivered-to", "envelope-to", "x-envelope-to")


@dataclass(frozen=True, slots=True)
class Mail:
    """A stored mail, read for the trail.

    Attributes:
        draft: the copy that it is.
        header_from: the addresses of its From field.
        header_block: its header as it stands.
        body: what follows the header, as it stands.
        body_sha256: hexadecimal; None where the body was not read.
        claims: what it says of recipients of another message; ``copy_id`` is 0 in them.
        answer_us: from the final dot to our answer, for a message that passed us.
    """

    draft: Draft
    header_from: tuple[str, ...]
    header_block: bytes
    body: bytes
    body_sha256: str | None
    claims: tuple[ReportClaim, ...]
    answer_us: int | None = None


def read_mail(raw: bytes, analysis: Analysis, default_us: int) -> Mail:
    """Read a stored mail.

    Args:
        raw: its bytes.
        analysis: what :func:`retour.analyse.explain` says of it.
        default_us: when it arrived, where it does not say so itself.

    Returns:
        What it says. Any bytes give an answer.
    """
    end = _BLOCK_END.search(raw)
    block = raw[: end.start()] if end else raw
    body = raw[end.end() :] if end else b""
    headers = parse_headers(read_source(block).text.strip("\n"))
    draft = _draft(raw, headers, default_us)
    return Mail(
        draft,
        parse_addresses(headers.get("from")),
        block,
        body,
        sha256(body).hexdigest(),
        _read_claims(raw, analysis, draft.first_us),
    )


def read_passing(
    arrival: Arrival,
    header_block: bytes,
    body: bytes | None,
    analysis: Analysis | None = None,
    answer_us: int | None = None,
) -> Mail:
    """Read a message that passes a mail server, as the server tells it.

    Args:
        arrival: its envelope, and who brought it; what the header says is added here.
        header_block: its header as it stands, without the empty line.
        body: what follows; None where it was not read.
        analysis: what :func:`retour.analyse.explain` says of it; None where it is no report.
        answer_us: from the final dot to our answer.

    Returns:
        What it says. Any bytes give an answer.
    """
    headers = parse_headers(read_source(header_block).text.strip("\n"))
    subject = headers.get("subject")
    draft = Draft(arrival.system, arrival.queue_id, arrival.at_us)
    draft.add_arrival(
        arrival._replace(
            message_id=_read_message_id(headers),
            subject=decode_words(subject) if subject else None,
        )
    )
    return Mail(
        draft,
        parse_addresses(headers.get("from")),
        header_block,
        body or b"",
        None if body is None else sha256(body).hexdigest(),
        _read_claims(analysis.raw, analysis, arrival.at_us) if analysis else (),
        answer_us,
    )


def _read_message_id(headers: Headers) -> str | None:
    message_id = headers.get("message-id")
    found = _ID.search(message_id) if message_id else None
    return found[0] if found else (message_id or None)


def _draft(raw: bytes, headers: Headers, default_us: int) -> Draft:
    """Draft the copy that the topmost stamp names."""
    received = headers.all("received")
    stamp = parse_received(received[0]) if received else Stamp(*[None] * 7)
    at = stamp.at or parse_date(headers.get("date") or "")
    name = stamp.id
    if not name or not stamp.by:
        name = UNQUEUED + blake2b(raw, digest_size=12).hexdigest()
    draft = Draft(stamp.by or "", name, default_us if at is None else _to_us(at))
    draft.is_rough = True
    draft.message_id = _read_message_id(headers)
    return_path = headers.get("return-path")
    if return_path is not None:
        draft.mail_from = parse_address(return_path) or ""
    draft.peer_name = stamp.from_
    draft.protocol = stamp.with_
    draft.tls = stamp.tls
    draft.size_bytes = len(raw)
    subject = headers.get("subject")
    draft.subject = decode_words(subject) if subject else None
    fields = [value for field in _ENVELOPE_FIELDS for value in headers.all(field)]
    known = [stamp.for_, *(parse_address(value) for value in fields)]
    recipients = [address for address in known if address]
    draft.recipients = tuple(dict.fromkeys(recipients)) or parse_addresses(headers.get("to"))
    return draft


def _read_claims(raw: bytes, analysis: Analysis, at_us: int) -> tuple[ReportClaim, ...]:
    """Read what a report message says; nothing where it is none."""
    report = analysis.report
    if report.kind == "not-a-report":
        return ()
    original = report.original
    names = (
        report.reporting_mta,
        original.message_id if original else None,
        find_queue_id(raw, original.header_block if original else ""),
        original.envelope_id if original else None,
    )
    at_us = _to_us(report.date) if report.date else at_us
    claims = [
        ReportClaim(
            0,
            at_us,
            report.kind,
            *names,
            recipient.address,
            recipient.original_address,
            recipient.action,
            recipient.status,
            recipient.statements[0].text if recipient.statements else None,
            recipient.remote_mta,
            diagnosis.cause if diagnosis else None,
            diagnosis.outcome if diagnosis else None,
            diagnosis.confidence if diagnosis else None,
        )
        for recipient, diagnosis in zip(report.recipients, analysis.diagnoses, strict=True)
    ]
    return tuple(claims) or (_claim_nothing(at_us, report.kind, names),)


def _claim_nothing(at_us: int, kind: Kind, names: "tuple[str | None, ...]") -> ReportClaim:
    mta, message_id, queue_id, envelope_id = names
    return ReportClaim(0, at_us, kind, mta, message_id, queue_id, envelope_id, *[None] * 9)


def find_queue_id(raw: bytes, original_block: str) -> str | None:
    """Find the name that the original had at the reporting system, or at the last one it names."""
    logged = _LOG_ID.search(raw)
    if logged:
        return logged[1].decode("ascii")
    received = parse_headers(original_block).all("received") if original_block else []
    return parse_received(received[0]).id if received else None


def find_sending_time(raw: bytes) -> int | None:
    """Return when a stored mail arrived or was sent, in microseconds since 1970."""
    end = _BLOCK_END.search(raw)
    headers = parse_headers(read_source(raw[: end.start()] if end else raw).text.strip("\n"))
    return _draft(raw, headers, 0).first_us or None


def _to_us(moment: datetime) -> int:
    """Return whole microseconds since 1970."""
    return round(moment.timestamp()) * 1_000_000
