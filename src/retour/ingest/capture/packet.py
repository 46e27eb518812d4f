"""Frames to TCP segments, decoded by dpkt."""

from typing import NamedTuple

from dpkt import dpkt, ethernet, ip, ip6, loopback, sll, sll2, tcp

from retour.ingest.capture.container import Frame
from retour.model.capture import Moment

FIN, SYN, RST, ACK = tcp.TH_FIN, tcp.TH_SYN, tcp.TH_RST, tcp.TH_ACK
_DEPTH_MAX = 8
"""Headers (tags, tunnels) around a TCP segment."""
_CARRIERS = (ip.IP, ip6.IP6)


class Segment(NamedTuple):
    """One TCP segment.

    Attributes:
        moment: the packet.
        source: address (4 or 16 octets) and port.
        target: address and port.
        seq: sequence number of its first octet.
        ack: acknowledgement number; None without the ACK flag.
        flags: TCP flags.
        data: the payload as far as it was captured.
        size: the payload's length on the wire.
    """

    moment: Moment
    source: tuple[bytes, int]
    target: tuple[bytes, int]
    seq: int
    ack: int | None
    flags: int
    data: bytes
    size: int


class Decoder:
    """Decodes frames and counts what is no TCP segment.

    Attributes:
        other: packets that are no TCP over IP.
        fragments: IP fragments.
        undecodable: damaged packets, and such that were cut inside of their headers.
    """

    def __init__(self) -> None:
        self.other = self.fragments = self.undecodable = 0

    def decode(self, frame: Frame) -> Segment | None:
        """Find the TCP segment in a frame; None where there is none."""
        try:
            layer = _open_link(frame)
            carrier = None
            for _ in range(_DEPTH_MAX):
                if isinstance(layer, tcp.TCP):
                    return self._make(frame, carrier, layer)
                if isinstance(layer, _CARRIERS):
                    carrier = layer
                elif not isinstance(layer, dpkt.Packet):
                    break
                layer = layer.data
            self._count(carrier)
        except Exception:  # on damage dpkt raises what it happens to meet, RecursionError too
            self.undecodable += 1
        return None

    def _make(
        self, frame: Frame, carrier: "ip.IP | ip6.IP6 | None", layer: "tcp.TCP"
    ) -> Segment | None:
        """Read a decoded segment."""
        header_words, flags = layer.off, layer.flags
        if carrier is None or header_words < 5:
            self.undecodable += 1
            return None
        data: bytes = layer.data
        size = _measure(carrier) - header_words * 4
        if _is_fragment(carrier):
            self.fragments += 1
            size = len(data)
        elif size < 0:  # no length: left to the network card (segmentation offload)
            size = len(data) + frame.size - len(frame.data)
        return Segment(
            frame.moment,
            (carrier.src, layer.sport),
            (carrier.dst, layer.dport),
            layer.seq,
            layer.ack if flags & ACK else None,
            flags,
            data[:size],
            size,
        )

    def _count(self, carrier: "ip.IP | ip6.IP6 | None") -> None:
        """Count a packet without a TCP segment."""
        if carrier is not None and _is_fragment(carrier):
            self.fragments += 1
        elif carrier is not None and getattr(carrier, "p", None) == ip.IP_PROTO_TCP:
            self.undecodable += 1
        else:
            self.other += 1


def _open_link(frame: Frame) -> object:
    """Decode a frame by its link type (tcpdump.org/linktypes.html)."""
    match frame.link_type:
        case 1:
            return ethernet.Ethernet(frame.data)
        case 0 | 108:
            return loopback.Loopback(frame.data)
        case 113:
            return sll.SLL(frame.data)
        case 276:
            return sll2.SLL2(frame.data)
        case 12 | 14 | 101 | 228 | 229:
            return (ip6.IP6 if frame.data[:1] >= b"\x60" else ip.IP)(frame.data)
    return None


def _measure(carrier: "ip.IP | ip6.IP6") -> int:
    """Tell the octets of an IP packet's payload by its own length; -1 where it names none."""
    if isinstance(carrier, ip.IP):
        return int(carrier.len - carrier.hl * 4) if carrier.len else -1
    if not carrier.plen:
        return -1
    return int(carrier.plen - sum(extra.length for extra in carrier.all_extension_headers))


def _is_fragment(carrier: "ip.IP | ip6.IP6") -> bool:
    if isinstance(carrier, ip.IP):
        return bool(carrier.mf or carrier.offset)
    return any(isinstance(extra, ip6.IP6FragmentHeader) for extra in carrier.all_extension_headers)
