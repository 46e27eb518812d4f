"""Where a notice's own words end and the original that it quotes begins."""

import re

from retour.knowledge.marks import load_groups
from retour.read.message import LINES_MAX

_GROUPS = load_groups("original")
_BEGINS: dict[str, tuple[str, ...]] = {}
for _words in _GROUPS["begins"]:  # by their first letters, so that most lines are passed by
    _BEGINS[_words[:3]] = (*_BEGINS.get(_words[:3], ()), _words)
_RULED = _GROUPS["ruled"]
_OTHER = _GROUPS["other"]
_FIRST_LINES = re.compile(r"the (?:first|top) [0-9]+ (?:lines|bytes|k\b)")
# Fields that nobody writes in prose; a line like a field must follow, maybe after folded lines.
_HEADER_NAMES = frozenset(
    (
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
    )
)
_HEADER = re.compile(
    r">?[ \t]*[A-Za-z][A-Za-z0-9-]{1,40}[ \t]*:[^\n]*\n"
    r"(?:>?[ \t][^\n]*\n){0,40}>?[ \t]*[A-Za-z][A-Za-z0-9-]{1,40}:"
)
_MARGIN = " \t>|*"
_RULE = "-=_~+*| \t>"
_BARS = "*|"
_LOOK_MAX = 120


def split_notice(text: str) -> tuple[str, str]:
    """Split a notice that quotes its original in one text.

    Args:
        text: the decoded text of a report message.

    Returns:
        ``(own words, quoted original)``; the second is empty where nothing is quoted within
        `LINES_MAX` lines.
    """
    at = 0
    said = False
    cited = False
    for count, line in enumerate(text.split("\n", LINES_MAX)):
        if count == LINES_MAX:
            return text[:at], text[at:]
        bare = line.lstrip(_MARGIN)
        if bare:
            low = bare[:_LOOK_MAX].lower()
            if (
                said
                and not cited
                # What no line that opens an original lacks; most lines are passed by here.
                and (low[:3] in _BEGINS or low[0] in _RULE or line[0] in _BARS or ":" in low[:30])
                and _opens_original(text, at, line, low)
            ):
                return text[:at], text[at:]
            said = True
            # Fields cited in the middle: "a message you sent with the following header fields:".
            if cited:
                cited = line[:1] in " \t"
            elif bare.endswith("header fields:"):
                cited = True
        at += len(line) + 1
    return text, ""


def _opens_original(text: str, at: int, line: str, low: str) -> bool:
    if low[0] in _RULE or line[0] in _BARS:
        words = low.strip(_RULE)
        if _is_ruled(line) and any(word in words for word in _RULED):
            return not any(word in words for word in _OTHER)
        return _begins(words)
    if ":" in low[:30] and low.partition(":")[0].rstrip() in _HEADER_NAMES:
        return bool(_HEADER.match(text, at))
    return _begins(low)


def _begins(low: str) -> bool:
    starts = _BEGINS.get(low[:3])
    if starts is None:
        return False
    return low.startswith(starts) or bool(low[:3] == "the" and _FIRST_LINES.match(low))


def _is_ruled(line: str) -> bool:
    """Tell whether a line begins with two or more strokes."""
    bare = line.lstrip(" \t>|*")
    strokes = bare[:2] if bare else line[:2]
    return len(strokes) == 2 and not any(c.isalnum() or c.isspace() for c in strokes)
