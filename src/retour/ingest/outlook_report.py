"""Outlook's report objects to RFC 3464 and RFC 8098 reports.

In a ``.msg`` a non-delivery report is a message of class ``REPORT.IPM.Note.NDR`` whose recipient
table holds what a delivery-status part would. MS-OXCMAIL §2.2.3.7 names which property came from
which field; this goes the way back.
"""

import re
from dataclasses import dataclass

from retour.ingest.mapi import Properties, Tag
from retour.ingest.mime import Part, write_bytes, write_fields, write_text
from retour.wire.date import write_date

Field = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ReportBody:
    """The parts of a report and the multipart type that holds them."""

    kind: str
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Supplement:
    """PR_SUPPLEMENTARY_INFO taken apart: ``<host #status words>`` (MS-OXCMAIL §2.2.3.7.1.3)."""

    host: str | None
    status: str | None
    words: str | None


# The last words of the message class; MS-OXOMSG §2.2.2.3 and the classes that Exchange adds.
_ACTIONS = {
    ".DELAYED.DR": "delayed",
    ".RELAYED.DR": "relayed",
    ".EXPANDED.DR": "expanded",
    ".NDR": "failed",
    ".DR": "delivered",
}
_GENERIC_STATUS = {"failed": "5.0.0", "delayed": "4.0.0"}
# X.411 diagnostics (PR_NDR_DIAG_CODE) as RFC 3463 codes, for servers that say no more.
_DIAGNOSTICS = {0: "5.1.1", 1: "5.1.4", 2: "4.4.5", 3: "5.4.6", 5: "4.4.7", 7: "5.3.4"}
_SUPPLEMENT = re.compile(r"(?:([^\s#<>]{1,255})\s+)?#\s*([245]\.\d{1,3}\.\d{1,3})?\s*(.*)", re.S)


def describe_report(
    message_class: str,
    message: Properties,
    recipients: list[Properties],
    body: list[Part],
    attached: list[Part],
) -> ReportBody:
    """Give a report object its MIME form.

    Args:
        message_class: upper case, begins with ``REPORT.``.
        message: the report object.
        recipients: those that it is about.
        body: its words as parts; may be empty.
        attached: its attachments; an embedded message is the returned original.
    """
    notice = body or [write_text(_collect_report_text(message, recipients))]
    original = attached or [_write_original(message)]
    if message_class.endswith((".IPNRN", ".IPNNRN")):
        read = message_class.endswith(".IPNRN")
        status = write_bytes(
            _write_disposition(message, read=read), "message/disposition-notification"
        )
        return ReportBody(
            "multipart/report; report-type=disposition-notification", [*notice, status, *original]
        )
    action = next((a for end, a in _ACTIONS.items() if message_class.endswith(end)), "failed")
    status = write_bytes(_write_status(message, recipients, action), "message/delivery-status")
    return ReportBody("multipart/report; report-type=delivery-status", [*notice, status, *original])


def read_supplement(text: str) -> Supplement:
    """Take a recipient's supplementary information apart.

    Args:
        text: for example ``<mx.example.net #5.1.1 smtp;550 5.1.1 User unknown>``; free words too.
    """
    inner = text.strip()
    if inner.startswith("<") and inner.endswith(">"):
        inner = inner[1:-1]
    match = _SUPPLEMENT.match(inner)
    if match is None:
        return Supplement(None, None, inner or None)
    host, status, words = match.groups()
    words = re.sub(r"^smtp\s*;\s*", "", words.strip().rstrip("#").strip(), flags=re.IGNORECASE)
    return Supplement(host, status, words or None)


def _write_status(message: Properties, recipients: list[Properties], action: str) -> bytes:
    """Write the body of a delivery-status part (RFC 3464 §2.1)."""
    reporter = message.text(Tag.REPORTING_MTA)
    head: list[Field] = [("Reporting-MTA", f"dns; {reporter or 'unknown'}")]
    blocks = [write_fields(head)]
    blocks += [
        write_fields(_describe_recipient(message, recipient, action, reporter))
        for recipient in recipients
    ]
    return b"\r\n".join(blocks)


def _describe_recipient(
    message: Properties, recipient: Properties, action: str, reporter: str | None
) -> list[Field]:
    """Name the fields of one recipient (RFC 3464 §2.3)."""
    supplement = read_supplement(recipient.text(Tag.SUPPLEMENTARY_INFO) or "")
    address = _find_address(recipient)
    name = recipient.text(Tag.DISPLAY_NAME) or "unknown"
    fields: list[Field] = [
        ("Final-Recipient", f"rfc822; {address}" if address else f"x-display-name; {name}"),
        ("Action", action),
    ]
    status = supplement.status or _read_status(recipient) or _GENERIC_STATUS.get(action, "2.0.0")
    fields.append(("Status", status))
    remote = recipient.text(Tag.REMOTE_MTA)
    # A host without words is the reporter naming itself (RFC 3464 §2.3.5: only the MTA that gave
    # the diagnostic is the remote one).
    if remote is None and supplement.words and supplement.host != reporter:
        remote = supplement.host
    if remote:
        fields.append(("Remote-MTA", f"dns; {remote}"))
    if supplement.words:
        fields.append(("Diagnostic-Code", f"smtp; {' '.join(supplement.words.split())}"))
    at = recipient.time(Tag.REPORT_TIME) or message.time(Tag.REPORT_TIME)
    if at:
        fields.append(("Last-Attempt-Date", write_date(at)))
    return fields


def _find_address(recipient: Properties) -> str | None:
    """Find the recipient's Internet address; Exchange's own (``/o=…``) is none."""
    for tag in (Tag.SMTP_ADDRESS, Tag.EMAIL, Tag.DISPLAY_NAME):
        text = recipient.text(tag)
        found = (
            re.search(r"[^\s<>'\"();,:]{1,256}@[^\s<>'\"();,:]{1,255}", text[:2000])
            if text
            else None
        )
        if found and "=" not in found[0].partition("@")[2]:
            return found[0]
    return None


def _read_status(recipient: Properties) -> str | None:
    """Read the status that MS-OXCMAIL packs into a number: class*100 + subject*10 + detail.

    Details above 9 do not survive the packing, so the supplementary information goes first.
    """
    packed = recipient.number(Tag.NDR_STATUS_CODE)
    if packed is not None and packed // 100 in (2, 4, 5) and packed < 600:
        return f"{packed // 100}.{packed // 10 % 10}.{packed % 10}"
    diagnostic = recipient.number(Tag.NDR_DIAG_CODE)
    return None if diagnostic is None else _DIAGNOSTICS.get(diagnostic)


def _collect_report_text(message: Properties, recipients: list[Properties]) -> str:
    """Join what the report says to people, where it has no body."""
    texts = [message.text(Tag.REPORT_TEXT), *(r.text(Tag.REPORT_TEXT) for r in recipients)]
    return "\n\n".join(dict.fromkeys(text.strip() for text in texts if text))


def _write_original(message: Properties) -> Part:
    """Write the header lines of the original that the report object remembers."""
    at = message.time(Tag.ORIGINAL_SUBMIT_TIME)
    sender = message.text(Tag.ORIGINAL_SENDER_EMAIL)
    known = (
        ("From", f"<{sender}>" if sender and "@" in sender else None),
        ("To", message.text(Tag.ORIGINAL_DISPLAY_TO)),
        ("Cc", message.text(Tag.ORIGINAL_DISPLAY_CC)),
        ("Subject", message.text(Tag.ORIGINAL_SUBJECT)),
        ("Date", write_date(at) if at else None),
        ("Message-ID", message.text(Tag.ORIGINAL_MESSAGE_ID)),
    )
    fields = write_fields((name, value) for name, value in known if value)
    return write_bytes(fields, "text/rfc822-headers")


def _write_disposition(message: Properties, *, read: bool) -> bytes:
    """Write the body of a disposition-notification part (RFC 8098 §3.1)."""
    reader = message.text(Tag.SENDER_SMTP_ADDRESS) or message.text(Tag.SENDER_EMAIL)
    fields: list[Field] = []
    if reader and "@" in reader:
        fields.append(("Final-Recipient", f"rfc822; {reader}"))
    original = message.text(Tag.ORIGINAL_MESSAGE_ID)
    if original:
        fields.append(("Original-Message-ID", original))
    # A human's act: which of the two modes it was, the object does not say.
    verb = "displayed" if read else "deleted"
    fields.append(("Disposition", f"manual-action/MDN-sent-manually; {verb}"))
    return write_fields(fields)
