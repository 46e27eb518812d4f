"""One capture, read through: its sessions one by one, then what was read."""

import heapq
from collections.abc import Iterator
from io import BufferedReader

from retour.ingest.capture.container import FrameReader
from retour.ingest.capture.packet import Decoder
from retour.ingest.capture.table import SessionTable
from retour.model.capture import CaptureSummary, Moment, Session

PORTS = frozenset((25, 465, 587, 2525))
"""Ports of SMTP servers; on others a session is recognised by what is said."""
SORTED_MAX = 500
"""Sessions that are kept so that they come in the order of their beginnings."""


class Capture:
    """A capture file. Memory stays flat however long it is."""

    def __init__(self, stream: BufferedReader, *, ports: frozenset[int] = PORTS) -> None:
        """Look at the beginning of a stream.

        Args:
            stream: the file.
            ports: servers' ports on which everything is taken for SMTP.

        Raises:
            UnreadableError: it is no capture.
        """
        self._frames = FrameReader(stream)
        self._decoder = Decoder()
        self._table = SessionTable(ports)
        self._packets = self._octets = self._sessions = 0
        self._first: Moment | None = None
        self._last: Moment | None = None

    def sessions(self) -> Iterator[Session]:
        """Read the capture once; yield its SMTP sessions.

        Yields:
            Sessions in the order of their beginnings. Where more than :data:`SORTED_MAX` overlap,
            those that end late come later.
        """
        waiting: list[tuple[Moment, int, Session]] = []
        for session in self._read():
            self._sessions += 1
            heapq.heappush(waiting, (session.began, self._sessions, session))
            if len(waiting) > SORTED_MAX:
                yield heapq.heappop(waiting)[2]
        while waiting:
            yield heapq.heappop(waiting)[2]

    def summary(self) -> CaptureSummary:
        """Return what was read so far."""
        return CaptureSummary(
            packets=self._packets,
            octets=self._octets,
            other=self._decoder.other,
            fragments=self._decoder.fragments,
            undecodable=self._decoder.undecodable,
            outside=self._table.outside,
            sessions=self._sessions,
            first=self._first,
            last=self._last,
            defect=self._frames.defect,
        )

    def _read(self) -> Iterator[Session]:
        """Yield sessions as they end."""
        latest = None
        for frame in self._frames:
            self._packets += 1
            self._octets += len(frame.data)
            self._first = self._first or frame.moment
            self._last = frame.moment
            latest = max(latest, frame.moment) if latest else frame.moment
            segment = self._decoder.decode(frame)
            if segment is not None:
                yield from self._table.add(segment)
        if latest is not None:
            yield from self._table.flush(latest)
