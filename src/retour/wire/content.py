"""The content of a message on the wire: counted, not kept (RFC 5321 §4.5.2, RFC 3030)."""

import re

_HEAD_MAX = 65_536
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>\r\n]{1,990}>)", re.I | re.M)


class Content:
    """Counts a message's octets and finds its Message-ID.

    Attributes:
        size: octets of the message so far, without dot-stuffing and without the final dot.
        is_whole: False once a part of it was missing.
        message_id: found once the header block is complete.
    """

    def __init__(self) -> None:
        self.size = 0
        self.is_whole = True
        self.message_id: str | None = None
        # As after a line end: a dot may come first. Only DATA looks at it.
        self._tail = b"\r\n"
        self._head: bytearray | None = bytearray()

    @property
    def held(self) -> int:
        """Octets that are kept for the time being."""
        return len(self._head) if self._head is not None else 0

    def take_dotted(self, data: bytes) -> int | None:
        """Take octets that follow DATA.

        Returns:
            How many of them belong to the content and its final dot; None: all, and it goes on.
        """
        window = self._tail + data
        before = len(self._tail)
        found = window.find(b"\r\n.\r\n")
        end = len(window) if found < 0 else found + 2
        self.size += end - before
        # Of a stuffed line's start only what ends in the new octets: the rest was counted before.
        self.size -= window.count(b"\r\n.", max(before - 2, 0), end)
        if 0 <= found < before - 2:
            self.size += 1  # the final dot came alone before and was taken for a stuffed one
        self._keep(window[before:end])
        if found >= 0:
            self.finish()
            return found + 5 - before
        self._tail = window[-4:]
        return None

    def take_chunk(self, data: bytes) -> None:
        """Take octets of a BDAT chunk."""
        self.size += len(data)
        self._keep(data)

    def lose(self) -> None:
        """Take note that octets are missing."""
        self.is_whole = False
        self._tail = b""
        self.finish()

    def finish(self) -> None:
        """Read the header block as far as it came."""
        if self._head is not None:
            block = bytes(self._head).partition(b"\r\n\r\n")[0]
            self._head = None
            if found := _MESSAGE_ID.search(block):
                self.message_id = found[1].decode("utf-8", "replace")

    def _keep(self, data: bytes) -> None:
        """Keep the header block until it is complete."""
        if self._head is None:
            return
        searched = max(len(self._head) - 3, 0)
        self._head += data[: _HEAD_MAX - len(self._head)]
        if len(self._head) >= _HEAD_MAX or self._head.find(b"\r\n\r\n", searched) >= 0:
            self.finish()
