"""Lines of syslog, in the three shapes that mail systems' logs come in, and who reads which.

- the traditional stamp (RFC 3164 §4.1.2): ``Nov 24 02:40:13 mx postfix/qmgr[140]: …``, without a
  year, in the host's local time;
- RFC 3339: ``2026-11-24T02:40:13.916219+00:00 mx postfix/qmgr[140]: …``;
- ``journalctl -o json``: one object a line.

One log holds the lines of many programs; each goes to the dialect of its program.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

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
            dialects: by program, or by the part of it in front of the first ``/`` or ``-``.
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
        first = line[:1]
        if first == "{":
            return _unwrap_journal(line, self._context.system)
        if first.isdigit():
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
        return SyslogLine(at_us, host, program, pid.removesuffix("]") if bracket else "", text)

    def save(self) -> Mapping[str, Any]:
        """Return each dialect's memory, by the dialect's name."""
        return {name: dialect.save() for name, dialect in self._dialects.items()}

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


def _unwrap_journal(line: str, system: str) -> SyslogLine | None:
    """Read one object of ``journalctl -o json`` (systemd.journal-fields(7))."""
    try:
        entry = json.loads(line)
        at_us = int(entry["__REALTIME_TIMESTAMP"])
        text = entry["MESSAGE"]
        if isinstance(text, list):  # bytes that are no UTF-8
            text = bytes(text).decode("utf-8", "backslashreplace")
        program = entry.get("SYSLOG_IDENTIFIER") or entry.get("_COMM")
        pid = entry.get("SYSLOG_PID") or entry.get("_PID") or ""
        host = entry.get("_HOSTNAME") or system
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None
    if not all(isinstance(part, str) for part in (text, program, pid, host)):
        return None
    if not 0 <= at_us <= _LAST_US:
        return None
    return SyslogLine(at_us, host, program, pid, text)
