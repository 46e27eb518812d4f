"""Paths to mails: decides by content what each input is and reads it."""

import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from retour.ingest.item import RawMail, UnreadableError, UnreadableMail
from retour.ingest.mbox import MAX_MAIL, begins_mailbox, split_mbox

STANDARD_INPUT = "-"
_CFB_MAGIC = bytes.fromhex("D0CF11E0A1B11AE1")  # MS-CFB §2.2
_HEAD = 4096
_MAILDIR = ("cur", "new", "tmp")

Item = RawMail | UnreadableMail


def open_sources(paths: Iterable[str]) -> Iterator[Item]:
    """Read every mail behind the paths, in their order.

    A path is a file (one mail, pasted text, an mbox, an Outlook ``.msg``), a Maildir, a directory
    (read recursively, names sorted, hidden ones skipped) or ``-`` for standard input.

    Args:
        paths: as a person gave them.

    Yields:
        One item a mail; an :class:`UnreadableMail` where the bytes cannot be had.
    """
    for path in paths:
        if path == STANDARD_INPUT:
            yield from _read_file(path)
        elif _is_directory(path):
            yield from _read_given_directory(path)
        else:
            yield from _read_file(path)


def measure_sources(paths: Iterable[str]) -> int | None:
    """Add up the bytes behind the paths, for a progress bar.

    Returns:
        Bytes; None where one of them cannot be known before it is read (standard input, a pipe).
    """
    total = 0
    for path in paths:
        if path == STANDARD_INPUT:
            return None
        if _is_directory(path):
            total += sum(_size(item) or 0 for item in _walk(path) if isinstance(item, str))
        elif (size := _size(path)) is None:
            return None
        else:
            total += size
    return total


def _size(path: str) -> int | None:
    """Tell a file's size; 0 where it cannot be read (the reading reports why), None for a pipe."""
    try:
        status = Path(path).stat()
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _is_directory(path: str) -> bool:
    try:
        return stat.S_ISDIR(Path(path).stat().st_mode)
    except OSError:
        return False


def _read_given_directory(path: str) -> Iterator[Item]:
    """Read a directory that a person named: an empty one is worth a word."""
    empty = True
    for found in _walk(path):
        empty = False
        if isinstance(found, UnreadableMail):
            yield found
        else:
            yield from _read_file(found, in_maildir=_is_in_maildir(found))
    if empty:
        yield UnreadableMail(path, 0, "The directory holds no mail.")


def _walk(top: str) -> Iterator[str | UnreadableMail]:
    """Find the regular files below a directory, sorted, without hidden ones and Maildir's tmp.

    Links to directories are not followed, so the walk ends.
    """
    waiting = [top]
    while waiting:
        here = waiting.pop()
        try:
            files, folders = _list(here)
        except OSError as error:
            yield UnreadableMail(here, 0, describe_error(error))
            continue
        yield from files
        waiting.extend(reversed(folders))


def _list(folder: str) -> tuple[list[str], list[str]]:
    """List a directory's visible files and its directories, each sorted."""
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    is_maildir = {entry.name for entry in entries}.issuperset(_MAILDIR)
    files, folders = [], []
    for entry in entries:
        if entry.name.startswith(".") or (is_maildir and entry.name == "tmp"):
            continue
        if entry.is_dir(follow_symlinks=False):
            folders.append(entry.path)
        elif entry.is_file() or (entry.is_symlink() and not entry.is_dir()):
            files.append(entry.path)  # a dangling link too: that it cannot be read is worth a word
    return files, folders


def _is_in_maildir(path: str) -> bool:
    """Tell whether a message file lies in a Maildir, where every file is one mail."""
    folder = Path(path).parent
    return folder.name in ("cur", "new") and all(
        _is_directory(str(folder.parent / name)) for name in _MAILDIR
    )


def open_bytes(name: str, data: bytes) -> Iterator[Item]:
    """Read every mail of a file that somebody sent.

    Args:
        name: what the mails name as their source; nothing is opened under it.
        data: what the file holds: one mail, pasted text, an mbox, an Outlook ``.msg``.

    Yields:
        As `open_sources` does.
    """
    yield from _read_all(name, nullcontext(io.BytesIO(data)), whole=False)


def _read_file(path: str, *, in_maildir: bool = False) -> Iterator[Item]:
    """Read all mails of one file, and say so in place of the rest where that fails."""
    try:
        opened = _open(path)
    except (OSError, UnreadableError) as error:
        yield UnreadableMail(path, 0, describe_error(error))
        return
    yield from _read_all(path, opened, whole=in_maildir)


def _read_all(
    source: str, opened: "AbstractContextManager[BinaryIO]", *, whole: bool
) -> Iterator[Item]:
    """Read all mails of one stream."""
    index = 0
    try:
        with opened as stream:
            for raw, skipped in _read_stream(stream, whole=whole):
                yield RawMail(source, index, raw, skipped)
                index += 1
    except (OSError, UnreadableError) as error:
        yield UnreadableMail(source, index, describe_error(error))


def _open(path: str) -> "AbstractContextManager[BinaryIO]":
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise UnreadableError("Standard input is closed.")
        return nullcontext(sys.stdin.buffer)
    return Path(path).open("rb")


def _read_stream(stream: BinaryIO, *, whole: bool) -> Iterator[tuple[bytes, int]]:
    """Decide what a stream is and give its mails, each with the count of bytes left off."""
    head = stream.read(_HEAD)
    if head.startswith(_CFB_MAGIC):
        yield _read_outlook(stream, head), 0
    elif begins_mailbox(head) and not whole:
        yield from split_mbox(stream, head)
    else:
        raw = head + stream.read(MAX_MAIL - len(head))
        yield raw, _drain(stream) if len(raw) == MAX_MAIL else 0


def _read_outlook(stream: BinaryIO, head: bytes) -> bytes:
    # Rare, and the library costs start-up time.
    from retour.ingest.outlook import MAX_FILE, convert_outlook  # noqa: PLC0415

    data = head + stream.read(MAX_FILE - len(head) + 1)
    if len(data) > MAX_FILE:
        raise UnreadableError(f"The Outlook file is larger than {MAX_FILE >> 20} MB.")
    return convert_outlook(data)


def _drain(stream: BinaryIO) -> int:
    """Read the rest away and count it."""
    count = 0
    while chunk := stream.read(1 << 20):
        count += len(chunk)
    return count


def describe_error(error: Exception) -> str:
    """Say in one sentence why bytes could not be had."""
    if isinstance(error, OSError) and error.strerror:
        return f"It cannot be read: {error.strerror[0].lower()}{error.strerror[1:]}."
    return str(error) or "It cannot be read."
