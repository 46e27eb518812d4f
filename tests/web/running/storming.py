"""Many connections ask at once while the trail is taken away again and again.

`wrk` asks for pages and by the API; a feed writes to the same trail. What either of them was told
is written has to be there afterwards, and whoever could not be answered was told to come again.
"""

import base64
import contextlib
import http.client
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from soaking import Database
from webserver import find_token
from webtrail import fill_trail

from retour.model.trail import Arrival
from retour.store import StoreError, open_store

_LUA = Path(__file__).with_name("storm.lua")
_MAIL = Path(__file__).parents[3] / "examples" / "mailbox-full.eml"
_COMMAND = Path(sys.executable).with_name("retour")
_SETTINGS = """\
[web]
requests_per_minute = 0
audit_log = "{folder}/audit.jsonl"
shares = "{folder}/shares"
"""
_PAGES = (
    "/trail",
    "/trail?status=failed",
    "/trail?to=dest3.example.net",
    "/trail/message?id=%3Cway@example.com%3E",
    "/trail/repeated",
    "/compare?a=%3Ctwin@example.com%3E",
    "/overview",
    "/overview?period=30d",
    "/codes/5.4.6",
    "/api/v1/trails?from=ann@example.com",
    "/api/v1/trails/%3Cway@example.com%3E",
    "/api/v1/delivered?id=%3Cway@example.com%3E",
    "/api/v1/stats",
)
_BATCH = 5
_PATIENCE_S = 60
WAIT_S = 20
"""How long a connection waits for an answer; one that took longer counts as none."""


@dataclass(slots=True)
class Account:
    """What became of a storm.

    Attributes:
        seconds: how long it took.
        requests: how many were answered.
        statuses: of the answers.
        broken: connections without an answer, by what went wrong.
        hintless: answers of 503 without a Retry-After.
        faults: the ends of some answers that are neither 200 nor 503.
        latencies_ms: the median, the 99th percentile and the longest.
        outages: how often the trail was taken away.
        shared: reports that the server said it has shared.
        lost_shares: links among them that open nothing.
        written: messages that the feed was told are written.
        lost_messages: those among them that are not in the trail.
        recovery_s: how long after the last outage it took until every page was there.
        complaints: lines of the server's output that tell of a defect.
    """

    seconds: float = 0.0
    requests: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    hintless: int = 0
    faults: list[str] = field(default_factory=list)
    latencies_ms: tuple[float, ...] = ()
    outages: int = 0
    shared: int = 0
    lost_shares: list[str] = field(default_factory=list)
    written: int = 0
    lost_messages: list[str] = field(default_factory=list)
    recovery_s: float = 0.0
    complaints: list[str] = field(default_factory=list)

    def list_faults(self) -> list[str]:
        """Return what should not have happened, a line each."""
        found = [
            f"{count} answers of {status}"
            for status, count in self.statuses.items()
            if status not in ("200", "503")
        ]
        found += [f"{count} connections: {how}" for how, count in self.broken.items() if count]
        found += [f"{self.hintless} answers of 503 without Retry-After"] * bool(self.hintless)
        found += [f"lost share {token[:8]}" for token in self.lost_shares]
        found += [f"lost message {name}" for name in self.lost_messages]
        return [*found, *self.faults, *self.complaints]


def find_missing() -> str:
    """Say in one line what is missing for a storm; empty: nothing."""
    return "" if shutil.which("wrk") else "wrk is not here (Debian: wrk)"


class Storm:
    """A server with a trail, and what happens to it."""

    def __init__(
        self, folder: Path, *, is_postgres: bool, seconds: float, connections: int, outages: int
    ) -> None:
        """Fill a trail and start the server.

        Args:
            folder: for everything.
            is_postgres: whether PostgreSQL keeps the trail, else SQLite.
            seconds: how long is asked.
            connections: how many ask at once.
            outages: how often the trail is taken away meanwhile.
        """
        self._folder = folder
        self._seconds = seconds
        self._connections = connections
        self._outages = outages
        self._database = Database(folder, is_postgres=is_postgres)
        self.database_name = self._database.name
        self._written: list[str] = []
        self._ended = threading.Event()
        fill_trail(self._database.url)

    def run(self) -> Account:
        """Let it rage; then count what is there."""
        account = Account(outages=self._outages)
        with contextlib.closing(self._database), self._serve() as server:
            feed = threading.Thread(target=self._feed)
            feed.start()
            wrk = self._ask(server)
            for _ in range(self._outages):
                pause = self._seconds / (self._outages + 1)
                time.sleep(pause * 0.7)
                self._database.take_away(pause * 0.3)
            output, _ = wrk.communicate(timeout=self._seconds + 2 * _PATIENCE_S)
            self._ended.set()
            feed.join()
            started = time.monotonic()
            self._wait_until_all_is_well(server)
            account.recovery_s = time.monotonic() - started
            _read_output(output, account)
            self._count_shares(server, account)
            self._count_messages(account)
        said = (self._folder / "server.log").read_text(encoding="utf-8", errors="replace")
        account.complaints += re.findall(r"^(?:Traceback.*|\S*Error:.*|ERROR:.*)$", said, re.M)[:20]
        return account

    @contextlib.contextmanager
    def _serve(self) -> Iterator[str]:
        """Run ``retour serve`` with two processes; give its host and port."""
        settings = self._folder / "retour.toml"
        settings.write_text(_SETTINGS.format(folder=self._folder), encoding="utf-8")
        command = [str(_COMMAND), "serve", "--port", "0", "--workers", "2"]
        command += ["--store", self._database.url, "--config", str(settings)]
        environ = {**os.environ, "HOME": str(self._folder)}
        log = (self._folder / "server.log").open("wb")
        with (
            log,
            subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=log) as process,
        ):
            try:
                assert process.stdout
                server = urlsplit(process.stdout.readline().decode().strip()).netloc
                self._wait_until_all_is_well(server)
                yield server
            finally:
                process.terminate()
                process.wait(_PATIENCE_S)

    def _wait_until_all_is_well(self, server: str) -> None:
        """Wait until each page is there for both processes, ten times in a row."""
        patience = time.monotonic() + _PATIENCE_S
        in_a_row = 0
        while in_a_row < 10:
            try:
                is_well = _get(server, "/overview")[0] == 200
            except ConnectionRefusedError:  # its processes are still starting
                is_well = False
            in_a_row = in_a_row + 1 if is_well else 0
            if time.monotonic() > patience:
                raise RuntimeError("the server does not answer again")
            if not in_a_row:
                time.sleep(0.1)

    def _ask(self, server: str) -> "subprocess.Popen[bytes]":
        """Start wrk."""
        status, page, cookie = _get(server, "/")
        assert status == 200
        mail = self._folder / "mail.eml"
        mail.write_bytes(_MAIL.read_bytes())
        boundary = "storm"
        form = self._folder / "form"
        fields = {
            "form_token": find_token(page),
            "mail": base64.b64encode(_MAIL.read_bytes()).decode(),
        }
        form.write_text(
            "".join(
                f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                for name, value in fields.items()
            )
            + f"--{boundary}--\r\n",
            encoding="ascii",
        )
        kind = f"Content-Type: multipart/form-data; boundary={boundary}|Cookie: {cookie}"
        lines = [f"GET\t{path}\t\t\t\n" for path in _PAGES]
        lines.append(f"POST\t/api/v1/explain\tContent-Type: message/rfc822\t{mail}\t\n")
        lines.append(f"POST\t/share\t{kind}\t{form}\t\n")
        asked = self._folder / "asked"
        asked.write_text("".join(lines), encoding="ascii")
        command = ["wrk", "-t", "2", "-c", str(self._connections), "-d", f"{self._seconds:.0f}s"]
        command += ["--timeout", f"{WAIT_S}s", "-s", str(_LUA), f"http://{server}"]
        command += ["--", str(asked), str(self._folder)]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    def _feed(self) -> None:
        """Write messages; those of a batch that failed are written again, as a feed does."""
        store = None
        number = 0
        while not self._ended.wait(0.02):
            names = [f"<fed{number + n}@example.com>" for n in range(_BATCH)]
            at = int(time.time() * 1_000_000)
            lines = [Arrival(at, "mx.example.com", f"F{name[4:-13]}", name) for name in names]
            try:
                store = store or open_store(self._database.url)
                store.write(lines)
            except StoreError:
                continue
            self._written += names
            number += _BATCH
        if store:
            store.close()

    def _count_shares(self, server: str, account: Account) -> None:
        """Open every link that the server has given."""
        for file in self._folder.glob("links.*"):
            for token in file.read_text(encoding="ascii").split():
                account.shared += 1
                status, page, _ = _get(server, f"/s/{token}")
                if status != 200 or "ines@example.org" not in page:
                    account.lost_shares.append(token)

    def _count_messages(self, account: Account) -> None:
        """Look every message up that the feed was told is written."""
        account.written = len(self._written)
        with open_store(self._database.url) as store:
            account.lost_messages += [
                name for name in self._written if store.read_named(name) is None
            ]


def _get(server: str, path: str) -> tuple[int, str, str]:
    """Return an answer's status, body and cookie."""
    connection = http.client.HTTPConnection(server, timeout=WAIT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        return answer.status, answer.read().decode("utf-8", "replace"), cookie
    finally:
        connection.close()


def _read_output(output: bytes, account: Account) -> None:
    """Read what the script of wrk has printed."""
    for line in output.decode("utf-8", "replace").splitlines():
        kind, *values = line.split("\t")
        if kind == "requests":
            account.requests, account.seconds = int(values[0]), int(values[1]) / 1_000_000
        elif kind == "latency":
            account.latencies_ms = tuple(float(value) / 1000 for value in values)
        elif kind == "status":
            account.statuses[values[0]] = int(values[1])
        elif kind == "broken":
            account.broken[values[0]] = int(values[1])
        elif kind == "hintless":
            account.hintless = int(values[0])
        elif kind == "fault":
            account.faults.append(values[0])
