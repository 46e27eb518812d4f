"""All connections of a capture at once, within a bounded memory: segments in, sessions out."""

from collections import OrderedDict, deque
from collections.abc import Iterator

from dpkt.utils import inet_to_str

from retour.ingest.capture.packet import SYN, Segment
from retour.ingest.capture.stream import Connection
from retour.model.capture import Closing, Ending, Endpoint, Moment, Session, SessionPhase, Side
from retour.wire.dialogue import Dialogue

WEIGHT_MAX = 64 << 20
"""Octets that all open connections may hold; beyond, the longest silent one is given out."""
FLOW_WEIGHT = 6_000
"""Octets of memory for one connection beside what it holds."""
LINGER_US = 2_000_000
"""How long a closed connection is still watched for what comes late."""
SILENT_US = 60_000_000
"""Without a packet for so long a connection counts as silent."""
_GREETING = b"220"

Key = tuple[tuple[bytes, int], tuple[bytes, int]]


class Flow:
    """One connection: its streams, its dialogue, its end."""

    def __init__(self, segment: Segment, client: tuple[bytes, int], *, by_port: bool) -> None:
        """Begin with the first segment.

        Args:
            segment: the first one.
            client: who connected.
            by_port: whether the server's port says that this is SMTP; else the content must.
        """
        self.client = client
        self.server = segment.target if segment.source == client else segment.source
        self.began = self.last = segment.moment
        self.has_start = False
        self.is_closing = False
        self.is_foreign = False
        self.cut_packets = 0
        self.connection = Connection(self)
        self.dialogue: Dialogue | None = None
        self._by_port = by_port
        self._opened: Moment | None = None
        self._closed: tuple[Side, Moment, SessionPhase, Side | None] | None = None
        self._began_octets = b""

    @property
    def weight(self) -> int:
        """Octets that it holds, roughly."""
        kept = self.dialogue.weight if self.dialogue else 0
        return FLOW_WEIGHT + self.connection.weight + kept

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is to come."""
        client, server = self.connection.halves["client"], self.connection.halves["server"]
        if client.reset or server.reset:
            return True
        return client.has_closed and server.has_closed

    def add(self, segment: Segment) -> None:
        """Take the next segment."""
        self.began, self.last = min(self.began, segment.moment), segment.moment
        if segment.flags & SYN:
            self.has_start = True
            self._opened = max(self._opened or segment.moment, segment.moment)
        if segment.size > len(segment.data):
            self.cut_packets += 1
        self.connection.add("client" if segment.source == self.client else "server", segment)

    def is_new_one(self, segment: Segment) -> bool:
        """Tell whether a SYN opens another connection between the same ports."""
        if not segment.flags & SYN or segment.ack is not None:
            return False
        base = self.connection.halves["client"].base
        if base is None or base == (segment.seq + 1) % (1 << 32):
            return False
        return self.is_closed or self.has_start or self.dialogue is not None

    # What the connection tells.

    def feed(self, side: Side, data: bytes, moment: Moment) -> None:
        """Take octets in order."""
        if not self._by_port and not self._may_be_smtp(side, data):
            self.is_foreign = True
        if self.is_foreign:
            return
        dialogue = self._open()
        dialogue.feed(side, data, moment)
        if not self._by_port and dialogue.speaks_smtp is False:
            self.is_foreign = True

    def lose(self, side: Side, size: int, moment: Moment) -> None:
        """Take note of a hole."""
        if not self.is_foreign:
            self._open().lose(side, size, moment)

    def close(self, side: Side, moment: Moment) -> None:
        """Take note of the first FIN or RST in its place."""
        if self._closed is None:
            phase, due = self._stand()
            self._closed = side, moment, phase, due

    def _open(self) -> Dialogue:
        if self.dialogue is None:
            self.dialogue = Dialogue(opened=self._opened if self.has_start else None)
        return self.dialogue

    def _may_be_smtp(self, side: Side, data: bytes) -> bool:
        """Tell whether octets can belong to SMTP, where only content can say it."""
        if self.dialogue and self.dialogue.has_greeting:
            return True
        if side == "client":
            return False  # the server speaks first
        self._began_octets = (self._began_octets + data)[:3]
        return _GREETING.startswith(self._began_octets)

    def _stand(self) -> tuple[SessionPhase, Side | None]:
        """Tell the dialogue's phase; without a dialogue the connection's."""
        if self.dialogue:
            return self.dialogue.phase()
        stands = all(half.base is not None for half in self.connection.halves.values())
        return ("greeting", "server") if self.has_start and stands else ("connect", "server")

    # The end.

    def finish(self, now: Moment) -> Session | None:
        """Make a session of it; None where it is none."""
        self.connection.flush(now)
        halves = self.connection.halves
        is_smtp = self._by_port or (self.dialogue and self.dialogue.speaks_smtp)
        if self.is_foreign or not is_smtp or not (self.has_start or self.dialogue):
            return None
        dialogue = self.dialogue
        return Session(
            client=_name(self.client),
            server=_name(self.server),
            began=self.began,
            watched_until=max(now, self.last),
            has_start=self.has_start,
            helo=dialogue.helo if dialogue else None,
            turns=dialogue.turns if dialogue else (),
            omitted=dialogue.omitted if dialogue else 0,
            transfers=dialogue.transfers() if dialogue else (),
            tls=dialogue.tls() if dialogue else None,
            from_client=halves["client"].freeze(),
            from_server=halves["server"].freeze(),
            cut_packets=self.cut_packets,
            ending=self._end(now),
        )

    def _end(self, now: Moment) -> Ending:
        """Say how it ended."""
        client, server = (self.connection.halves[side] for side in ("client", "server"))
        if self.has_start and self.dialogue is None and server.octets == 0:
            if server.reset and server.packets and not client.octets and self._is_refusal():
                return Ending("refused", "server", "connect", "server", server.reset)
            if not server.packets and client.packets:
                return Ending("unanswered", None, "connect", "server", self.last)
        if self._closed:
            side, moment, phase, due = self._closed
            half = self.connection.halves[side]
            how: Closing = "reset" if half.reset == moment else "fin"
            if how == "fin" and self._went_on(moment, side):
                phase, due = self._stand()
            return Ending(how, side, phase, due, moment)
        phase, due = self._stand()
        if now.at_us - self.last.at_us >= SILENT_US:
            return Ending("silence", due, phase, due, self.last)
        return Ending("open", None, phase, due, self.last)

    def _is_refusal(self) -> bool:
        """Tell whether the server answered the SYN with nothing but a RST."""
        return self._opened is None or self.connection.halves["server"].packets == 1

    def _went_on(self, closed: Moment, side: Side) -> bool:
        """Tell whether a half-closed connection still gave its replies, and they arrived."""
        replies = [
            turn
            for turn in (self.dialogue.turns if self.dialogue else ())
            if turn.side != side and turn.ended > closed
        ]
        other = self.connection.halves["server" if side == "client" else "client"]
        return bool(replies) and other.confirmed >= replies[-1].end


class SessionTable:
    """Sorts segments by connection.

    Attributes:
        outside: segments outside of any window.
    """

    def __init__(self, ports: frozenset[int]) -> None:
        """Begin.

        Args:
            ports: servers' ports that say that a connection is SMTP. On others content decides.
        """
        self.outside = 0
        self._ports = ports
        self._flows: OrderedDict[Key, Flow] = OrderedDict()
        self._weights: dict[Key, int] = {}
        self._weight = 0
        self._closing: deque[tuple[int, Key, Flow]] = deque()

    def add(self, segment: Segment) -> list[Session]:
        """Take a segment; give the sessions that are done by then."""
        now, done = segment.moment, list[Session]()
        while self._closing and self._closing[0][0] < now.at_us:
            _, key, closed = self._closing.popleft()
            if self._flows.get(key) is closed:
                self._finish(key, now, done)
        key = _make_key(segment)
        flow: Flow | None = self._flows.get(key)
        if flow is not None and segment.flags & SYN and flow.is_new_one(segment):
            self._finish(key, now, done)
            flow = None
        if flow is None:
            flow = self._open(segment)
            if flow is None:
                return done
            self._flows[key] = flow
        self._flows.move_to_end(key)
        flow.add(segment)
        if segment.size or key not in self._weights:
            self._weigh(key, flow)
        if flow.is_foreign:
            self._drop(key)
        elif flow.is_closed and not flow.is_closing:
            flow.is_closing = True
            self._closing.append((now.at_us + LINGER_US, key, flow))
        while self._weight > WEIGHT_MAX:
            self._finish(next(iter(self._flows)), now, done)
        return done

    def flush(self, now: Moment) -> Iterator[Session]:
        """Give all sessions that are left."""
        while self._flows:
            done = list[Session]()
            self._finish(next(iter(self._flows)), now, done)
            yield from done

    def _open(self, segment: Segment) -> Flow | None:
        """Begin to watch a connection, where it can be SMTP."""
        is_syn = bool(segment.flags & SYN)
        ports = (segment.source[1] in self._ports, segment.target[1] in self._ports)
        if is_syn:
            client = segment.source if segment.ack is None else segment.target
        elif any(ports) and not all(ports):
            client = segment.target if ports[0] else segment.source
        elif segment.data[:1].isdigit():
            client = segment.target
        else:
            client = segment.source
        by_port = (segment.target if client == segment.source else segment.source)[1] in self._ports
        if not by_port and not is_syn and not segment.data.startswith(_GREETING):
            return None
        return Flow(segment, client, by_port=by_port)

    def _finish(self, key: Key, now: Moment, done: list[Session]) -> None:
        """Close a connection's books; a session that it was joins those that are done."""
        flow = self._drop(key)
        session = flow.finish(now)
        self.outside += flow.connection.outside
        if session:
            done.append(session)

    def _drop(self, key: Key) -> Flow:
        self._weight -= self._weights.pop(key)
        return self._flows.pop(key)

    def _weigh(self, key: Key, flow: Flow) -> None:
        weight = flow.weight
        self._weight += weight - self._weights.get(key, 0)
        self._weights[key] = weight


def _make_key(segment: Segment) -> Key:
    """Return the same key for both directions."""
    if segment.source <= segment.target:
        return segment.source, segment.target
    return segment.target, segment.source


def _name(end: tuple[bytes, int]) -> Endpoint:
    return Endpoint(inet_to_str(end[0]), end[1])
