"""A mail's bytes to a `Copy`."""

import re
from hashlib import sha256

from retour.model.copies import Copy, Envelope, Field
from retour.read.route import read_route
from retour.trail.body import cut_body, read_body
from retour.trail.marks import select_marks
from retour.wire.address import parse_address, parse_addresses
from retour.wire.date import parse_date
from retour.wire.header import Headers
from retour.wire.mime import parse_mime
from retour.wire.source import read_source
from retour.wire.words import decode_words

_NAME = re.compile(r"^([!-9;-~]+)[ \t]*:", re.M)
_MESSAGE_ID = re.compile(r"<[^<>]{1,998}>")


def read_copy(raw: bytes, envelope: Envelope | None = None) -> Copy:
    """Read one copy of a message.

    Args:
        raw: the mail as it arrived, or as it was taken from a mailbox.
        envelope: what the receiving system knows beside it.

    Returns:
        The copy. Any bytes give one.
    """
    source = read_source(raw)
    root, defects = parse_mime(source.text)
    headers = root.headers
    sent_at = parse_date(headers.get("date"))
    block = root.header_block
    body = cut_body(raw)
    fields = _read_fields(headers, block)
    return Copy(
        header_block=block,
        fields=fields,
        marks=select_marks(fields),
        route=read_route(headers, sent_at),
        message_id=_read_message_id(headers.get("message-id")),
        from_=(parse_address(headers.get("from")) or "").casefold() or None,
        sent_at=sent_at,
        date=headers.get("date"),
        subject=decode_words(headers.get("subject") or ""),
        addressees=frozenset(
            address.casefold()
            for name in ("to", "cc")
            for address in parse_addresses(headers.get(name))
        ),
        body=read_body(len(body), root),
        body_sha256=sha256(body).hexdigest(),
        envelope=envelope,
        defects=(*source.defects, *defects),
    )


def _read_fields(headers: Headers, block: str) -> tuple[Field, ...]:
    """Return the fields with their names as written and the count of stamps below each."""
    spelling = {name.lower(): name for name in _NAME.findall(block)}
    below = len(headers.all("received"))
    fields = []
    for name, value in headers.fields:
        if name == "received":
            below -= 1
        fields.append(Field(spelling.get(name, name), value, below))
    return tuple(fields)


def _read_message_id(value: str | None) -> str | None:
    """Return the identifier (RFC 5322 §3.6.4) without comments and folding."""
    if not value or not value.strip():
        return None
    found = _MESSAGE_ID.search(value)
    return "".join(found[0].split()) if found else value.strip()
