"""What a file is by its first octets, where that can be told without reading it."""

import gzip
import zlib
from pathlib import Path

_GZIP = b"\x1f\x8b"
_PCAP = (b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d", b"\xa1\xb2\xcd\x34")
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_CAPTURES = frozenset((*_PCAP, *(magic[::-1] for magic in _PCAP), _PCAPNG))
"""pcap with micro- and nanoseconds and its "modified" form in both byte orders, and pcapng."""


def is_capture(path: str) -> bool:
    """Tell whether a file is a capture of network packets, compressed or not.

    Raises:
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as file:
        head = file.read(4)
    if head[:2] != _GZIP:
        return head in _CAPTURES
    try:
        with gzip.open(path) as unpacked:
            return unpacked.read(4) in _CAPTURES
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return False
