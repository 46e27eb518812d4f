"""Hosts whose Postfix calls ``retour milter``."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab import network
from lab.host import Host, wait_for
from lab.packages import FOLDER

RETOUR = str(Path(sys.executable).with_name("retour"))
STORE = "/var/lib/retour/trail.sqlite3"

_MAIN = """
mydestination = localhost
message_size_limit = 1000000
mynetworks = 127.0.0.0/8, 198.51.100.3{trusted}
relay_domains = office.test
transport_maps = inline:{{office.test=smtp:[{to}]}}
smtpd_milters = unix:/run/retour/milter.sock
non_smtpd_milters = $smtpd_milters
internal_mail_filter_classes = bounce
milter_default_action = accept
milter_connect_timeout = 2s
milter_command_timeout = 2s
milter_content_timeout = 5s
"""
_SETTINGS = """
language = "en"
[milter]
socket = "unix:/run/retour/milter.sock"
socket_group = "postfix"
workers = 1
domains = ["office.test"]
[trail]
store = "{store}"
"""


class MilterHost(Host):
    """A Postfix of the domain office.test with Retour in its mail flow."""

    def __init__(self, name: str, to: str = network.HOME, trusted: str = "") -> None:
        """Start both.

        Args:
            name: The host's.
            to: Host or address that mail for office.test goes on to.
            trusted: Another address whose mail it relays.
        """
        settings = _MAIN.format(to=to, trusted=trusted and f", {trusted}")
        super().__init__(name, "postfix", settings)
        for folder in ("run/retour", "var/lib/retour"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "etc/retour.toml").write_text(_SETTINGS.format(store=STORE))
        self._daemon: subprocess.Popen[bytes] | None = None

    @property
    def logs(self) -> list[Path]:
        """All its logs that there are, the daemon's with them."""
        return [*super().logs, *([self._journal] if self._journal.exists() else [])]

    @property
    def store(self) -> Path:
        """Its trail."""
        return self.root / STORE.lstrip("/")

    @property
    def said(self) -> list[dict[str, Any]]:
        """The lines that the daemon has logged, of all its runs."""
        text = self._journal.read_text() if self._journal.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def start_retour(self) -> None:
        """Start the daemon; return when it takes connections."""
        before = len(self.said)
        command = (RETOUR, "milter", "--config", "/etc/retour.toml")
        self._daemon = self.spawn(*command, said=self._journal)

        def has_started() -> bool:
            return any(line["event"] == "started" for line in self.said[before:])

        wait_for(has_started, f"retour milter on {self.name}, see {self._journal}")

    def signal_retour(self, number: signal.Signals) -> None:
        """Send a signal to the daemon and its workers."""
        assert self._daemon is not None
        os.killpg(self._daemon.pid, number)

    def stop_retour(self) -> None:
        """End the daemon as a service manager does."""
        if self._daemon is not None:
            self.signal_retour(signal.SIGCONT)
            self._daemon.terminate()
            self._daemon.wait(30)
            self._daemon = None

    def close(self) -> None:
        """End the daemon, and the host."""
        self.stop_retour()
        super().close()

    @property
    def _journal(self) -> Path:
        return FOLDER / "run" / self.name / "retour.log"
