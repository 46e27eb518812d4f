"""One connection of the milter protocol, without any I/O.

Bytes go in by `Connection.receive`; `Connection.next_event` gives one event at a time; each event
is answered by one of the methods that return bytes, and only then is the next one read. So it makes
no difference how the bytes were cut, nor how many commands a server sends without waiting.
"""

import struct
from collections.abc import Iterable
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
    Edit,
    write_edit,
    write_options,
)

PACKET_MAX = 1_048_577
"""Octets behind the length: the largest that any server is known to send (``SMFIP_MDS_1M``)."""


# How far the dialogue has come; within a message, later commands are larger. Plain numbers: they
# are looked at for every packet.
(
    _START,
    _NEGOTIATED,
    _CONNECTED,
    _MAIL,
    _RCPT,
    _DATA,
    _HEADERS,
    _END_OF_HEADERS,
    _BODY,
    _END,
    _CLOSED,
) = range(11)

# Command: the earliest and the latest state in which it may come, the state behind it (None: the
# same), and the option by which it gets no reply (0: always one). Steps between may be missing:
# servers leave out what nobody wants.
_ALWAYS_SILENT = 1 << 32  # no option: servers expect no reply to these
_ORDER: dict[int, tuple[int, int, int | None, int]] = {
    ord(letter): (earliest, latest, after, int(silenced_by))
    for letter, earliest, latest, after, silenced_by in (
        ("O", _START, _START, _NEGOTIATED, 0),
        ("D", _NEGOTIATED, _BODY, None, _ALWAYS_SILENT),
        ("C", _NEGOTIATED, _NEGOTIATED, _CONNECTED, Step.NO_REPLY_CONNECT),
        ("H", _NEGOTIATED, _CONNECTED, _CONNECTED, Step.NO_REPLY_HELO),
        ("M", _NEGOTIATED, _CONNECTED, _MAIL, Step.NO_REPLY_MAIL),
        ("R", _MAIL, _RCPT, _RCPT, Step.NO_REPLY_RCPT),
        ("T", _MAIL, _RCPT, _DATA, Step.NO_REPLY_DATA),
        ("L", _MAIL, _HEADERS, _HEADERS, Step.NO_REPLY_HEADER),
        ("N", _MAIL, _HEADERS, _END_OF_HEADERS, Step.NO_REPLY_END_OF_HEADERS),
        ("B", _MAIL, _BODY, _BODY, Step.NO_REPLY_BODY),
        ("E", _MAIL, _BODY, _END, 0),
        ("A", _NEGOTIATED, _BODY, None, _ALWAYS_SILENT),
        ("U", _NEGOTIATED, _BODY, None, Step.NO_REPLY_UNKNOWN),
        ("Q", _START, _BODY, _CLOSED, _ALWAYS_SILENT),
        ("K", _NEGOTIATED, _BODY, _NEGOTIATED, _ALWAYS_SILENT),
    )
}
_ACTING = frozenset(b"OLAQ")
_LENGTH = struct.Struct("!I")
_LEADING_SPACE = int(Step.LEADING_SPACE)
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
        # Those of the options as plain numbers, which are looked at often.
        self._steps = 0
        self._silent = _ALWAYS_SILENT
        self._wanted = wanted
        self._packet_max = packet_max
        self._buffer = bytearray()
        self._state = _START
        self._answer = b""  # to the last event, where nothing else is said

    @property
    def held_bytes(self) -> int:
        """What was received and not read yet."""
        return len(self._buffer)

    @property
    def is_between_messages(self) -> bool:
        """Whether closing the connection now costs no message its milter."""
        return self._state <= _CONNECTED

    @property
    def is_over(self) -> bool:
        """Whether the last event was the last one of all."""
        return self._state == _CLOSED

    @property
    def may_edit(self) -> bool:
        """Whether the server lets us rewrite messages."""
        return self.options.actions & EDITING == EDITING

    def receive(self, octets: bytes | memoryview) -> None:
        """Take what the network gave."""
        if self._state != _CLOSED:
            self._buffer += octets

    def next_event(self) -> Event | None:
        """Return the next event; None where there is none yet, or an answer is due.

        At the end of a message the answer comes first, and may take its time.

        A packet that cannot be understood, is too long or comes out of order is `Broken`; nothing
        is read after it.
        """
        buffer = self._buffer
        if len(buffer) < 4 or self._state >= _END:
            return None
        (length,) = _LENGTH.unpack_from(buffer)
        if not 0 < length <= self._packet_max:
            return self._break(f"a packet of {length} octets")
        end = 4 + length
        if len(buffer) < end:
            return None
        letter, content = buffer[4], bytes(buffer[5:end])
        del buffer[:end]
        try:
            event = parse_command(letter, content)
            earliest, latest, after, silenced_by = _ORDER[letter]
            if not earliest <= self._state <= latest:
                raise ProtocolError(f"{type(event).__name__} out of order")
            if after is not None:
                self._state = after
            self._answer = b"" if silenced_by & self._silent else CONTINUE
            return self._act(event) if letter in _ACTING else event
        except ProtocolError as error:
            return self._break(str(error))

    def proceed(self) -> bytes:
        """Answer the last event: go on; empty where no answer is due."""
        return self.finish(()) if self._state == _END else self._answer

    def accept(self) -> bytes:
        """Answer the last event: this message passes, and nothing more of it is wanted.

        Where the server takes no reply to this step, it goes on.
        """
        answer = self.proceed()
        if not answer or self._state < _MAIL:
            return answer
        self._state = _CONNECTED
        return ACCEPT

    def finish(self, edits: Iterable[Edit]) -> bytes:
        """Answer the end of a message: it passes, with these edits.

        Raises:
            RuntimeError: it is not the time for edits, or the server does not allow them.
            ValueError: a header field in them cannot be sent.
        """
        edits = tuple(edits)
        if self._state != _END or (edits and not self.may_edit):
            raise RuntimeError("the server takes no edits now")
        spaced = bool(self._steps & _LEADING_SPACE)
        packets = [write_edit(edit, with_leading_space=spaced) for edit in edits]
        self._state = _CONNECTED
        return b"".join(packets) + CONTINUE

    def progress(self) -> bytes:
        """Ask for patience while the end of a message is not answered."""
        return PROGRESS if self._state == _END else b""

    def _act(self, event: Event) -> Event:
        """Do what an event means to the dialogue itself."""
        match event:
            case Header(name, value) if not self._steps & _LEADING_SPACE:
                return Header(name, b" " + value)
            case Negotiate():
                self._negotiate(event)
            case Abort():
                self._state = min(self._state, _CONNECTED)
            case Quit():
                self._buffer.clear()
        return event

    def _negotiate(self, offer: Negotiate) -> None:
        if offer.version < OLDEST_VERSION:
            raise ProtocolError(f"protocol version {offer.version}")
        self.options = _meet(self._wanted, offer.version, offer.actions, offer.steps)
        self._steps = int(self.options.steps)
        self._silent = self._steps | _ALWAYS_SILENT
        self._answer = write_options(self.options)

    def _break(self, reason: str) -> Broken:
        self._state = _CLOSED
        self._buffer.clear()
        return Broken(reason)
