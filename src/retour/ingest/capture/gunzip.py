"""Gzip, read as far as it goes: the standard library's reader drops what stands before a cut."""

import io
import zlib
from io import BufferedReader

MAGIC = b"\x1f\x8b"
_CHUNK = 1 << 16
_GZIP_FORMAT = 31  # zlib's wbits: a gzip header, the largest window


class Gunzip(io.RawIOBase):
    """The content of a gzip stream (RFC 1952), members one after the other.

    Attributes:
        is_damaged: whether it ended before its end, or made no sense.
    """

    def __init__(self, packed: BufferedReader) -> None:
        """Read from a stream that stands before a gzip header."""
        self.is_damaged = False
        self._packed = packed
        self._member = zlib.decompressobj(_GZIP_FORMAT)
        self._rest = b""

    def readable(self) -> bool:
        """Tell that this can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer; 0 at the end."""
        while not self.is_damaged:
            data = self._rest or self._packed.read(_CHUNK)
            if self._member.eof:
                if not data.startswith(MAGIC):
                    return 0  # zeros may follow
                self._member = zlib.decompressobj(_GZIP_FORMAT)
            try:
                plain = self._member.decompress(data, len(buffer))
            except zlib.error:
                self.is_damaged = True
                break
            self._rest = self._member.unconsumed_tail or self._member.unused_data
            if plain:
                buffer[: len(plain)] = plain
                return len(plain)
            self.is_damaged = not data and not self._member.eof
        return 0
