"""An mbox as a stream of mails, in flat memory.

The format (RFC 4155, and the ``mboxrd`` quoting of qmail's mbox(5)) has no declared end of a
mail, and mails quote other mailboxes; so a ``From `` line separates only where it follows an empty
line, carries a date and is followed by a header.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

MAX_MAIL = 32 << 20
"""Bytes of one mail that are kept. Above it a mail is attachments, which say nothing here."""

CHUNK = 1 << 20
# As far as a separator line and the start of the header after it may reach.
_LOOK_AHEAD = 2048

_SEPARATOR = re.compile(
    rb"From [^\r\n]{0,900}?\d{1,2}:\d\d[^\r\n]{0,100}\r?\n(?=>?From |[!-9;-~]{1,100}[ \t]{0,10}:)"
)
_QUOTED = re.compile(rb"^>(?=>*From )", re.MULTILINE)
_YEAR = re.compile(rb"(?:19|20)\d\d\b")


def begins_mailbox(head: bytes) -> bool:
    """Tell whether a file's first bytes may begin an mbox; a second separator decides later."""
    return head.startswith(b"From ")


def split_mbox(stream: BinaryIO, head: bytes = b"") -> Iterator[tuple[bytes, int]]:
    """Cut a mailbox into its mails.

    A file with no second separator is one mail and comes out untouched, its ``From `` line
    included; otherwise the separators go and ``>From `` is unquoted once (mboxrd).

    Args:
        stream: the bytes after ``head``, read in chunks.
        head: what was already read.

    Yields:
        A mail's bytes (at most ``MAX_MAIL``) and how many more were skipped.

    Raises:
        OSError: the stream failed.
    """
    first: tuple[bytes, int] | None = None
    several = False
    for piece in _cut(stream, head):
        if first is None and not several:
            first = piece
            continue
        if first is not None:
            several = True
            yield _unwrap(first)
            first = None
        yield _unwrap(piece)
    if first is not None:
        yield first


def _cut(stream: BinaryIO, head: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the pieces between separators, separators included, each with what was skipped."""
    buffer = bytearray(head)
    searched = 1  # the file's own first line is no place to cut
    skipped = 0
    at_end = False
    while True:
        cut = _find_separator(buffer, searched, at_end)
        if cut is not None:
            yield _keep(buffer, cut, skipped)
            del buffer[:cut]
            searched, skipped = 1, 0
            continue
        if at_end:
            break
        if len(buffer) > MAX_MAIL + 2 * CHUNK:
            spare = len(buffer) - MAX_MAIL - CHUNK
            del buffer[MAX_MAIL : MAX_MAIL + spare]
            skipped += spare
        # One byte more: the line end before a separator is part of what is looked for.
        searched = max(1, len(buffer) - _LOOK_AHEAD - 1)
        chunk = stream.read(CHUNK)
        at_end = not chunk
        buffer += chunk
    if buffer or skipped:
        yield _keep(buffer, len(buffer), skipped)


def _find_separator(buffer: bytearray, start: int, at_end: bool) -> int | None:
    """Find where the next mail begins, or None; near the buffer's end only once it is the end."""
    last = len(buffer) if at_end else len(buffer) - _LOOK_AHEAD
    position = start
    while True:
        position = buffer.find(b"\nFrom ", position) + 1
        if position == 0 or position >= last:
            return None
        before = bytes(buffer[max(0, position - 3) : position])
        if before.endswith((b"\n\n", b"\n\r\n")):
            match = _SEPARATOR.match(buffer, position, position + _LOOK_AHEAD)
            if match and _YEAR.search(match[0]):
                return position


def _keep(buffer: bytearray, end: int, skipped: int) -> tuple[bytes, int]:
    """Copy one piece out, bounded."""
    kept = min(end, MAX_MAIL)
    return bytes(memoryview(buffer)[:kept]), skipped + end - kept


def _unwrap(piece: tuple[bytes, int]) -> tuple[bytes, int]:
    """Take the separator line, the quoting and the empty line before the next one off."""
    raw, skipped = piece
    raw = raw[raw.find(b"\n") + 1 :]
    if b"\n>" in raw or raw.startswith(b">"):
        raw = _QUOTED.sub(b"", raw)
    if raw.endswith(b"\r\n\r\n"):
        raw = raw[:-2]
    elif raw.endswith(b"\n\n"):
        raw = raw[:-1]
    return raw, skipped
