"""One connection of the milter protocol, without any I/O.

Bytes go in by `Connection.receive`; `Connection.next_event` gives one event at a time; each event
is answered by one of the methods that return bytes, and only then is the next one read. So it makes
no difference how the bytes were cut, nor how many commands a server sends without waiting.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache

from retour.gateway.milter.command import (
    Abort,
    Broken,
    Event,
    Header,
    Negotiate,
    ProtocolError,
    Quit,
    parse_command,
)
from retour.gateway.milter.options import EDITING, OLDEST_VERSION, Action, Options, Step
from retour.gateway.milter.reply import (
    ACCEPT,
    CONTINUE,
    PROGRESS,
    SKIP,
    Edit,
    write_edit,
    write_options,
)

PACKET_MAX = 1_048_577
"""Octets behind the length: the largest that any server is known to send (``SMFIP_MDS_1M``)."""


class _State(IntEnum):
    """How far the dialogue has come; within a message, later commands are larger."""

    START = 0
    NEGOTIATED = 1
    CONNECTED = 2
    MAIL = 3
    RCPT = 4
    DATA = 5
    HEADERS = 6
    END_OF_HEADERS = 7
    BODY = 8
    END = 9
    CLOSED = 10


# Command: the earliest and the latest state in which it may come, and the state behind it (None:
# the same). Steps between may be missing: servers leave out what nobody wants.
_ORDER: dict[str, tuple[_State, _State, _State | None]] = {
    "O": (_State.START, _State.START, _State.NEGOTIATED),
    "D": (_State.NEGOTIATED, _State.BODY, None),
    "C": (_State.NEGOTIATED, _State.NEGOTIATED, _State.CONNECTED),
    "H": (_State.NEGOTIATED, _State.CONNECTED, _State.CONNECTED),
    "M": (_State.NEGOTIATED, _State.CONNECTED, _State.MAIL),
    "R": (_State.MAIL, _State.RCPT, _State.RCPT),
    "T": (_State.MAIL, _State.RCPT, _State.DATA),
    "L": (_State.MAIL, _State.HEADERS, _State.HEADERS),
    "N": (_State.MAIL, _State.HEADERS, _State.END_OF_HEADERS),
    "B": (_State.MAIL, _State.BODY, _State.BODY),
    "E": (_State.MAIL, _State.BODY, _State.END),
    "A": (_State.NEGOTIATED, _State.BODY, None),
    "U": (_State.NEGOTIATED, _State.BODY, None),
    "Q": (_State.START, _State.BODY, _State.CLOSED),
    "K": (_State.NEGOTIATED, _State.BODY, _State.NEGOTIATED),
}
_UNANSWERED: dict[str, int] = {
    "C": int(Step.NO_REPLY_CONNECT),
    "H": int(Step.NO_REPLY_HELO),
    "M": int(Step.NO_REPLY_MAIL),
    "R": int(Step.NO_REPLY_RCPT),
    "T": int(Step.NO_REPLY_DATA),
    "L": int(Step.NO_REPLY_HEADER),
    "N": int(Step.NO_REPLY_END_OF_HEADERS),
    "B": int(Step.NO_REPLY_BODY),
    "U": int(Step.NO_REPLY_UNKNOWN),
}
_SILENT = frozenset("DAQK")
_LEADING_SPACE = int(Step.LEADING_SPACE)
_SKIP = int(Step.SKIP)
_NOTHING = Options(Action(0), Step(0))
_meet = lru_cache(16)(Options.meet)  # a server offers the same on every connection


class Connection:
    """The milter's side of one connection."""

    def __init__(self, wanted: Options, *, packet_max: int = PACKET_MAX) -> None:
        """Begin.

        Args:
            wanted: what is asked for in the negotiation.
            packet_max: octets that a packet may have behind its length.
        """
        self.options = _NOTHING
        self._steps = 0  # those of the options as a plain number, which is looked at often
        self._wanted = wanted
        self._packet_max = packet_max
        self._buffer = bytearray()
        self._state = _State.START
        self._last = ""

    @property
    def held_bytes(self) -> int:
        """What was received and not read yet."""
        return len(self._buffer)

    @property
    def is_between_messages(self) -> bool:
        """Whether closing the connection now costs no message its milter."""
        return self._state <= _State.CONNECTED

    @property
    def may_edit(self) -> bool:
        """Whether the server lets us rewrite messages."""
        return self.options.actions & EDITING == EDITING

    def receive(self, octets: bytes | memoryview) -> None:
        """Take what the network gave."""
        if self._state is not _State.CLOSED:
            self._buffer += octets

    def next_event(self) -> Event | None:
        """Return the next event; None where there is none yet, or an answer is due.

        At the end of a message the answer comes first, and may take its time.

        A packet that cannot be understood, is too long or comes out of order is `Broken`; nothing
        is read after it.
        """
        if self._state in (_State.END, _State.CLOSED) or len(self._buffer) < 4:
            return None
        length = int.from_bytes(self._buffer[:4], "big")
        if not 0 < length <= self._packet_max:
            return self._break(f"a packet of {length} octets")
        if len(self._buffer) < 4 + length:
            return None
        letter = chr(self._buffer[4])
        content = bytes(self._buffer[5 : 4 + length])
        del self._buffer[: 4 + length]
        try:
            return self._step(letter, content)
        except ProtocolError as error:
            return self._break(str(error))

    def proceed(self) -> bytes:
        """Answer the last event: go on; empty where no answer is due."""
        if self._last == "O":
            return write_options(self.options)
        if self._last == "E":
            return self.finish(())
        silent = self._last in _SILENT or self._steps & _UNANSWERED[self._last]
        return b"" if silent else CONTINUE

    def accept(self) -> bytes:
        """Answer the last event: this message passes, and nothing more of it is wanted.

        Where the server takes no reply to this step, it goes on.
        """
        answer = self.proceed()
        if not answer or self._state < _State.MAIL:
            return answer
        self._state = _State.CONNECTED
        return ACCEPT

    def skip_body(self) -> bytes:
        """Answer a piece of the body: no more of it is wanted."""
        answer = self.proceed()
        return SKIP if answer and self._steps & _SKIP else answer

    def finish(self, edits: Iterable[Edit]) -> bytes:
        """Answer the end of a message: it passes, with these edits.

        Raises:
            RuntimeError: it is not the time for edits, or the server does not allow them.
            ValueError: a header field in them cannot be sent.
        """
        edits = tuple(edits)
        if self._state is not _State.END or (edits and not self.may_edit):
            raise RuntimeError("the server takes no edits now")
        spaced = bool(self._steps & _LEADING_SPACE)
        packets = [write_edit(edit, with_leading_space=spaced) for edit in edits]
        self._state = _State.CONNECTED
        return b"".join(packets) + CONTINUE

    def progress(self) -> bytes:
        """Ask for patience while the end of a message is not answered."""
        return PROGRESS if self._state is _State.END else b""

    def _step(self, letter: str, content: bytes) -> Event:
        event = parse_command(letter, content)
        earliest, latest, after = _ORDER[letter]
        if not earliest <= self._state <= latest:
            raise ProtocolError(f"{type(event).__name__} out of order")
        if isinstance(event, Negotiate):
            if event.version < OLDEST_VERSION:
                raise ProtocolError(f"protocol version {event.version}")
            self.options = _meet(self._wanted, event.version, event.actions, event.steps)
            self._steps = int(self.options.steps)
        elif isinstance(event, Header) and not self._steps & _LEADING_SPACE:
            event = Header(event.name, b" " + event.value)
        elif isinstance(event, Abort):
            after = min(self._state, _State.CONNECTED)
        elif isinstance(event, Quit):
            self._buffer.clear()
        self._last = letter
        if after is not None:
            self._state = after
        return event

    def _break(self, reason: str) -> Broken:
        self._state = _State.CLOSED
        self._buffer.clear()
        return Broken(reason)
