"""Which messages came lately: one small table that all workers share.

A message is known by its Message-ID and a recipient. It is noted when its header is complete, not
when it is accepted: the second copy of a slow transmission comes, and ends, before the first
(RFC 1047). Of each only a hash of 64 bits and the time are kept.
"""

import mmap
import struct
from collections.abc import Iterable
from hashlib import blake2b

_ENTRY = struct.Struct("<QI")
_BUCKET = 4
"""Entries among which a new one takes the place of the oldest."""


class Recent:
    """A table in memory that processes share which are forked afterwards.

    Nothing locks it: where two processes write one entry in the same moment, a body is read that
    nobody needed, or one is not; no mail depends on it.
    """

    def __init__(self, window_s: int, buckets: int = 65_536) -> None:
        """Begin.

        Args:
            window_s: how long a message is remembered.
            buckets: of four entries each; with more messages in the window the oldest go first.
        """
        self.window_s = window_s
        self._buckets = buckets
        self._table = mmap.mmap(-1, buckets * _BUCKET * _ENTRY.size)

    def note(self, message_id: bytes, recipients: Iterable[str], now_s: int) -> bool:
        """Note a message; tell whether one of its recipients had it within the window.

        Args:
            message_id: as it stands in the field; without one a message has no name, and repeats
                nothing.
            recipients: of the envelope.
            now_s: seconds since 1970.
        """
        if not message_id or not self.window_s:
            return False
        # A list, not a generator: all of them have to be noted.
        found = [self._note(message_id, recipient, now_s) for recipient in recipients]
        return any(found)

    def _note(self, message_id: bytes, recipient: str, now_s: int) -> bool:
        name = message_id + b"\0" + recipient.lower().encode("utf-8", "surrogateescape")
        key = int.from_bytes(blake2b(name, digest_size=8).digest(), "little")
        start = key % self._buckets * _BUCKET * _ENTRY.size
        oldest, oldest_s = start, 1 << 32
        for place in range(start, start + _BUCKET * _ENTRY.size, _ENTRY.size):
            known, at_s = _ENTRY.unpack_from(self._table, place)
            if known == key and at_s:
                _ENTRY.pack_into(self._table, place, key, now_s)
                return bool(now_s - at_s <= self.window_s)
            if at_s < oldest_s:
                oldest, oldest_s = place, at_s
        _ENTRY.pack_into(self._table, oldest, key, now_s)
        return False
