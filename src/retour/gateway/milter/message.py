"""One message as a mail server tells it to a milter, piece by piece."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from retour.gateway.milter.command import Connect, Header, Mail


@dataclass(frozen=True, slots=True)
class Peer:
    """Who brought the messages of a connection.

    Attributes:
        connect: the peer's address; None where the server told none.
        helo: the name that it gave itself.
        system: the mail server's own name (macro ``j``).
        tls: protocol version, as ``TLSv1.3``.
    """

    connect: Connect | None = None
    helo: str = ""
    system: str = ""
    tls: str = ""

    @property
    def is_internal(self) -> bool:
        """Whether the message comes from the server itself and not over SMTP.

        Postfix gives what it writes itself, and what ``sendmail``(1) brings, port 0.
        """
        connect = self.connect
        return connect is not None and connect.family in "46" and connect.port == 0


@dataclass(slots=True)
class Message:
    """What was told of one message so far.

    Attributes:
        peer: who brought it.
        mail: its MAIL command.
        mail_from: the reverse-path without angle brackets; empty: the null reverse-path.
        macros: all that came since MAIL, the last value of each.
        recipients: accepted ones, without angle brackets.
        fields: its header.
        body: its body, as far as it was kept.
        size_bytes: of what came; a skipped body is no part of it.
        kept_bytes: what keeping it costs, about.
        is_too_large: it was more than may be kept; header and body are not whole.
        is_screened: whether envelope and header have been looked at.
        is_body_read: whether the body is whole.
        is_repeated: whether one of its recipients had one with its Message-ID lately.
    """

    peer: Peer
    mail: Mail
    mail_from: str
    macros: dict[str, str] = field(default_factory=dict)
    recipients: list[str] = field(default_factory=list)
    fields: list[Header] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    size_bytes: int = 0
    kept_bytes: int = 0
    is_too_large: bool = False
    is_screened: bool = False
    is_body_read: bool = False
    is_repeated: bool = False

    @property
    def queue_id(self) -> str:
        """The message's name at the server; empty where it was not told."""
        return self.macros.get("i", "")

    @property
    def is_own(self) -> bool:
        """Whether the server itself wrote the message: it gives MAIL no brackets then."""
        return self.mail.path == "" and self.peer.is_internal

    def header(self) -> bytes:
        """Return the header with CRLF, and the empty line that ends it."""
        lines = (f.name + b":" + f.value.replace(b"\r\n", b"\n") + b"\n" for f in self.fields)
        return b"".join(lines).replace(b"\n", b"\r\n") + b"\r\n"

    def find(self, name: bytes) -> bytes:
        """Return the value of the first field of a name (small letters); empty: there is none."""
        return next((f.value.strip() for f in self.fields if f.name.lower() == name), b"")


def strip_brackets(path: str) -> str:
    """Return a path (RFC 5321 §4.1.2) without angle brackets and source route."""
    if path.startswith("<") and path.endswith(">"):
        path = path[1:-1]
    return path.partition(":")[2] if path.startswith("@") and ":" in path else path


def read_macro(macros: Mapping[str, str], name: str) -> str:
    """Return a macro's value, whether or not the server writes its name with braces."""
    return macros.get("{" + name + "}") or macros.get(name, "")
