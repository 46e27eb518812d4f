"""The milter's connections on one event loop."""

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from retour.gateway.deciding import Decider
from retour.gateway.journal import DropCause, Failure, Journal
from retour.gateway.milter.command import Broken, Quit
from retour.gateway.milter.editing import list_edits
from retour.gateway.milter.message import Message
from retour.gateway.milter.protocol import Connection
from retour.gateway.milter.recent import Recent
from retour.gateway.milter.session import RECORDING, REWRITING, Due, Outcome, Passed, Session
from retour.gateway.recording import Recorder, Sighting
from retour.gateway.rewriting import Decision, Envelope, Policy

_PROGRESS_S = 10
"""How often a waiting server is asked for patience; Sendmail waits 10 s for other answers."""
_SWEEP_S = 5
_PAUSE_S = 0.05
"""Between two looks at what is still at work when the daemon stops."""
_READ_MAX = 65_536
BACKLOG = 512
"""Connections that may wait; more are refused, and their mail passes without us."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one event loop may cost; see `retour.service.milter.MilterSettings`."""

    decision_timeout_s: float
    idle_timeout_s: float
    connections_max: int
    memory_max_bytes: int


class Server:
    """All connections of one process."""

    def __init__(
        self,
        policy: Policy,
        limits: Limits,
        journal: Journal,
        decider: Decider,
        recorder: Recorder | None,
        recent: Recent | None = None,
    ) -> None:
        """Begin with no connection."""
        self.policy = policy
        self.limits = limits
        self.journal = journal
        self.decider = decider
        self.recorder = recorder
        self._recent = recent or Recent(0, 1)
        self.held_bytes = 0
        self.buffer = memoryview(bytearray(_READ_MAX))
        self.is_stopping = False
        self.connections: set[MilterConnection] = set()

    async def run(self, listener: socket.socket, stop: asyncio.Event, grace_s: float) -> None:
        """Serve until ``stop`` is set; then let messages in work come to their end.

        Args:
            listener: bound and listening.
            stop: ends the service.
            grace_s: how long messages in work may take.
        """
        loop = asyncio.get_running_loop()
        accepting = await loop.create_server(
            lambda: MilterConnection(self), sock=listener, backlog=BACKLOG
        )
        sweeping = asyncio.create_task(self._sweep())
        await stop.wait()
        accepting.close()
        self.is_stopping = True
        end = loop.time() + grace_s
        for connection in tuple(self.connections):
            connection.close_if_idle()
        # One pause at least: connections that were just taken are not among ours yet.
        await asyncio.sleep(_PAUSE_S)
        while self.connections and loop.time() < end:
            await asyncio.sleep(_PAUSE_S)
        for connection in tuple(self.connections):
            connection.drop("stopping")
        await asyncio.sleep(_PAUSE_S)
        sweeping.cancel()
        for connection in tuple(self.connections):
            connection.drop("stopping")
        await asyncio.sleep(0.05)  # connections that were just taken or let go are closed, too

    def note(self, message: Message) -> bool:
        """Note a message whose header is complete; tell whether it came before."""
        message_id = message.find(b"message-id")
        return self._recent.note(message_id, message.recipients, int(time.time()))

    async def _sweep(self) -> None:
        """Close connections on which nothing has happened for long."""
        while True:
            await asyncio.sleep(_SWEEP_S)
            latest = time.monotonic() - self.limits.idle_timeout_s
            for connection in tuple(self.connections):
                if connection.heard_at < latest:
                    connection.drop("idle")


class MilterConnection(asyncio.BufferedProtocol):
    """One connection of a mail server."""

    def __init__(self, server: Server) -> None:
        """Begin; nothing is kept of a message yet."""
        self._server = server
        self._connection = Connection(REWRITING if server.recorder is None else RECORDING)
        self._session = Session(
            self._connection,
            server.policy,
            note=None if server.recorder is None else server.note,
            report=self._take,
        )
        self._transport: asyncio.Transport | None = None
        self._acknowledge: Callable[[], None] | None = None
        self._held_bytes = 0
        self._due: Due | None = None
        self._due_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.heard_at = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection, or close it where there are too many."""
        transport = cast("asyncio.Transport", transport)  # uvloop's is one without being a subclass
        self._transport = transport
        server = self._server
        server.connections.add(self)
        server.journal.connected()
        if len(server.connections) > server.limits.connections_max:
            self.drop("overload", what="too many connections")
            return
        if server.is_stopping:
            transport.close()
            return
        peer = transport.get_extra_info("socket")
        if peer.family in (socket.AF_INET, socket.AF_INET6) and hasattr(socket, "TCP_QUICKACK"):
            # The server writes steps that get no reply in small packets, and holds each back
            # (Nagle) until the one before is acknowledged, which the kernel delays by 40 ms. It
            # falls back to delaying by itself, so this is said after every read.
            self._acknowledge = lambda: peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget a connection."""
        self._forget_due()
        self._server.connections.discard(self)
        self._server.held_bytes -= self._held_bytes
        self._held_bytes = 0
        self._server.journal.disconnected()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Return where the network's bytes go: one place for all, read before the next ones."""
        return self._server.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what the network gave."""
        self.heard_at = time.monotonic()
        if self._acknowledge is not None:
            self._acknowledge()
        self._connection.receive(self._server.buffer[:nbytes])
        self._pump()

    def close_if_idle(self) -> None:
        """Close the connection where that costs no message its milter."""
        if self._due is None and self._connection.is_between_messages and self._transport:
            self._transport.close()

    def drop(self, cause: DropCause, **facts: object) -> None:
        """Close the connection and say why; the server goes on without us."""
        self._server.journal.dropped(cause, **facts)
        self._forget_due()
        if self._transport is not None:
            self._transport.abort()

    def _pump(self) -> None:
        """Answer the events that are there, up to the end of a message."""
        while self._due is None:
            event = self._connection.next_event()
            if event is None:
                break
            if isinstance(event, Broken):
                self.drop("protocol", what=event.reason)
                return
            if isinstance(event, Quit):
                self._write(b"")
                assert self._transport is not None
                self._transport.close()
                return
            self._write(self._session.handle(event))
        self._count_memory()
        if self._server.is_stopping:
            self.close_if_idle()

    def _write(self, octets: bytes) -> None:
        if octets and self._transport is not None:
            self._transport.write(octets)

    def _count_memory(self) -> None:
        assert self._transport is not None
        held = (
            self._connection.held_bytes
            + self._session.held_bytes
            + self._transport.get_write_buffer_size()
            + (self._due.message.kept_bytes if self._due else 0)
        )
        grown = held - self._held_bytes
        self._held_bytes = held
        self._server.held_bytes += grown
        if grown > 0 and self._server.held_bytes > self._server.limits.memory_max_bytes:
            self.drop("overload", what="too much memory")

    def _take(self, outcome: Outcome) -> None:
        """Hear what the session made of a message."""
        match outcome:
            case Passed(message, None, is_at_end):
                self._server.journal.count_ordinary()
                if is_at_end:
                    self._record(message)
            case Passed(message, reason, is_at_end) if reason is not None:
                self._server.journal.passed(reason, **_facts(message))
                if is_at_end:
                    self._record(message)
            case Due(message, envelope):
                self._decide(outcome, message.header() + message.body, envelope)

    def _decide(self, due: Due, raw: bytes, envelope: Envelope) -> None:
        """Begin a decision; nothing more is read until it is there."""
        server = self._server
        assert self._transport is not None
        self._due, self._due_at = due, time.monotonic()
        if not self._connection.may_edit:
            self._fail_open("server-refuses-edits")
            return
        future = server.decider.submit(raw, envelope)
        if future is None:
            self._fail_open("overload")
            return
        self._transport.pause_reading()
        future.add_done_callback(lambda done: self._decided(due, done))
        self._wait()

    def _wait(self) -> None:
        """Wait for the decision a while, asking the server for patience in between."""
        waited = time.monotonic() - self._due_at
        left = self._server.limits.decision_timeout_s - waited
        if left <= 0:
            self._fail_open("timeout")
            self._resume()
            return
        if waited >= _PROGRESS_S:
            self._write(self._connection.progress())
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(min(_PROGRESS_S, left), self._wait)

    def _decided(self, due: Due, done: "asyncio.Future[Decision]") -> None:
        """Answer, unless the time was over or the server is gone."""
        if self._due is not due:
            return
        error = done.exception()
        answer = b""
        if error is None:
            try:
                answer = self._prepare(due.message, done.result())
            except Exception as own_fault:  # nothing is written yet: the message passes
                error = own_fault
        if error is not None:
            self._fail_open("error", error)
        else:
            self._answer(due.message, done.result(), answer)
        self._resume()

    def _prepare(self, message: Message, decision: Decision) -> bytes:
        edits = list_edits(message.fields, decision.raw) if decision.raw else ()
        return self._connection.finish(edits)

    def _answer(self, message: Message, decision: Decision, answer: bytes) -> None:
        # The line comes first: a process killed in between leaves no answered report without one.
        seconds = time.monotonic() - self._due_at
        self._server.journal.decided(decision, seconds, **_facts(message))
        self._write(answer)
        self._record(message)
        self._forget_due()

    def _fail_open(self, failure: Failure, error: BaseException | None = None) -> None:
        """Let the message pass unchanged."""
        assert self._due is not None
        message = self._due.message
        self._server.journal.failed_open(failure, error, **_facts(message))
        self._write(self._connection.finish(()))
        self._record(message)
        self._forget_due()

    def _forget_due(self) -> None:
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _resume(self) -> None:
        """Read on after a decision."""
        if self._transport is not None and not self._transport.is_closing():
            self.heard_at = time.monotonic()
            self._transport.resume_reading()
            self._pump()

    def _record(self, message: Message) -> None:
        """Put a message that came to its end into the trail."""
        if self._server.recorder is not None and message.queue_id:
            self._server.recorder.add(_see(message, self._due_at if self._due else self.heard_at))


def _facts(message: Message) -> dict[str, object]:
    """Return what a log line says of a message."""
    return {
        "queue_id": message.queue_id,
        "to": message.recipients[:10],
        "own": message.is_own,
        "size": message.size_bytes,
    }


def _see(message: Message, ended_at: float) -> Sighting:
    connect = message.peer.connect
    declared = next(
        (word[5:] for word in message.mail.parameters if word.upper().startswith("SIZE=")), ""
    )
    size = (
        message.size_bytes
        if message.is_body_read
        else int(declared)
        if declared.isdecimal()
        else None
    )
    return Sighting(
        at_us=time.time_ns() // 1000,
        system=message.peer.system,
        queue_id=message.queue_id,
        mail_from=message.mail_from,
        recipients=tuple(message.recipients),
        peer_name=connect.host if connect and not message.peer.is_internal else "",
        peer_address=connect.address if connect and connect.family in "46" else "",
        helo=message.peer.helo,
        tls=message.peer.tls,
        size_bytes=size,
        header=message.header(),
        body=bytes(message.body) if message.is_body_read else None,
        answer_us=int((time.monotonic() - ended_at) * 1_000_000),
    )
