"""Is a mail without a machine-readable part a report? The signs of one, weighed together.

Who writes, what the subject says and what the words say each count a little; so do signs of
structure: a mail of the reader's own came back, a server's reply is quoted, somebody else's address
is named. No sign is enough alone: newsletters, parcel services and people who ask for help use the
same words.
"""

import re

from retour.knowledge.marks import find_signs, is_of_mail_program, tells_of_failure, weigh_sender
from retour.read.freeform import find_addressees
from retour.read.message import Message
from retour.read.prose import find_mentions
from retour.wire.address import parse_address
from retour.wire.header import Headers
from retour.wire.mime import Part, open_embedded
from retour.wire.reply import find_reply
from retour.wire.words import decode_words

_THRESHOLD = 4
# The most that a closer look can add.
_GROUNDS_MAX = 11
_LOOK_MAX = 4_000
_SHORT = 400
_CONVERSATION = re.compile(r"^\s*(?:re|aw|sv|antw|fwd?|wg|tr)\s*(?:\[[0-9]+\])?\s*:", re.I)
# What stands before the code is asked behind its first digit: so a search looks for digits alone.
_REPLY_LINE = re.compile(
    r"[45](?<![^\s:'\"(<].)[0-5][0-9](?: - |[ -])(?:[45]\.[0-9]{1,3}\.[0-9]{1,3}|[#<A-Za-z])"
)
_QMAIL_STATUS = re.compile(r"\(#[45]\.[0-9]\.[0-9]\)")
_STATUS = re.compile(r"[45](?<![0-9A-Za-z.].)\.[0-7]\.[0-9]{1,3}[ \t]+[<A-Za-z]")
_STATUS_FIELD = re.compile(r"(?:reporting-mta|final-recipient)[ \t]*:")
_FORWARD = re.compile(r"^\s*(?:fwd?|wg|tr|i|rv|vs|vb)\s*:", re.I)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*\n?", re.M)


def is_report(
    message: Message, subject: str, notice: str, signs: dict[str, int], titles: set[str]
) -> bool:
    """Tell whether a mail is a report, by its signs.

    Args:
        message: the mail.
        subject: decoded.
        notice: its words without a quoted original.
        signs: what its words are signs of (`find_signs`).
        titles: what its subject is a sign of (`find_subject_signs`).
    """
    if not len(message.headers):  # somebody pasted the words alone
        return _is_pasted_report(notice, signs)
    sender = weigh_sender(decode_words(message.headers.get("from") or ""))
    is_daemon = sender > 1
    if not is_daemon and "\n>" in notice and not _FORWARD.match(subject):  # quoted in an answer
        notice = _QUOTED_LINE.sub("", notice)
        signs = find_signs(notice)
    score = sender + _weigh_outside(message, subject, titles, by_person=not sender)
    score -= _weigh_against(signs, is_daemon=is_daemon)
    if is_daemon and not titles and _can_be_answered(message.headers):
        score -= 2
    told = (
        "failed" in signs
        or ("late" in signs and (is_daemon or "late" in titles))
        or (is_daemon and ("listed" in signs or "held" in signs))
    )
    if told:
        score += 1
        if is_daemon:
            score += bool(titles) + (
                len(notice) < _SHORT or signs.get("failed", 0) + signs.get("listed", 0) > 2
            )
    if score < _THRESHOLD - _GROUNDS_MAX:
        return False
    if score >= _THRESHOLD and (is_daemon or "x-failed-recipients" in message.headers):
        return True
    if not titles and tells_of_failure(subject):
        score += 2
        told = True
    grounds = _weigh_grounds(message, notice, signs, told=told, is_daemon=is_daemon)
    if not is_daemon and not grounds and not _is_from_nobody(message.headers):
        return False  # words alone, from somebody: a parcel, a payment, an application
    return score + grounds >= _THRESHOLD


def _is_pasted_report(words: str, signs: dict[str, int]) -> bool:
    """Tell whether words without a header are a report's or a mail program's at sending.

    Here nobody wrote to anybody: an answer of a server, or that a mail failed, is enough.
    """
    if find_reply(words) >= 0 or _STATUS.search(words, 0, _LOOK_MAX):
        return True
    if is_of_mail_program(words[:_LOOK_MAX].lower()):
        return True
    if not signs.keys().isdisjoint(("auto", "inbound", "elsewhere")):
        return False
    is_told = not signs.keys().isdisjoint(("failed", "late", "held"))
    is_about_mail = "yours" in signs or "@" in words or "SMTP" in words
    return is_about_mail and (is_told or tells_of_failure(words))


def tells_of_arrival(notice: str, signs: dict[str, int], titles: set[str]) -> bool:
    """Tell whether a report without a machine-readable part says that the mail arrived."""
    fails = "failed" in signs or ("failed" in titles and "arrived" not in titles)
    if fails or "arrived" not in signs:
        return False
    return not _has_reply(notice) and not tells_of_failure(notice)


def _weigh_outside(message: Message, subject: str, titles: set[str], *, by_person: bool) -> int:
    """Add up what the header says, but for the sender."""
    headers = message.headers
    score = 0
    if _is_from_nobody(headers):
        score += 1
    if "x-failed-recipients" in headers or message.root.report_type == "delivery-status":
        score += 4
    in_conversation = bool(_CONVERSATION.match(subject))
    if "failed" in titles or "late" in titles:
        score += 1 if in_conversation else 2
    if in_conversation and by_person and "in-reply-to" in headers:
        score -= 3
    if "list-id" in headers or "list-unsubscribe" in headers:
        score -= 2
    if "auto" in titles or "given-up" in titles:
        score -= 3
    return score


def _is_from_nobody(headers: Headers) -> bool:
    """Tell whether the return path is null, as a report's is (RFC 5321 §4.5.5)."""
    return (headers.get("return-path") or "?").strip() in ("<>", "<MAILER-DAEMON>", "")


def _can_be_answered(headers: Headers) -> bool:
    """Tell whether the author takes bounces himself, as a report never does (RFC 5321 §4.5.5)."""
    path = parse_address(headers.get("return-path"))
    return path is not None and path == parse_address(headers.get("from"))


def _weigh_against(signs: dict[str, int], *, is_daemon: bool) -> int:
    """Add up what the words say against a report."""
    against = 2 if "auto" in signs else 0
    if "inbound" in signs:
        against += 4
    if "elsewhere" in signs and not is_daemon:
        against += 3
    return against


def _weigh_grounds(
    message: Message, notice: str, signs: dict[str, int], *, told: bool, is_daemon: bool
) -> int:
    """Look closer: which mail failed, to whom, and what did the server say?"""
    score = 0
    if not told and tells_of_failure(notice):
        told = True
        score += 1
    if _has_status_field(notice):
        score += 3
    has_reply = _has_reply(notice)
    if not told and not has_reply and not is_daemon:
        return score
    score += has_reply + ("yours" in signs)
    excluded = find_addressees(message)
    mentions = find_mentions(notice, excluded)
    if mentions and (is_daemon or mentions[0].strength > 1):
        score += 1
    if any(_is_from(part, excluded) for part in message.embedded[:1]):
        score += 2
    return score


def _is_from(part: Part, addresses: frozenset[str]) -> bool:
    """Tell whether an enclosed message was written by one of the addresses."""
    inner, _ = open_embedded(part, header_only=True)
    author = parse_address(inner.headers.get("from"))
    return author is not None and author.lower() in addresses


def _has_status_field(words: str) -> bool:
    low = words[:_LOOK_MAX].lower()
    named = "reporting-mta" in low or "final-recipient" in low
    return named and bool(_STATUS_FIELD.search(low))


def _has_reply(words: str) -> bool:
    return bool(
        _REPLY_LINE.search(words, 0, _LOOK_MAX) or _QMAIL_STATUS.search(words, 0, _LOOK_MAX)
    )
