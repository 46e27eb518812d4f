"""What a mail server told of each message, on its way into the trail.

A message never waits for the trail: a bounded queue stands between, and a thread that writes in
batches. Where the trail is slower than the mail, or gone, messages are not recorded, and counted.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retour.analyse import explain
from retour.gateway.journal import Journal
from retour.model.trail import Arrival
from retour.trail.mail import Mail, read_passing

_QUEUE_MAX = 20_000
_BATCH_MAX = 500
GATHER_S = 0.2
"""How long the first message of a batch waits for others: a transaction costs more than a row."""
_PAUSE_S = 0.5
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Sighting:
    """One message at its end.

    Attributes:
        at_us: when we answered, microseconds since 1970-01-01 UTC.
        system: the mail server's name.
        queue_id: the message's name there.
        mail_from: reverse-path; empty: null.
        recipients: of the envelope.
        peer_name: host that brought it; empty: not known.
        peer_address: its IP address.
        helo: the name that it gave itself.
        tls: protocol version; empty: none.
        size_bytes: as MAIL declared it, else as it was read; None: its body was skipped.
        header: all fields, with CRLF, and the empty line.
        body: with CRLF; None where it was not read.
        answer_us: from the final dot to our answer.
    """

    at_us: int
    system: str
    queue_id: str
    mail_from: str
    recipients: tuple[str, ...]
    peer_name: str
    peer_address: str
    helo: str
    tls: str
    size_bytes: int | None
    header: bytes
    body: bytes | None
    answer_us: int


Write = Callable[[Sequence[Sighting]], None]
"""Puts messages into the trail; raises where it cannot."""


def to_mail(sighting: Sighting) -> Mail:
    """Return what the trail keeps, and joins with the logs by queue id."""
    arrival = Arrival(
        at_us=sighting.at_us,
        system=sighting.system,
        queue_id=sighting.queue_id,
        mail_from=sighting.mail_from,
        peer_name=sighting.peer_name or None,
        peer_address=sighting.peer_address or None,
        helo=sighting.helo or None,
        tls=sighting.tls or None,
        size_bytes=sighting.size_bytes,
        recipient_count=len(sighting.recipients),
        recipients=sighting.recipients,
    )
    is_report = not sighting.mail_from and sighting.body is not None
    return read_passing(
        arrival,
        sighting.header.removesuffix(b"\r\n\r\n"),
        sighting.body,
        explain(sighting.header + (sighting.body or b"")) if is_report else None,
        sighting.answer_us,
    )


class Recorder:
    """Hands messages to the trail's writer."""

    def __init__(self, write: Write, journal: Journal) -> None:
        """Begin; the thread lives until `close`."""
        self._write = write
        self._journal = journal
        self._queue: queue.Queue[Sighting | None] = queue.Queue(_QUEUE_MAX)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="record", daemon=True)
        self._thread.start()

    def add(self, sighting: Sighting) -> None:
        """Record a message some time; never waits."""
        try:
            self._queue.put_nowait(sighting)
        except queue.Full:
            self._journal.unrecorded("queue-full", 1)

    def close(self, timeout_s: float) -> None:
        """Write what is there, as far as the time allows."""
        self._stopping.set()
        with contextlib.suppress(queue.Full):  # the thread looks at the event after each batch
            self._queue.put_nowait(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not (self._stopping.is_set() and self._queue.empty()):
            batch = self._take()
            if batch:
                self._write_batch(batch)

    def _take(self) -> list[Sighting]:
        """Wait for a message, and take those that came beside it."""
        first = self._queue.get()
        batch = [first] if first else []
        self._stopping.wait(GATHER_S)
        while len(batch) < _BATCH_MAX:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following:
                batch.append(following)
        return batch

    def _write_batch(self, batch: list[Sighting]) -> None:
        """Write, again where it fails: a database that restarts loses nothing."""
        for attempt in range(_TRIES):
            try:
                self._write(batch)
            except Exception as error:  # whatever a database has: mail goes on
                said = " ".join(str(error).split())
                if attempt < _TRIES - 1 and not self._stopping.wait(_PAUSE_S * 2**attempt):
                    continue
                self._journal.unrecorded("store", len(batch), said)
            return
