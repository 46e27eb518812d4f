"""Bytes in a named, unnamed or wrongly named charset to text (RFC 2045 §2.2, RFC 2046 §4.1.2)."""

import codecs
import re

# Names that mails use and Python's codecs do not know, or that senders use for a superset.
_ALIASES = {
    "iso-8859-8-i": "iso-8859-8",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "windows-31j": "cp932",
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "iso-2022-jp": "iso-2022-jp-3",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "utf8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-unknown": "",
    "unknown-8bit": "",
    "binary": "",
}
# Codecs of Python that are no charsets of mail: they raise on 8-bit, or decode escapes.
_REFUSED = frozenset(
    ("idna", "undefined", "punycode", "unicode_escape", "unicode-escape", "raw_unicode_escape")
)
# What mail without a (right) declaration is written in. The guesser's other codecs are those of
# terminals and mainframes: it takes short Cyrillic or junk for them, and most of its time.
_GUESSED = (
    "gb18030", "big5", "cp932", "euc_jp", "cp949",
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
    "iso8859_2", "iso8859_5", "iso8859_7", "iso8859_15", "koi8_r", "koi8_u", "cp874",
)  # fmt: skip
# The guess costs milliseconds, so it sees the neighbourhood of the first odd byte only.
_GUESS_MAX = 512
# A long text that is not quite UTF-8 is judged by this much of it, from before its first odd byte.
_JUDGED_MAX = 16_384
_BEFORE = 4_096
_TWO_NON_ASCII = re.compile(rb"[\x80-\xff][\x80-\xff]")  # "{2}" takes three times as long
_ASCII = bytes(range(128))
_GUESS_MIN = 6
"""Odd bytes; fewer than these tell no charset from another."""


def decode_text(text: str, charset: str | None) -> str:
    """Decode text of one character a byte with a charset.

    Args:
        text: Latin-1 text (one character a byte).
        charset: the declared name, or None.

    Returns:
        The decoded text: by the declared charset where it fits, else UTF-8, else a guess.
        Never raises; bytes that fit nothing become U+FFFD.
    """
    if (
        text.isascii()
        and "\x1b" not in text
        and (charset is None or charset[:5].lower() != "utf-7")
    ):
        return text
    data = text.encode("latin-1", "replace")
    name = (charset or "").strip("\"' ").lower()
    name = _ALIASES.get(name, name)
    if name in _REFUSED:
        name = ""
    if name:
        try:
            return data.decode(name)
        except (LookupError, ValueError):
            pass
    return _guess(data, name)


def _guess(data: bytes, declared: str) -> str:
    if b"\x1b$" in data or b"\x1b(" in data:
        return data.decode("iso-2022-jp", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        start = max(0, error.start - _BEFORE)
    look = data[start : start + _JUDGED_MAX]
    text = look.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if broken * 4 <= len(text) - len(text.encode("ascii", "ignore")):
        return data.decode("utf-8", "replace")  # maybe with a cut or a damaged character
    if declared and declared != "utf-8" and _exists(declared):
        return data.decode(declared, "replace")
    first = _TWO_NON_ASCII.search(look)
    if first is None:
        # Single odd bytes: no multi-byte charset; Western is likeliest.
        return data.decode("cp1252", "replace")
    start = max(0, first.start() - 16)
    return data.decode(_guess_name(look[start : start + _GUESS_MAX]), "replace")


def _exists(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):
        return False


def _guess_name(data: bytes) -> str:
    odd = data.translate(None, _ASCII)
    if len(odd) < _GUESS_MIN:
        return "cp1252"
    if _is_simplified_chinese(data, odd):
        return "gb18030"
    # Imported here: it costs time and few mails need it.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(data, cp_isolation=list(_GUESSED)).best()
    return best.encoding if best is not None else "cp1252"


def _is_simplified_chinese(data: bytes, odd: bytes) -> bool:
    """Tell GB 2312 by where its characters stand, which a short text shows better than its letters.

    Most are of its first level (first byte 0xB0 to 0xD7). Korean has its syllables below 0xC9,
    Japanese its kana at 0xA4 and 0xA5; Cyrillic has no letter but one below 0xC0.

    Args:
        data: the text.
        odd: its bytes that are not ASCII.
    """
    try:
        data.decode("gb2312")
    except UnicodeDecodeError:
        return False
    firsts, seconds = odd[::2], odd[1::2]
    common = sum(0xB0 <= byte <= 0xD7 for byte in firsts)
    return (
        common * 5 >= len(firsts) * 4
        and sum(0xC9 <= byte <= 0xD7 for byte in firsts) * 5 >= len(firsts)
        and sum(byte < 0xC0 for byte in seconds) * 8 >= len(seconds)
    )
