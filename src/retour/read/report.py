"""A mail as a `Report` and a `Route`: what it claims, composed from its parts."""

import re
from typing import NamedTuple

from retour.model.defect import Defect
from retour.model.report import Original, Recipient, Report
from retour.model.route import NO_ROUTE, Route
from retour.model.vocabulary import Action, Kind
from retour.read.claims import (
    claims_of_feedback,
    claims_of_status,
    merge_notice,
)
from retour.read.freeform import claims_of_notice
from retour.read.language import find_language
from retour.read.machine import DeliveryStatus, parse_delivery_status
from retour.read.message import (
    LINES_MAX,
    NOTICE_MAX,
    RECIPIENTS_MAX,
    Message,
    open_message,
    read_through,
    sort_parts,
)
from retour.read.notice import split_notice
from retour.read.notification import read_notification
from retour.read.original import read_original
from retour.read.producer import find_producer
from retour.read.recognise import kind_of_actions, recognise, says_delay
from retour.read.route import HOPS_MAX, read_route
from retour.wire.date import parse_date
from retour.wire.header import Headers
from retour.wire.mark import FIELD_KEY
from retour.wire.mime import Part, open_embedded
from retour.wire.words import decode_words

# A report inside a forwarded mail inside a forwarded mail; deeper is somebody's joke.
NESTING_MAX = 3
_STATUS_START = re.compile(
    r"^[ \t]*(?:Reporting-MTA|(?:Final|Original)-Recipient)[ \t]*:", re.M | re.I
)


def read(raw: bytes) -> tuple[Report, Route]:
    """Read a mail.

    Args:
        raw: any bytes: a mail, or the text of one that somebody pasted.

    Returns:
        What it claims, and the way of the original as far as its headers came back. Never raises
        on content; what was odd stands in ``report.defects``.
    """
    return _compose(find_report(*open_message(raw)))


class Found(NamedTuple):
    """A report message, as it was found in a mail.

    Attributes:
        message: the mail itself, or the message inside it that is the report.
        notice, tail: its own words, and the text behind them where it quotes the original there.
        kind: what it is.
        defects: what was odd on the way to it.
    """

    message: Message
    notice: str
    tail: str
    kind: Kind
    defects: tuple[Defect, ...]


def find_report(root: Part, defects: tuple[Defect, ...]) -> Found:
    """Find the report in a mail: itself, or a message forwarded in it.

    Args:
        root: the mail.
        defects: what was odd about it.

    Returns:
        The report; the mail itself as ``not-a-report`` where there is none inside.
    """
    outer = message = sort_parts(root)
    outer_words = _own_words(outer)
    for _ in range(NESTING_MAX + 1):
        notice, tail = outer_words if message is outer else _own_words(message)
        kind = recognise(message, notice)
        if kind is not None:
            break
        inner, more = open_embedded(message.embedded[0])
        defects = (*defects, *more)
        if FIELD_KEY in inner.headers:
            inner, defects = read_through(inner, defects)
        message = sort_parts(inner)
    if kind is None or kind == "not-a-report":  # no report inside: the mail is what it is
        return Found(outer, *outer_words, "not-a-report", defects)
    return Found(message, notice, tail, kind, defects)


def _own_words(message: Message) -> tuple[str, str]:
    notice = message.notice
    came_back_apart = message.embedded or message.returned_headers is not None
    if came_back_apart and (len(notice) < 200 or "\nReceived:" not in notice):
        return notice, ""
    return split_notice(notice)


def _compose(found: Found) -> tuple[Report, Route]:
    message, notice, tail, kind, defects = found
    headers = message.headers
    machine = message.machine.get("delivery-status")
    body = machine.decode_body() if machine else ""
    status = _delivery_status(body, message, notice) if kind == "failure" else None
    recipients: list[Recipient] = []
    original: Original | None = None
    route = NO_ROUTE
    if kind != "not-a-report":
        original, original_headers = read_original(
            message, tail, status.envelope_id if status else None
        )
        route = read_route(original_headers, original.date if original else None)
        recipients, kind, more = _recipients(message, notice, kind, status, original)
        defects = (
            *defects,
            *more,
            *_bounds(notice, original_headers, recipients, is_counted=status is not None),
        )
    subject = headers.get("subject")
    report = Report(
        kind,
        find_producer(headers, notice, body)
        if kind not in ("not-a-report", "auto-reply")
        else None,
        find_language(notice, headers.get("content-language")),
        decode_words(subject) if subject is not None else None,
        parse_date(headers.get("date")),
        status.reporting_mta if status else None,
        tuple(recipients),
        original,
        notice,
        message.root.header_block,
        defects,
    )
    return report, route


def _bounds(
    notice: str, original: Headers | None, recipients: list[Recipient], *, is_counted: bool
) -> tuple[Defect, ...]:
    """Name the bounds of reading that bit; a status part has counted its recipients itself."""
    defects = []
    if len(notice) >= NOTICE_MAX or notice.count("\n") >= LINES_MAX:
        defects.append(Defect("notice-cut", "text"))
    if original is not None and (original.cut or original.names.count("received") > HOPS_MAX):
        defects.append(Defect("header-cut", "original"))
    if len(recipients) >= RECIPIENTS_MAX and not is_counted:
        defects.append(Defect("too-many-recipients", "text"))
    return tuple(defects)


def _delivery_status(body: str, message: Message, notice: str) -> DeliveryStatus | None:
    """Read the status groups; also where a gateway glued them into the text."""
    status = parse_delivery_status(body) if body else None
    if status and status.entries:
        return status
    text = notice if "ecipient:" in notice else ""
    root = message.root
    if not text and root.is_multipart and not root.children:  # its boundary is lost
        text = root.raw_body[:NOTICE_MAX]
    start = _STATUS_START.search(text)
    if start is None:
        return status
    found = parse_delivery_status(text[start.start() :])
    return found if found.entries else None


def _subject(message: Message) -> str:
    return decode_words(message.headers.get("subject") or "")


def _recipients(
    message: Message,
    notice: str,
    kind: Kind,
    status: DeliveryStatus | None,
    original: Original | None,
) -> tuple[list[Recipient], Kind, tuple[Defect, ...]]:
    if kind == "complaint":
        return claims_of_feedback(message), kind, ()
    if kind not in ("failure", "delay"):
        return [], kind, ()
    notification = read_notification(notice)
    if notification is not None:
        return notification[0], notification[1], ()
    if status is None or not status.entries:
        if "delivery-status" in message.machine and says_delay(_subject(message), notice):
            kind = "delay"
        action: Action = "delayed" if kind == "delay" else "failed"
        return claims_of_notice(message, notice, original, action), kind, ()
    delayed = any(one.action is None for one in status.entries) and says_delay(
        _subject(message), notice
    )
    recipients, defects = claims_of_status(status, notice, delayed=delayed)
    recipients = merge_notice(recipients, message, notice, original)
    return recipients, kind_of_actions([one.action for one in recipients], kind), defects
