"""SMTP replies as they stand in reports: reply code, enhanced status code, words, wrappers.

Follows RFC 5321 §4.2 (replies), RFC 2034 and RFC 3463 (enhanced status codes). Reports fold, prefix
and nest replies in ways that no standard knows; `unwrap` undoes the nesting, innermost voice first.
"""

import re

from retour.model.reply import Reply

# "550", "550-", "550 5.1.1", "#5.1.1", "(#5.7.1)", "550 #5.1.0", "554-5.7.1", "ERROR_CODE :550".
# What stands before is asked behind the first digit, so that a search looks for digits alone.
_CODE = re.compile(
    r"([245](?<![0-9A-Za-z.:@/#=<\[_-].)[0-5][0-9])"
    r"(?=[-\s:;,(<#]|$)(?!-[0-9]{3}-|-[0-9]{4})"
)
_STATUS = re.compile(
    r"([245](?<![0-9A-Za-z.@/<\[_].)\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9A-Za-z]|\.[0-9])"
)
_LEADING = re.compile(
    r"(?:smtp|x-[a-z0-9-]+|lmtp|unix|x400|dns)?\s*;?\s*[\"'(<#]*"
    r"([245][0-5][0-9])(?=[-\s:;,)]|$)[-\s:;,)]*(?:b['\"])?",
    re.I,
)
_REPEATED_CODE = re.compile(
    r"(?:^|(?<=\s))([245][0-5][0-9])-(?:[245]\.[0-9]{1,3}\.[0-9]{1,3}\s)?(?=\S|\s)"
)
# Where a wrapper's own words end and a foreign reply begins.
_SAID = re.compile(
    r"\b(?:said|says|replied|responded|response was|reply was|returned|answered)\s*:\s+"
    r"(?=[\"'(]?[245][0-5][0-9][-\s])",
    re.I,
)
# Sendmail's "554 <a@b>... 550 Host unknown".
_NAMED = re.compile(
    r"^[245][0-5][0-9] (?:[245]\.\d{1,3}\.\d{1,3} )?<?[^\s<>]{1,300}>?\.\.\. "
    r"(?=[245][0-5][0-9][ -])"
)
# IronPort (Cisco Secure Email) heads the reply with its own reading of it, code and words:
# "5.1.0 - Unknown address error 550-'5.7.1 Access denied'".
_HEADED = re.compile(
    r"[245]\.[0-9x]{1,3}\.[0-9x]{1,3} - [^0-9'\"]{3,80}? (?=[245][0-5][0-9][- ]+['\"(])"
)
_WRAPPED_MAX = 5
# A text is looked at this far; a line on the wire ends at 512 octets (RFC 5321 §4.5.3.1.5).
TEXT_MAX = 16_384


def fold(text: str) -> str:
    """Return the text with every run of white space as one space, stripped."""
    if text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " ":
        return text
    return " ".join(text.split())


def parse_reply(text: str) -> Reply | None:
    """Read one reply: its code, its enhanced status code and its words.

    Args:
        text: a reply, maybe with a ``smtp;`` type prefix, several lines long or folded onto one.

    Returns:
        The reply, or None where the text has neither a reply code nor an enhanced status code.
    """
    words = fold(text[:TEXT_MAX])
    lead = _LEADING.match(words)
    code: int | None = None
    if lead:
        code = int(lead[1])
        words = words[lead.end() :]
        if lead[1] in words:
            if f"{lead[1]}-" in words:
                words = fold(_REPEATED_CODE.sub(lambda m: "" if m[1] == lead[1] else m[0], words))
            words = _drop_last_line_code(words, lead[1])
    found = None
    if code is None:
        # IronPort puts its own reading first: "5.1.0 - Unknown address error 550-'5.1.1 ...'".
        other = _CODE.search(words)
        if other:
            code = int(other[1])
            found = _STATUS.search(words, other.end())
    found = found or _STATUS.search(words)
    status = found[1] if found else None
    if code is None and status is None:
        return None
    return Reply(code, status, words)


def _drop_last_line_code(words: str, code: str) -> str:
    """Drop the code and the status that open the last line of a reply and stood there before."""
    mark = f" {code} "
    at = words.find(mark)
    if at < 0:
        return words
    rest = words[at + len(mark) :]
    first, last = _STATUS.match(words), _STATUS.match(rest)
    if first and last and first[1] == last[1]:
        return f"{words[:at]} {rest[last.end() :].lstrip()}".rstrip()
    return words


def unwrap(text: str) -> tuple[str, ...]:
    """Split nested voices: the innermost reply first, then what was wrapped around it, outwards.

    Args:
        text: a diagnostic text such as ``550 5.0.350 Remote server returned … -> 550 closed``
            or ``450 4.7.1 [EAB] 554 IP=…`` or ``host a said: 550 …``.

    Returns:
        At least one text. Concatenating them in reverse gives back all words.
    """
    rest = fold(text[:TEXT_MAX])
    wrappers: list[str] = []
    while len(wrappers) < _WRAPPED_MAX:
        cut = _inner_start(rest)
        if cut is None:
            break
        outer, inner = cut
        wrappers.append(outer)
        rest = inner
    return (rest, *reversed(wrappers))


def _inner_start(text: str) -> tuple[str, str] | None:
    arrow = max(text.rfind(" -> "), text.rfind(" --> "))
    if arrow >= 0:
        inner = text[text.index(">", arrow) + 1 :].strip()
        if inner:
            return text[:arrow].strip(), inner
    if ": " in text:
        said = _SAID.search(text)
        if said:
            return text[: said.end()].strip(), text[said.end() :].strip()
    if "... " in text:
        named = _NAMED.match(text)
        if named:
            return text[: named.end()].strip(), text[named.end() :].strip()
    if " - " in text[:16]:
        headed = _HEADED.match(text)
        if headed:
            return text[: headed.end()].strip(), text[headed.end() :].strip()
    return _nested_reply(text) if "[" in text[:40] else None


def _nested_reply(text: str) -> tuple[str, str] | None:
    """Find a second reply glued behind a short tag of the first: ``450 4.7.1 [EAB] 554 IP=…``."""
    lead = _LEADING.match(text)
    if not lead:
        return None
    window = text[lead.end() : lead.end() + 60]
    tag = re.match(
        r"(?:[245]\.\d{1,3}\.\d{1,3}\s+)?\[[^\]\s]{1,20}\]\s+(?=[245][0-5][0-9]\s)", window
    )
    if not tag:
        return None
    at = lead.end() + tag.end()
    return text[:at].strip(), text[at:].strip()


# A code inside prose that may open a reply: what follows decides, then what stands before.
_CANDIDATE = re.compile(
    r"[45][0-5][0-9](?=-[ ]?[A-Za-z0-9<\"'#(]|[ \t:]+[^\s]|[ \t]*[\])>\"'.,]|[ \t]*(?:\n|\Z))"
    r"(?![ \t]+(?:minutes?|hours?|days?|seconds?|bytes?|[kmg]i?b|times|attempts?|lines|octets)\b)"
    r"(?![.:][0-9]|-[0-9]{3}-|-[0-9]{4}|\)[ ]?[0-9])",
    re.I,
)
_OPENING = re.compile(
    r"(?:(?:^|\n)[ \t]*|[\"'(\[<>:#;|]|[:;<>\])\"'.,][ \t]{1,8}|\t|<[-=<]{1,3}[ \t]|"
    r"\b(?:said|code|error|status|returned|with|replied|answered) )\Z",
    re.I,
)
# An enhanced status code behind it makes it sure, wherever it stands.
_STATUS_BEHIND = re.compile(r"[-: ]+\(?#?[245]\.[0-9]{1,3}\.[0-9]{1,3}")


def find_reply(text: str) -> int:
    """Find where an SMTP reply begins inside prose.

    Args:
        text: words of a notice; line breaks matter, so they are kept.

    Returns:
        The offset of its three-digit code, or -1.
    """
    for found in _CANDIDATE.finditer(text, 0, TEXT_MAX):
        start = found.start()
        before = text[max(0, start - 12) : start]
        if before and (before[-1].isalnum() or before[-1] in ".-"):
            continue
        if _STATUS_BEHIND.match(text, start + 3) or _OPENING.search(before):
            return start
    return -1
