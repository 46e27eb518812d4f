"""What other programs put around a line of syslog, and stamps beside the two usual ones.

`unwrap` takes one such frame off, or gives the line a usual stamp:

- a priority (RFC 5424 §6.2.1), an octet count before it (RFC 6587 §3.4.1), RFC 5424's own header;
- ``docker compose logs``, ``docker logs -t``, Kubernetes' CRI and ``kubectl logs --prefix``;
- ``journalctl -o short-precise|short-full|short-unix``, stamps with a year or with a space, the
  facility that FreeBSD's ``syslogd -v`` adds;
- JSON records: Docker's ``json-file``, and those of log shippers.

Usual lines never come here, so that the many are read fast.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

FRAMES_MAX = 4
"""As many frames are taken off one line."""

_CARRIER = re.compile(
    r"\d{1,6} (?=<\d{1,3}>)"  # octet count
    r"|<\d{1,3}>"  # priority
    r"|\d{4}-\d\d-\d\dT\S+ (?:std(?:out|err) [FP] |(?=[A-Z][a-z]{2} [ \d]\d |\d{4}[- ]))"
    r"|[\w.-]+ *\| "  # docker compose
    r"|\[[\w./-]+\] "  # kubectl
)
_HEADER = re.compile(  # RFC 5424 §6
    r"1 (\S+) (\S+) (\S+) (\S+) \S+ "
    r"(?:-|(?:\[(?:[^\]\\\"]|\"(?:[^\"\\]|\\.)*\")*\])+) ?\ufeff?(.*)",
    re.DOTALL,
)
_FACILITY = re.compile(r"(.{15} )<[a-z0-9]+\.[a-z]+> ")
_SPACED = re.compile(
    r"(?:[A-Z][a-z]{2} )?(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))? ?"
    r"(Z|[+-]\d\d:?\d\d|UTC|GMT|[A-Z]{3,5}(?= \S+ \S+: ))? "
)
_PRECISE = re.compile(r"([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)\.\d{1,9} ")
_DATED = re.compile(r"([A-Z][a-z]{2} [ \d]\d) (\d{4}) (\d\d:\d\d:\d\d) ")
_YEAR_FIRST = re.compile(r"(\d{4}) ([A-Z][a-z]{2} [ \d]\d) (\d\d:\d\d:\d\d) ")
_UNIX = re.compile(r"(\d{10})(?:\.(\d{1,6}))? ")

# The names under which shippers keep the parts of a line.
_TEXTS = ("message", "MESSAGE", "log", "msg")
_TIMES = ("@timestamp", "timestamp", "time", "ts")
_HOSTS = ("hostname", "host", "_HOSTNAME", "source_host")
_PROGRAMS = ("programname", "program", "app", "appname", "app-name", "ident", "process", "tag")
_PIDS = ("procid", "pid", "process_id")


def unwrap(line: str) -> str | None:
    """Take one frame off a line, or write its stamp as usual.

    Returns:
        A line that may be framed still; None where no frame is known.
    """
    if found := _CARRIER.match(line):
        return line[found.end() :]
    for pattern, rewrite in _REWRITES:
        if found := pattern.match(line):
            try:
                return rewrite(found) + line[found.end() :]
            except (ValueError, OverflowError, OSError):  # no such day
                return None
    return None


def unwrap_record(record: Mapping[str, Any], system: str) -> str | None:
    """Take the line out of a JSON record; one that holds only the text gets the rest in front.

    Args:
        record: of Docker or of a log shipper.
        system: the host's name where the record has none.
    """
    text = _find(record, _TEXTS)
    if text is None:
        return None
    text = text.rstrip("\n")
    program, stamp = _find(record, _PROGRAMS), _find(record, _TIMES)
    if program is None or stamp is None:
        return text
    process = record.get("process")
    pid = _find(record, _PIDS) or (_find(process, _PIDS) if isinstance(process, Mapping) else None)
    return f"{stamp} {_find(record, _HOSTS) or system} {program}[{pid or ''}]: {text}"


def _find(record: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """Return the first that is there, or its ``name`` (Elastic Common Schema)."""
    for name in names:
        value = record.get(name)
        if isinstance(value, Mapping):
            value = value.get("name")
        if isinstance(value, int):
            value = str(value)
        if isinstance(value, str) and value:
            return value
    return None


def _rewrite_header(found: re.Match[str]) -> str:
    stamp, host, program, pid, text = found.groups()
    return f"{stamp} {host} {program}[{pid}]: {text}"


def _rewrite_spaced(found: re.Match[str]) -> str:
    day, time, fraction, zone = found.groups()
    # A zone's abbreviation names many zones; the log's own is the likeliest.
    offset = "Z" if zone in ("UTC", "GMT") else zone if zone and not zone.isalpha() else ""
    return f"{day}T{time}.{fraction or '0'}{'Z' if zone == 'Z' else offset} "


def _rewrite_dated(found: re.Match[str]) -> str:
    day, year, time = found.groups()
    return _rewrite_day(day, year, time)


def _rewrite_year_first(found: re.Match[str]) -> str:
    year, day, time = found.groups()
    return _rewrite_day(day, year, time)


def _rewrite_day(day: str, year: str, time: str) -> str:
    at = datetime.strptime(f"{day} {year} {time}", "%b %d %Y %H:%M:%S")
    return f"{at.isoformat()} "


def _rewrite_unix(found: re.Match[str]) -> str:
    at = datetime.fromtimestamp(int(found[1]), UTC).replace(tzinfo=None)
    return f"{at.isoformat()}.{found[2] or '0'}Z "


_REWRITES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_HEADER, _rewrite_header),
    (_FACILITY, lambda found: found[1]),
    (_SPACED, _rewrite_spaced),
    (_PRECISE, lambda found: f"{found[1]} "),
    (_DATED, _rewrite_dated),
    (_YEAR_FIRST, _rewrite_year_first),
    (_UNIX, _rewrite_unix),
)
