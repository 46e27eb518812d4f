"""The compound file (MS-CFB) that an Outlook ``.msg`` is, opened with bounds.

The container is read by olefile. It trusts the counts and sizes that a file declares, so they are
held against the file's real size before it sees them, and again before a stream is read.
"""

import io
import struct
from typing import Any

from retour.ingest.item import UnreadableError

MAX_ENTRIES = 20_000
"""Streams and storages of one file; a message with 1,000 recipients has about 15,000."""

_MAX_REGULAR_SECTOR = 0xFFFFFFFA  # MS-CFB §2.1


class Storage:
    """A directory of a compound file: streams and further storages by lower-case name."""

    def __init__(self, file: Any, entry: Any) -> None:
        self._file = file
        self._entry = entry

    def names(self) -> list[str]:
        """List what it holds, lower case, in the file's order."""
        return list(self._entry.kids_dict)

    def read(self, name: str) -> bytes | None:
        """Read a stream; None where there is none, where it is damaged or past the bounds."""
        entry = self._entry.kids_dict.get(name)
        if entry is None or entry.entry_type != 2 or entry.size > self._file.left:
            return None
        self._file.left -= entry.size
        try:
            # Not by path: olefile searches every name of every storage on the way.
            stream: bytes = self._file._open(entry.isectStart, entry.size).read()
        except Exception:  # damaged: as good as not there; for the breadth see open_compound
            return None
        return stream

    def open(self, name: str) -> "Storage | None":
        """Open a storage inside this one."""
        entry = self._entry.kids_dict.get(name)
        if entry is None or entry.entry_type != 1:
            return None
        return Storage(self._file, entry)


def open_compound(data: bytes) -> Storage:
    """Open a compound file's root storage.

    Raises:
        UnreadableError: the extra is not installed, or the container is damaged beyond use.
    """
    try:
        import olefile  # noqa: PLC0415 - an extra
    except ImportError:
        raise UnreadableError(
            "Outlook files need the extra 'outlook': pip install 'retour[outlook]'."
        ) from None
    _check_header(data)

    class BoundedFile(olefile.OleFileIO):  # type: ignore[misc]
        """Counts entries in place of olefile's search for doubles, which takes quadratic time."""

        # Streams may claim each other's sectors; honest ones together are no longer than the file,
        # and none is asked for more than a few times.
        left = 4 * len(data)
        entries = 0

        def _load_direntry(self, sid: int) -> Any:
            self.entries += 1
            if self.entries > MAX_ENTRIES:
                raise UnreadableError("The Outlook file has too many entries.")
            return super()._load_direntry(sid)

        def _check_duplicate_stream(self, first_sect: int, minifat: bool = False) -> None:
            pass

    try:
        file = BoundedFile(io.BytesIO(data))
        if file.root is None or file.root.size > len(data):
            raise UnreadableError("The Outlook file is damaged.")
    except UnreadableError:
        raise
    except Exception as error:
        # What olefile raises on damaged files is not a closed set (struct.error, IndexError,
        # RecursionError, OverflowError ... beside its own), and here it can mean nothing else.
        raise UnreadableError("The Outlook file is damaged.") from error
    return Storage(file, file.root)


def _check_header(data: bytes) -> None:
    """Hold the sector counts that the header declares against the file's size (MS-CFB §2.2)."""
    if len(data) < 512:
        raise UnreadableError("The Outlook file is cut short.")
    shift, mini_shift = struct.unpack_from("<2H", data, 30)
    fat, _, _, _, _, mini_fat, _, difat = struct.unpack_from("<8I", data, 44)
    sectors = len(data) // 512 + 1
    if (shift, mini_shift) not in ((9, 6), (12, 6)) or max(fat, mini_fat, difat) > min(
        sectors, _MAX_REGULAR_SECTOR
    ):
        raise UnreadableError("The Outlook file is damaged.")
