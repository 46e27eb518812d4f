"""A next hop that keeps an account of what it was given."""

import asyncio
import hashlib
import re
import threading
from dataclasses import dataclass

from retour.wire.mark import join
from retour.wire.mime import parse_mime

REFUSED = b"unknown@"
"""Recipients that begin so are refused: Postfix has to write a report."""
_TRACE = (b"received:", b"return-path:", b"delivered-to:")
_QUEUE_ID = re.compile(rb"\bid ([0-9A-Za-z]+)")
_NUMBER = re.compile(rb"<(?:soak|report)-([0-9]+)@")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail as it arrived.

    Attributes:
        is_report: whether its sender was null.
        number: which of ours it is, or is about.
        queue_id: the server's name for it.
        digest: of header and body without trace fields.
        is_rewritten: whether it carries our mark.
        is_whole: whether header and body fit each other: all of our mail, or nothing of it.
    """

    is_report: bool
    number: int
    queue_id: str
    digest: bytes
    is_rewritten: bool
    is_whole: bool


def digest(raw: bytes) -> bytes:
    """Return the digest of a mail with CRLF, without the server's own trace fields."""
    header, _, body = raw.partition(b"\r\n\r\n")
    fields = re.split(rb"\r\n(?![ \t])", header)
    kept = [field for field in fields if not field.lower().startswith(_TRACE)]
    return hashlib.sha256(b"\r\n".join(kept) + b"\r\n\r\n" + body).digest()


def read(sender: bytes, raw: bytes) -> Arrived:
    """Read what arrived."""
    header, _, body = raw.partition(b"\r\n\r\n")
    numbers = _NUMBER.findall(header) or _NUMBER.findall(body)
    queue_id = _QUEUE_ID.search(header)
    is_rewritten = b"\r\nretour-analysis:" in header.lower()
    if is_rewritten:
        joined = join(parse_mime(raw.replace(b"\r\n", b"\n").decode("latin-1"))[0])
        is_whole = joined is not None and joined.is_intact
    else:
        is_whole = b"retour-" not in body.lower()
    return Arrived(
        is_report=sender == b"",
        number=int(numbers[0]) if numbers else -1,
        queue_id=queue_id[1].decode() if queue_id else "",
        digest=digest(raw),
        is_rewritten=is_rewritten,
        is_whole=is_whole,
    )


class Sink:
    """An SMTP server in a thread."""

    def __init__(self) -> None:
        self.arrived: list[tuple[bytes, bytes]] = []
        self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _run(self) -> None:
        """Serve until `close`; connections that are still open end with the loop."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stop.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = b""
        writer.write(b"220 mx.away.test ESMTP\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-mx.away.test\r\n250 8BITMIME\r\n")
            elif verb == b"RCPT" and REFUSED in line:
                writer.write(b"550 5.1.1 <unknown@away.test>: User unknown\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                raw = await reader.readuntil(b"\r\n.\r\n")
                self.arrived.append((sender, raw[:-3].replace(b"\r\n..", b"\r\n.")))
                writer.write(b"250 ok\r\n")
            else:
                if verb == b"MAIL":
                    sender = line.partition(b"<")[2].partition(b">")[0]
                writer.write(b"250 ok\r\n")
            if verb == b"QUIT":
                break
