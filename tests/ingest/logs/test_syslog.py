"""The frames of syslog."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.ingest.logs.postfix import PostfixDialect
from retour.ingest.logs.reader import LogContext
from retour.ingest.logs.syslog import SyslogLine, SyslogReader
from retour.model.trail import End, Observation

BERLIN = LogContext(ZoneInfo("Europe/Berlin"), datetime(2026, 3, 1, 12, tzinfo=UTC), "gate")


def _reader(context: LogContext = BERLIN) -> SyslogReader:
    return SyslogReader(context, {"postfix": PostfixDialect()})


def _moment(line: SyslogLine | None) -> datetime:
    assert line is not None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=line.at_us)


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("2026-02-28T10:00:00.5+01:00 mx a[1]: x", "2026-02-28T09:00:00.500000+00:00"),
        ("2026-02-28T10:00:00Z mx a[1]: x", "2026-02-28T10:00:00+00:00"),
        ("2026-02-28T10:00:00.123456789Z mx a: x", "2026-02-28T10:00:00.123456+00:00"),
        ("2026-02-28T10:00:00 mx a: x", "2026-02-28T09:00:00+00:00"),
        ("Feb 28 10:00:00 mx a[1]: x", "2026-02-28T09:00:00+00:00"),
        ("Mar  1 10:00:00 mx a[1]: x", "2026-03-01T09:00:00+00:00"),
        ("Dec 31 23:59:59 mx a[1]: x", "2025-12-31T22:59:59+00:00"),
        ("Feb 29 10:00:00 mx a[1]: x", "2024-02-29T09:00:00+00:00"),
        ("Jul  1 10:00:00 mx a[1]: x", "2025-07-01T08:00:00+00:00"),
    ],
)
def test_stamps_become_moments(line: str, at: str) -> None:
    """A stamp is read in its own zone, or the log's; one without a year lies in the past."""
    assert _moment(_reader().unwrap(line)) == datetime.fromisoformat(at)


def test_neighbouring_lines_of_one_second_and_two_zones_stay_apart() -> None:
    """What is remembered of the last stamp never leaks into the next."""
    reader = _reader()
    stamps = (
        "2026-02-28T10:00:00.1+01:00",
        "2026-02-28T10:00:00.2Z",
        "2026-02-28T10:00:00.3+01:00",
    )
    moments = [_moment(reader.unwrap(f"{stamp} mx a: x")) for stamp in stamps]
    assert moments == [datetime.fromisoformat(stamp.replace("Z", "+00:00")) for stamp in stamps]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "2026-02-28T10:00:00Z mx postfix/smtpd[12]: a: b",
            ("mx", "postfix/smtpd", "12", "a: b"),
        ),
        ("2026-02-28T10:00:00Z mx cron: run", ("mx", "cron", "", "run")),
        ("2026-02-28T10:00:00Z mx cron[7]:", ("mx", "cron", "7", "")),
        (
            '{"__REALTIME_TIMESTAMP":"1772272800000000","_HOSTNAME":"mx","_PID":"12",'
            '"SYSLOG_IDENTIFIER":"postfix/smtpd","MESSAGE":"a: b"}',
            ("mx", "postfix/smtpd", "12", "a: b"),
        ),
        (
            '{"__REALTIME_TIMESTAMP":"1772272800000000","_COMM":"cron","MESSAGE":[104,105,255]}',
            ("gate", "cron", "", "hi\\xff"),
        ),
    ],
)
def test_frames_come_off(line: str, expected: tuple[str, str, str, str]) -> None:
    """Host, program, process and text are told apart in each shape."""
    unwrapped = _reader().unwrap(line)
    assert unwrapped is not None
    assert unwrapped[1:] == expected
    assert unwrapped.at_us == 1_772_272_800_000_000


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no stamp at all",
        "2026-02-30T10:00:00Z mx a: x",
        "Foo 28 10:00:00 mx a: x",
        "Feb 30 10:00:00 mx a: x",
        "Feb 28 25:00:00 mx a: x",
        "2026-02-28T10:00:00Z mx",
        "{",
        "{}",
        '{"__REALTIME_TIMESTAMP":"soon","MESSAGE":"x","_COMM":"a"}',
        '{"__REALTIME_TIMESTAMP":"1","MESSAGE":{"a":1},"_COMM":"a"}',
        "[" * 10_000,
        "{" * 10_000,
    ],
)
def test_lines_of_no_known_form_are_told_as_such(line: str) -> None:
    """A line that cannot be read is None, to be counted, and never an error."""
    assert _reader().read(line) is None


@given(st.text())
def test_any_text_is_read_or_not_but_never_raises(text: str) -> None:
    """Content cannot make the reader fail."""
    reader = _reader()
    for frame in ("{}", "2026-02-28T10:00:00Z mx postfix/smtpd[1]: {}", "Feb 28 10:00:00 {}"):
        reader.read(frame.replace("{}", text))


class _Listener:
    """A dialect that takes down what it is given."""

    def __init__(self) -> None:
        self.programs: list[str] = []

    def read(self, line: SyslogLine) -> Sequence[Observation]:
        self.programs.append(line.program)
        return (End(line.at_us, line.host, line.text),)

    def save(self) -> Mapping[str, Any]:
        return {"programs": self.programs}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.programs = list(state["programs"])


def test_each_program_goes_to_its_dialect() -> None:
    """The tag, or its part in front of / or -, names who reads; others are unknown lines."""
    heard = _Listener()
    reader = SyslogReader(BERLIN, {"postfix": heard, "sm-mta": heard})
    programs = ("postfix/qmgr", "postfix-out/smtp", "postfix/submission/smtpd", "sm-mta", "cron")
    answers = [reader.read(f"2026-02-28T10:00:00Z mx {program}[1]: x") for program in programs]
    assert [answer is not None for answer in answers] == [True, True, True, True, False]
    assert heard.programs == list(programs[:-1])


def test_memory_of_the_dialects_is_saved_and_restored() -> None:
    """A reader that was stopped goes on with what its dialects knew."""
    before, after = _Listener(), _Listener()
    first = SyslogReader(BERLIN, {"postfix": before})
    first.read("2026-02-28T10:00:00Z mx postfix/qmgr[1]: x")
    SyslogReader(BERLIN, {"postfix": after}).restore(first.save())
    assert after.programs == ["postfix/qmgr"]
