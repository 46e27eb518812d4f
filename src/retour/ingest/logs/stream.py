"""Log files as lines: encodings, compression, a place to go on from, growth and rotation.

The place is the offset behind the last whole line, together with a mark of the file's first line:
a file is known again by its beginning, whatever it is called by now.
"""

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK_BYTES = 1 << 20
LINE_MAX_BYTES = 1 << 22
"""A longer line is no log line; it is skipped and counted."""
_HEAD_BYTES = 1 << 16
_GZIP_MAGIC = b"\x1f\x8b"
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines of a file.

    Attributes:
        lines: whole lines in order, without line ends.
        skipped: lines that were too long to be any.
        offset: bytes behind the last of them.
    """

    lines: list[str]
    skipped: int
    offset: int


class LogStream:
    """One open log file, from its beginning or from a place on."""

    def __init__(self, file: io.BufferedIOBase, offset: int = 0) -> None:
        """Take over an open file.

        Args:
            file: at its beginning; closed by `close`. Compressed ones are unpacked.
            offset: bytes, of the unpacked file, that were read before.
        """
        self._outer = file
        head = _peek(file)
        if head.startswith(_GZIP_MAGIC):
            file = gzip.GzipFile(fileobj=file)
            head = _peek(file)
        self._file = file
        self.head = head
        """Its first bytes, unpacked; at most 64 kB."""
        self.encoding, bom = _find_encoding(head)
        self._newline = "\n".encode(self.encoding)
        self._offset = 0
        self._rest = b""
        self._skips = False
        self._advance(max(offset, bom))

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._outer.close()

    def read_blocks(self) -> Iterator[Block]:
        """Read what is there by now, whole lines only.

        Raises:
            OSError, EOFError: the file cannot be read, or its compression is damaged.
        """
        while data := self._read_some():
            yield self._cut(data)

    def read_last_line(self) -> Block | None:
        """Read the line at the end that has no line end; the offset stays in front of it."""
        if not self._rest.strip() or self._skips:
            return None
        return Block([self._decode(self._rest).rstrip("\r")], 0, self._offset)

    def _read_some(self) -> bytes:
        """Read as much as is there, at most a block; a pipe gives what it has."""
        try:
            return self._file.read1(BLOCK_BYTES)
        except zlib.error as error:
            raise OSError(str(error)) from None

    def _advance(self, offset: int) -> None:
        """Go to an offset; a compressed file is read up to it."""
        if self._file.seekable():
            self._file.seek(offset)
        else:
            self._rest = self._file.read(offset)[offset:]
        self._offset = offset

    def _cut(self, data: bytes) -> Block:
        data = self._rest + data
        end = self._find_last_end(data)
        whole, self._rest = data[:end], data[end:]
        skipped = 0
        if self._skips and whole:  # the end of a line that was too long
            start = self._find_first_end(whole)
            self._offset += start
            whole, self._skips = whole[start:], False
            skipped = 1
        if len(self._rest) > LINE_MAX_BYTES:
            self._skips = True
        self._offset += len(whole)
        if self._skips and self._rest:
            # Keep its last character: a line end may be cut in two.
            self._offset += len(self._rest) - len(self._newline)
            self._rest = self._rest[-len(self._newline) :]
        lines = [line.rstrip("\r") for line in self._decode(whole).split("\n")]
        lines.pop()  # what follows the last line end
        return Block(lines, skipped, self._offset)

    def _find_last_end(self, data: bytes) -> int:
        """Return the place behind the last line end."""
        width = len(self._newline)
        end = len(data)
        while (at := data.rfind(self._newline, 0, end)) >= 0:
            if at % width == 0:
                return at + width
            end = at + width - 1
        return 0

    def _find_first_end(self, data: bytes) -> int:
        width = len(self._newline)
        at = data.find(self._newline)
        while at % width:
            at = data.find(self._newline, at + 1)
        return at + width

    def _decode(self, data: bytes) -> str:
        return data.decode(self.encoding, "backslashreplace")


def open_log(path: str, offset: int = 0) -> LogStream:
    """Open a log file.

    Args:
        path: of a plain or gzip-compressed file.
        offset: bytes, of the unpacked file, that were read before.

    Raises:
        OSError: it cannot be opened or read.
    """
    return LogStream(Path(path).open("rb"), offset)


def mark_first_line(head: bytes) -> str:
    """Return a mark of a file's first line, ``""`` where that is not whole yet."""
    end = head.find(b"\n")
    return hashlib.sha256(head[: end + 1]).hexdigest()[:32] if end >= 0 else ""


def find_rotated(path: str, first: str) -> str | None:
    """Find what has become of a file that was rotated away.

    Args:
        path: the name it had.
        first: the mark of its first line.

    Returns:
        The path of a sibling that begins with that line, compressed or not; None where there is
        none, because it was deleted.
    """
    if not first:
        return None
    name = Path(path)
    siblings = sorted(
        name.parent.glob(f"{_escape(name.name)}*"), key=os.path.getmtime, reverse=True
    )
    for sibling in siblings:
        if sibling.name == name.name or not sibling.is_file():
            continue
        try:
            stream = open_log(str(sibling))
        except (OSError, EOFError):
            continue
        stream.close()
        if mark_first_line(stream.head) == first:
            return str(sibling)
    return None


def _escape(name: str) -> str:
    """Keep glob from seeing patterns in a name."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _peek(file: io.BufferedIOBase) -> bytes:
    """Read the head of a file and go back; a pipe keeps it for the next reading."""
    if file.seekable():
        try:
            head = file.read(_HEAD_BYTES)
        except zlib.error as error:
            raise OSError(str(error)) from None
        file.seek(0)
        return head
    if isinstance(file, io.BufferedReader):
        return file.peek(_HEAD_BYTES)[:_HEAD_BYTES]
    return b""


def _find_encoding(head: bytes) -> tuple[str, int]:
    """Return the encoding and the width of the byte order mark."""
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding, len(bom)
    pair = head[:32]  # a stamp or a column's name: ASCII, whatever comes behind
    if pair.count(0) * 3 > len(pair) > 1:  # UTF-16 without a mark: every second byte is zero
        return ("utf-16-le" if pair[1::2].count(0) > pair[::2].count(0) else "utf-16-be"), 0
    return "utf-8", 0
