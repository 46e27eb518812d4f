"""The message that a report is about, as far as it came back."""

import re

from retour.model.report import Original
from retour.model.vocabulary import Returned
from retour.read.message import Message
from retour.wire.address import parse_address, parse_addresses, unwrap_address
from retour.wire.date import parse_date
from retour.wire.header import Headers, find_headers, parse_headers
from retour.wire.mime import open_embedded
from retour.wire.words import decode_words

_ID = re.compile(r"<[^<>\s]{1,900}>")
_QUOTED_HEADER = re.compile(r"^> ?(?=[!-9;-~]+:|[ \t])", re.M)
# Fields that show a block of lines to be a mail's header.
_TELLING = frozenset(
    [
        "received",
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "return-path",
        "mime-version",
        "content-type",
        "delivered-to",
        "cc",
    ]
)
_LOOK_MAX = 60
BLOCK_MAX = 262_144


def read_original(
    message: Message, tail: str, envelope_id: str | None
) -> tuple[Original | None, Headers | None]:
    """Read what came back of the original.

    Args:
        message: the report message.
        tail: the part of the notice's text behind its own words (free-form reports quote there).
        envelope_id: the report's ``Original-Envelope-Id``.

    Returns:
        The original and its header fields; None where nothing of it is known.
    """
    block, headers, returned = _returned_block(message, tail)
    if headers is None:
        if envelope_id is None:
            return None, None
        return Original(None, None, (), (), None, None, envelope_id, "none", ""), None
    message_id = headers.get("message-id")
    found = _ID.search(message_id) if message_id else None
    sender = parse_address(headers.get("from"))
    subject = headers.get("subject")
    original = Original(
        found[0] if found else (message_id or None),
        unwrap_address(sender) if sender else None,
        parse_addresses(headers.get("to")),
        parse_addresses(headers.get("cc")),
        decode_words(subject) if subject is not None else None,
        parse_date(headers.get("date")),
        envelope_id,
        returned,
        block,
    )
    return original, headers


def _returned_block(message: Message, tail: str) -> tuple[str, Headers | None, Returned]:
    for part in message.embedded:
        child, _ = open_embedded(part, header_only=True)
        if child.headers:
            returned: Returned = "full" if child.end - child.body > 0 else "headers"
            return child.header_block[:BLOCK_MAX], child.headers, returned
        # The message sits behind an empty line or a note of the gateway's own.
        block, headers, rest = find_block(part.decode_body()[:BLOCK_MAX])
        if headers is not None:
            return block, headers, "full" if rest else "headers"
    if message.returned_headers is not None:
        block, headers, rest = find_block(message.returned_headers.decode_body()[:BLOCK_MAX])
        if headers is not None:
            # OpenSMTPD puts the body there too, whatever the part's name says.
            return block, headers, "full" if rest else "headers"
    for part in message.texts[1:] if message.machine else ():
        block, headers, rest = find_block(part.decode_body()[:BLOCK_MAX])
        if headers is not None:
            return block, headers, "full" if rest else "headers"
    if tail:
        block, headers, rest = find_block(tail[:BLOCK_MAX])
        if headers is not None:
            return block, headers, "full" if rest else "headers"
    return "", None, "none"


def find_block(text: str) -> tuple[str, Headers | None, bool]:
    """Find the first header block in a quoted original.

    Returns:
        The block, its fields (None where there is none), and whether a body follows it.
    """
    if "\n> " in text or "\n>Received" in text or text.startswith(">"):
        text = _QUOTED_HEADER.sub("", text)
    start = 0
    for _ in range(12):  # a few lines of decoration may stand before the block
        begin, end, body = find_headers(text, start, len(text))
        if end > begin:
            headers = parse_headers(text[begin:end])
            if _is_telling(headers):
                return text[begin:end], headers, bool(text[body : body + 2_000].strip())
        newline = text.find("\n", max(begin, end))
        if newline < 0:
            break
        start = newline + 1
    return _find_indented(text)


def _is_telling(headers: Headers) -> bool:
    """Tell whether two of the first fields are such as every mail has."""
    telling = (name for name in headers.names[:_LOOK_MAX] if name in _TELLING)
    return next(telling, None) is not None and next(telling, None) is not None


_INDENTED = re.compile(
    r"^[ \t]+(?:Received|Return-Path|From|Message-ID|Date|Subject|To|DKIM-Signature)[ \t]*:",
    re.M | re.I,
)


def _find_indented(text: str) -> tuple[str, Headers | None, bool]:
    found = _INDENTED.search(text, 0, 4_000)
    if not found:
        return "", None, False
    indent = len(text[found.start() : found.end()]) - len(
        text[found.start() : found.end()].lstrip(" \t")
    )
    lines = [
        line[indent:] if not line[:indent].strip() else line
        for line in text[found.start() :].split("\n")
    ]
    flat = "\n".join(lines)
    begin, end, body = find_headers(flat, 0, len(flat))
    headers = parse_headers(flat[begin:end])
    if not _is_telling(headers):
        return "", None, False
    return flat[begin:end], headers, bool(flat[body:].strip())
