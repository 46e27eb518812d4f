"""Outlook's ``.msg`` (MS-OXMSG) to the RFC 5322 bytes that it once was, as far as that is known.

The transport's own headers are taken where Outlook kept them. A report object has no MIME form in
the file; :mod:`retour.ingest.outlook_report` gives it one.
"""

import re

from retour.ingest.compound import Storage, open_compound
from retour.ingest.item import UnreadableError
from retour.ingest.mapi import Properties, Tag, name_codec
from retour.ingest.mime import Part, write_bytes, write_message, write_text
from retour.ingest.outlook_report import describe_report
from retour.ingest.rtf import decompress_rtf, strip_rtf
from retour.wire.date import write_date

MAX_FILE = 64 << 20
"""Bytes of a ``.msg`` that are read."""
MAX_DEPTH = 10
"""Messages inside messages."""
MAX_ATTACHMENTS = 200
MAX_RECIPIENTS = 1000

_EMBEDDED_MESSAGE = 5  # PR_ATTACH_METHOD afEmbeddedMessage, MS-OXCMSG §2.2.2.9
_BODY_FIELDS = re.compile(r"(?:content-[a-z-]+|mime-version)\Z", re.IGNORECASE)
_REPORT_TYPE = re.compile(r"multipart/report\b.*?report-type\s*=\s*\"?([a-z-]+)", re.I | re.S)

Field = tuple[str, str]


def convert_outlook(data: bytes) -> bytes:
    """Turn an Outlook message file into a mail.

    Args:
        data: the file.

    Returns:
        RFC 5322 bytes.

    Raises:
        UnreadableError: it cannot be read, or the extra ``outlook`` is not installed.
    """
    root = open_compound(data)
    if "__properties_version1.0" not in root.names():
        raise UnreadableError("It is an Office file, but no Outlook message.")
    return _convert(Properties(root, header=32), depth=0)


def _convert(message: Properties, *, depth: int) -> bytes:
    """Turn one message object into bytes."""
    recipients = _open_all(message, "__recip_version1.0_#", MAX_RECIPIENTS)
    transport = _read_transport_headers(message)
    headers = [field for field in transport if not _BODY_FIELDS.match(field[0])]
    headers += _make_headers(message, recipients, {name.lower() for name, _ in headers})
    body = _write_body(message)
    attached = _write_attachments(message, depth=depth)
    message_class = (message.text(Tag.MESSAGE_CLASS) or "").upper()
    if message_class.startswith("REPORT."):
        report = describe_report(message_class, message, recipients, body, attached)
        return write_message(headers, report.parts, kind=report.kind)
    was = next(
        (_REPORT_TYPE.match(v.strip()) for n, v in transport if n.lower() == "content-type"), None
    )
    kind = f"multipart/report; report-type={was[1].lower()}" if was else "multipart/mixed"
    return write_message(headers, [*(body or [write_text("")]), *attached], kind=kind)


def _open_all(message: Properties, prefix: str, limit: int) -> list[Properties]:
    """Open the numbered storages of recipients or attachments, in order."""
    found = []
    for name in sorted(n for n in message.storage.names() if n.startswith(prefix))[:limit]:
        storage = message.storage.open(name)
        if storage is not None:
            found.append(Properties(storage, header=8, codec=message.codec))
    return found


def _read_transport_headers(message: Properties) -> list[Field]:
    """Split PR_TRANSPORT_MESSAGE_HEADERS into fields; lines that are none are left out."""
    fields: list[Field] = []
    for line in re.split(r"\r\n|\r|\n", message.text(Tag.TRANSPORT_HEADERS) or ""):
        if line[:1] in (" ", "\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value}\n{line}")
            continue
        name, colon, value = line.partition(":")
        if colon and re.fullmatch(r"[!-9;-~]{1,100}", name):
            fields.append((name, value))
    return fields


def _make_headers(
    message: Properties, recipients: list[Properties], present: set[str]
) -> list[Field]:
    """Make the header fields that the transport's headers do not have."""
    made: list[tuple[str, str | None]] = [("From", _name_sender(message))]
    is_report = (message.text(Tag.MESSAGE_CLASS) or "").upper().startswith("REPORT.")
    if is_report:  # its recipient table holds those that were not reached
        made.append(("To", message.text(Tag.RECEIVED_BY_EMAIL)))
    else:
        for number, name in ((1, "To"), (2, "Cc")):
            fitting = [r for r in recipients if (r.number(Tag.RECIPIENT_TYPE) or 0) & 15 == number]
            made.append((name, ",\n".join(filter(None, map(_name_recipient, fitting)))))
    made.append(("Subject", message.text(Tag.SUBJECT)))
    at = (
        message.time(Tag.CLIENT_SUBMIT_TIME)
        or message.time(Tag.DELIVERY_TIME)
        or message.time(Tag.REPORT_TIME)
    )
    made.append(("Date", write_date(at) if at else None))
    made.append(("Message-ID", message.text(Tag.INTERNET_MESSAGE_ID)))
    return [(name, value) for name, value in made if value and name.lower() not in present]


def _name_sender(message: Properties) -> str | None:
    """Name the sender for a From field."""
    name = message.text(Tag.SENDER_NAME) or message.text(Tag.SENT_REPRESENTING_NAME)
    tags = (
        Tag.SENDER_SMTP_ADDRESS,
        Tag.SENT_REPRESENTING_SMTP,
        Tag.SENDER_EMAIL,
        Tag.SENT_REPRESENTING_EMAIL,
    )
    address = next((a for a in map(message.text, tags) if a and "@" in a), None)
    return _join_mailbox(name, address)


def _name_recipient(recipient: Properties) -> str | None:
    tags = (Tag.SMTP_ADDRESS, Tag.EMAIL)
    address = next((a for a in map(recipient.text, tags) if a and "@" in a), None)
    return _join_mailbox(recipient.text(Tag.DISPLAY_NAME), address)


def _join_mailbox(name: str | None, address: str | None) -> str | None:
    """Write ``"Name" <address>``; either may be missing."""
    if not name or name.strip("'\"") == address:
        return f"<{address}>" if address else None
    quoted = '"' + name.replace("\\", "").replace('"', "'") + '"'
    return f"{quoted} <{address}>" if address else quoted


def _write_body(message: Properties) -> list[Part]:
    """Write the bodies, plain before HTML; RTF only where there is nothing else."""
    parts = []
    plain = message.text(Tag.BODY)
    if plain:
        parts.append(write_text(plain))
    html = message.text(Tag.HTML)
    if html:
        parts.append(write_text(html, "text/html"))
    elif raw := message.binary(Tag.HTML):
        codec = name_codec(message.number(Tag.INTERNET_CPID) or 65001)
        parts.append(write_text(raw.rstrip(b"\0").decode(codec, "replace"), "text/html"))
    if not parts and (packed := message.binary(Tag.RTF_COMPRESSED)):
        parts.append(write_text(strip_rtf(decompress_rtf(packed))))
    return parts


def _write_attachments(message: Properties, *, depth: int) -> list[Part]:
    """Write attachments; embedded messages become message/rfc822 (RFC 2046 §5.2.1)."""
    parts = []
    for attached in _open_all(message, "__attach_version1.0_#", MAX_ATTACHMENTS):
        if attached.number(Tag.ATTACH_METHOD) == _EMBEDDED_MESSAGE:
            inner = attached.object(Tag.ATTACH_DATA)
            if inner is not None and depth < MAX_DEPTH:
                parts.append(_write_embedded(inner, attached, depth=depth))
            continue
        data = attached.binary(Tag.ATTACH_DATA)
        if data is not None:
            name = attached.text(Tag.ATTACH_LONG_FILENAME) or attached.text(Tag.ATTACH_FILENAME)
            kind = attached.text(Tag.ATTACH_MIME_TAG) or _guess_kind(data, name)
            parts.append(write_bytes(data, kind, filename=name))
    return parts


def _write_embedded(inner: Storage, attached: Properties, *, depth: int) -> Part:
    own_codec = attached.codec
    message = Properties(inner, header=24)
    if message.number(Tag.MESSAGE_CODEPAGE) is None:
        message.codec = own_codec
    return write_bytes(_convert(message, depth=depth + 1), "message/rfc822")


def _guess_kind(data: bytes, name: str | None) -> str:
    """Tell a mail that was attached as a file (``.eml``) by its first line."""
    if re.match(rb"(?:From |[!-9;-~]{1,60}:[ \t])", data) and (name or "").lower().endswith(".eml"):
        return "message/rfc822"
    return "application/octet-stream"
