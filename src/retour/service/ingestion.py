"""Fills a trail from logs and mails, once or for good, every line exactly once.

Observations and the place up to which a source was read go into the trail in one transaction, and
applying an observation twice changes nothing: whatever kills the process, the next run goes on
where the trail stands.
"""

import io
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import cast

from retour.ingest import RawMail, UnreadableMail, open_sources
from retour.ingest.logs.format import READERS, recognise
from retour.ingest.logs.reader import LogContext, LogReader
from retour.ingest.logs.stream import (
    Block,
    LogStream,
    find_rotated,
    mark_first_line,
    open_log,
)
from retour.ingest.signature import is_capture
from retour.ingest.source import STANDARD_INPUT
from retour.model.trail import Observation
from retour.store import Store

BATCH_LINES = 20_000
"""Lines whose observations are written together."""
POLL_SECONDS = 0.5
"""How often growing files are looked at."""


@dataclass(slots=True)
class Intake:
    """What one source gave.

    Attributes:
        source: the path as given.
        format: of the log; ``mail`` for mails, ``capture``; None where it is none of them.
        lines: lines read in this run.
        unknown: lines of no known form among them.
        mails: mails read in this run.
        sessions: SMTP sessions of a capture.
        error: one sentence where the source could not be read, or not to its end.
    """

    source: str
    format: str | None = None
    lines: int = 0
    unknown: int = 0
    mails: int = 0
    sessions: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """How sources are read.

    Attributes:
        zone: of stamps that name none.
        system: name of the host whose log names none (Exim's own, Dovecot's own).
        keep_bodies: whether stored mails are kept whole.
    """

    zone: tzinfo
    system: str
    keep_bodies: bool = False


def ingest(
    paths: Sequence[str],
    trail: Store,
    intent: Intent,
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[Intake]:
    """Read logs and mails into a trail.

    Args:
        paths: files, directories, mailboxes, or ``-``. Logs of one format are parts of one log and
            are read oldest first, whatever their order here.
        trail: where it goes.
        intent: what the logs leave unsaid.
        advance: called with the bytes of each batch that is written.

    Yields:
        What each source gave; logs first.
    """
    logs: list[_Log] = []
    others: list[str] = []
    captures: list[str] = []
    for path in _list_files(paths):
        if _is_capture(path):
            captures.append(path)
            continue
        try:
            log = _open(path, trail, intent)
        except (OSError, EOFError) as error:
            yield Intake(path, error=f"cannot be read: {getattr(error, 'strerror', None) or error}")
            continue
        if log is None:
            others.append(path)
        else:
            logs.append(log)
    logs.sort(key=lambda log: log.first_us)
    for log in logs:
        _read_to_end(log, trail, advance)
        yield log.intake
    yield from _ingest_captures(captures, trail)
    yield from _ingest_mails(others, trail, intent, advance)


def follow(
    paths: Sequence[str], trail: Store, intent: Intent, stop: Callable[[], bool]
) -> Iterator[Intake]:
    """Read logs into a trail, and on as they grow, are rotated or truncated.

    Args:
        paths: of logs, there or not yet.
        trail: where it goes.
        intent: what the logs leave unsaid.
        stop: asked between two looks; True ends it.

    Yields:
        What each source gave, when it was rotated away, and at the end.
    """
    logs: dict[str, _Log | None] = dict.fromkeys(paths)
    while True:
        for path, log in logs.items():
            fresh = log or _try_to_open(path, trail, intent)
            if fresh is None:
                continue
            logs[path] = fresh
            _read_on(fresh, trail)
            if fresh.was_replaced():
                _read_on(fresh, trail)  # what came between the last look and the rotation
                fresh.close()
                logs[path] = None
                yield fresh.intake
        if stop():
            break
        time.sleep(POLL_SECONDS)
    for log in logs.values():
        if log is not None:
            log.close()
            yield log.intake


@dataclass(slots=True)
class _Log:
    """One open log.

    Attributes:
        key: under which the trail keeps its place; None for standard input.
        path: where it lies by now.
        stream: its bytes.
        reader: its reader, with what it remembers.
        first: mark of its first line.
        first_us: when its first line that says something was written.
        intake: the counts.
    """

    key: str | None
    path: str
    stream: LogStream
    reader: LogReader
    first: str
    first_us: int
    intake: Intake

    def close(self) -> None:
        self.stream.close()

    def place(self, offset: int) -> Mapping[str, object] | None:
        """Return what the trail keeps, by its key."""
        if self.key is None:
            return None
        state = {"first": self.first, "offset": offset, "reader": dict(self.reader.save())}
        return {self.key: {**state, "format": self.intake.format}}

    def was_replaced(self) -> bool:
        """Tell whether another file has taken the path, or this one was cut to begin anew."""
        try:
            stream = open_log(self.path)
        except OSError:
            return not Path(self.path).exists()
        stream.close()
        mark = mark_first_line(stream.head)
        if not self.first:
            self.first = mark
        return mark != self.first


def _list_files(paths: Sequence[str]) -> Iterator[str]:
    """Yield the files behind paths; directories of mails stay one."""
    for path in paths:
        place = Path(path)
        if path == STANDARD_INPUT or not place.is_dir() or (place / "cur").is_dir():
            yield path
        else:
            yield from (str(item) for item in sorted(place.rglob("*")) if item.is_file())


def _open(path: str, trail: Store, intent: Intent) -> _Log | None:
    """Open a log where the trail stands with it; None where it is no log.

    Raises:
        OSError, EOFError: it cannot be read.
    """
    if path == STANDARD_INPUT:
        stream, key, stored = LogStream(cast(io.BufferedIOBase, sys.stdin.buffer)), None, None
    elif Path(path).is_dir():
        return None
    else:
        stream, key = open_log(path), f"log:{Path(path).resolve()}"
        stored = trail.read_position(key)
    first = mark_first_line(stream.head)
    if stored and stored["first"] == first and stored["format"] in READERS:
        stream.close()
        stream = open_log(path, stored["offset"])
    else:
        stored = None
    look = stream.head.decode(stream.encoding, "backslashreplace").split("\n")[:-1]
    look = look or [stream.head.decode(stream.encoding, "backslashreplace")]
    context = LogContext(intent.zone, _written_before(path), intent.system)
    form = stored["format"] if stored else recognise([line.rstrip("\r") for line in look], context)
    if form is None:
        if key is not None:
            stream.close()
        return None
    reader = READERS[form](context)
    if stored:
        reader.restore(stored["reader"])
    first_us = _first_moment(READERS[form](context), look)
    return _Log(key, path, stream, reader, first, first_us, Intake(path, form))


def _try_to_open(path: str, trail: Store, intent: Intent) -> _Log | None:
    """Open a growing log, after the rest of the one that was there before; None: not there yet."""
    try:
        rest = _find_rest(path, trail, intent)
        if rest is not None:
            _read_to_end(rest, trail, lambda _: None)
        return _open(path, trail, intent)
    except (OSError, EOFError):
        return None


def _find_rest(path: str, trail: Store, intent: Intent) -> _Log | None:
    """Open the rest of a log that was rotated away while nobody looked."""
    key = f"log:{Path(path).resolve()}"
    stored = trail.read_position(key)
    if not stored or stored["format"] not in READERS:
        return None
    stream = open_log(path)
    stream.close()
    if mark_first_line(stream.head) == stored["first"]:
        return None
    rotated = find_rotated(path, stored["first"])
    if rotated is None:
        return None
    context = LogContext(intent.zone, _written_before(rotated), intent.system)
    reader = READERS[stored["format"]](context)
    reader.restore(stored["reader"])
    stream = open_log(rotated, stored["offset"])
    intake = Intake(path, stored["format"])
    return _Log(key, rotated, stream, reader, stored["first"], 0, intake)


def _written_before(path: str) -> datetime:
    """Return when a file was changed last; now for standard input."""
    if path == STANDARD_INPUT:
        return datetime.now(UTC)
    return datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)


def _first_moment(reader: LogReader, lines: Iterable[str]) -> int:
    """Return the time of the first line that tells one, to put parts of a log in order."""
    said = (reader.read(line.rstrip("\r")) or () for line in lines)
    return next((observation.at_us for some in said for observation in some), 0)


def _read_to_end(log: _Log, trail: Store, advance: Callable[[int], None]) -> None:
    """Read a log that is whole."""
    try:
        _read_on(log, trail, advance)
        if (last := log.stream.read_last_line()) is not None:
            observations: list[Observation] = []
            _take(log, last, observations)
            trail.write(observations)
    except (OSError, EOFError) as error:
        log.intake.error = f"cannot be read to its end: {error}"
    log.close()


def _read_on(log: _Log, trail: Store, advance: Callable[[int], None] = lambda _: None) -> None:
    """Read what is there by now."""
    observations: list[Observation] = []
    lines = 0
    offset = before = None
    damage: OSError | EOFError | None = None
    blocks = log.stream.read_blocks()
    while True:
        try:
            block = next(blocks, None)
        except (OSError, EOFError) as error:
            block, damage = None, error
        if block is None:
            break
        before = block.offset if before is None else before
        if not log.first and log.key is not None:
            log.first = mark_first_line(log.stream.head)
        lines += len(block.lines)
        _take(log, block, observations)
        offset = block.offset
        if lines >= BATCH_LINES or log.key is None:
            trail.write(observations, log.place(offset))
            advance(offset - before)
            observations, lines, before, offset = [], 0, offset, None
    if offset is not None:  # what stands in front of a damage, too
        trail.write(observations, log.place(offset))
        advance(offset - (before or 0))
    if damage is not None:
        raise damage


def _take(log: _Log, block: Block, observations: list[Observation]) -> None:
    """Read the lines of a block, and count those that nobody knows."""
    read, unknown = log.reader.read, block.skipped
    for line in block.lines:
        said = read(line)
        if said is None:
            if line:
                unknown += 1
        elif said:
            observations.extend(said)
    log.intake.lines += len(block.lines) + block.skipped
    log.intake.unknown += unknown


def _is_capture(path: str) -> bool:
    try:
        return path != STANDARD_INPUT and Path(path).is_file() and is_capture(path)
    except OSError:
        return False  # reading it as a log says why


def _ingest_captures(paths: Sequence[str], trail: Store) -> Iterator[Intake]:
    """Read captures; their reader is an extra."""
    if paths:
        from retour.service.capture import CaptureFile  # noqa: PLC0415
    for path in paths:
        capture = CaptureFile(path, trail=trail)
        intake = Intake(path, "capture")
        for _ in capture.sessions():
            intake.sessions += 1
        intake.error = capture.error
        yield intake


def _ingest_mails(
    paths: Sequence[str], trail: Store, intent: Intent, advance: Callable[[int], None]
) -> Iterator[Intake]:
    """Read what is no log as mails."""
    for path in paths:
        intake = Intake(path)
        for mail in open_sources([path]):
            if isinstance(mail, UnreadableMail):
                intake.error = mail.error
            elif _is_mail(mail):
                intake.format = "mail"
                intake.mails += 1
                default_us = int(_written_before(path).timestamp()) * 1_000_000
                trail.add_mail(
                    mail.raw,
                    f"{mail.source} ({mail.index + 1})" if mail.index else mail.source,
                    default_us=default_us,
                    keep_body=intent.keep_bodies,
                )
                advance(len(mail.raw))
        if intake.format is None and intake.error is None:
            intake.error = "is neither a log, a capture nor a mail of any known form"
        yield intake


def _is_mail(mail: RawMail) -> bool:
    """Tell whether the bytes begin with a header; pasted text is no copy of a message."""
    name, colon, _ = mail.raw.partition(b"\n")[0].partition(b":")
    return bool(colon) and bool(name) and all(33 <= letter <= 126 for letter in name)
