"""How long ``retour explain`` takes on one mail, from start to end."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.hostile import HOSTILE
from benchmarks.surroundings import COMMAND

RUNS = 9
BOUND_MS = 300.0


def main() -> None:
    """Print the median times, wall clock and processor, beside a bare Python's."""
    with tempfile.TemporaryDirectory() as folder:
        mail = Path(folder) / "bounce.eml"
        mail.write_bytes(HOSTILE["very many recipients"](100))
        _show("python -c pass", [sys.executable, "-c", "pass"])
        for form in ("json", "text", "terminal", "html"):
            command = [str(COMMAND), "explain", "--format", form, str(mail)]
            _show(f"retour explain --format {form}", command)
        print(f"(at most {BOUND_MS:.0f} ms)")


def _show(title: str, command: list[str]) -> None:
    """Run a command several times and print its medians."""
    wall, processor = [], []
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # fills the caches of files
    for _ in range(RUNS):
        before = os.times()
        started = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        wall.append((time.perf_counter() - started) * 1000)
        after = os.times()
        used = after.children_user + after.children_system
        processor.append((used - before.children_user - before.children_system) * 1000)
    print(
        f"{title:34} {statistics.median(wall):6.0f} ms"
        f"  (processor {statistics.median(processor):4.0f} ms)"
    )
