"""A mail server's packets, written by hand for tests."""

import struct


def packet(letter: str, content: bytes = b"") -> bytes:
    """Write one packet."""
    return struct.pack("!I", len(content) + 1) + letter.encode("latin-1") + content


def offer(version: int = 6, actions: int = 0x1FF, steps: int = 0x1FFFFF) -> bytes:
    """Write an offer of options; as Postfix 3.7 makes it."""
    return packet("O", struct.pack("!III", version, actions, steps))


OWN_BOUNCE_PEER = packet("C", b"localhost\x004\x00\x00127.0.0.1\x00")
"""How Postfix introduces what it wrote itself: port 0."""
PEER = packet("C", b"mx.example.net\x004\x9c\x40192.0.2.7\x00")


def field(name: str, value: bytes) -> bytes:
    """Write a header field, the blank behind the colon in its value."""
    return packet("L", name.encode() + b"\0" + value + b"\0")


def read_packets(octets: bytes) -> list[tuple[str, bytes]]:
    """Read what a milter answered, as letter and content."""
    found = []
    while octets:
        (length,) = struct.unpack_from("!I", octets)
        assert len(octets) >= 4 + length
        found.append((chr(octets[4]), octets[5 : 4 + length]))
        octets = octets[4 + length :]
    return found
