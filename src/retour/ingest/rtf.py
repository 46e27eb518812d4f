"""Compressed RTF (MS-OXRTFCP) to plain text, for messages that have no other body."""

import re
import struct

MAX_RTF = 8 << 20
"""Bytes of RTF that are unpacked."""

# MS-OXRTFCP §2.1.2.1: the dictionary's first 207 bytes.
_PRELOAD = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_UNCOMPRESSED = 0x414C454D  # "MELA"
_COMPRESSED = 0x75465A4C  # "LZFu"


def decompress_rtf(data: bytes) -> bytes:
    """Unpack an RTF property; what is damaged ends the text early.

    Args:
        data: the value of PR_RTF_COMPRESSED.

    Returns:
        RTF, at most ``MAX_RTF`` bytes; empty where the header is not one.
    """
    if len(data) < 16:
        return b""
    _, raw_size, kind, _ = struct.unpack_from("<4I", data)
    wanted = min(raw_size, MAX_RTF)
    if kind == _UNCOMPRESSED:
        return data[16 : 16 + wanted]
    if kind != _COMPRESSED:
        return b""
    return _unpack(data, wanted)


def _unpack(data: bytes, wanted: int) -> bytes:
    """Run the LZ77 of MS-OXRTFCP §2.2: a 4096-byte ring, runs of eight tokens."""
    ring = bytearray(_PRELOAD) + bytearray(4096 - len(_PRELOAD))
    write, position = len(_PRELOAD), 16
    out = bytearray()
    while position < len(data) and len(out) < wanted:
        control = data[position]
        position += 1
        for bit in range(8):
            is_reference = control >> bit & 1
            if position + is_reference >= len(data) or len(out) >= wanted:
                return bytes(out[:wanted])
            if is_reference:
                token = data[position] << 8 | data[position + 1]
                offset, length = token >> 4, (token & 15) + 2
                if offset == write:
                    return bytes(out[:wanted])  # the end mark
            else:
                offset, length = -1, 1
            # A run may reach into what it writes itself, so it goes byte by byte.
            for step in range(length):
                byte = ring[(offset + step) % 4096] if is_reference else data[position]
                ring[(write + step) % 4096] = byte
                out.append(byte)
            position += 1 + is_reference
            write = (write + length) % 4096
    return bytes(out[:wanted])


_TOKEN = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)|[\r\n]+",
    re.IGNORECASE,
)
# Destinations whose text is no part of the message (RTF 1.9.1, Destinations).
_NOT_TEXT = frozenset(
    ["fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "listtable"]
)
_BREAKS = {"par": "\n", "line": "\n", "row": "\n", "tab": "\t", "cell": "\t"}


def strip_rtf(rtf: bytes) -> str:
    """Take the text out of RTF; HTML that is wrapped in it (MS-OXRTFEX) loses its tags.

    Args:
        rtf: as :func:`decompress_rtf` gives it.
    """
    source = rtf.decode("latin-1")
    page = re.search(r"\\ansicpg(\d{3,5})", source[:1000])
    reader = _RtfReader(
        "utf-8" if page and page[1] == "65001" else f"cp{page[1] if page else 1252}"
    )
    for token in _TOKEN.finditer(source):
        reader.take(token)
    return reader.finish()


class _RtfReader:
    """Walks RTF tokens and keeps what is shown."""

    def __init__(self, codec: str) -> None:
        try:
            "".encode(codec)
        except LookupError:
            codec = "cp1252"
        self._codec = codec
        self._stack: list[tuple[bool, int]] = []
        self._hidden = False
        self._fallback = 1  # \ucN: characters that stand in for the \uN before them
        self._to_skip = 0
        self._bytes = bytearray()
        self._out: list[str] = []

    def take(self, token: re.Match[str]) -> None:
        """Read one token."""
        word, number, hexadecimal, symbol, brace, text = token.groups()
        if brace == "{":
            self._stack.append((self._hidden, self._fallback))
        elif brace:
            self._hidden, self._fallback = self._stack.pop() if self._stack else (False, 1)
        elif word:
            self._obey(word.lower(), int(number) if number else None)
        elif hexadecimal:
            self._show_byte(int(hexadecimal, 16))
        elif symbol == "*":
            self._hidden = True
        elif symbol:
            self._show({"~": "\N{NO-BREAK SPACE}", "_": "-"}.get(symbol, symbol))
        elif text:
            skip = min(self._to_skip, len(text))
            self._to_skip -= skip
            self._show(text[skip:])

    def _obey(self, word: str, number: int | None) -> None:
        if word in _NOT_TEXT:
            self._hidden = True
        elif word == "htmlrtf":
            self._hidden = number != 0
        elif word == "uc":
            self._fallback = min(max(number or 0, 0), 8)
        elif word == "u" and number is not None:
            self._show(chr(number % 0x10000))
            self._to_skip = self._fallback
        elif word in _BREAKS:
            self._show(_BREAKS[word])

    def _show_byte(self, byte: int) -> None:
        if self._to_skip:
            self._to_skip -= 1
        elif not self._hidden:
            self._bytes.append(byte)

    def _show(self, text: str) -> None:
        if self._hidden:
            return
        self._flush()
        self._out.append(text)

    def _flush(self) -> None:
        if self._bytes:
            self._out.append(self._bytes.decode(self._codec, "replace"))
            self._bytes.clear()

    def finish(self) -> str:
        """Give the text; surrogate pairs that came as two characters become one."""
        self._flush()
        joined = "".join(self._out)
        return joined.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
