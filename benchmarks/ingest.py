"""How fast a Postfix log goes into a trail, beside splitting its lines; and whether kills lose any.

The log is made here: six lines a message, nine in ten delivered.
"""

import os
import random
import signal
import sqlite3
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.surroundings import COMMAND
from retour.service.ingestion import Intent, ingest
from retour.store import open_store

MESSAGES = 30_000
LARGE_MESSAGES = 2_600_000
"""Of a log of 2 GB."""
KILLED_MESSAGES = 8_000
KILLS_SMALL, KILLS_LARGE = 5, 200
_KILLS_A_TRAIL = 12
_TABLES = ("copies", "hand_overs", "parties", "addresses", "links", "reports")
_ENDS = (
    *["dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {next})"] * 27,
    *[
        "dsn=5.1.1, status=bounced (host mx.example.org[198.51.100.7] said: 550 5.1.1 User unknown "
        "(in reply to RCPT TO command))"
    ]
    * 2,
    "dsn=4.4.1, status=deferred (connect to mx.example.org[198.51.100.7]:25: timed out)",
)


def main(kills: int = KILLS_SMALL) -> None:
    """Print the speed on one core, and what a number of ``kill -9`` did.

    Args:
        kills: how often a run is killed at a random moment and begun anew.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "mail.log"
        lines = write_log(log, MESSAGES)
        ingested, split = _time_ingest(log), _time_split(log)
        print(
            f"{lines / ingested:,.0f} lines/s into SQLite, processor time "
            f"({split / ingested:.3f} of splitting the same lines: {lines / split:,.0f}/s)"
        )
        large = kills >= KILLS_LARGE
        for messages in (MESSAGES, LARGE_MESSAGES if large else 4 * MESSAGES):
            write_log(log, messages)
            _show_peak(log)
        write_log(log, KILLED_MESSAGES)
        _kill(log, kills)


def write_log(path: Path, messages: int) -> int:
    """Write a log of so many messages, and return its lines."""
    chance, at = random.Random(1), datetime(2026, 3, 1, tzinfo=UTC)
    with path.open("w", encoding="ascii") as file:
        for _ in range(messages):
            at += timedelta(milliseconds=chance.randint(1, 400))
            file.writelines(_list_lines(chance, f"{at.isoformat(timespec='microseconds')} mx1"))
    return messages * 6


def _list_lines(chance: random.Random, stamp: str) -> list[str]:
    name, number = f"{chance.getrandbits(44):011X}", chance.randint(1, 20_000)
    peer = f"mail{number % 50}.example.net[192.0.2.{number % 250}]"
    end = chance.choice(_ENDS).format(next=f"{chance.getrandbits(44):011X}")
    said = (
        f"smtpd[{number % 40}]: connect from {peer}",
        f"smtpd[{number % 40}]: {name}: client={peer}",
        f"cleanup[200]: {name}: message-id=<{chance.getrandbits(64):x}@example.net>",
        f"qmgr[99]: {name}: from=<user{number}@example.net>, size=4711, nrcpt=1 (queue active)",
        f"smtp[{number % 30}]: {name}: to=<to{chance.randint(1, 50_000)}@example.org>, "
        f"relay=mx.example.org[198.51.100.7]:25, delay=1.2, delays=0.1/0.01/0.5/0.59, {end}",
        f"qmgr[99]: {name}: removed",
    )
    return [f"{stamp} postfix/{line}\n" for line in said]


def _time_ingest(log: Path) -> float:
    with open_store(str(log.with_name("speed.sqlite3"))) as store:
        began = time.process_time()
        for _ in ingest([str(log)], store, Intent(UTC, "mx1")):
            pass
        return time.process_time() - began


def _show_peak(log: Path) -> None:
    """Print the most memory that the command holds, which must not follow the log's size."""
    trail = log.with_name("peak.sqlite3")
    command: list[str | Path] = [COMMAND, "trail", "ingest", "--store", str(trail), str(log)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    size, used = log.stat().st_size, usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss / 1024  # kilobytes on Linux
    print(f"{size / 1e6:,.0f} MB of log: peak {peak:.0f} MB, {size / 1e6 / used:.1f} MB/s")
    for rest in log.parent.glob(f"{trail.name}*"):
        rest.unlink()


def _time_split(log: Path) -> float:
    began = time.process_time()
    with log.open(encoding="utf-8") as file:
        for line in file:
            line.split()
    return time.process_time() - began


def _kill(log: Path, kills: int) -> None:
    """Kill runs at random moments until the log is in, again and again, and compare the trails."""
    chance, done, trails, differing = random.Random(7), 0, 0, 0
    began = time.monotonic()
    whole = log.with_name("whole.sqlite3")
    _run(log, whole, None)
    longest, wanted = time.monotonic() - began, _count_rows(whole)
    while done < kills:
        trail = log.with_name(f"killed{trails}.sqlite3")
        trails += 1
        for _ in range(_KILLS_A_TRAIL):
            if _run(log, trail, chance.uniform(0.2, longest)):
                break
            done += 1
        else:
            _run(log, trail, None)
        differing += _count_rows(trail) != wanted
        for rest in log.parent.glob(f"{trail.name}*"):
            rest.unlink()
    print(
        f"{done} runs killed, {trails} trails made of the rest: {differing} differ from the whole"
    )


def _run(log: Path, trail: Path, seconds: float | None) -> bool:
    """Run the command; False where it was killed first."""
    command: list[str | Path] = [COMMAND, "trail", "ingest", "--store", str(trail), str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            return False
    return True


def _count_rows(trail: Path) -> list[int]:
    with sqlite3.connect(trail) as connection:
        return [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _TABLES
        ]
