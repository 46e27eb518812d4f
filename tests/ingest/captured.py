"""Packets of made SMTP sessions, and capture files around them."""

import itertools
import random
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import BufferedReader, BytesIO

from dpkt import ethernet, ip, ip6, sll, sll2, tcp

from retour.ingest.capture import Capture
from retour.model.capture import CaptureSummary, Session, Side

FIN, SYN, RST, PUSH, ACK = 1, 2, 4, 8, 16
START_US = 1_700_000_000_000_000
CLIENT_PORT = 40_000

Step = tuple[Side, bytes | int] | tuple[Side, bytes | int, int]
"""Who sends what: octets, or the flag that ends its direction; microseconds to wait before."""

GREETING = b"220 mx.example.net ESMTP\r\n"
MESSAGE = b"Message-ID: <1@example.org>\r\nSubject: x\r\n\r\nhello\r\n..stuffed\r\n"
TAKEN = b"250 2.0.0 Ok: queued as 4D43D300222\r\n"
OPENING: tuple[Step, ...] = (
    ("server", GREETING),
    ("client", b"EHLO client.example.org\r\n"),
    ("server", b"250-mx.example.net\r\n250-PIPELINING\r\n250 CHUNKING\r\n"),
    (
        "client",
        b"MAIL FROM:<ann@example.org> SIZE=70\r\nRCPT TO:<bob@example.net>\r\n"
        b"RCPT TO:<no@example.net>\r\nDATA\r\n",
    ),
    (
        "server",
        b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n550 5.1.1 <no@example.net>: unknown\r\n354 Go on\r\n",
    ),
)
CLOSING: tuple[Step, ...] = (
    ("client", b"QUIT\r\n"),
    ("server", b"221 2.0.0 Bye\r\n"),
    ("server", FIN),
    ("client", FIN),
)
WHOLE: tuple[Step, ...] = (
    *OPENING,
    ("client", MESSAGE + b".\r\n"),
    ("server", TAKEN),
    *CLOSING,
)


@dataclass(frozen=True)
class Shot:
    """One segment on its way."""

    at_us: int
    side: Side
    flags: int
    seq: int
    ack: int
    data: bytes = b""


def converse(
    steps: Iterable[Step],
    *,
    cuts: random.Random | None = None,
    start_us: int = START_US,
    isn: tuple[int, int] = (4_294_967_290, 1000),
) -> list[Shot]:
    """Send steps over one connection.

    Args:
        steps: who sends what.
        cuts: splits what is sent in places of its own choice; None: one segment a step.
        start_us: when the SYN goes out.
        isn: the initial sequence numbers; the client's wraps around by default.
    """
    sent: dict[Side, int] = {"client": (isn[0] + 1) % 2**32, "server": (isn[1] + 1) % 2**32}
    shots = [
        Shot(start_us, "client", SYN, isn[0], 0),
        Shot(start_us + 10, "server", SYN | ACK, isn[1], sent["client"]),
        Shot(start_us + 20, "client", ACK, sent["client"], sent["server"]),
    ]
    now = start_us + 20
    for step in steps:
        side, what = step[0], step[1]
        now += step[2] if len(step) == 3 else 1000
        other: Side = "server" if side == "client" else "client"
        for piece in [what] if isinstance(what, int) else split(what, cuts):
            flags = piece | ACK if isinstance(piece, int) else PUSH | ACK
            data = b"" if isinstance(piece, int) else piece
            if flags & RST:
                flags &= ~ACK
            shots.append(Shot(now, side, flags, sent[side], sent[other], data))
            sent[side] = (sent[side] + len(data) + (flags & FIN)) % 2**32
            now += 10
            if not flags & RST:
                shots.append(Shot(now, other, ACK, sent[other], sent[side]))
    return shots


def split(data: bytes, cuts: random.Random | None) -> list[bytes]:
    """Cut octets into one to six pieces."""
    if cuts is None:
        return [data]
    places = sorted(cuts.randrange(1, len(data)) for _ in range(cuts.randrange(6)))
    edges = [0, *dict.fromkeys(places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def frame(shot: Shot, *, link: str = "ethernet", v6: bool = False, port: int = 25) -> bytes:
    """Wrap a segment into a packet."""
    ports = (CLIENT_PORT, port) if shot.side == "client" else (port, CLIENT_PORT)
    segment = tcp.TCP(
        sport=ports[0], dport=ports[1], seq=shot.seq, ack=shot.ack, flags=shot.flags, data=shot.data
    )
    hosts = (bytes(15) + b"\x01", bytes(15) + b"\x02")
    source, target = hosts if shot.side == "client" else hosts[::-1]
    if v6:
        packet = ip6.IP6(src=source, dst=target, nxt=6, plen=len(segment), data=segment)
        packet.extension_hdrs, packet.all_extension_headers = {}, []
    else:
        packet = ip.IP(src=source[-4:], dst=target[-4:], p=6, data=segment)
        packet.len = len(packet)
    kind = 0x86DD if v6 else 0x0800
    if link == "ethernet":
        return bytes(ethernet.Ethernet(src=b"\2" * 6, dst=b"\4" * 6, type=kind, data=packet))
    if link == "vlan":
        tags = struct.pack(">HHH", 0x88A8, 7, 0x8100) + struct.pack(">HH", 9, kind)
        return b"\2" * 6 + b"\4" * 6 + tags + bytes(packet)
    if link == "sll":
        return bytes(sll.SLL(ethtype=kind, hdr=b"\2" * 8, data=packet))
    if link == "sll2":
        return bytes(sll2.SLL2(ethtype=kind, hdr=b"\2" * 8, data=packet))
    return bytes(packet)


LINKS = {"ethernet": 1, "vlan": 1, "sll": 113, "sll2": 276, "raw": 101}


def write_pcap(
    frames: Sequence[tuple[int, bytes]],
    *,
    link_type: int = 1,
    order: str = "<",
    nano: bool = False,
    snap: int = 1 << 18,
) -> bytes:
    """Write a pcap file of times in microseconds and packets."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link_type)]
    for at_us, data in frames:
        fraction = at_us % 1_000_000 * (1000 if nano else 1)
        head = (at_us // 1_000_000, fraction, min(len(data), snap), len(data))
        parts += [struct.pack(order + "IIII", *head), data[:snap]]
    return b"".join(parts)


def write_block(kind: int, body: bytes, order: str = "<") -> bytes:
    """Write one pcapng block."""
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def write_pcapng(
    frames: Sequence[tuple[int, bytes]], *, link_type: int = 1, order: str = "<"
) -> bytes:
    """Write a pcapng file with a second interface in nanoseconds; packets alternate."""
    section = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    plain = struct.pack(order + "HHI", link_type, 0, 0)
    nano = plain + struct.pack(order + "HHB3xHH", 9, 1, 9, 0, 0)
    parts = [write_block(0x0A0D0D0A, section, order), write_block(1, plain, order)]
    parts += [write_block(1, nano, order), write_block(0x0BAD, b"unknown", order)]
    for number, (at_us, data) in enumerate(frames):
        ticks = at_us * (1000 if number % 2 else 1)
        head = (number % 2, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
        parts.append(write_block(6, struct.pack(order + "IIIII", *head) + data, order))
    return b"".join(parts)


def pack(shots: Iterable[Shot]) -> bytes:
    """Write segments as a plain capture."""
    return write_pcap([(shot.at_us, frame(shot)) for shot in shots])


def restamp(shots: Sequence[Shot], step_us: int = 100) -> list[Shot]:
    """Give segments times in the order in which they stand."""
    return [replace(shot, at_us=START_US + n * step_us) for n, shot in enumerate(shots)]


def read(data: bytes) -> tuple[list[Session], CaptureSummary]:
    """Read a capture from memory."""
    capture = Capture(BufferedReader(BytesIO(data)))
    return list(capture.sessions()), capture.summary()


def outline(session: Session) -> list[tuple[str, str, str, int, str | None]]:
    """Return a dialogue without its times."""
    return [(turn.side, turn.kind, turn.text, turn.size, turn.answers) for turn in session.turns]
