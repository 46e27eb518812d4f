"""What the milter costs Postfix: ``python -m benchmarks milter`` (root, Postfix, smtp-source).

A Postfix of its own takes 10 kB messages from ``smtp-source`` and hands them to ``smtp-sink``:
without a milter, with ours, with ours and a trail, and with three on libmilter (``pymilter``,
needs libmilter-dev; left out with a line where it is not there): one that accepts at MAIL, one
that writes queue id, envelope and header as one text into a table, and one that writes down what
our trail does: peer, HELO, TLS, size, times, addresses of their own, found by Message-ID and by
address. The ways take turns, so that what else the machine does falls on all of them; the median
of the rounds counts.
"""

import importlib.util
import signal
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "gateway"))

from lab_postfix import Postfix, find_fault, find_port, wait_for

ROUNDS = 5
_MESSAGES = 1500
_SESSIONS = 8
_SINGLE = 250
_SIZE_BYTES = 10_000
_PYMILTERS_FILE = Path(__file__).with_name("pymilters.py")
REWRITING_SHARE = 0.75
RECORDING_SHARE = 0.50

_PYMILTERS = {
    "pymilter": "minimal",
    "pymilter with table": "table",
    "pymilter, our facts": "facts",
}
"""Ways of `benchmarks.pymilters`."""


class Bench:
    """A Postfix, a sink behind it, and the milters that may stand beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postfix = Postfix(folder)
        self._sink_port = find_port()
        self.sockets = {
            "rewriting": folder / "queue/retour/rewriting.sock",
            "with trail": folder / "queue/retour/trail.sock",
        }
        if importlib.util.find_spec("Milter"):
            for name, what in _PYMILTERS.items():
                self.sockets[name] = folder / f"queue/retour/{what}.sock"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run everything."""
        sink = ["smtp-sink", "-u", "postfix", "-c", f"127.0.0.1:{self._sink_port}", "512"]
        children = [subprocess.Popen(sink, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)]
        self.postfix.set(
            default_transport=f"smtp:[127.0.0.1]:{self._sink_port}",
            internal_mail_filter_classes="bounce",
            smtpd_client_connection_count_limit="0",
            in_flow_delay="0",
        )
        self.postfix.start()
        try:
            for name, path in self.sockets.items():
                children.append(self._start(name, path))
            for path in self.sockets.values():
                wait_for(path.exists, str(path))
                path.chmod(0o666)
            yield
        finally:
            for child in children:
                child.send_signal(signal.SIGTERM)
            for child in children:
                child.wait(60)
            self.postfix.stop()

    def _start(self, name: str, path: Path) -> "subprocess.Popen[bytes]":
        log = (self.folder / f"{path.stem}.log").open("wb")
        if what := _PYMILTERS.get(name):
            base = str(self.folder / f"{what}.sqlite3")
            # -P: ``milter``, which pymilter is made of, is not this file.
            command = [sys.executable, "-P", str(_PYMILTERS_FILE), str(path), what, base]
            return subprocess.Popen(command, stderr=log)
        settings = self.folder / f"{path.stem}.toml"
        text = f'[milter]\nsocket = "unix:{path}"\nsocket_mode = "666"\ndomains = ["home.test"]\n'
        if name == "with trail":
            text += f'[trail]\nstore = "{self.folder}/trail.sqlite3"\n'
        settings.write_text(text)
        command = [str(Path(sys.executable).with_name("retour")), "milter", "--config"]
        return subprocess.Popen([*command, str(settings)], stderr=log)

    def use(self, name: str) -> None:
        """Let Postfix call one milter, or none."""
        path = self.sockets.get(name)
        self.postfix.set(smtpd_milters=f"unix:retour/{path.name}" if path else "")
        self.postfix.reload()
        time.sleep(0.5)
        self.send(50)  # the processes that a reload ended are there again

    def send(self, count: int) -> float:
        """Send messages and return how many went in a second."""
        start = time.perf_counter()
        how = f"-s {_SESSIONS} -m {count} -l {_SIZE_BYTES} -f alice@home.test -t bob@away.test"
        command = ["smtp-source", *how.split(), f"127.0.0.1:{self.postfix.port}"]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        return count / (time.perf_counter() - start)

    def drain(self) -> None:
        """Wait until Postfix has handed everything on."""
        wait_for(lambda: not list(self.folder.glob("queue/active/*")), "an empty queue")

    def time_single(self, count: int) -> list[float]:
        """Return the milliseconds from MAIL to the answer to the final dot, one by one."""
        mail = b"Subject: x\r\n\r\n" + (b"x" * 76 + b"\r\n") * (_SIZE_BYTES // 78)
        times = []
        with smtplib.SMTP("127.0.0.1", self.postfix.port, local_hostname="client") as client:
            for _ in range(count):
                start = time.perf_counter()
                client.sendmail("alice@home.test", ["bob@away.test"], mail)
                times.append((time.perf_counter() - start) * 1000)
        return times


def main() -> None:
    """Measure and print."""
    if fault := find_fault():
        print(f"not measured: {fault}")
        return
    with tempfile.TemporaryDirectory(prefix="retour-bench-") as name:
        bench = Bench(Path(name))
        Path(name).chmod(0o755)
        if "pymilter" not in bench.sockets:
            print("pymilter is not here (apt-get install libmilter-dev; pip install pymilter)")
        with bench.running():
            _measure(bench)


def _measure(bench: Bench) -> None:
    ways = ["none", *bench.sockets]
    rates: dict[str, list[float]] = {way: [] for way in ways}
    waits: dict[str, list[float]] = {way: [] for way in ways}
    for round_ in range(ROUNDS):
        for way in ways[round_ % len(ways) :] + ways[: round_ % len(ways)]:
            bench.use(way)
            rates[way].append(bench.send(_MESSAGES))
            bench.drain()
            waits[way] += bench.time_single(_SINGLE // ROUNDS)
            bench.drain()
    medians = {way: statistics.median(values) for way, values in rates.items()}
    plain = _percentile(waits["none"])
    print(f"{_SIZE_BYTES // 1000} kB, {_SESSIONS} sessions, median of {ROUNDS} rounds in turns:")
    for way in ways:
        share = medians[way] / medians["none"]
        added = _percentile(waits[way]) - plain
        print(f"  {way:<20} {medians[way]:7.0f}/s {share:5.0%}   p99 {added:+6.1f} ms")
    for way, least, others in (
        ("rewriting", REWRITING_SHARE, ("pymilter",)),
        ("with trail", RECORDING_SHARE, ("pymilter with table", "pymilter, our facts")),
    ):
        share = medians[way] / medians["none"]
        print(f"  {way}: {'at least' if share >= least else 'below'} {least:.0%} of none", end="")
        for other in set(others) & set(medians):
            print(f"; {medians[way] / medians[other] - 1:+.1%} beside {other}", end="")
        print()


def _percentile(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]
