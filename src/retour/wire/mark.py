"""The mark of a mail that Retour rewrote, and the report as it came that such a mail carries.

The field ``Retour-Analysis`` names the version and the SHA-256 of the report, counted over the
report with LF line ends. The first sub-part of the mail holds a copy of the report. What the third
sub-part (RFC 6522 §3: the original) holds anyway is cut out of the copy; a line in its place says
so. `join` puts it back and looks whether the hash is right. docs/mail.md describes it for people.
"""

import hashlib
import re
from typing import NamedTuple

from retour.wire.mime import Part
from retour.wire.source import unify_line_ends
from retour.wire.words import decode_base64

FIELD = "Retour-Analysis"
FIELD_KEY = FIELD.lower()
"""The field's name as `retour.wire.header.Headers` keeps it."""
COPY_TYPES = ("message/rfc822", "application/octet-stream")
"""What the copy of the report is attached as; the latter with base64."""

_VALUE = re.compile(r"[!-:<-~]{1,40}[ \t]*;[ \t]*sha256=([0-9a-f]{64})[ \t]*", re.I)


class Joined(NamedTuple):
    """The report that a marked mail carries.

    Attributes:
        raw: its bytes.
        is_intact: False where they are not the ones that the mark was made for: somebody changed
            the mail on its way, or wrote the mark by hand.
    """

    raw: bytes
    is_intact: bool


def digest(raw: bytes) -> str:
    """Return the SHA-256 of a report in hexadecimal, whichever line ends it has."""
    return hashlib.sha256(unify_line_ends(raw)).hexdigest()


def write_mark(version: str, digest: str) -> str:
    """Return the value of the field."""
    return f"{version}; sha256={digest}"


def read_mark(value: str | None) -> str | None:
    """Return the digest that a field's value names; None where it is none of ours."""
    found = _VALUE.fullmatch(value.strip()) if value else None
    return found[1].lower() if found else None


def cut(text: str, start: int, end: int, digest: str) -> str:
    """Cut a span out of a report's text.

    Args:
        text: the report, one character a byte.
        start: where the span begins that the third sub-part holds as its body.
        end: where it ends.
        digest: the report's.

    Returns:
        The text with a line in place of the span. The digest in the line keeps a report from
        holding such a line itself: it would have to contain its own hash.
    """
    return text[:start] + _placeholder(digest) + text[end:]


def join(root: Part) -> Joined | None:
    """Put the report together that a marked mail carries.

    Args:
        root: the mail.

    Returns:
        The report; None where the mail has no mark or the copy in it is gone.
    """
    claimed = read_mark(root.headers.get(FIELD_KEY))
    report = _find_report(root)
    copy = _find_copy(report) if report is not None else None
    if claimed is None or report is None or copy is None:
        return None
    # Exact bytes: `decode_body` would unify their line ends.
    is_base64 = copy.transfer_encoding.startswith("base64")
    text = decode_base64(copy.raw_body) if is_base64 else copy.decode_body(whole=True)
    before, hole, after = text.partition(_placeholder(claimed))
    if hole:
        if len(report.children) < 3:
            return None
        text = before + _body_as_it_was(report.children[2], before) + after
    raw = text.encode("latin-1")
    return Joined(raw, digest(raw) == claimed)


def _placeholder(digest: str) -> str:
    # In the form of a header field: the copy stays a message inside which a message stands.
    return f"Retour-Cut: {digest}"


def _find_report(root: Part) -> Part | None:
    """Find the multipart/report; lists and disclaimers wrap a mail to put their words below."""
    part = root
    while part.content_type != "multipart/report":
        if not part.is_multipart or not part.children:
            return None
        part = part.children[0]
    return part


def _find_copy(report: Part) -> Part | None:
    """Find the copy: the only attachment of these types below the first sub-part."""
    todo = report.children[:1]
    while todo:
        part = todo.pop()
        if part.content_type in COPY_TYPES:
            return part
        todo.extend(reversed(part.children))
    return None


def _body_as_it_was(part: Part, before: str) -> str:
    """Return a sub-part's body as it stood in the report.

    Its transfer encoding is the report's own where the same header stands before the hole; else a
    mail system has encoded it since, or nothing is encoded.
    """
    if before.rstrip("\n").endswith(part.header_block):
        return part.raw_body
    return part.decode_body(whole=True)
