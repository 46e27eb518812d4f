"""A report written anew as a complete RFC 6522 mail; docs/mail.md shows its structure."""

from typing import NamedTuple

from retour.model.analysis import Analysis
from retour.model.report import Original
from retour.read.machine import parse_delivery_status
from retour.read.report import Found, find_report
from retour.rendering.mailheader import carries_mark, write_header
from retour.rendering.mailpart import (
    Logo,
    choose_token,
    write_copy,
    write_extract,
    write_multipart,
    write_picture,
    write_text,
    write_verbatim,
)
from retour.rendering.status import write_status
from retour.wire.mark import cut, digest, join
from retour.wire.mime import parse_mime
from retour.wire.source import read_source, unify_line_ends

REWRITTEN_KINDS = frozenset(("failure", "delay", "success", "relay", "expansion", "mixed"))
"""Kinds of mail that are about a delivery; the others stay as they are."""
_REPORT = "multipart/report; report-type=delivery-status"
_STATUS_HEADER = "Content-Type: message/delivery-status\n\n"
_RELATED = 'multipart/related; type="text/html"'


def render_mail(
    analysis: Analysis, raw: bytes, *, subject: str, text: str, html: str, logo: Logo | None = None
) -> bytes:
    """Write a report anew.

    Args:
        analysis: what was read from ``raw``.
        raw: the report as it came.
        subject: for people.
        text: the document as plain text.
        html: the document as HTML.
        logo: the picture that the HTML refers to.

    Returns:
        A mail with the line ends of ``raw``; ``raw`` itself where it carries our mark already or
        is about no delivery (`REWRITTEN_KINDS`).
    """
    if analysis.report.kind not in REWRITTEN_KINDS or carries_mark(raw):
        return raw
    mark = digest(raw)
    parts = _take_apart(analysis, raw, mark)
    human = _Human(text, html, logo)
    header = write_header(analysis, raw, subject, mark)
    mail = header + _compose(human, parts.copy, parts.foreign, mark)
    # A damaged structure may read otherwise once it stands inside another one; then nothing is cut
    # out of the copy, and base64 keeps it from any reading.
    joined = join(parse_mime(mail)[0])
    if joined is None or not joined.is_intact:
        mail = header + _compose(human, write_copy(raw, is_mail=False), parts.foreign, mark)
    if b"\r\n" in raw:
        mail = mail.replace("\n", "\r\n")
    return mail.encode("latin-1")


class _Human(NamedTuple):
    """What people see."""

    text: str
    html: str
    logo: Logo | None


class _Parts(NamedTuple):
    """The report taken apart: parts as text of one character a byte.

    Attributes:
        copy: the attachment that holds the report, without what a foreign part holds.
        foreign: the machine-readable part and, where anything came back, the original.
    """

    copy: str
    foreign: tuple[str, ...]


class _Returned(NamedTuple):
    """The original that came back.

    Attributes:
        part: the part that holds it, with its header.
        text: the text in which it stood; empty where it does not stand anywhere as it is.
        start: where the body of the part begins in that text.
        end: where it ends.
    """

    part: str
    text: str
    start: int
    end: int


def _take_apart(analysis: Analysis, raw: bytes, mark: str) -> _Parts:
    source = read_source(raw, max_bytes=None)
    root, _ = parse_mime(source.text)
    found = find_report(root, ())
    returned = _find_original(found, analysis.report.original)
    machine = _find_status(found) or _STATUS_HEADER + write_status(analysis)
    foreign = (machine, returned.part) if returned is not None else (machine,)
    # Offsets count in the bytes as they are only where reading has not repaired them.
    if source.text != unify_line_ends(raw).decode("latin-1"):
        return _Parts(write_copy(raw, is_mail=False), foreign)
    text = source.text
    if returned is not None and returned.text is text:
        text = cut(text, returned.start, returned.end, mark)
    copy = write_copy(text.encode("latin-1"), is_mail=bool(root.headers))
    return _Parts(copy, foreign)


def _find_status(found: Found) -> str | None:
    """Return the report's own machine-readable part; None where it says nothing of anybody."""
    part = found.message.machine.get("delivery-status")
    if part is None:
        return None
    status = parse_delivery_status(part.decode_body())
    return write_verbatim(part) if status.entries else None


def _find_original(found: Found, original: Original | None) -> _Returned | None:
    """Find the original where `retour.read.original` has read it."""
    message = found.message
    part = message.embedded[0] if message.embedded else message.returned_headers
    if part is not None:
        return _Returned(write_verbatim(part), part.whole_text, part.body, part.end)
    if original is None or not original.header_block:
        return None
    # What a text quotes was decoded with it; what stands in a part has one character a byte.
    block = original.header_block
    octets = block.encode("utf-8" if block in found.tail else "latin-1", "replace")
    kind = "message/rfc822" if original.returned == "full" else "text/rfc822-headers"
    for part in message.texts:
        text, end = part.whole_text, part.end
        start = text.find(octets.decode("latin-1"), part.body, end)
        if start >= 0 and not part.transfer_encoding.startswith(("base64", "quoted")):
            return _Returned(write_extract(text[start:end], kind), text, start, end)
    # It stood there encoded, indented or quoted; only its header can be had as it was.
    header = octets.decode("utf-8", "replace") + "\n"
    return _Returned(write_text(header, "text/rfc822-headers"), "", 0, 0)


def _compose(human: _Human, copy: str, foreign: tuple[str, ...], mark: str) -> str:
    """Put the parts together: everything below the header of the mail."""
    texts = (write_text(human.text, "text/plain"), write_text(human.html, "text/html"))
    picture = write_picture(human.logo) if human.logo else ""
    token = choose_token(mark, (*texts, picture, copy, *foreign))
    plain, html = texts
    if human.logo:
        html = write_multipart(_RELATED, f"=_l_{token}", (html, picture))
    people = write_multipart("multipart/alternative", f"=_a_{token}", (plain, html))
    first = write_multipart("multipart/mixed", f"=_m_{token}", (people, copy))
    return "MIME-Version: 1.0\n" + write_multipart(_REPORT, f"=_r_{token}", (first, *foreign))
