"""Logs and mails into a trail, whole or as they grow."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

import pytest

from retour.model.story import Query
from retour.service import ingestion
from retour.service.ingestion import Intake, Intent, follow, ingest
from retour.store import open_store

INTENT = Intent(UTC, "gate")
WAIT_SECONDS = 20


def lines_of(*numbers: int) -> str:
    """Return what Postfix logs of some messages, four lines each."""
    lines = []
    for number in numbers:
        stamp, name = f"2026-03-01T10:{number:02d}:00+00:00 mx postfix/", f"{number:011X}"
        lines += [
            f"{stamp}cleanup[1]: {name}: message-id=<m{number}@example.com>",
            f"{stamp}qmgr[1]: {name}: from=<a@example.com>, size=9, nrcpt=1 (queue active)",
            f"{stamp}smtp[1]: {name}: to=<b@example.net>, relay=mx.example.net[192.0.2.1]:25, "
            "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
            f"{stamp}qmgr[1]: {name}: removed",
        ]
    return "".join(f"{line}\n" for line in lines)


class _Followed:
    """A trail that follows a log in a thread of its own."""

    def __init__(self, log: Path, store: Path) -> None:
        self._log, self._store = log, store
        self.intakes: list[Intake] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Follow while the block runs."""
        stopped = threading.Event()

        def run() -> None:
            with open_store(str(self._store)) as store:
                self.intakes += follow([str(self._log)], store, INTENT, stopped.is_set)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join(WAIT_SECONDS)

    def wait_for(self, count: int) -> None:
        """Wait until the trail knows so many messages, delivered."""
        deadline = time.monotonic() + WAIT_SECONDS
        while (known := self._count()) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert known == count

    def _count(self) -> int:
        with open_store(str(self._store)) as store:
            return len(store.find(Query(status="relayed", limit=1000)))


def _rename(log: Path) -> None:
    log.rename(log.with_name("mail.log.1"))


def _copy_and_truncate(log: Path) -> None:
    log.with_name("mail.log.1").write_bytes(log.read_bytes())
    log.write_bytes(b"")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "POLL_SECONDS", 0.02)


@pytest.mark.parametrize("rotate", [_rename, _copy_and_truncate])
def test_growing_log_is_followed_through_a_rotation(
    tmp_path: Path, rotate: Callable[[Path], None]
) -> None:
    """A line written in two pieces and a rotation of either kind lose nothing."""
    log = tmp_path / "mail.log"
    trail = _Followed(log, tmp_path / "trail.sqlite3")
    with trail.running():
        text = lines_of(1, 2)
        log.write_text(text[:333])
        with log.open("a") as file:
            file.write(text[333:])
        trail.wait_for(2)
        rotate(log)
        with log.open("a") as file:
            file.write(lines_of(3))
        trail.wait_for(3)
    assert sum(intake.unknown for intake in trail.intakes) == 0


def test_what_was_written_while_nobody_looked_is_read_first(tmp_path: Path) -> None:
    """After a rotation in between, the rest of the old log comes before the new one."""
    log = tmp_path / "mail.log"
    trail = _Followed(log, tmp_path / "trail.sqlite3")
    log.write_text(lines_of(1))
    with trail.running():
        trail.wait_for(1)
    with log.open("a") as file:
        file.write(lines_of(2))
    _rename(log)
    log.write_text(lines_of(3))
    with trail.running():
        trail.wait_for(3)


def test_ingesting_again_changes_nothing(tmp_path: Path) -> None:
    """The place in a log is kept, and a log under another name gives the same rows."""
    log, copy = tmp_path / "mail.log", tmp_path / "other.log"
    log.write_text(lines_of(1, 2))
    copy.write_text(log.read_text())
    with open_store(str(tmp_path / "trail.sqlite3")) as store:
        counts = [
            [i.lines for i in ingest([str(path)], store, INTENT)] for path in (log, log, copy)
        ]
        assert counts == [[8], [0], [8]]
        assert len(store.find(Query())) == 2


def test_parts_of_a_log_are_read_oldest_first(tmp_path: Path) -> None:
    """The order in which they are named does not matter."""
    young, old = tmp_path / "mail.log", tmp_path / "mail.log.1"
    old.write_text(lines_of(1))
    young.write_text(lines_of(2))
    with open_store(str(tmp_path / "trail.sqlite3")) as store:
        intakes = list(ingest([str(young), str(old)], store, INTENT))
    assert [intake.source for intake in intakes] == [str(old), str(young)]


def test_what_is_neither_log_nor_mail_is_told(tmp_path: Path) -> None:
    """A file of no known form has one sentence, and stops nothing."""
    nonsense, missing, log = tmp_path / "notes.txt", tmp_path / "gone", tmp_path / "mail.log"
    nonsense.write_text("just words\nwithout a form\n")
    log.write_text(lines_of(1))
    with open_store(str(tmp_path / "trail.sqlite3")) as store:
        intakes = {
            i.source: i for i in ingest([str(nonsense), str(missing), str(log)], store, INTENT)
        }
    said = "is neither a log, a capture nor a mail of any known form"
    assert intakes[str(nonsense)].error == said
    assert intakes[str(missing)].error == "cannot be read: No such file or directory"
    assert intakes[str(log)].error is None


def test_logs_of_real_servers_go_into_one_trail(tmp_path: Path, shared: Path) -> None:
    """Every log of the laboratory is read, by its content, and hardly a line is unknown."""
    folder = shared / "lab/logs/cases"
    paths = [str(path) for path in folder.iterdir() if ".bsd" not in path.name]
    with open_store(str(tmp_path / "trail.sqlite3")) as store:
        intakes = list(ingest(paths, store, INTENT))
        assert not [intake for intake in intakes if intake.error]
        assert sum(i.unknown for i in intakes if "rejectlog" not in i.source) <= 4
        story = store.read_named("<cross-pfx-box@home.test>")
    assert story is not None
    assert "ann@foxtrot.test" in str(story)
