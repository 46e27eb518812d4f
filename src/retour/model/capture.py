"""What a capture shows of SMTP: sessions, their dialogue, who ended them, and what was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

Side = Literal["client", "server"]

TurnKind = Literal["command", "reply", "message", "chunk", "secret", "tls", "missing", "other"]
"""What one entry of a dialogue is: ``message`` and ``chunk`` are content (DATA, BDAT), ``secret``
a log-in that is not shown, ``missing`` what the capture does not hold, ``other`` no SMTP."""

SessionPhase = Literal[
    "connect",
    "greeting",
    "helo",
    "starttls",
    "tls",
    "auth",
    "mail",
    "rcpt",
    "data",
    "message",
    "end-of-data",
    "between",
    "quit",
    "unknown",
]
"""Where a session stood: ``message`` while content is under way, ``end-of-data`` while the reply to
it is due, ``between`` after that reply, ``tls`` where encryption hides it."""

Closing = Literal["fin", "reset", "silence", "refused", "unanswered", "open"]
"""How a session ended: ``refused`` and ``unanswered`` are attempts to connect; ``open`` means that
the capture (or what we could keep of it) ends before the session does."""

FindingName = Literal[
    "client-left-before-reply",
    "sent-again",
    "server-left-before-reply",
    "no-reply",
    "slow-reply",
    "rejected",
    "went-silent",
    "connection-refused",
    "connection-unanswered",
    "connection-reset",
    "tls-failed",
    "tls-hides",
    "one-sided",
    "cut-capture",
]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_US = (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
"""The latest time that is kept; a capture can claim years beyond the calendar."""


class Moment(NamedTuple):
    """One packet's time and place. A tuple, because there is one for every packet.

    Attributes:
        at_us: microseconds since 1970-01-01 UTC, between 0 and :data:`LAST_US`.
        packet: its number in the capture, from 1, as Wireshark counts.
    """

    at_us: int
    packet: int

    @property
    def at(self) -> datetime:
        """The time, in UTC."""
        return EPOCH + timedelta(microseconds=self.at_us)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a connection: the address as text, and the port."""

    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One entry of a dialogue.

    Attributes:
        side: who spoke.
        kind: what it is.
        text: the line or lines, without line ends at the end; ``""`` for content and TLS.
        size: octets on the wire; of a message its own size, without dot-stuffing.
        began: the packet with its first octet.
        ended: the packet with its last octet.
        end: octets of this side's stream up to its end, to compare with acknowledgements.
        answers: of a reply: the verb that it answers, ``greeting`` or ``end-of-data``; else None.
        due: of a reply: the packet since which it was due; None where that is not known.
    """

    side: Side
    kind: TurnKind
    text: str
    size: int
    began: Moment
    ended: Moment
    end: int
    answers: str | None = None
    due: Moment | None = None

    @property
    def waited_us(self) -> int | None:
        """Microseconds from when a reply was due until it came; None where that is not known."""
        return max(self.began.at_us - self.due.at_us, 0) if self.due else None

    @property
    def code(self) -> int | None:
        """The reply code; None where this is no reply."""
        return int(self.text[:3]) if self.kind == "reply" else None


@dataclass(frozen=True, slots=True)
class Rcpt:
    """One recipient of an envelope and what the server said; None: nothing that we saw."""

    address: str
    reply: Turn | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """One message that a session carried, or tried to (RFC 5321 §3.3: a mail transaction).

    Attributes:
        mail_from: the reverse-path without brackets; ``""`` for the empty one; None: not seen.
        rcpt_to: the recipients in order.
        declared_size: the SIZE parameter (RFC 1870), or None.
        size: octets of content that were seen.
        is_whole: False where the capture misses a part of the content, so that ``size`` is short.
        message_id: the content's Message-ID, or None.
        began: the packet with MAIL (else with the first thing seen of the transaction).
        end_of_data: the packet with the final dot or the last octet of BDAT LAST; None: not seen.
        reply: the reply to the end of data; None: not seen.
        queue_id: the receiving system's queue id, as far as the reply names it.
    """

    mail_from: str | None
    rcpt_to: tuple[Rcpt, ...]
    declared_size: int | None
    size: int
    is_whole: bool
    message_id: str | None
    began: Moment
    end_of_data: Moment | None
    reply: Turn | None
    queue_id: str | None


@dataclass(frozen=True, slots=True)
class Tls:
    """What can be seen of an encrypted part.

    Attributes:
        began: the packet with its first octet; None where none came.
        implicit: True: from the first octet on (RFC 8314), not after STARTTLS.
        server_name: what the client asked for (SNI, RFC 6066 §3), or None.
        version: for example ``TLSv1.3``, as the server chose it; None: not seen.
        client_octets: octets from the client.
        server_octets: octets from the server.
        alert: the fatal alert that was sent in the clear during the handshake: its sender,
            its name and its packet; None without.
        longest_wait_us: the longest time between one side's last octet and the other's answer.
        waited_for: whose answer that was.
        waited_from: the packet from which on it was due.
    """

    began: Moment | None
    implicit: bool
    server_name: str | None
    version: str | None
    client_octets: int
    server_octets: int
    alert: tuple[Side, str, Moment] | None
    longest_wait_us: int
    waited_for: Side | None
    waited_from: Moment | None


@dataclass(frozen=True, slots=True)
class Stream:
    """One direction of a connection.

    Attributes:
        packets: how many were captured.
        octets: of payload that were seen, each once.
        missing: of payload that the capture does not hold.
        repeated: packets with nothing new (retransmissions).
        acknowledged: octets of this direction that the other end confirmed, not counting RSTs.
        first: its first packet, or None.
        last: its last packet, or None.
        fin: the packet that closed it, or None.
        reset: the first RST in it, or None.
    """

    packets: int
    octets: int
    missing: int
    repeated: int
    acknowledged: int
    first: Moment | None
    last: Moment | None
    fin: Moment | None
    reset: Moment | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How and where a session ended.

    Attributes:
        how: the way.
        by: who; of ``silence`` who fell silent; None where nobody did.
        phase: where the dialogue stood.
        due: whose turn it was; None after QUIT was answered or where it cannot be known.
        moment: the packet that ended it, else the last one.
    """

    how: Closing
    by: Side | None
    phase: SessionPhase
    due: Side | None
    moment: Moment


@dataclass(frozen=True, slots=True)
class Session:
    """One SMTP connection as a capture shows it.

    Attributes:
        client: who connected.
        server: who was connected to.
        began: its first packet.
        watched_until: the last packet of the capture before the session was given out: what had
            not come by then was not there to be seen.
        has_start: False: it was under way when the capture began.
        helo: the name that the client gave, or None.
        turns: the dialogue in its causal order.
        omitted: turns that were left off because the dialogue is longer than we keep.
        transfers: its messages.
        tls: what can be seen of its encrypted part; None without one.
        from_client: the client's direction.
        from_server: the server's direction.
        cut_packets: packets that were captured in part only (snap length).
        ending: how it ended.
    """

    client: Endpoint
    server: Endpoint
    began: Moment
    watched_until: Moment
    has_start: bool
    helo: str | None
    turns: tuple[Turn, ...]
    omitted: int
    transfers: tuple[Transfer, ...]
    tls: Tls | None
    from_client: Stream
    from_server: Stream
    cut_packets: int
    ending: Ending


@dataclass(frozen=True, slots=True)
class Proof:
    """One packet that proves a finding.

    Attributes:
        what: a key of the catalogue's table ``capture.proof``.
        side: who sent it.
        moment: its time and number.
    """

    what: str
    side: Side
    moment: Moment


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing about a session.

    Attributes:
        name: what it is.
        variant: which of the finding's sentences holds; ``""`` for the only one.
        facts: what the sentence names; durations in seconds end in ``_s``.
        proof: the packets, in order of time.
    """

    name: FindingName
    variant: str
    facts: Mapping[str, str | int | float] = field(hash=False)
    proof: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class CaptureSummary:
    """What was read of a capture.

    Attributes:
        packets: how many it holds, as far as it could be read.
        octets: of packets that were read.
        other: packets that are no TCP over IP.
        fragments: IP fragments; what is in all but the first of a datagram is not put together.
        undecodable: packets that are damaged, or cut before the end of their headers.
        outside: segments outside of any window, which no TCP would have taken.
        sessions: SMTP sessions found.
        first: its first packet, or None.
        last: its last packet, or None.
        defect: one sentence on where reading had to stop, or None.
    """

    packets: int
    octets: int
    other: int
    fragments: int
    undecodable: int
    outside: int
    sessions: int
    first: Moment | None
    last: Moment | None
    defect: str | None
