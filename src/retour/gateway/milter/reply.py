"""What a milter answers (``SMFIR_*``), as packets.

Header values are all behind the colon, as in `retour.gateway.milter.command.Header`, with LF in
front of folded lines.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from retour.gateway.milter.options import Options

CHUNK_MAX = 65_535
"""Octets of a body in one packet (``MILTER_CHUNK_SIZE``)."""


@dataclass(frozen=True, slots=True)
class ChangeHeader:
    """Gives the ``index``-th field of a name (from 1) another value."""

    index: int
    name: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class DeleteHeader:
    """Takes the ``index``-th field of a name (from 1) away; the later ones move up."""

    index: int
    name: bytes


@dataclass(frozen=True, slots=True)
class AddHeader:
    """Puts a field below all others."""

    name: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class InsertHeader:
    """Puts a field at a place, counted from the top of all fields (from 0)."""

    index: int
    name: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class ReplaceBody:
    """Puts another body, with CRLF, in the place of the old one."""

    octets: bytes


Edit = ChangeHeader | DeleteHeader | AddHeader | InsertHeader | ReplaceBody


def write_packet(letter: bytes, content: bytes = b"") -> bytes:
    """Write one packet."""
    return struct.pack("!I", len(content) + 1) + letter + content


CONTINUE = write_packet(b"c")
ACCEPT = write_packet(b"a")
PROGRESS = write_packet(b"p")


@lru_cache(16)  # a server offers the same on every connection
def write_options(options: Options) -> bytes:
    """Write what is left of the server's offer, and the macros that are asked for."""
    head = struct.pack("!III", options.version, options.actions, options.steps)
    lists = (
        struct.pack("!I", stage) + " ".join(names).encode("ascii") + b"\0"
        for stage, names in options.macros
    )
    return write_packet(b"O", head + b"".join(lists))


def write_edit(edit: Edit, *, with_leading_space: bool) -> bytes:
    """Write an edit as packets.

    Args:
        edit: what to change.
        with_leading_space: whether the server takes values with the blank behind the colon, else
            it writes one itself.

    Raises:
        ValueError: a name or a value has a NUL, which would end it.
    """
    match edit:
        case ReplaceBody(octets):
            return b"".join(write_packet(b"b", chunk) for chunk in _split(octets))
        case DeleteHeader(index, name):
            return write_packet(b"m", struct.pack("!I", index) + _field(name, b""))
        case AddHeader(name, value):
            return write_packet(b"h", _field(name, _value(value, with_leading_space)))
        case ChangeHeader(index, name, value):
            field = _field(name, _value(value, with_leading_space))
            return write_packet(b"m", struct.pack("!I", index) + field)
        case InsertHeader(index, name, value):
            field = _field(name, _value(value, with_leading_space))
            return write_packet(b"i", struct.pack("!I", index) + field)


def _value(value: bytes, with_leading_space: bool) -> bytes:
    return value if with_leading_space else value.removeprefix(b" ")


def _field(name: bytes, value: bytes) -> bytes:
    if b"\0" in name or b"\0" in value:
        raise ValueError("a header field cannot hold NUL")
    return name + b"\0" + value + b"\0"


def _split(octets: bytes) -> Iterator[bytes]:
    """Split a body, behind line ends where there are any: no reader need join half a CRLF."""
    if not octets:
        yield b""
    start = 0
    while start < len(octets):
        end = min(start + CHUNK_MAX, len(octets))
        if end < len(octets):
            line_end = octets.rfind(b"\r\n", start, end)
            end = line_end + 2 if line_end >= 0 else end
        yield octets[start:end]
        start = end
