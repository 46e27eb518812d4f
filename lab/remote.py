"""A program that plays a mail server: it takes mail, or answers as a scenario wants."""

import socketserver
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from fnmatch import fnmatch
from io import BufferedIOBase

Replies = Mapping[str, str | Mapping[str, str]]
"""What is said at ``connect``, ``mail``, ``rcpt``, ``data``, ``end`` (of the data), if not yes.

A reply (its lines are parted by newlines), or replies by pattern of the recipient's local part.
``drop`` ends the connection without a word. ``keywords`` are what EHLO offers, ``again`` is said at
the end of a message that was taken before, and ``wait_s`` seconds pass before each of these."""

_KEYWORDS = "PIPELINING\n8BITMIME\nDSN\nENHANCEDSTATUSCODES"
_YES = {
    "connect": "220 ready",
    "mail": "250 2.1.0 ok",
    "rcpt": "250 2.1.5 ok",
    "data": "354 go on",
    "end": "250 2.0.0 taken",
    "again": "250 2.0.0 taken",
    "quit": "221 2.0.0 bye",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """One mail that was taken, as the envelope and the bytes were."""

    sender: str
    recipients: tuple[str, ...]
    mail: bytes
    message_id: str | None


class Remote:
    """One such server, until the process ends."""

    def __init__(self, address: str, name: str, replies: Replies | None = None) -> None:
        """Listen on port 25 of an address, under a host name."""
        self.name, self._replies = name, replies or {}
        self._wait_s = float(str(self._replies.get("wait_s", 0)))
        self._taken: list[Taken] = []
        remote = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                remote.converse(self.rfile, self.wfile)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        socketserver.ThreadingTCPServer.daemon_threads = True
        socketserver.ThreadingTCPServer.request_queue_size = 64
        self._server = socketserver.ThreadingTCPServer((address, 25), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def taken(self) -> tuple[Taken, ...]:
        """The mails taken so far, in order."""
        return tuple(self._taken)

    def find(self, recipient: str) -> list[Taken]:
        """Return the mails taken for a recipient, in order."""
        return [taken for taken in self.taken if recipient in taken.recipients]

    def converse(self, lines: BufferedIOBase, out: BufferedIOBase) -> None:
        """Hold one SMTP session."""
        try:
            for reply in self._answer(lines):
                out.write(reply.encode() + b"\r\n")
                out.flush()
        except (BrokenPipeError, ConnectionResetError):
            return

    def _answer(self, lines: BufferedIOBase) -> Iterator[str]:
        """Yield the replies to a session's commands."""
        greeting = self._say("connect")
        yield from greeting
        if not greeting or greeting[-1][0] != "2":
            return
        sender, recipients = "", list[str]()
        for line in lines:
            verb, _, argument = line.decode("utf-8", "replace").strip().partition(" ")
            step, address = verb.lower(), argument[argument.find("<") + 1 : argument.find(">")]
            replies = self._say(step, address)
            yield from replies
            if not replies or step == "quit":
                return
            accepted = replies[-1][0] in "23"
            if step == "rset" or (step == "mail" and accepted):
                sender, recipients = address, []
            elif step == "rcpt" and accepted:
                recipients.append(address)
            elif step == "data" and accepted:
                mail = _read_mail(lines)
                message_id = BytesHeaderParser().parsebytes(mail)["Message-ID"]
                taken = Taken(sender, tuple(recipients), mail, message_id)
                ended = self._say("again" if self._has(taken) else "end")
                if ended and ended[-1][0] == "2":
                    self._taken.append(taken)
                yield from ended
                if not ended:
                    return

    def _has(self, taken: Taken) -> bool:
        """Tell whether a message was taken before, by its Message-ID."""
        return any(known.message_id == taken.message_id for known in self._taken)

    def _say(self, step: str, address: str = "") -> list[str]:
        """Return the lines of the reply to a step; none where the connection is to be dropped."""
        if step == "ehlo":
            return _split(f"250 {self.name}\n{self._replies.get('keywords', _KEYWORDS)}")
        reply = self._replies.get(step, "")
        if isinstance(reply, Mapping):
            local = address.rpartition("@")[0]
            reply = next((said for pattern, said in reply.items() if fnmatch(local, pattern)), "")
        reply = reply or _YES.get(step, "250 2.0.0 ok")
        if step in self._replies:
            time.sleep(self._wait_s)
        return [] if reply == "drop" else _split(reply.replace("{address}", address))


def _split(reply: str) -> list[str]:
    """Return a reply as lines, marked where another follows (RFC 5321, 4.2.1)."""
    code, _, text = reply.partition(" ")
    *more, last = text.split("\n")
    return [*(f"{code}-{line}" for line in more), f"{code} {last}"]


def _read_mail(lines: BufferedIOBase) -> bytes:
    """Return a mail up to the final dot, unstuffed (RFC 5321, 4.5.2)."""
    mail = bytearray()
    for line in lines:
        if line == b".\r\n":
            break
        mail += line[1:] if line.startswith(b".") else line
    return bytes(mail)
