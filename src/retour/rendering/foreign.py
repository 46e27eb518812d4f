"""Foreign text made fit to show: on one line, not too long, without control characters.

One rule: whatever a mail brings is data. The document folds and shortens; every printer that
writes characters as they are (text, terminal) makes control characters visible at the last moment.
"""

import re
import unicodedata

ADDRESS_MAX = 100
"""Characters of an address or a host that are shown in a sentence."""
# What can steer a terminal or turn the reading direction: C0 without tab and line feed, DEL, C1,
# soft hyphen, the bidi controls (Unicode UAX #9), separators and invisible operators, the byte
# order mark, interlinear marks, tags, lone surrogates. U+200C and U+200D stay: scripts need them.
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)
# The isolates of UAX #9: a printer that isolates foreign text must be the only one who does.
_ISOLATES = str.maketrans(dict.fromkeys("\u2066\u2067\u2068\u2069", "\ufffd"))
_A_LABEL = re.compile(r"(?<![^.@])xn--[a-z0-9-]{1,59}(?![^.])", re.IGNORECASE)
# Scripts with letters that look alike: a label that mixes them is shown as it came.
_LOOK_ALIKE = frozenset({"LATIN", "GREEK", "CYRILLIC"})
_SPACE = re.compile(r"\s+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._+=-]{0,62}[A-Za-z0-9])?@" + _PLAIN_NAME.pattern
)
_PLAIN_IP = re.compile(r"[0-9a-fA-F][0-9a-fA-F.:]{1,44}")


def show_controls(text: str) -> str:
    """Return a text in which no character can steer a terminal or hide; tab and line feed stay.

    C0 controls become their pictures (U+2400 block), all others the replacement character.
    """
    return _STEERING.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def fold_line(text: str | None, limit: int = 300) -> str:
    """Return a text on one line, cut to a number of characters with an ellipsis; None is ``""``.

    Foreign isolates become the replacement character.
    """
    if not text:
        return ""
    # A bounded slice first: what is cut off need not be folded.
    line = _SPACE.sub(" ", text[: limit * 4]).strip()
    if not line.isascii():
        line = line.translate(_ISOLATES)
    return line if len(line) <= limit else line[: limit - 1] + "…"


def fold_address(text: str | None) -> str:
    """Return an address, domain or host as its owner writes it, on one line; None is ``""``.

    Labels in the form for machines become letters (RFC 5890: A-label to U-label).
    """
    line = fold_line(text, ADDRESS_MAX)
    return _A_LABEL.sub(_read_label, line) if "xn--" in line.lower() else line


def _read_label(match: re.Match[str]) -> str:
    try:
        label = match.group().lower().encode("ascii").decode("idna")
    except UnicodeError:
        return match.group()
    scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in label}
    return match.group() if len(scripts & _LOOK_ALIKE) > 1 else label


def is_plain_name(text: str) -> bool:
    """Tell whether a host or domain can stand in a command that somebody may paste into a shell."""
    return _PLAIN_NAME.fullmatch(text) is not None


def is_plain_address(text: str) -> bool:
    """Tell whether a mail address can stand in a command that somebody may paste into a shell."""
    return _PLAIN_ADDRESS.fullmatch(text) is not None


def is_plain_ip(text: str) -> bool:
    """Tell whether an IP address can stand in a command that somebody may paste into a shell."""
    return _PLAIN_IP.fullmatch(text) is not None
