"""What the milter wants of one connection: as little as the task allows.

Ordinary messages are let go at MAIL where nothing is recorded; where they are, at the end of the
header, unless the same message came before: Postfix and Sendmail tell a header when the final dot
was there, so that no more can be learned of it but its body. Messages with a null sender are read
whole; where nothing is recorded, only until envelope or header show that they stay as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from retour.gateway.milter.command import (
    Abort,
    Body,
    Connect,
    EndOfHeaders,
    EndOfMessage,
    Event,
    Header,
    Helo,
    Macros,
    Mail,
    QuitForNext,
    Rcpt,
)
from retour.gateway.milter.message import Message, Peer, read_macro, strip_brackets
from retour.gateway.milter.options import EDITING, Action, Options, Stage, Step
from retour.gateway.milter.protocol import Connection
from retour.gateway.rewriting import (
    Envelope,
    Policy,
    Reason,
    screen_envelope,
    screen_header,
)
from retour.wire.header import BLOCK_MAX, FIELDS_MAX

_NONE = ("{none}",)
"""No server knows this macro; an empty list would stand for the server's own choice."""
_MACROS = (
    (Stage.CONNECT, ("j",)),
    (Stage.HELO, ("{tls_version}",)),
    (Stage.MAIL, ("i",)),
    (Stage.RCPT, _NONE),
    (Stage.DATA, ("i",)),
    (Stage.END_OF_HEADERS, _NONE),  # Postfix sends these with every field of the header
    (Stage.END_OF_MESSAGE, ("i",)),
)

REWRITING = Options(
    actions=EDITING | Action.SET_MACROS,
    steps=Step.NO_HELO
    | Step.NO_REPLY_CONNECT
    | Step.NO_REPLY_RCPT
    | Step.NO_REPLY_HEADER
    | Step.NO_REPLY_BODY
    | Step.NO_REPLY_DATA
    | Step.NO_UNKNOWN
    | Step.LEADING_SPACE,
    macros=_MACROS,
)
"""MAIL is answered, and the end of the header of a message with a null sender."""

RECORDING = Options(
    actions=REWRITING.actions,
    steps=REWRITING.steps & ~Step.NO_HELO | Step.NO_REPLY_HELO | Step.NO_REPLY_MAIL,
    macros=_MACROS,
)
"""The end of the header is answered."""

_COST = 300
"""Octets that a value costs beside its own, about."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A message that is let through as it is.

    Attributes:
        message: as far as it was read.
        reason: why; None: it has a sender, so it is no report.
    """

    message: Message
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Due:
    """A message with a null sender, whole; nothing is answered yet."""

    message: Message
    envelope: Envelope


Outcome = Passed | Due
Note = Callable[[Message], bool]
"""Notes a message whose header is complete; tells whether it came before."""


class Session:
    """Reads the messages of one connection."""

    def __init__(
        self,
        connection: Connection,
        policy: Policy,
        *,
        note: Note | None,
        report: Callable[[Outcome], None],
    ) -> None:
        """Begin.

        Args:
            connection: what the events come from.
            policy: the operator's.
            note: hears of each message whose header is complete; None: nothing is recorded, and
                only messages with a null sender are read.
            report: is told what became of each message that came to its end or was let go.
        """
        self._connection = connection
        self._policy = policy
        self._note_message = note
        self._is_recording = note is not None
        self._report = report
        self._peer = Peer()
        self._macros: dict[str, str] = {}
        self._message: Message | None = None
        self._reason: Reason | None = None

    @property
    def held_bytes(self) -> int:
        """What this session keeps of a message, about."""
        return 0 if self._message is None else self._message.kept_bytes

    def handle(self, event: Event) -> bytes:
        """Take an event and return the answer; empty where none is due, or it is `Due`."""
        match event:
            case Macros():
                return self._take_macros(event.values)
            case Header() | Body():
                return self._read(event)
            case Mail():
                return self._begin(event)
            case EndOfHeaders():
                return self._end_header()
            case EndOfMessage(octets):
                return self._end(octets)
            case _:
                self._note(event)
                return self._connection.proceed()

    def _take_macros(self, values: Mapping[str, str]) -> bytes:
        """Keep what the server knows beside the next command; it waits for no answer."""
        if values:
            self._macros.update(values)
            if self._message is not None:
                self._message.macros.update(values)
                self._message.kept_bytes += _COST
        return b""

    def _note(self, event: Event) -> None:
        """Keep what stands around a message."""
        message = self._message
        match event:
            case Rcpt(path) if message is not None:
                message.recipients.append(strip_brackets(path))
                message.kept_bytes += len(path) + _COST
            case Connect():
                self._peer = Peer(event, system=self._macros.get("j", ""))
            case Helo(name):
                tls = read_macro(self._macros, "tls_version")
                self._peer = Peer(self._peer.connect, name, self._peer.system, tls)
            case Abort():
                self._message = None
            case QuitForNext():
                self._message, self._peer, self._macros = None, Peer(), {}

    def _begin(self, mail: Mail) -> bytes:
        macros, self._macros = self._macros, {}
        message = Message(self._peer, mail, strip_brackets(mail.path), macros)
        self._reason = None
        if self._is_recording or not message.mail_from:
            self._message = message
            return self._connection.proceed()
        return self._let_go(message)

    def _let_go(self, message: Message) -> bytes:
        """Let a message through before its end."""
        self._message = None
        self._report(Passed(message, self._reason))
        return self._connection.accept()

    def _read(self, event: Header | Body) -> bytes:
        message = self._message
        if message is None:  # let go, by a server that takes no answer before the end
            return self._connection.proceed()
        if isinstance(event, Header):
            size = len(event.name) + len(event.value) + 3
            message.size_bytes += size
            if message.size_bytes > BLOCK_MAX or len(message.fields) >= FIELDS_MAX // 2:
                message.is_too_large = True
            else:
                message.fields.append(event)
                message.kept_bytes += size + _COST
            return self._connection.proceed()
        if self._is_read(message):
            self._keep_body(message, event.octets)
        return self._connection.proceed()

    def _keep_body(self, message: Message, octets: bytes) -> None:
        message.size_bytes += len(octets)
        if message.is_too_large or message.size_bytes > self._policy.size_max_bytes:
            message.is_too_large = True
            message.kept_bytes -= len(message.body)
            message.body.clear()
        else:
            message.body += octets
            message.kept_bytes += len(octets)

    def _is_ordinary(self, message: Message) -> bool:
        """Tell whether nothing is decided about the message."""
        return bool(message.mail_from) or self._reason is not None

    def _is_read(self, message: Message) -> bool:
        """Tell whether somebody needs the message's body."""
        if message.is_too_large:
            return False
        recorded = self._is_recording and (message.is_repeated or not message.mail_from)
        return recorded or not self._is_ordinary(message)

    def _end_header(self) -> bytes:
        message = self._message
        if message is None:
            return self._connection.proceed()
        if self._note_message is not None:
            message.is_repeated = self._note_message(message)
        if message.mail_from:
            is_whole = message.is_repeated
        else:
            self._screen(message)
            is_whole = self._reason is None or self._is_recording
        return self._connection.proceed() if is_whole else self._let_go(message)

    def _screen(self, message: Message) -> None:
        """Find out what speaks against a rewriting before the body is there."""
        message.is_screened = True
        if message.is_too_large:
            self._reason = "too-large"
            return
        self._reason = screen_envelope(_envelope(message), self._policy) or screen_header(
            message.header(), self._policy
        )

    def _end(self, octets: bytes) -> bytes:
        message, self._message = self._message, None
        if message is None:
            return self._connection.proceed()
        if not message.mail_from and not message.is_screened:
            self._screen(message)
        if self._is_read(message):
            self._keep_body(message, octets)
            message.is_body_read = not message.is_too_large
        if message.is_too_large and not message.mail_from:
            self._reason = self._reason or "too-large"
        if self._is_ordinary(message):
            self._report(Passed(message, self._reason))
            return self._connection.proceed()
        self._report(Due(message, _envelope(message)))
        return b""


def _envelope(message: Message) -> Envelope:
    return Envelope(tuple(message.recipients), message.is_own)
