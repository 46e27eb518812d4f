"""Headlines: what a notice tells the sender at the top, in words that its maker chose by a code.

Exchange Online, Gmail and others print a sentence of their own above the remote's reply. It is a
guess by the reporter's table and can be false although the reply below it is clear.
"""

import re
from dataclasses import dataclass
from itertools import islice

HEADLINES: tuple[tuple[str, str], ...] = (
    # Exchange Online, part 1 of its notices; https://learn.microsoft.com/exchange/troubleshoot/
    # email-delivery/ndr/non-delivery-reports-in-exchange-online (looked at 2026-11-24)
    ("wasn't found at", "user-unknown"),
    ("unknown to address", "user-unknown"),
    ("couldn't be found", "user-unknown"),
    ("couldn't confirm that your message was sent from a trusted location", "spf-failed"),
    ("spf validation error", "spf-failed"),
    ("suspects your message is spam", "spam-content"),
    ("only accepts messages from people in its organization", "recipient-restricted"),
    ("mailbox is full", "mailbox-full"),
    ("message is too large", "too-large"),
    # Gmail, https://support.google.com/mail/answer/6596
    ("address not found", "user-unknown"),
    ("recipient inbox full", "mailbox-full"),
    ("message too large", "too-large"),
    # Mimecast: a guess shown as fact
    ("recipient email address is possibly incorrect", "user-unknown"),
)
"""Literal words of a headline (lower case) and the cause that they tell the sender."""

_HEAD_MAX = 1_200
_ARTICLE = re.compile(r"error code (?:[245]\d\d )?([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE)
_NOTICE_MAX = 16_384
_ARTICLES_MAX = 3
_ARTICLE_WORD = "rror code "


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline or an article link in a notice.

    Attributes:
        quote: the line.
        cause: what it tells the sender; None for an article about a code.
        status: the code that the linked article is about, None for a headline.
    """

    quote: str
    cause: str | None
    status: str | None


def find_headlines(
    notice: str, local_part: str | None, wanted: tuple[tuple[str, str], ...] = HEADLINES
) -> list[Headline]:
    """Find what the top of a notice tells the sender, and the articles that it links to.

    Args:
        notice: the notice's words for people.
        local_part: where the report is about several recipients, the one whose lines count.
        wanted: the headlines to look for; articles are found whatever they are about.
    """
    found: list[Headline] = []
    head = notice[:_HEAD_MAX].replace("\u2019", "'")
    low = head.lower()
    for words, cause in wanted:
        at = low.find(words)
        if at >= 0:
            line = _line_at(head, at)
            if _is_headline(line) and (local_part is None or local_part.lower() in line.lower()):
                found.append(Headline(line, cause, None))
    if local_part is None and _ARTICLE_WORD in notice:
        for article in islice(_ARTICLE.finditer(notice[:_NOTICE_MAX]), _ARTICLES_MAX):
            found.append(Headline(_line_at(notice, article.start()), None, article[1]))
    return found


def _line_at(text: str, at: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    line = text[start : end if end >= 0 else len(text)].strip()
    offset = at - start
    return line if len(line) <= 200 else line[max(0, offset - 60) : offset + 140].strip()


def _is_headline(line: str) -> bool:
    """Say whether a line is the notice's own sentence, not a quoted reply or a list of guesses."""
    low = line.lower()
    return not re.search(r"\b[45]\d\d[ -]|\b[45]\.\d{1,3}\.\d", low) and " may " not in low
