"""What kind of mail is this? Standard parts first, then signs that add up."""

import re

from retour.knowledge.marks import find_signs, find_subject_signs
from retour.model.vocabulary import Action, Kind
from retour.read.message import Message
from retour.read.notification import is_notification
from retour.read.weighing import is_report, tells_of_arrival
from retour.wire.header import Headers
from retour.wire.words import decode_words

_RECEIPT_SUBJECT = re.compile(
    r"\s*(?:read|gelesen|lu|leído|letto|lida|gelezen|läst|прочитано|not read|ungelesen)\s*:", re.I
)
_REJECTED_MDN = re.compile(r"reject|refus|discard|quota|could not|abgelehnt|not be delivered", re.I)
_LOOK_MAX = 4_000
_SUMMARIES = (
    "report domain:",
    "report-domain:",
    "reportdomain:",
    "dmarc aggregate",
    "tls-rpt",
    "tlsrpt",
    "aggregate report",
)


def recognise(message: Message, notice: str) -> Kind | None:
    """Tell what a mail is by its standard parts and, without those, by its signs.

    Args:
        message: the mail.
        notice: its words without a quoted original.

    Returns:
        The kind; ``failure`` for a delivery status notification (whose groups then say more); None
        where it is no report itself but holds another message that may be one.
    """
    machine = message.machine
    if "delivery-status" in machine:
        return "failure"
    if "feedback-report" in machine or message.root.report_type == "feedback-report":
        return "complaint"
    if "disposition-notification" in machine:
        return "failure" if _is_rejection(message, notice) else "read-receipt"
    subject = decode_words(message.headers.get("subject") or "")
    if message.root.report_type in ("tlsrpt", "dmarc") or _is_summary(subject):
        return "not-a-report"
    if _is_complaint(message.headers, notice):
        return "complaint"
    if is_notification(notice):
        return "failure"
    signs = find_signs(notice)
    titles = find_subject_signs(subject)
    if is_report(message, subject, notice, signs, titles):
        if _is_late(titles, signs):
            return "delay"
        return "success" if tells_of_arrival(notice, signs, titles) else "failure"
    if _is_receipt(message, subject):
        return "read-receipt"
    if _is_auto_reply(message.headers, titles):
        return "auto-reply"
    return None if message.embedded else "not-a-report"


def _is_summary(subject: str) -> bool:
    low = subject.lower()
    return any(words in low for words in _SUMMARIES)


def _is_receipt(message: Message, subject: str) -> bool:
    """Outlook's receipt without its MDN part: a prefixed subject and nothing but TNEF."""
    return message.root.content_type == "application/ms-tnef" and bool(
        _RECEIPT_SUBJECT.match(subject)
    )


def _is_rejection(message: Message, notice: str) -> bool:
    """A Sieve reject or a Dovecot quota refusal comes as an MDN (RFC 5429 §2.1.2)."""
    body = message.machine["disposition-notification"].decode_body()[:4_000].lower()
    found = re.search(r"^disposition[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", body, re.M)
    disposition = found[0] if found else ""
    if "displayed" in disposition or "read" in disposition.rpartition(";")[2]:
        return False
    words = notice[:_LOOK_MAX]
    return bool(_REJECTED_MDN.search(words)) and "without being read" not in words


def _is_complaint(headers: Headers, notice: str) -> bool:
    """Feedback without an ARF part: Hotmail's JMRP and services that notify by JSON."""
    subject = headers.get("subject") or ""
    if subject.lower().startswith("complaint about message from"):
        return True
    return '"notificationType' in notice[:400].replace("\\", "") and "Complaint" in notice[:600]


_AUTO_FIELDS = frozenset(("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply"))


def _is_auto_reply(headers: Headers, titles: set[str]) -> bool:
    marks = (headers.get("auto-submitted") or "").lower()
    if marks.startswith("auto-replied"):
        return True
    if not _AUTO_FIELDS.isdisjoint(headers):
        return True
    if (headers.get("precedence") or "").lower() in ("auto_reply", "auto-reply"):
        return True
    if "x-ms-exchange-generated-message-source" in headers and "in-reply-to" in headers:
        return True
    return "auto" in titles


def says_delay(subject: str, notice: str) -> bool:
    """Tell whether the words speak of a delay that is not over yet."""
    return _is_late(find_subject_signs(subject), find_signs(notice))


def _is_late(titles: set[str], signs: dict[str, int]) -> bool:
    if "given-up" in signs:
        return False
    is_held = "held" in signs and "failed" not in signs and "failed" not in titles
    return is_held or "late" in signs or "late" in titles


def kind_of_actions(actions: list[Action | None], fallback: Kind) -> Kind:
    """Sum up the actions of all recipients."""
    kinds: set[Kind] = {_KIND_OF_ACTION[action] for action in actions if action is not None}
    if not kinds:
        return fallback
    return kinds.pop() if len(kinds) == 1 else "mixed"


_KIND_OF_ACTION: dict[Action, Kind] = {
    "failed": "failure",
    "delayed": "delay",
    "delivered": "success",
    "relayed": "relay",
    "expanded": "expansion",
}
