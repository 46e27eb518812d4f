"""``retour milter`` as a process of its own, for tests."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from lab_postfix import wait_for

RETOUR = str(Path(sys.executable).with_name("retour"))


class Daemon:
    """A running daemon with a settings file and a log."""

    def __init__(self, folder: Path, settings: str, **environ: str) -> None:
        self.config = folder / "retour.toml"
        self.config.write_text(settings)
        self._log = folder / "milter.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [RETOUR, "milter", "--config", str(self.config)],
                stderr=log,
                env={**os.environ, **environ},
                start_new_session=True,
            )
        self.wait_for_line('"started"')

    def read_log(self) -> str:
        return self._log.read_text()

    def wait_for_line(self, part: str) -> str:
        """Return the first log line with these words."""
        return wait_for(
            lambda: next((line for line in self.read_log().splitlines() if part in line), None),
            f"a log line with {part}",
        )

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the daemon itself."""
        os.kill(self._process.pid, number)

    def tell_all(self, number: signal.Signals) -> None:
        """Send a signal to the daemon and to all its workers."""
        os.killpg(self._process.pid, number)

    def list_children(self) -> list[int]:
        """Return the process numbers of its workers."""
        pid = self._process.pid
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(word) for word in text.split()]

    def stop(self) -> int:
        """End it as a service manager does; return its exit status."""
        if self._process.poll() is None:
            self.tell_all(signal.SIGCONT)
            self.tell(signal.SIGTERM)
        return self._process.wait(60)
