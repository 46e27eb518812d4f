"""A mail taken apart for reading: its own parts here, the messages inside it there."""

import re
from typing import NamedTuple

from retour.model.defect import Defect
from retour.wire.header import Headers
from retour.wire.mark import FIELD, FIELD_KEY, join
from retour.wire.mime import Part, parse_mime
from retour.wire.source import SOURCE_MAX_BYTES, read_source

_RETURNED_HEADERS = frozenset(
    {
        "text/rfc822-headers",
        "text/rfc822-header",
        "message/rfc822-headers",
        "message/global-headers",
    }
)
_RETURNED_MESSAGES = frozenset({"message/rfc822", "message/global", "message/rfc-822"})
_MACHINE = {
    "message/delivery-status": "delivery-status",
    "message/global-delivery-status": "delivery-status",
    "text/delivery-status": "delivery-status",
    "message/disposition-notification": "disposition-notification",
    "message/global-disposition-notification": "disposition-notification",
    "message/feedback-report": "feedback-report",
}
_FIELD = re.compile(r"^[A-Za-z][A-Za-z-]{2,40}[ \t]*:", re.M)
_FIELD_LOOK = 2_000
_NO_TEXT = ("application/", "image/", "audio/", "video/")
# Notices are short: this much of their words is read.
NOTICE_MAX = 65_536
LINES_MAX = 1_000
"""Lines of a notice that are read."""
RECIPIENTS_MAX = 200
"""Recipients of one report that are read: each is diagnosed on its own, so that a hostile report
stays cheap. More get a defect."""


class Message(NamedTuple):
    """One mail, with what stands in it sorted by use.

    Attributes:
        root: the mail's own entity.
        headers: its header fields.
        texts: its text parts (plain and HTML), in order, without those of embedded messages.
        machine: machine-readable parts by kind: ``delivery-status`` ...
        embedded: message/rfc822 parts, in order.
        returned_headers: a text/rfc822-headers part, or None.
        notice: the words for people: the first plain text, else the first HTML as text, decoded.
    """

    root: Part
    headers: Headers
    texts: tuple[Part, ...]
    machine: dict[str, Part]
    embedded: tuple[Part, ...]
    returned_headers: Part | None
    notice: str


def _read_notice(texts: list[Part]) -> str:
    best: Part | None = None
    for part in texts:
        if part.content_type == "text/html":
            best = best or part
        elif part.whole_text[part.body : min(part.end, part.body + 2_000)].strip():
            return _clean(part.decode_text()[:NOTICE_MAX])
    if best is None:
        return ""
    from retour.read.html import strip_html  # noqa: PLC0415 - few notices are HTML alone

    return strip_html(best.decode_text()[:NOTICE_MAX])[:NOTICE_MAX]


def _clean(text: str) -> str:
    if "\xa0" in text or "\u200b" in text:
        text = text.replace("\xa0", " ").replace("\u200b", "")
    return text


def open_message(raw: bytes) -> tuple[Part, tuple[Defect, ...]]:
    """Take a mail apart; one that carries our mark is opened as the report inside it.

    Returns:
        The message's root part and what was odd about its bytes and its structure.
    """
    source = read_source(raw)
    root, defects = parse_mime(source.text)
    if FIELD_KEY in root.headers:
        if len(source.text) >= SOURCE_MAX_BYTES:  # the report may fit where the mail does not
            root, _ = parse_mime(read_source(raw, max_bytes=None).text)
        return read_through(root, (*source.defects, *defects))
    return root, (*source.defects, *defects)


def read_through(root: Part, defects: tuple[Defect, ...]) -> tuple[Part, tuple[Defect, ...]]:
    """Open the report that a mail with our mark carries (`retour.wire.mark`).

    Args:
        root: the mail.
        defects: what was odd about it.

    Returns:
        The report's root part and its own defects alone, so that the answer is the one that the
        report as it came would get. A changed report gets a defect of its own; where there is no
        copy to read, it is the mail itself with one.
    """
    joined = join(root)
    if joined is None:
        lost = Defect("mark-without-report", f"header/{FIELD}", "read as an ordinary mail")
        return root, (*defects, lost)
    source = read_source(joined.raw)
    # A mark in here is not followed: one reading goes through one rewriting.
    report, found = parse_mime(source.text)
    if joined.is_intact:
        return report, (*source.defects, *found)
    changed = Defect("report-changed", f"header/{FIELD}", "not the bytes that the mark names")
    return report, (*source.defects, *found, changed)


def _is_prose(part: Part) -> bool:
    """Tell whether a part that is labelled as fields holds words for people (InterMail)."""
    if "content-transfer-encoding" in part.headers:
        return False
    start = part.whole_text[part.body : min(part.end, part.body + _FIELD_LOOK)]
    return bool(start.strip()) and not _FIELD.search(start)


def sort_parts(root: Part) -> Message:
    """Sort the parts of one mail (or of a mail inside another) by use."""
    texts: list[Part] = []
    machine: dict[str, Part] = {}
    embedded: list[Part] = []
    returned_headers: Part | None = None
    todo = [root]
    while todo:
        part = todo.pop()
        kind = part.content_type
        if part.children:
            todo.extend(reversed(part.children))
        elif kind in _MACHINE and not _is_prose(part):
            machine.setdefault(_MACHINE[kind], part)
        elif kind in _RETURNED_MESSAGES and part is not root:
            embedded.append(part)
        elif kind in _RETURNED_HEADERS and part is not root:
            returned_headers = returned_headers or part
        elif (
            kind.startswith("text")
            or kind in _MACHINE
            or (part is root and not kind.startswith(_NO_TEXT))
        ):
            texts.append(part)
    notice = _read_notice(texts)
    return Message(
        root, root.headers, tuple(texts), machine, tuple(embedded), returned_headers, notice
    )
