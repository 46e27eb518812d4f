"""What a mail server sends a milter: packets (``SMFIC_*``) to events.

A packet is a length of four octets in network order, a letter, and what belongs to it. Text in it
ends with NUL; header values and bodies are octets as they are.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple


class ProtocolError(ValueError):
    """A packet that is none; one short sentence."""


@dataclass(frozen=True, slots=True)
class Negotiate:
    """The server's offer."""

    version: int
    actions: int
    steps: int


class Macros(NamedTuple):
    """What the server knows beside the next command; many in a message, so a cheap kind of value.

    Attributes:
        command: the letter of that command.
        values: by name, braces included where a name has several letters.
    """

    command: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Connect:
    """Who connected.

    Attributes:
        host: name, or the address in brackets.
        family: ``4``, ``6``, ``L`` (a Unix socket) or ``U`` (unknown).
        port: 0 where there is none.
        address: IP address, or path.
    """

    host: str
    family: Literal["4", "6", "L", "U"]
    port: int = 0
    address: str = ""


@dataclass(frozen=True, slots=True)
class Helo:
    """The name that the peer gave itself."""

    name: str


@dataclass(frozen=True, slots=True)
class Mail:
    """MAIL FROM: the reverse-path as it was written, and ESMTP parameters."""

    path: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rcpt:
    """RCPT TO: a forward-path as it was written, and ESMTP parameters."""

    path: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Data:
    """DATA was accepted."""


class Header(NamedTuple):
    """One header field; ``value`` is all behind the colon, folded lines with LF."""

    name: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class EndOfHeaders:
    """The header is complete."""


@dataclass(frozen=True, slots=True)
class Body:
    """A piece of the body, with CRLF."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class EndOfMessage:
    """The final dot was there; with a last piece of the body, mostly empty."""

    octets: bytes = b""


@dataclass(frozen=True, slots=True)
class Abort:
    """This message comes to nothing; the connection stays."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An SMTP command that the server does not know."""

    line: str


@dataclass(frozen=True, slots=True)
class Quit:
    """The server closes the connection."""


@dataclass(frozen=True, slots=True)
class QuitForNext:
    """Another SMTP client follows on the same connection."""


@dataclass(frozen=True, slots=True)
class Broken:
    """No further packet can be understood; the connection has to be closed."""

    reason: str


Event = (
    Negotiate
    | Macros
    | Connect
    | Helo
    | Mail
    | Rcpt
    | Data
    | Header
    | EndOfHeaders
    | Body
    | EndOfMessage
    | Abort
    | Unknown
    | Quit
    | QuitForNext
    | Broken
)


def parse_command(letter: int, content: bytes) -> Event:
    """Parse one packet.

    Args:
        letter: what stands behind the length.
        content: the rest.

    Raises:
        ProtocolError: there is no such command, or its content has another form.
    """
    parse = _PARSERS.get(letter)
    if parse is None:
        raise ProtocolError(f"there is no command {chr(letter)!r}")
    return parse(content)


def _strings(content: bytes) -> list[bytes]:
    """Split octets that end with NUL each."""
    if not content.endswith(b"\0"):
        raise ProtocolError("a text has no end")
    return content[:-1].split(b"\0")


def _text(octets: bytes) -> str:
    # SMTPUTF8 (RFC 6531) is UTF-8; whatever else there is must come back as it was.
    return octets.decode("utf-8", "surrogateescape")


def _texts(content: bytes) -> list[str]:
    """Split texts that end with NUL each."""
    *texts, rest = _text(content).split("\0")
    if rest or not texts:
        raise ProtocolError("a text has no end")
    return texts


def _parse_negotiate(content: bytes) -> Negotiate:
    if len(content) < 12:
        raise ProtocolError("the offer is too short")
    return Negotiate(*struct.unpack_from("!III", content))


def _parse_macros(content: bytes) -> Macros:
    if len(content) < 2:
        return _no_macros(content)
    texts = _texts(content[1:])
    if len(texts) % 2:
        raise ProtocolError("a macro has no value")
    return Macros(chr(content[0]), dict(zip(texts[::2], texts[1::2], strict=True)))


@lru_cache  # most packets of macros are empty ones
def _no_macros(content: bytes) -> Macros:
    if not content:
        raise ProtocolError("macros belong to no command")
    return Macros(content.decode("latin-1"), {})


def _parse_connect(content: bytes) -> Connect:
    host, found, rest = content.partition(b"\0")
    family = rest[:1]
    if not found or family not in (b"4", b"6", b"L", b"U"):
        raise ProtocolError("the peer's address has no known family")
    name = _text(host)
    if family == b"U":
        return Connect(name, "U")
    if len(rest) < 4:
        raise ProtocolError("the peer's address is cut")
    addresses = _texts(rest[3:])
    if len(addresses) != 1:
        raise ProtocolError("the peer has several addresses")
    port = int.from_bytes(rest[1:3], "big")
    kind: Literal["4", "6", "L"] = "4" if family == b"4" else "6" if family == b"6" else "L"
    return Connect(name, kind, port, addresses[0])


def _parse_one(content: bytes) -> str:
    texts = _texts(content)
    if len(texts) != 1:
        raise ProtocolError("there is a second text where one is due")
    return texts[0]


def _parse_helo(content: bytes) -> Helo:
    return Helo(_parse_one(content))


def _parse_unknown(content: bytes) -> Unknown:
    return Unknown(_parse_one(content))


def _parse_mail(content: bytes) -> Mail:
    path, *parameters = _texts(content)
    return Mail(path, tuple(parameters))


def _parse_rcpt(content: bytes) -> Rcpt:
    path, *parameters = _texts(content)
    return Rcpt(path, tuple(parameters))


def _parse_header(content: bytes) -> Header:
    texts = _strings(content)
    if len(texts) != 2 or not texts[0]:
        raise ProtocolError("a header field has not one name and one value")
    return Header(texts[0], texts[1])


def _bare(event: Event) -> Callable[[bytes], Event]:
    def parse(content: bytes) -> Event:
        if content:
            raise ProtocolError(f"{type(event).__name__} has content")
        return event

    return parse


_PARSERS: Mapping[int, Callable[[bytes], Event]] = {
    ord("O"): _parse_negotiate,
    ord("D"): _parse_macros,
    ord("C"): _parse_connect,
    ord("H"): _parse_helo,
    ord("M"): _parse_mail,
    ord("R"): _parse_rcpt,
    ord("T"): _bare(Data()),
    ord("L"): _parse_header,
    ord("N"): _bare(EndOfHeaders()),
    ord("B"): Body,
    ord("E"): EndOfMessage,
    ord("A"): _bare(Abort()),
    ord("U"): _parse_unknown,
    ord("Q"): _bare(Quit()),
    ord("K"): _bare(QuitForNext()),
}
