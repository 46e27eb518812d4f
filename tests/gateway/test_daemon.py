"""``retour milter`` as a process, without a mail server."""

import json
import os
import select
import signal
import socket
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from daemon import Daemon
from lab_postfix import wait_for
from milter_packets import offer

from retour.gateway.milter.supervisor import StartError, run_milter
from retour.service.settings import Settings


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="retour-") as name:
        yield Path(name)


def _settings(folder: Path, more: str = "") -> str:
    return f'[milter]\nsocket = "unix:{folder}/milter.sock"\n{more}'


def _answers(folder: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(folder / "milter.sock"))
        client.sendall(offer())
        return bool(client.recv(1))


def test_a_mail_server_that_hangs_up_ends_no_worker() -> None:
    """Whoever is gone before our answer costs a connection, not the process that wrote it."""
    with tempfile.TemporaryDirectory(prefix="retour-") as name:
        path = Path(name) / "milter.sock"
        daemon = Daemon(Path(name), f'[milter]\nsocket = "unix:{path}"\nworkers = 1\n')
        try:
            for _ in range(20):
                with socket.socket(socket.AF_UNIX) as hasty:
                    hasty.connect(str(path))
                    hasty.sendall(offer())
            with socket.socket(socket.AF_UNIX) as patient:
                patient.settimeout(30)
                patient.connect(str(path))
                patient.sendall(offer())
                assert patient.recv(1)
            assert "worker died" not in daemon.read_log()
        finally:
            daemon.stop()


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_it_has_started_when_all_workers_accept(folder: Path) -> None:
    """Log and service manager hear of the start behind it, not before."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.settimeout(30)
        daemon = Daemon(
            folder, _settings(folder, "workers = 3\n"), NOTIFY_SOCKET=str(folder / "notify")
        )
        try:
            assert manager.recv(100) == b"READY=1"
            assert json.loads(daemon.wait_for_line('"started"'))["workers"] == 3
            assert _answers(folder)
        finally:
            assert daemon.stop() == 0


def test_any_worker_serves_where_the_first_one_does_not(folder: Path) -> None:
    """Whichever hangs, the others take what it leaves."""
    daemon = Daemon(folder, _settings(folder, "workers = 2\n"))
    try:
        workers = daemon.list_children()
        assert len(workers) == 2
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
            wait_for(partial(_is_stopped, worker), "a worker that hangs")
            assert all(_answers(folder) for _ in range(5))
            os.kill(worker, signal.SIGCONT)
    finally:
        daemon.stop()


def test_elsewhere_than_on_linux_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, before anything is made."""
    monkeypatch.delattr(select, "epoll")
    with pytest.raises(StartError, match="Linux"):
        run_milter(Settings)
