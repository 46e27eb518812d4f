"""Signs in the original's header that it went over a list or a forwarding mailbox.

Read only where a loop or a duplicate is claimed. Follows RFC 2369 and RFC 2919 (List-*), RFC 5322
§3.6.6 (Resent-*), and what Postfix, Gmail, Dovecot and Exchange stamp on forwarded mail.
"""

from dataclasses import dataclass

from retour.model.report import Original
from retour.read.second_way import (
    FORWARD_FIELDS,
    LIST_FIELDS,
    RESENT_FIELDS,
    RULE_AGENT,
    RULE_FIELD,
)

_PATH_FIELDS = frozenset({"delivered-to", "x-original-to", "x-forwarded-to", "resent-to"})
_NEWSLETTER_FIELD = "list-unsubscribe-post"
_SENDER_FIELDS = frozenset({"return-path", "sender"})
# How list managers name the sender of a list (Majordomo, Mailman, Sympa); the last is what senders
# of newsletters use too.
_LIST_SENDER_MARKS = ("owner-", "-owner@", "-bounces@", "-bounces+")
_BULK_SENDER_MARKS = ("bounces+", "bounce+", "-bounce@")
_HEADER_MAX = 131_072
_FIELDS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Mark:
    """One header line that tells of another way than the direct one.

    Attributes:
        kind: ``list`` or ``forward``.
        field: the field's name as written.
        quote: the line, shortened.
    """

    kind: str
    field: str
    quote: str


def split_fields(header_block: str) -> list[tuple[str, str]]:
    """Return (name, unfolded value) of each header line, in order, bounded."""
    fields: list[tuple[str, str]] = []
    for line in header_block[:_HEADER_MAX].split("\n"):
        if line[:1] in (" ", "\t"):
            if fields:
                name, value = fields[-1]
                fields[-1] = (name, f"{value} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if colon and len(fields) < _FIELDS_MAX:
            fields.append((name.strip(), value.strip()))
    return fields


def find_delivered_to(original: Original, address: str | None) -> str | None:
    """Return the ``Delivered-To`` line that already names this recipient, None where none does."""
    if not address:
        return None
    wanted = address.casefold()
    for name, value in split_fields(original.header_block):
        if name.lower() == "delivered-to" and _bare(value) == wanted:
            return f"{name}: {value}"
    return None


def find_second_way(original: Original, names: frozenset[str]) -> Mark | None:
    """Find the sign that this copy came another way beside a direct one.

    Args:
        original: the message that came back.
        names: the recipient's addresses, case folded.

    Returns:
        The strongest mark; None where there is none, or where the recipient is not addressed
        directly (then the list's or forwarder's copy is the only one).
    """
    direct = {address.casefold() for address in (*original.to, *original.cc)}
    if direct.isdisjoint(names):
        return None
    fields = split_fields(original.header_block)
    alone = direct <= names
    if alone and any(name.lower() == _NEWSLETTER_FIELD for name, _ in fields):
        return None
    for name, value in fields:
        mark = _mark(name, value, names, alone=alone)
        if mark:
            return mark
    return None


def _mark(name: str, value: str, names: frozenset[str], *, alone: bool) -> Mark | None:
    low, words = name.lower(), value.lower()
    quote = f"{name}: {value}"[:160]
    if low in LIST_FIELDS or (low == "precedence" and words == "list"):
        return Mark("list", name, quote)
    # Bulk mail and VERP are also what a newsletter to this one person looks like.
    if low == "precedence" and words == "bulk" and not alone:
        return Mark("list", name, quote)
    if low in _SENDER_FIELDS and _is_list_sender(words, alone=alone):
        return Mark("list", name, quote)
    if low in _PATH_FIELDS and _bare(value) and _bare(value) not in names:
        return Mark("forward", name, quote)
    by_rule = low == RULE_FIELD and RULE_AGENT in words
    if low in FORWARD_FIELDS or low in RESENT_FIELDS or by_rule:
        return Mark("forward", name, quote)
    return None


def _is_list_sender(words: str, *, alone: bool) -> bool:
    marks = _LIST_SENDER_MARKS if alone else (*_LIST_SENDER_MARKS, *_BULK_SENDER_MARKS)
    return any(mark in words for mark in marks)


def _bare(value: str) -> str:
    start, end = value.rfind("<"), value.rfind(">")
    return (value[start + 1 : end] if 0 <= start < end else value).strip().casefold()
