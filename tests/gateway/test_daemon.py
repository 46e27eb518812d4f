"""``retour milter`` as a process, without a mail server."""

import socket
import tempfile
from pathlib import Path

from daemon import Daemon
from milter_packets import offer


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
