"""Where a notice's own words end and the original that it quotes begins."""

import re

# A line of dashes, stars or bars around words that announce the original.
_DASHED = re.compile(
    r"^[ \t>|*]*[-=_*~+]{2,}[ \t|>]*(?![^\n]{0,80}\b(?:transcript|reason|failed addresses|log follows|server message|smtp command)\b)"
    r"[^\n]{0,60}?\b(?:original|originale?|returned mail|returned message|unsent message|undelivered message|copy of|copia|"
    r"kopie|message header|message text|message body|header of|mail follows|message follows|below this line)\b",
    re.M | re.I,
)
_ANNOUNCED = re.compile(
    r"^[ \t]*(?:original (?:message|mail) (?:follows|headers?|header follows|attached|as (?:received|follows))|"
    r"message headers? follows?|(?:included|here|below|following|enclosed|attached) is (?:a copy|the (?:original|first|header|message))|"
    r"a (?:copy|summary) of the (?:original|undelivered|message|e-?mail)|the (?:first|top) [0-9]+ (?:lines|bytes|k\b)|"
    r"your message reads|the (?:headers?|text|body|content) of (?:the|your) (?:original|message|mail)|"
    r"(?:the )?(?:original|returned|undelivered|unsent) (?:message|mail)(?: is)?(?: (?:included|attached|enclosed|quoted|follows|below)\b|\s*:?\s*$)|"
    r"first part of the message|--- ?(?:mensaje|message|messaggio) original|urspr(?:ü|ue)ngliche nachricht|"
    r"(?:kopfzeilen|header) der (?:original|urspr)|en-t[êe]tes? d[eu] |encabezados? (?:del mensaje|de mensaje)|"
    r"исходные заголовки|заголовки исходного|元のメッセージ|原始邮件|附件中的内容是原信件)",
    re.M | re.I,
)
# Header lines that nobody writes in prose.
_HEADER = re.compile(
    r"^>?[ \t]*(?:Received|Return-Path|DKIM-Signature|Message-ID|MIME-Version|Delivered-To|X-Received|ARC-Seal|"
    r"Authentication-Results|X-Originating-IP|Content-Transfer-Encoding)[ \t]*:[ \t]?[^\n]*\n(?:>?[ \t]+[^\n]*\n){0,40}>?[ \t]*[A-Za-z][A-Za-z0-9-]{1,40}:",
    re.M | re.I,
)


_HEADER_NAMES = frozenset(
    [
        "received",
        "return-path",
        "dkim-signature",
        "message-id",
        "mime-version",
        "delivered-to",
        "x-received",
        "arc-seal",
        "authentication-results",
        "x-originating-ip",
        "content-transfer-encoding",
    ]
)
# First letters of the announcing sentences, to pass most lines by.
_ANNOUNCED_STARTS = frozenset(
    ("ori", "mes", "inc", "her", "bel", "fol", "enc", "att", "a c", "a s", "the", "fir", "top", "you", "ret", "und", "uns", "urs",
     "kop", "hea", "en-", "исх", "заг", "元のメ", "原始邮", "附件中")
)  # fmt: skip
_MARGIN = " \t>|*"


def split_notice(text: str) -> tuple[str, str]:
    """Split a notice that quotes its original in one text.

    Args:
        text: the decoded text of a report message.

    Returns:
        ``(own words, quoted original)``; the second is empty where nothing is quoted.
    """
    at = 0
    said = False
    for line in text.split("\n"):
        bare = line.lstrip(_MARGIN)
        if bare:
            if said and _opens_original(text, at, line, bare):
                return text[:at], text[at:]
            said = True
        at += len(line) + 1
    return text, ""


def _opens_original(text: str, at: int, line: str, bare: str) -> bool:
    first = bare[0]
    if first in "-=_~+" or line[0] in "*|":
        if _DASHED.match(text, at):
            return True
        return first == "-" and bool(_ANNOUNCED.match(text, at))
    if ":" in bare[:30] and bare.partition(":")[0].rstrip().lower() in _HEADER_NAMES:
        return bool(_HEADER.match(text, at))
    return bare[:3].lower() in _ANNOUNCED_STARTS and bool(_ANNOUNCED.match(text, at))
