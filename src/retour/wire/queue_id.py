"""The queue id in the reply to a message's end of data, as servers word it."""

import re

# Patterns from replies that real servers gave; the first that fits wins. An id that only
# the order of words marks must hold a digit, so that no word of a sentence is taken for one.
_PATTERNS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"\bqueued(?:\s+on\s+\S{1,255})?\s+as\s+<?([\w.+/=@-]{4,128})",  # Postfix, Yandex
        r"\b(?:queue[ -]?id|queueid|message[ -]?id|id)\s?[=:]\s?<?([\w.+/=@$-]{4,255})",  # Exim
        r"\bInternalId=(\d{1,20})",  # Exchange
        r"\bqp\s+(\d{1,20})\b",  # qmail
        r"^(?=\S*\d)([\w-]{6,64})\s+(?:\S+\s+)?message\s+accepted\b",  # Sendmail, OpenSMTPD
        r"^(?:<\S{1,255}>\s+)?([\w+/]{16,40}(?::\d+)?)\s+saved\b",  # Dovecot's LMTP
        r"\bqueued\b[^(]{0,40}\(([0-9a-f-]{8,64}(?:\.\d+)?)\)",  # Haraka
        r"\bOK\.?\s+(?=\S*\d)([0-9a-f]{8,32}(?:\.[0-9a-f]{1,32}){1,4})\b",  # Courier
        r"\bOK\s+\d{9,11}\s+(?=\S*\d)([\w.-]{10,128})\s+-\s+gsmtp\b",  # Google
    )
)
_LEAD = re.compile(r"^\d{3}[- ](?:\d\.\d{1,3}\.\d{1,3}\s+)?")


def find_queue_id(reply: str) -> str | None:
    """Find the receiving system's queue id in a positive reply.

    Args:
        reply: the reply's lines, with their codes.

    Returns:
        The id, or None where the reply names none that we know how to read.
    """
    for line in reversed(reply[:4096].split("\n")):
        words = _LEAD.sub("", line, count=1)
        for pattern in _PATTERNS:
            if found := pattern.search(words):
                return found[1].rstrip(".")
    return None
