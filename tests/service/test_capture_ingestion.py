"""Captures into a trail: beside the logs of the same mails, once and again."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path

import pytest
from captured import (
    CLOSING,
    FIN,
    MESSAGE,
    OPENING,
    TAKEN,
    Shot,
    Step,
    converse,
    frame,
    write_pcap,
)

from retour.model.story import Copy, Query
from retour.model.trail import Observation
from retour.service import capture as service
from retour.service.capture import CaptureFile
from retour.service.copies import list_repetitions
from retour.service.ingestion import Intake, Intent, ingest
from retour.store import Store, open_store

START_US = 1_772_355_600_000_000
LOG = """\
2026-03-01T09:00:00+00:00 mx postfix/smtpd[1]: 4D43D300222: client=c.example.org[0.0.0.1]
2026-03-01T09:00:00+00:00 mx postfix/cleanup[1]: 4D43D300222: message-id=<1@example.org>
2026-03-01T09:00:00+00:00 mx postfix/qmgr[1]: 4D43D300222: from=<ann@example.org>, size=9, nrcpt=1 (queue active)
2026-03-01T09:00:01+00:00 mx postfix/local[1]: 4D43D300222: to=<bob@example.net>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to maildir)
2026-03-01T09:00:01+00:00 mx postfix/qmgr[1]: 4D43D300222: removed
"""  # noqa: E501
TAKEN_AGAIN = TAKEN.replace(b"4D43D300222", b"4D43D300333")
BODY: Step = ("client", MESSAGE + b".\r\n")


def make_shots() -> list[Shot]:
    """Make a client that closed its side before the reply, was gone by then, and came again."""
    left: list[Step] = [*OPENING, BODY, ("client", FIN, 20_000_000), ("server", TAKEN, 10**7)]
    shots = converse(left, start_us=START_US)[:-1]
    shots += converse([*OPENING, ("client", 4, 40_000_000)], start_us=START_US)[-1:]
    again: list[Step] = [*OPENING, BODY, ("server", TAKEN_AGAIN), *CLOSING]
    return shots + converse(again, start_us=START_US + 60_000_000, isn=(77, 99))


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A client that left before the reply, and came again."""
    path = tmp_path / "smtp.pcap"
    path.write_bytes(write_pcap([(shot.at_us, frame(shot)) for shot in make_shots()]))
    return path


def fill(trail: Store, *paths: Path) -> list[Intake]:
    return list(ingest(list(map(str, paths)), trail, Intent(UTC, "gate")))


def everything(trail: Store) -> list[Copy]:
    found = []
    for copy in trail.find(Query(limit=1000)):
        story = trail.read_named(str(copy.copy_id))
        assert story is not None
        found += [one for one in story.copies if one.copy_id == copy.copy_id]
    return found


@pytest.mark.parametrize("log_first", [True, False])
def test_a_session_joins_the_lines_of_the_servers_log(
    capture: Path, tmp_path: Path, log_first: bool
) -> None:
    """Whichever came first: one copy, named by the queue id in the reply, and the retry proved."""
    log = tmp_path / "mail.log"
    log.write_text(LOG + LOG.replace("4D43D300222", "4D43D300333").replace("09:00:", "09:01:"))
    with open_store(str(tmp_path / "trail.sqlite3")) as trail:
        for path in (log, capture) if log_first else (capture, log):
            fill(trail, path)
        names = sorted(copy.queue_id or "" for copy in everything(trail))
        assert names == ["", "", "4D43D300222", "4D43D300333"]
        [joined] = trail.find(Query(queue_id="4D43D300222"))
        assert [attempt.outcome for attempt in joined.hand_overs] == ["delivered"]
        [found] = list_repetitions(trail, 0, None)
        assert found.verdict == "retry"
        assert found.verdicts[0].reasons[0].key == "left-and-again"


def test_a_capture_is_known_by_its_content_and_reading_it_again_changes_nothing(
    capture: Path, tmp_path: Path
) -> None:
    """Its name tells nothing; every session is counted."""
    path = capture.rename(tmp_path / "mail.log")
    with open_store(str(tmp_path / "trail.sqlite3")) as trail:
        assert fill(trail, path) == [Intake(str(path), "capture", sessions=2)]
        once = everything(trail)
        fill(trail, path)
        assert everything(trail) == once


class _KilledError(Exception):
    """The process ended."""


class _Dying(Store):
    """A trail whose process ends at one of its writes."""

    writes_left = 0

    def write(self, observations: Iterable[Observation], read_to: object = None) -> None:
        del read_to
        if not self.writes_left:
            raise _KilledError
        self.writes_left -= 1
        super().write(observations)


@pytest.mark.parametrize("writes", range(2))
def test_a_reading_that_was_broken_off_is_made_whole_by_the_next(
    capture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    """Whatever was written by then, nothing is lost and nothing is there twice."""
    monkeypatch.setattr(service, "_BATCH", 1)
    with open_store(str(tmp_path / "whole.sqlite3")) as trail:
        fill(trail, capture)
        whole = everything(trail)
    with open_store(str(tmp_path / "broken.sqlite3")) as trail:
        dying = _Dying(trail._engine, trail._dialect, "broken")
        dying.writes_left = writes
        with pytest.raises(_KilledError):
            list(CaptureFile(str(capture), trail=dying).sessions())
        fill(trail, capture)
        assert everything(trail) == whole


_READ_ON = textwrap.dedent("""
    import sys
    from datetime import UTC
    from retour.service import capture
    from retour.service.ingestion import Intent, ingest
    from retour.store import open_store
    capture._BATCH = 2
    with open_store(sys.argv[1]) as store:
        print("ready", flush=True)
        list(ingest([sys.argv[2]], store, Intent(UTC, "gate")))
""")


def test_a_killed_reading_loses_no_session_and_writes_none_twice(tmp_path: Path) -> None:
    """After any number of SIGKILLs a reading to the end gives what one reading alone gives."""
    chance = random.Random(1)
    shots: list[Shot] = []
    for n in range(40):
        taken = TAKEN.replace(b"4D43D300222", b"4D43D3%05X" % n)
        steps: list[Step] = [*OPENING, BODY, ("server", taken), *CLOSING]
        shots += converse(steps, start_us=START_US + n * 60_000_000, isn=(n, n + 7))
    path = tmp_path / "many.pcap"
    path.write_bytes(write_pcap([(shot.at_us, frame(shot)) for shot in shots]))
    with open_store(str(tmp_path / "whole.sqlite3")) as trail:
        assert fill(trail, path) == [Intake(str(path), "capture", sessions=40)]
        whole = everything(trail)
    url = str(tmp_path / "killed.sqlite3")
    killed = 0
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", _READ_ON, url, str(path)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.01, 0.2))
        os.kill(process.pid, signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process.stdout.close()
    assert killed
    with open_store(url) as trail:
        fill(trail, path)
        assert everything(trail) == whole


def test_a_damaged_capture_gives_what_it_holds_and_a_sentence(
    capture: Path, tmp_path: Path
) -> None:
    """What was read before the damage is in the trail."""
    capture.write_bytes(capture.read_bytes()[:-7])
    with open_store(str(tmp_path / "trail.sqlite3")) as trail:
        [intake] = fill(trail, capture)
        assert intake.error is not None
        assert trail.find(Query(message_id="<1@example.org>"))
