"""What was read and checked once, kept in the user's cache so that the next start is quick.

An optimisation only: kept as lines, keyed by version and by the name, size and time of every source
file, trusted only where nobody else could have written it, silently done without.
"""

import os
import stat
import zlib
from collections.abc import Iterable
from pathlib import Path

from retour.version import __version__


def fingerprint(paths: Iterable[str | os.PathLike[str]], form: str) -> str:
    """Return a key that changes with the version, the form of what is kept, and any source.

    Args:
        paths: of the source files.
        form: of what is kept.

    Raises:
        OSError: one of the files is not there.
    """
    # The plain list, no hash of it: hashlib alone would cost a tenth of the start.
    lines = [f"{__version__} {form}"]
    for path in paths:
        facts = os.stat(path)  # noqa: PTH116 - pathlib costs start time here
        lines.append(f"{os.fspath(path)!a} {facts.st_size} {facts.st_mtime_ns}")
    return "\n".join(lines)


def cache_file(name: str, source: Path) -> Path | None:
    """Return where what this installation made of a source is kept; None where there is no home.

    Args:
        name: what it is.
        source: the file or folder that it was made of.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        # XDG Base Directory Specification: a relative path is invalid and ignored.
        folder = Path(base) if base.startswith("/") else Path.home() / ".cache"
    except RuntimeError:
        return None
    place = zlib.crc32(os.fsencode(source))  # two that collide only take turns: the key differs
    return folder / "retour" / f"{name}-{place:08x}.jsonl"


def read_cache(cache: Path) -> list[bytes] | None:
    """Return the lines of the cache; None where it is absent or somebody else could write it."""
    try:
        with cache.open("rb") as file:
            facts = os.fstat(file.fileno())
            if hasattr(os, "getuid") and facts.st_uid != os.getuid():
                return None
            if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return None
            return file.read().split(b"\n")
    except OSError:
        return None


def write_cache(cache: Path, lines: list[bytes]) -> None:
    """Write in one step, for this user only; without a writable folder do nothing."""
    part = cache.with_suffix(f".{os.getpid()}.part")
    try:
        cache.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"\n".join(lines))
        part.replace(cache)
    except OSError:
        part.unlink(missing_ok=True)
