"""TCP segments of one connection to the two streams, in causal order (RFC 9293 §3.4).

A segment is given on once all octets before it are there *and* all octets that it acknowledges:
so a reply never comes before the command that it answers, however the capture shuffled them. What
never came is given up after a while, as a hole.
"""

import heapq
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from retour.ingest.capture.packet import FIN, RST, SYN, Segment
from retour.model.capture import Moment, Side, Stream

WINDOW_MAX = 1 << 30
"""Octets that a window can span (RFC 7323 §2.3); beyond that a segment is no part of it."""
PATIENCE_US = 1_000_000
"""How long a hole waits whose octets the other end has confirmed: nobody will send them again."""
LONG_PATIENCE_US = 60_000_000
"""How long any other hole waits for a retransmission."""
SEGMENTS_MAX = 1_024
OCTETS_MAX = 4 << 20
_SEQUENCE = 1 << 32
_HALF = 1 << 31
OVERHEAD = 300
"""Octets of memory for one waiting segment beside its payload."""


class Listener(Protocol):
    """What is told about the streams."""

    def feed(self, side: Side, data: bytes, moment: Moment) -> None:
        """Take the next octets."""

    def lose(self, side: Side, size: int, moment: Moment) -> None:
        """Take note of a hole."""

    def close(self, side: Side, moment: Moment) -> None:
        """Take note of a FIN or RST in its place."""


class _Waiting(NamedTuple):
    """A segment that waits, ordered by its place in the stream."""

    offset: int
    order: int
    data: bytes
    size: int
    needs: int | None
    closes: bool
    moment: Moment


@dataclass(slots=True)
class Half:
    """One direction, counted in octets from its first one.

    Attributes:
        base: sequence number of octet 0; None while it is not known.
        reach: octets that were given on, FIN included.
        confirmed: octets that the other side acknowledged, not by RST.
    """

    base: int | None = None
    reach: int = 0
    confirmed: int = 0
    waiting_octets: int = 0
    packets: int = 0
    octets: int = 0
    missing: int = 0
    repeated: int = 0
    has_closed: bool = False
    first: Moment | None = None
    last: Moment | None = None
    fin: Moment | None = None
    reset: Moment | None = None

    def locate(self, number: int) -> int | None:
        """Turn a sequence number into an offset; None where it is outside of any window."""
        assert self.base is not None
        ahead = (number - self.base - self.reach) % _SEQUENCE
        if ahead >= _HALF:
            ahead -= _SEQUENCE
        return self.reach + ahead if abs(ahead) <= WINDOW_MAX else None

    def note_end(self, segment: Segment) -> None:
        """Keep the first FIN and the first RST."""
        if segment.flags & RST:
            self.reset = self.reset or segment.moment
        elif segment.flags & FIN:
            self.fin = self.fin or segment.moment

    def freeze(self) -> Stream:
        """Return the direction as a value."""
        # FIN takes one number, which is no octet.
        end = self.octets + self.missing
        return Stream(
            self.packets,
            self.octets,
            self.missing,
            self.repeated,
            min(self.confirmed, end),
            self.first,
            self.last,
            self.fin,
            self.reset,
        )


class Connection:
    """Puts one connection's streams together.

    Attributes:
        outside: segments outside of any window.
        halves: both directions.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.halves: dict[Side, Half] = {"client": Half(), "server": Half()}
        self._queues: dict[Side, list[_Waiting]] = {"client": [], "server": []}
        # Segments from before both directions' beginnings are known, as they came.
        self._unplaced: list[tuple[Side, Segment]] = []
        self._order = 0
        self.outside = 0

    @property
    def is_placed(self) -> bool:
        """Whether anything was given on, or could be: the beginnings are known."""
        halves = self.halves
        return halves["client"].base is not None and halves["server"].base is not None

    @property
    def weight(self) -> int:
        """Octets that wait, roughly."""
        halves, queues = self.halves, self._queues
        waiting = halves["client"].waiting_octets + halves["server"].waiting_octets
        count = len(queues["client"]) + len(queues["server"]) + len(self._unplaced)
        return waiting + OVERHEAD * count

    def add(self, side: Side, segment: Segment) -> None:
        """Take one segment, and give on what is in order now."""
        half, other = self.halves[side], self.halves[_OTHER[side]]
        half.packets += 1
        half.first = half.first or segment.moment
        half.last = segment.moment
        if segment.flags & SYN:
            half.base = (segment.seq + 1) % _SEQUENCE if half.base is None else half.base
            if segment.ack is not None and other.base is None:
                other.base = segment.ack
        if not self.is_placed:
            half.note_end(segment)
            self._unplaced.append((side, segment))
            half.waiting_octets += len(segment.data)
        else:
            self._place_all()
            self._place(side, segment)
        queues = self._queues
        if self._unplaced or queues["client"] or queues["server"]:
            self._advance()
            self._look_at_clock(segment.moment)

    def flush(self, moment: Moment) -> None:
        """Give on everything that waits, holes or not."""
        self._begin_anywhere()
        while self._jump(moment):
            self._advance()

    # Places.

    def _begin_anywhere(self) -> None:
        """Choose beginnings for directions whose SYN is not in the capture."""
        for side, half in self.halves.items():
            if half.base is not None:
                continue
            own = [segment.seq for spoken, segment in self._unplaced if spoken == side]
            asked = [
                segment.ack
                for spoken, segment in self._unplaced
                if spoken != side and segment.ack is not None and not segment.flags & RST
            ]
            numbers = own or asked or [0]
            first = numbers[0]
            least = min((number - first + _HALF) % _SEQUENCE for number in numbers)
            half.base = (first + least - _HALF) % _SEQUENCE
        self._place_all()
        self._advance()

    def _place_all(self) -> None:
        """Place what came before the beginnings were known."""
        unplaced, self._unplaced = self._unplaced, []
        for side, segment in unplaced:
            self.halves[side].waiting_octets -= len(segment.data)
            self._place(side, segment)

    def _place(self, side: Side, segment: Segment) -> None:
        """Put a segment into its direction's queue."""
        half, other = self.halves[side], self.halves[_OTHER[side]]
        offset = half.locate((segment.seq + 1) % _SEQUENCE if segment.flags & SYN else segment.seq)
        needs = other.locate(segment.ack) if segment.ack is not None else None
        closes = bool(segment.flags & (FIN | RST))
        if needs is not None and not segment.flags & RST:
            other.confirmed = max(other.confirmed, needs)
        if offset is None:
            if segment.size or closes:
                self.outside += 1
            return
        if not segment.size and not closes:
            return
        half.note_end(segment)
        if offset + segment.size + closes <= half.reach and not segment.flags & RST:
            half.repeated += 1
            return
        self._order += 1
        waiting = _Waiting(
            offset, self._order, segment.data, segment.size, needs, closes, segment.moment
        )
        heapq.heappush(self._queues[side], waiting)
        half.waiting_octets += len(segment.data)

    # Order.

    def _advance(self) -> None:
        """Give on whatever is in order."""
        moved = True
        while moved:
            moved = False
            for side, queue in self._queues.items():
                while queue and self._is_ready(side, queue[0]):
                    self._give(side)
                    moved = True

    def _is_ready(self, side: Side, waiting: _Waiting) -> bool:
        if waiting.offset > self.halves[side].reach:
            return False
        return waiting.needs is None or waiting.needs <= self.halves[_OTHER[side]].reach

    def _give(self, side: Side) -> None:
        """Give on the first segment of a queue, without what was given on before."""
        half = self.halves[side]
        waiting = heapq.heappop(self._queues[side])
        half.waiting_octets -= len(waiting.data)
        end = waiting.offset + waiting.size
        if end > half.reach:
            data = waiting.data[half.reach - waiting.offset :]
            lost = end - half.reach - len(data)
            half.reach = end
            half.octets += len(data)
            if data:
                self._listener.feed(side, data, waiting.moment)
            if lost:  # cut by the snap length
                half.missing += lost
                self._listener.lose(side, lost, waiting.moment)
        elif waiting.size:
            half.repeated += 1
        if waiting.closes and not half.has_closed:
            half.has_closed = True
            half.reach = max(half.reach, end + 1)
            self._listener.close(side, waiting.moment)

    # Holes.

    def _look_at_clock(self, moment: Moment) -> None:
        """Give up on what was waited for too long."""
        while self._is_overdue(moment.at_us):
            if self._unplaced:
                self._begin_anywhere()
            elif not self._jump(moment):
                return
            self._advance()

    def _is_overdue(self, now_us: int) -> bool:
        """Tell whether what waits has waited long enough, or is too much."""
        if self._unplaced:
            waited = now_us - self._unplaced[0][1].moment.at_us
            return waited > PATIENCE_US or len(self._unplaced) > SEGMENTS_MAX // 8
        if not any(self._queues.values()):
            return False
        heads = [queue[0].moment.at_us for queue in self._queues.values() if queue]
        octets = sum(half.waiting_octets for half in self.halves.values())
        if octets > OCTETS_MAX or sum(map(len, self._queues.values())) > SEGMENTS_MAX:
            return True
        is_confirmed = any(half.confirmed > half.reach for half in self.halves.values())
        return now_us - min(heads) > (PATIENCE_US if is_confirmed else LONG_PATIENCE_US)

    def _jump(self, moment: Moment) -> bool:
        """Step over the hole before the segment that came first; False where none waits."""
        heads = [(queue[0].moment, side) for side, queue in self._queues.items() if queue]
        if not heads:
            return False
        side = min(heads)[1]
        waiting = self._queues[side][0]
        if waiting.offset > self.halves[side].reach:
            self._skip(side, waiting.offset, moment)
            return True
        other = _OTHER[side]
        # What the other side has in its queue is not missing, only what comes before that.
        queue = self._queues[other]
        needs = waiting.needs or 0
        place = min(needs, queue[0].offset) if queue else needs
        if place > self.halves[other].reach:
            self._skip(other, place, waiting.moment)
        else:
            self._give(side)  # each waits for the other: no real connection does that
        return True

    def _skip(self, side: Side, offset: int, moment: Moment) -> None:
        """Declare everything before an offset missing."""
        half = self.halves[side]
        size = offset - half.reach
        if size <= 0 or half.has_closed:
            half.reach = max(half.reach, offset)
            return
        half.reach = offset
        half.missing += size
        self._listener.lose(side, size, moment)


_OTHER: dict[Side, Side] = {"client": "server", "server": "client"}
