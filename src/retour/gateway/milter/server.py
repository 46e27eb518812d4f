"""The milter's connections on one event loop."""

import sched
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from retour.gateway.deciding import Decider
from retour.gateway.journal import DropCause, Failure, Journal
from retour.gateway.milter.command import Broken, Event
from retour.gateway.milter.editing import list_edits
from retour.gateway.milter.loop import GONE, READABLE, WRITABLE, Loop
from retour.gateway.milter.message import Message
from retour.gateway.milter.protocol import Connection
from retour.gateway.milter.recent import Recent
from retour.gateway.milter.session import RECORDING, REWRITING, Due, Outcome, Passed, Session
from retour.gateway.recording import Recorder, Sighting
from retour.gateway.rewriting import Decision, Envelope, Policy

_PROGRESS_S = 10
"""How often a waiting server is asked for patience; Sendmail waits 10 s for other answers."""
_SWEEP_S = 5
_READ_MAX = 65_536
_PATIENCE_S = 0.05
"""How long workers but the first leave a connection to it. One that does the work of two finds its
code and data in the processor's cache: with a trail, a tenth less processor time a message."""
_REST_S = 1
"""How long no connection is taken after the system had no room for one more."""
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
        self._take_call: Callable[[socket.socket], object] = self._accept
        self.loop = Loop(lambda fault: journal.complain("fault", exc_info=fault))
        self.held_bytes = 0
        self.buffer = bytearray(_READ_MAX)
        self.window = memoryview(self.buffer)
        self.is_stopping = False
        self.connections: set[MilterConnection] = set()

    def run(
        self,
        listener: socket.socket,
        grace_s: float,
        *,
        is_first: bool = True,
        ready: Callable[[], None] = lambda: None,
    ) -> None:
        """Serve until `stop`; then let messages in work come to their end.

        Args:
            listener: bound and listening.
            grace_s: how long messages in work may take.
            is_first: whether it takes connections at once, or what the first worker leaves.
            ready: is called when connections are accepted.
        """
        listener.setblocking(False)
        self._take_call = self._accept if is_first else self._leave
        self._watch(listener)
        self.loop.call_later(_SWEEP_S, lambda: self._sweep(listener))
        ready()
        while not self.is_stopping:
            self.loop.turn()
        self.loop.forget(listener)
        self.loop.call_later(grace_s, self._drop_all)
        for connection in tuple(self.connections):
            connection.close_if_idle()
        while self.connections:
            self.loop.turn()
        self.journal.publish(0)
        self.loop.close()

    def stop(self) -> None:
        """End the service; may be called from any thread and by a signal handler."""
        self.loop.call_soon(self._begin_to_stop)

    def _begin_to_stop(self) -> None:
        self.is_stopping = True

    def _drop_all(self) -> None:
        for connection in tuple(self.connections):
            connection.drop("stopping")

    def _watch(self, listener: socket.socket) -> None:
        if not self.is_stopping:
            self.loop.watch_listener(listener, lambda _: self._take_call(listener))

    def _leave(self, listener: socket.socket) -> None:
        """Leave connections to the first worker a moment, and take what still waits then."""
        self.loop.forget(listener)
        self.loop.call_later(_PATIENCE_S, lambda: self._take_left(listener))

    def _take_left(self, listener: socket.socket) -> None:
        if not self.is_stopping:
            self._watch(listener)
            while self._accept(listener):
                pass

    def _accept(self, listener: socket.socket) -> bool:
        """Take a connection, or close it where there are too many; tell whether there was one."""
        try:
            peer, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False
        except OSError as error:  # no room for one more: what is there goes on
            self.journal.complain("no connection taken", error=str(error))
            self.loop.forget(listener)
            self.loop.call_later(_REST_S, lambda: self._watch(listener))
            return False
        connection = MilterConnection(self, peer)
        self.connections.add(connection)
        if len(self.connections) > self.limits.connections_max:
            connection.drop("overload", what="too many connections")
        else:
            connection.open()
        return True

    def note(self, message: Message) -> bool:
        """Note a message whose header is complete; tell whether it came before."""
        message_id = message.find(b"message-id")
        return self._recent.note(message_id, message.recipients, int(time.time()))

    def _sweep(self, listener: socket.socket) -> None:
        """Close connections on which nothing has happened for long; bring numbers up to date."""
        # The kernel may have called a process that hangs, and no other, for a connection.
        while not self.is_stopping and self._accept(listener):
            pass
        latest = time.monotonic() - self.limits.idle_timeout_s
        for connection in tuple(self.connections):
            if connection.heard_at < latest:
                connection.drop("idle")
        self.journal.publish(len(self.connections))
        self.loop.call_later(_SWEEP_S, lambda: self._sweep(listener))


class MilterConnection:
    """One connection of a mail server."""

    def __init__(self, server: Server, peer: socket.socket) -> None:
        """Begin; nothing is kept of a message yet."""
        self._server = server
        self._socket = peer
        self._connection = Connection(REWRITING if server.recorder is None else RECORDING)
        self._session = Session(
            self._connection,
            server.policy,
            note=None if server.recorder is None else server.note,
            report=self._take,
        )
        self._is_open = True
        self._is_tcp = peer.family != socket.AF_UNIX
        self._unsent = bytearray()
        self._awaited = READABLE
        self._held_bytes = 0
        self._due: Due | None = None
        self._due_at = 0.0
        self._timer: sched.Event | None = None
        self.heard_at = server.loop.now
        peer.setblocking(False)

    def open(self) -> None:
        """Begin to read; servers send their offer at once."""
        self._server.loop.watch(self._socket, self._be_ready)
        self._be_ready(READABLE)

    def close_if_idle(self) -> None:
        """Close the connection where that costs no message its milter."""
        if self._due is None and self._connection.is_between_messages and not self._unsent:
            self._close()

    def drop(self, cause: DropCause, **facts: object) -> None:
        """Close the connection and say why; the server goes on without us."""
        if self._is_open:
            self._close()
            self._server.journal.dropped(cause, **facts)

    def _close(self) -> None:
        """Forget the connection."""
        if self._is_open:
            self._is_open = False
            self._forget_due()
            self._server.loop.forget(self._socket)
            self._socket.close()
            self._server.connections.discard(self)
            self._server.held_bytes -= self._held_bytes

    def _be_ready(self, events: int) -> None:
        if events & GONE:  # whatever it said last, nobody waits for an answer
            self._close()
        elif self._awaited == READABLE:
            self._do(self._read)
        else:
            self._do(self._flush)

    def _do(self, step: Callable[[], None]) -> None:
        """Do a step; a fault of ours in it ends the connection, and the server goes on without us.

        Raises:
            Exception: that fault, for the loop.
        """
        try:
            step()
        except Exception:
            self._close()
            raise

    def _read(self) -> None:
        """Take what the network gave."""
        try:
            count = self._socket.recv_into(self._server.buffer)
        except BlockingIOError:
            return
        except OSError:
            count = 0
        if not count:
            self._close()
            return
        self.heard_at = self._server.loop.now
        if self._is_tcp:
            # The server writes steps that get no reply in small packets, and holds each back
            # (Nagle) until the one before is acknowledged, which the kernel delays by 40 ms. It
            # falls back to delaying by itself, so this is said after every read.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self._connection.receive(self._server.window[:count])
        self._pump()

    def _pump(self) -> None:
        """Answer the events that are there, up to the end of a message."""
        connection = self._connection
        while self._due is None and (event := connection.next_event()) is not None:
            if connection.is_over:
                self._end(event)
                return
            self._unsent += self._session.handle(event)
        self._flush()
        self._count_memory()
        if self._server.is_stopping:
            self.close_if_idle()

    def _end(self, event: Event) -> None:
        """Close a connection that the server leaves, or that cannot be understood."""
        if isinstance(event, Broken):
            self.drop("protocol", what=event.reason)
        else:
            self._flush()
            self._close()

    def _flush(self) -> None:
        """Write what is to be said; where the server takes no more now, hear nothing until then."""
        if self._unsent:
            try:
                sent = self._socket.send(self._unsent)
            except BlockingIOError:
                sent = 0
            except OSError:  # the server went away
                self._close()
                return
            del self._unsent[:sent]
        self._await(WRITABLE if self._unsent else READABLE)

    def _await(self, events: int) -> None:
        if events != self._awaited and self._due is None:
            self._awaited = events
            self._server.loop.change(self._socket, events)

    def _count_memory(self) -> None:
        held = (
            self._connection.held_bytes
            + self._session.held_bytes
            + len(self._unsent)
            + (self._due.message.kept_bytes if self._due else 0)
        )
        grown = held - self._held_bytes
        if grown and self._is_open:
            self._held_bytes = held
            self._server.held_bytes += grown
            if grown > 0 and self._server.held_bytes > self._server.limits.memory_max_bytes:
                self.drop("overload", what="too much memory")

    def _take(self, outcome: Outcome) -> None:
        """Hear what the session made of a message."""
        match outcome:
            case Passed(message, None):
                self._server.journal.count_ordinary()
                self._record(message)
            case Passed(message, reason) if reason is not None:
                self._server.journal.passed(reason, **_facts(message))
                self._record(message)
            case Due(message, envelope):
                self._decide(outcome, message.header() + message.body, envelope)

    def _decide(self, due: Due, raw: bytes, envelope: Envelope) -> None:
        """Begin a decision; nothing more is read until it is there."""
        server = self._server
        self._due, self._due_at = due, time.monotonic()
        if not self._connection.may_edit:
            self._fail_open("server-refuses-edits")
            return
        future = server.decider.submit(raw, envelope)
        if future is None:
            self._fail_open("overload")
            return
        server.loop.forget(self._socket)
        future.add_done_callback(
            lambda done: server.loop.call_soon(partial(self._do, partial(self._decided, due, done)))
        )
        self._wait()

    def _wait(self) -> None:
        """Wait for the decision a while, asking the server for patience in between."""
        self._timer = None
        waited = time.monotonic() - self._due_at
        left = self._server.limits.decision_timeout_s - waited
        if left <= 0:
            self._fail_open("timeout")
            self._resume()
            return
        if waited >= _PROGRESS_S:
            self._unsent += self._connection.progress()
            self._flush()
        if self._is_open:
            self._timer = self._server.loop.call_later(
                min(_PROGRESS_S, left), partial(self._do, self._wait)
            )

    def _decided(self, due: Due, done: "Future[Decision]") -> None:
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
        self._unsent += answer
        self._record(message)
        self._forget_due()

    def _fail_open(self, failure: Failure, error: BaseException | None = None) -> None:
        """Let the message pass unchanged."""
        assert self._due is not None
        message = self._due.message
        self._server.journal.failed_open(failure, error, **_facts(message))
        self._unsent += self._connection.finish(())
        self._record(message)
        self._forget_due()

    def _forget_due(self) -> None:
        self._due = None
        if self._timer is not None:
            self._server.loop.cancel(self._timer)
            self._timer = None

    def _resume(self) -> None:
        """Read on after a decision."""
        if self._is_open:
            self.heard_at = time.monotonic()
            self._awaited = READABLE
            self._server.loop.watch(self._socket, self._be_ready)
            self._pump()

    def _record(self, message: Message) -> None:
        """Put a message whose final dot was there into the trail, if there is one."""
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
