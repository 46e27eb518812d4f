"""Lines of syslog, in the three shapes that mail systems' logs mostly have, and who reads which.

- the traditional stamp (RFC 3164 §4.1.2): ``Nov 24 02:40:13 mx postfix/qmgr[140]: …``, without a
  year, in the host's local time;
- RFC 3339: ``2026-11-24T02:40:13.916219+00:00 mx postfix/qmgr[140]: …``;
- ``journalctl -o json``: one object a line.

What is none of them may be one in a frame (`retour.ingest.logs.frames`). One log holds the lines of
many programs; each goes to the dialect of its program.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from retour.ingest.logs import frames
from retour.ingest.logs.reader import LogContext
from retour.model.trail import Observation

LINE_MAX = 16_384
"""Characters of a line that are read. Syslog daemons cut at 1 to 8 kB; what is longer is no log."""
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_US = 1_000_000
_LAST_US = 253_402_300_800 * _US  # the year 10000
# Clocks of two hosts differ, and a file may be stamped before its last line.
_SLACK = timedelta(days=1)
# Solaris' msgid(1M), and rsyslog's word for a line that came several times. Of both, four letters.
_MARKS = frozenset({"[ID ", "mess"})
_MARK = re.compile(r"\[ID \d+ [\w.]+\] (.*)|message repeated \d+ times: \[ ?(.*?)\]?$", re.DOTALL)


class SyslogLine(NamedTuple):
    """One line, unwrapped.

    Attributes:
        at_us: microseconds since 1970 UTC.
        host: who wrote it.
        program: as tagged, without the process number: ``postfix/qmgr``.
        pid: process number as text, ``""`` where there is none.
        text: the message.
    """

    at_us: int
    host: str
    program: str
    pid: str
    text: str


class Dialect(Protocol):
    """Reads the lines of one program family."""

    def read(self, line: SyslogLine) -> Sequence[Observation] | None:
        """Return what a line says; None where its form is not known."""

    def save(self) -> Mapping[str, Any]:
        """Return what must be remembered, as JSON values."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""


class SyslogReader:
    """A log reader (`retour.ingest.logs.reader.LogReader`) for syslog in any of its shapes."""

    def __init__(self, context: LogContext, dialects: Mapping[str, Dialect]) -> None:
        """Prepare.

        Args:
            context: what the stamps leave unsaid.
            dialects: by program, by the part of it in front of the first ``/`` or ``-``, or by
                ``*/`` and the part behind the last ``/``: instances have names of their own.
        """
        self._stamps = _Stamps(context)
        self._context = context
        self._dialects = dialects
        self._by_program: dict[str, Dialect | None] = {}

    def read(self, line: str) -> Sequence[Observation] | None:
        """Read one line; see `LogReader.read`."""
        unwrapped = self.unwrap(line)
        if unwrapped is None:
            return None
        program = unwrapped.program
        try:
            dialect = self._by_program[program]
        except KeyError:
            dialect = self._find_dialect(program)
        return None if dialect is None else dialect.read(unwrapped)

    def unwrap(self, line: str) -> SyslogLine | None:
        """Take the frame off a line; None where it has none that is known."""
        if len(line) > LINE_MAX:
            line = line[:LINE_MAX]
        return self._split(line) or self._unwrap_framed(line)

    def _unwrap_framed(self, line: str) -> SyslogLine | None:
        """Take off what other programs put around a line."""
        for _ in range(frames.FRAMES_MAX):
            if line[:1] == "{":
                record = _load_record(line)
                if "__REALTIME_TIMESTAMP" in record:
                    return _unwrap_journal(record, self._context.system)
                framed = frames.unwrap_record(record, self._context.system)
            else:
                framed = frames.unwrap(line)
            if framed is None:
                return None
            if unwrapped := self._split(framed):
                return unwrapped
            line = framed
        return None

    def _split(self, line: str) -> SyslogLine | None:
        """Split a line of one of the usual shapes into its parts."""
        if line[:1].isdigit():
            stamp, _, rest = line.partition(" ")
            at_us = self._stamps.read_rfc3339(stamp)
        else:
            at_us = self._stamps.read_traditional(line[:15])
            rest = line[16:]
        if at_us is None:
            return None
        host, _, rest = rest.partition(" ")
        tag, _, text = rest.partition(": ")
        if not text:  # an empty message, or no tag at all
            tag = tag.removesuffix(":")
        program, bracket, pid = tag.partition("[")
        if not program or " " in program:
            return None
        if text[:4] in _MARKS and (found := _MARK.match(text)):
            text = found[1] or found[2]
        return SyslogLine(at_us, host, program, pid.removesuffix("]") if bracket else "", text)

    def save(self) -> Mapping[str, Any]:
        """Return each dialect's memory, by the first of the dialect's names."""
        names = {id(dialect): name for name, dialect in reversed(list(self._dialects.items()))}
        return {name: self._dialects[name].save() for name in names.values()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` returned; dialects that it does not name begin anew."""
        for name, dialect in self._dialects.items():
            if isinstance(remembered := state.get(name), Mapping):
                dialect.restore(remembered)

    def _find_dialect(self, program: str) -> Dialect | None:
        family = program.partition("/")[0]
        found = (
            self._dialects.get(program)
            or self._dialects.get(family)
            or self._dialects.get(family.partition("-")[0])
            or self._dialects.get(f"*/{program.rpartition('/')[2]}" if "/" in program else "")
        )
        if len(self._by_program) < 1_000:  # a hostile log may name a new program on every line
            self._by_program[program] = found
        return found


class _Stamps:
    """Reads stamps to microseconds; neighbouring lines share their second, so the last is kept."""

    def __init__(self, context: LogContext) -> None:
        self._context = context
        self._second = ""
        self._second_us = 0
        self._zone = ""

    def read_rfc3339(self, stamp: str) -> int | None:
        """Read ``2026-11-24T02:40:13[.916219](Z|+01:00)``."""
        second, rest = stamp[:19], stamp[19:]
        fraction = 0
        if rest[:1] == ".":
            end = 1
            while rest[end : end + 1].isdigit():
                end += 1
            digits = rest[1:end][:6]
            fraction = int(digits) * 10 ** (6 - len(digits)) if digits.isascii() and digits else 0
            rest = rest[end:]
        if second != self._second or rest != self._zone:
            try:
                at = datetime.fromisoformat(second + rest)
                self._keep(second, at if at.tzinfo else at.replace(tzinfo=self._context.zone), rest)
            except (ValueError, OverflowError):  # outside of the calendar once it is in UTC
                return None
        return self._second_us + fraction

    def read_traditional(self, stamp: str) -> int | None:
        """Read ``Nov 24 02:40:13``."""
        if stamp != self._second:
            try:
                month, day = _MONTHS[stamp[:3]], int(stamp[4:6])
                hour, minute, second = int(stamp[7:9]), int(stamp[10:12]), int(stamp[13:15])
                self._keep(stamp, self._guess_year(month, day, hour, minute, second), "")
            except (KeyError, ValueError, OverflowError):
                return None
        return self._second_us

    def _keep(self, second: str, at: datetime, zone: str) -> None:
        self._second_us = int(at.astimezone(UTC).timestamp()) * _US
        self._second, self._zone = second, zone

    def _guess_year(self, month: int, day: int, hour: int, minute: int, second: int) -> datetime:
        """Return the last such moment before the log was written.

        Raises:
            ValueError: there is no such day or time.
        """
        latest = self._context.written_before.astimezone(self._context.zone) + _SLACK
        for year in range(latest.year, latest.year - 9, -1):  # 29 February may be 8 years away
            try:
                at = datetime(year, month, day, hour, minute, second, tzinfo=self._context.zone)
            except ValueError:
                if (month, day) == (2, 29):
                    continue
                raise
            if at <= latest:
                return at
        raise ValueError("no such day")


def _load_record(line: str) -> Mapping[str, Any]:
    """Load one JSON object, an empty one where it is none."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _unwrap_journal(entry: Mapping[str, Any], system: str) -> SyslogLine | None:
    """Read one object of ``journalctl -o json`` (systemd.journal-fields(7))."""
    try:
        at_us = int(entry["__REALTIME_TIMESTAMP"])
        text = entry["MESSAGE"]
        if isinstance(text, list):  # bytes that are no UTF-8
            text = bytes(text).decode("utf-8", "backslashreplace")
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    program = entry.get("SYSLOG_IDENTIFIER") or entry.get("_COMM")
    pid = entry.get("SYSLOG_PID") or entry.get("_PID") or ""
    host = entry.get("_HOSTNAME") or system
    if not all(isinstance(part, str) for part in (text, program, pid, host)):
        return None
    return SyslogLine(at_us, host, str(program), pid, text) if 0 <= at_us <= _LAST_US else None
