"""Capture files to frames: pcap and pcapng, of either byte order, also gzip-compressed.

Ours and not dpkt's: its readers believe every length (one packet may claim 4 GB), drop the original
length, know one interface a file, and raise on a cut end; see docs/decisions/captures.md. Formats:
draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from typing import NamedTuple

from retour.ingest.capture.gunzip import MAGIC, Gunzip
from retour.ingest.item import UnreadableError
from retour.model.capture import LAST_US, Moment

FRAME_MAX = 1 << 18
"""Octets of one packet: libpcap's own bound (MAXIMUM_SNAPLEN)."""
_BLOCK_MAX = 1 << 24
_INTERFACES_MAX = 4096
_PCAPNG = b"\x0a\x0d\x0d\x0a"
# Magic as it stands in the file: byte order, parts of a second, octets of a packet's header.
_PCAP = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000_000, 16),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000, 16),
    b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000, 16),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000, 16),
    # "Modified" pcap of old Linux kernels: eight octets more in each header.
    b"\xa1\xb2\xcd\x34": (">", 1_000_000, 24),
    b"\x34\xcd\xb2\xa1": ("<", 1_000_000, 24),
}
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_OPTION_RESOLUTION, _OPTION_OFFSET = 9, 14


class Frame(NamedTuple):
    """One packet as it was captured.

    Attributes:
        moment: when, and its number.
        link_type: LINKTYPE_ value of its interface.
        data: what was captured.
        size: what was on the wire.
    """

    moment: Moment
    link_type: int
    data: bytes
    size: int


@dataclass(slots=True)
class _Interface:
    """A pcapng interface: link type, ticks a second, seconds to add, snap length."""

    link_type: int
    ticks: int = 1_000_000
    offset_s: int = 0
    snap: int = 0


class FrameReader:
    """Reads the frames of one capture, one at a time.

    Attributes:
        defect: one sentence, once reading had to stop before the end; else None.
    """

    def __init__(self, stream: BufferedReader) -> None:
        """Look at the beginning of a capture.

        Raises:
            UnreadableError: it is none.
        """
        self.defect: str | None = None
        self._number = 0
        self._gunzip = Gunzip(stream) if stream.peek(2)[:2] == MAGIC else None
        self._stream = BufferedReader(self._gunzip) if self._gunzip else stream
        self._head = self._stream.read(4)
        if self._gunzip and self._gunzip.is_damaged and len(self._head) < 4:
            raise UnreadableError("It is compressed, but damaged from its beginning.")
        if self._head != _PCAPNG and self._head not in _PCAP:
            raise UnreadableError("It is no capture: neither pcap nor pcapng.")

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames in the order of the file."""
        try:
            yield from self._read_pcapng() if self._head == _PCAPNG else self._read_pcap()
        except _DamageError as damage:
            self.defect = f"{damage} Packets before it: {self._number}."
        if self._gunzip and self._gunzip.is_damaged:
            self.defect = f"The compressed file is damaged or cut after packet {self._number}."

    def _take(self, count: int) -> bytes:
        """Read exactly so many octets."""
        data = self._stream.read(count)
        if len(data) < count:
            raise _DamageError("The file ends in the middle of a packet.")
        return data

    def _number_next(self, at_us: int) -> Moment:
        self._number += 1
        return Moment(min(max(at_us, 0), LAST_US), self._number)

    def _read_pcap(self) -> Iterator[Frame]:
        order, parts, header_size = _PCAP[self._head]
        # The upper half of the last field can tell the length of the frame check sequence.
        link_type = struct.unpack(order + "I", self._take(20)[16:])[0] & 0xFFFF
        header = struct.Struct(order + "IIII")
        while head := self._stream.read(header_size):
            if len(head) < header_size:
                raise _DamageError("The file ends in the middle of a packet.")
            seconds, fraction, captured, size = header.unpack_from(head)
            if captured > FRAME_MAX:
                raise _DamageError(f"The file claims a packet of {captured} bytes.")
            at_us = seconds * 1_000_000 + fraction * 1_000_000 // parts
            data = self._take(captured)
            yield Frame(self._number_next(at_us), link_type, data, max(size, captured))

    def _read_pcapng(self) -> Iterator[Frame]:
        order, interfaces = self._open_section(self._stream.read(4)), list[_Interface]()
        last_us = 0
        while head := self._stream.read(8):
            if len(head) < 8:
                raise _DamageError("The file ends in the middle of a block.")
            kind = struct.unpack(order + "I", head[:4])[0]
            if kind == _SECTION:
                order, interfaces = self._open_section(head[4:]), []
                continue
            body = self._take_block(struct.unpack(order + "I", head[4:])[0])
            if kind == _INTERFACE:
                if len(interfaces) >= _INTERFACES_MAX:
                    raise _DamageError(f"The file names more than {_INTERFACES_MAX} interfaces.")
                interfaces.append(_read_interface(body, order))
            elif kind in (_PACKET, _OLD_PACKET, _SIMPLE_PACKET):
                at_us, interface, data, size = _read_packet(kind, body, order, interfaces)
                last_us = last_us if at_us is None else at_us
                moment = self._number_next(last_us)
                yield Frame(moment, interface.link_type, data, max(size, len(data)))

    def _open_section(self, length: bytes) -> str:
        """Read a section header behind its type and length; give its byte order."""
        magic = self._take(4)
        order = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}.get(magic)
        if order is None or len(length) < 4:
            raise _DamageError("A section of the file has no byte order.")
        self._take_block(struct.unpack(order + "I", length)[0], read=12)
        return order

    def _take_block(self, length: int, *, read: int = 8) -> bytes:
        """Read what is left of a block of so many octets, without its closing length."""
        if length < read + 4 or length > _BLOCK_MAX:
            raise _DamageError(f"The file claims a block of {length} bytes.")
        padded = length + -length % 4
        return self._take(padded - read)[: length - read - 4]


class _DamageError(Exception):
    """Nothing behind this place can be read; the text is one sentence."""


def _read_interface(body: bytes, order: str) -> _Interface:
    """Read an Interface Description Block (pcapng §4.2)."""
    if len(body) < 8:
        raise _DamageError("The file describes an interface in less than its header.")
    link_type, _, snap = struct.unpack_from(order + "HHI", body)
    interface = _Interface(link_type, snap=snap)
    at = 8
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        value = body[at + 4 : at + 4 + length]
        at += 4 + length + -length % 4
        if code == 0:
            break
        if code == _OPTION_RESOLUTION and value:
            base = 2 if value[0] & 0x80 else 10
            interface.ticks = base ** (value[0] & 0x7F)
        elif code == _OPTION_OFFSET and len(value) == 8:
            interface.offset_s = struct.unpack(order + "q", value)[0]
    return interface


def _read_packet(
    kind: int, body: bytes, order: str, interfaces: list[_Interface]
) -> tuple[int | None, _Interface, bytes, int]:
    """Read a packet's block of any of the three kinds (pcapng §4.3, §4.4, appendix A)."""
    if kind == _SIMPLE_PACKET:
        fields, at, ticks = struct.Struct(order + "I"), 4, None
    else:
        fields, at, ticks = struct.Struct(order + "IIIII"), 20, 0
    if len(body) < at:
        raise _DamageError("The file holds a packet in less than its header.")
    if ticks is None:
        number, (size,) = 0, fields.unpack_from(body)
        captured = min(size, len(body) - 4)
    else:
        number, high, low, captured, size = fields.unpack_from(body)
        ticks = (high << 32) | low
        if kind == _OLD_PACKET:
            number = struct.unpack_from(order + "H", body)[0]
    if number >= len(interfaces):
        raise _DamageError("The file holds a packet of an interface that it does not describe.")
    interface = interfaces[number]
    if captured > min(len(body) - at, FRAME_MAX):
        raise _DamageError(f"The file claims a packet of {captured} bytes.")
    if ticks is None:
        if interface.snap:
            captured = min(captured, interface.snap)
        return None, interface, body[at : at + captured], size
    at_us = ticks * 1_000_000 // interface.ticks + interface.offset_s * 1_000_000
    return at_us, interface, body[at : at + captured], size
