"""Header words for people: encoded words (RFC 2047) and raw 8-bit (RFC 6532) decoded."""

import binascii
import re

from retour.wire.charset import decode_text

# What is decoded of one value; subjects for people are shorter.
WORDS_MAX = 8_192
_ENCODED = re.compile(r"=\?([^\s?*]{1,40})(?:\*[^\s?]{0,20})?\?([BbQq])\?([^?\n]{0,2000})\?=")
# RFC 2047 §6.2: white space between two encoded words is not part of the text.
_BETWEEN = re.compile(r"(\?=)\s+(?==\?[^\s?]{1,40}\?[BbQq]\?)")
_QUOTED = re.compile(r"=([0-9A-Fa-f]{2})")


def decode_words(value: str) -> str:
    """Decode a header value of one character a byte.

    Returns:
        The text with white space folded; encoded words that cannot be decoded stay as they are.
    """
    value = value[:WORDS_MAX]
    if "=?" in value:
        value = _decode_encoded(value)
    elif not value.isascii():
        value = decode_text(value, None)
    return " ".join(value.replace("\0", "").split())


def _decode_encoded(value: str) -> str:
    value = _BETWEEN.sub(r"\1", value)
    out: list[str] = []
    at = 0
    pending = ""
    pending_charset = ""
    for word in _ENCODED.finditer(value):
        charset = word[1]
        if pending and (word.start() != at or charset.lower() != pending_charset.lower()):
            out.append(decode_text(pending, pending_charset))
            pending = ""
        if word.start() > at:
            out.append(_decode_plain(value[at : word.start()]))
        # Words of one charset are joined before decoding: senders cut inside a character.
        pending += _word_bytes(word[2], word[3])
        pending_charset = charset
        at = word.end()
    if pending:
        out.append(decode_text(pending, pending_charset))
    out.append(_decode_plain(value[at:]))
    return "".join(out)


def _decode_plain(text: str) -> str:
    return text if text.isascii() else decode_text(text, None)


def _word_bytes(encoding: str, payload: str) -> str:
    if encoding in "Qq":
        return unquote(payload.replace("_", " "))
    return decode_base64(payload)


def unquote(text: str) -> str:
    """Undo ``=XX`` (RFC 2045 §6.7 without the line rules); one character a byte."""
    if "=" not in text:
        return text
    return _QUOTED.sub(lambda m: chr(int(m[1], 16)), text)


_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")


def decode_base64(text: str) -> str:
    """Decode base64 as far as it goes (RFC 2045 §6.8: other characters are ignored)."""
    clean = _NOT_BASE64.sub("", text)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    clean += "=" * (-len(clean) % 4)
    try:
        return binascii.a2b_base64(clean).decode("latin-1")
    except binascii.Error:  # pragma: no cover - clean base64 of a right length does not fail
        return ""


# RFC 2047 §2: an encoded word has at most 75 characters; "=?utf-8?B?" and "?=" take twelve.
_WORD_OCTETS = 45
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def printable(text: str) -> str:
    """Return the text with each run of control characters and line ends as one space."""
    return _CONTROLS.sub(" ", text)


def encode_words(text: str, *, indent: int) -> str:
    """Encode a header value for people (RFC 2047), folded to lines of at most 76 characters.

    Args:
        text: any text without control characters (`printable`).
        indent: columns that the field's name and its colon take.
    """
    words: list[str] = []
    octets = b""
    for character in text:
        more = character.encode("utf-8", "replace")
        # The first word shares its line with the name; no word ends inside a character (§5.3).
        room = max(9, (76 - indent - 12) // 4 * 3) if not words else _WORD_OCTETS
        if len(octets) + len(more) > min(room, _WORD_OCTETS):
            words.append(_encode_word(octets))
            octets = b""
        octets += more
    words.append(_encode_word(octets))
    return "\n ".join(words)


def _encode_word(octets: bytes) -> str:
    return f"=?utf-8?B?{binascii.b2a_base64(octets, newline=False).decode('ascii')}?="
