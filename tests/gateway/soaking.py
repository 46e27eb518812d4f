"""Messages through Postfix while the milter and its database are killed at random."""

import contextlib
import os
import random
import signal
import smtplib
import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from daemon import Daemon
from databases import create_database, find_programs, run_server
from lab_postfix import Postfix, wait_for
from milter_packets import offer
from sample_report import RAW
from soak_log import count_unrecorded, read_reasons, read_unreached
from soak_sink import Arrived, Sink, digest, read

_SENDERS = 4
_SESSION = 10
"""Messages of one connection."""
_DRAIN_S = 240
_SETTINGS = """
language = "en"
[milter]
socket = "unix:{socket}"
socket_group = "postfix"
workers = 2
domains = ["home.test"]
decision_timeout_s = 4
stop_timeout_s = 5
[trail]
store = "{store}"
"""


@dataclass(slots=True)
class Account:
    """What became of all messages.

    Attributes:
        sent: by kind.
        not_taken: what Postfix refused.
        actions: what was done to daemon and database, by kind.
        seconds: from the first message to the last.
        lost, twice, altered: numbers of messages.
        mixed: numbers of reports of which a part is ours and a part is not.
        strays: numbers that arrived and were never taken; -1: none of ours.
        rewritten: reports.
        explained: reports that passed, by the reason that a log names.
        unexplained: queue ids of reports that passed without a reason in any log.
        unrecorded: messages that the milter says the trail did not get.
    """

    sent: Counter[str] = field(default_factory=Counter)
    not_taken: list[str] = field(default_factory=list)
    actions: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    lost: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    altered: list[int] = field(default_factory=list)
    mixed: list[int] = field(default_factory=list)
    strays: list[int] = field(default_factory=list)
    rewritten: int = 0
    explained: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)
    unrecorded: int = 0


@dataclass(frozen=True, slots=True)
class _Mail:
    """A message to send: what is expected back, too."""

    number: int
    kind: str
    sender: str
    recipient: str
    raw: bytes


def _make_mail(number: int, seed: int) -> _Mail:
    """Return a message: mostly ordinary ones, some that bounce, some reports from outside."""
    chance = random.Random(f"{seed}/{number}")
    kind = chance.choices(("ordinary", "refused", "foreign", "forged"), (80, 10, 5, 5))[0]
    if kind in ("foreign", "forged"):
        about = f"<soak-{chance.randrange(max(1, number))}@home.test>".encode()
        raw = RAW.replace(b"<1@mail.home.test>", f"<report-{number}@mx.away.test>".encode())
        raw = raw.replace(
            b"<original@home.test>", about if kind == "foreign" else b"<never@home.test>"
        ).replace(b"unknown@away.test", b"bob@away.test")
        return _Mail(number, kind, "", "alice@home.test", raw)
    recipient = "unknown@away.test" if kind == "refused" else "bob@away.test"
    header = (
        f"From: alice@home.test\r\nTo: {recipient}\r\nSubject: number\r\n\t{number}\r\n"
        f"Date: Tue, 24 Nov 2026 09:02:14 +0000\r\nMessage-ID: <soak-{number}@home.test>\r\n\r\n"
    )
    line = bytes(chance.choices([*range(32, 127), *range(128, 256)], k=70)) + b"\r\n"
    body = (b"." + line) * chance.randrange(1, 100)
    return _Mail(number, kind, "alice@home.test", recipient, header.encode() + body)


class Database:
    """A trail that can be taken away for a while."""

    def __init__(self, folder: Path, *, is_postgres: bool) -> None:
        self._stack = contextlib.ExitStack()
        programs = find_programs() if is_postgres else None
        self._programs = programs
        if programs is None:
            self.name = "SQLite, locked"
            self.url = str(folder / "trail.sqlite3")
            return
        self.name = "PostgreSQL, stopped and started"
        self.url = create_database(self._stack.enter_context(run_server(programs)))
        self._place = Path(parse_qs(urlsplit(self.url).query)["host"][0])

    def take_away(self, seconds: float) -> None:
        """Let nobody use it for a while."""
        if self._programs is not None:
            self._control("-m", "immediate", "stop")
            time.sleep(seconds)
            options = f"-k {self._place} -c listen_addresses='' -c fsync=off -c max_connections=30"
            self._control("-o", options, "-w", "start")
            return
        with contextlib.closing(sqlite3.connect(self.url, timeout=30)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            time.sleep(seconds)
            connection.rollback()

    def _control(self, *words: str) -> None:
        assert self._programs is not None
        command = [str(self._programs / "pg_ctl"), "-D", str(self._place / "data"), *words]
        with (self._place / "output").open("ab") as output:
            subprocess.run(
                command,
                check=True,
                stdout=output,
                stderr=output,
                user="nobody",
                cwd=self._place,
                timeout=60,
            )

    def close(self) -> None:
        self._stack.close()


class _Service:
    """The daemon, under something that starts it again as a service manager does."""

    def __init__(self, folder: Path, path: Path, store: str) -> None:
        self._folder = folder
        self._socket = path
        self._settings = _SETTINGS.format(socket=path, store=store)
        self.logs: list[Path] = []
        self.start()

    def start(self) -> None:
        folder = self._folder / f"daemon-{len(self.logs)}"
        folder.mkdir()
        self.logs.append(folder / "milter.log")
        self._daemon = Daemon(folder, self._settings)
        wait_for(self._answers, "a worker")

    def _answers(self) -> bool:
        """Tell whether a worker takes part in the handshake; nobody is ready at once."""
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
            client.settimeout(5)
            client.connect(str(self._socket))
            client.sendall(offer())
            return bool(client.recv(1))
        return False

    def kill_worker(self, chance: random.Random) -> None:
        workers = self._daemon.list_children()
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)

    def kill_supervisor(self, _: random.Random) -> None:
        """Workers without a supervisor go on until the service manager ends them, too."""
        self._daemon.tell(signal.SIGKILL)
        time.sleep(0.3)
        self.kill_all(_)

    def kill_all(self, chance: random.Random) -> None:
        self._daemon.tell_all(signal.SIGKILL)
        self._daemon.stop()
        time.sleep(chance.uniform(0, 2))
        self.start()

    def restart(self, _: random.Random) -> None:
        self._daemon.stop()
        self.start()

    def reload(self, _: random.Random) -> None:
        self._daemon.tell(signal.SIGHUP)

    def stop(self) -> None:
        self._daemon.stop()


class Soak:
    """One run."""

    def __init__(
        self, folder: Path, count: int, seed: int, *, pause_s: float, is_postgres: bool
    ) -> None:
        """Prepare.

        Args:
            folder: for everything; its user has to be able to pass.
            count: of messages.
            seed: of messages and troubles.
            pause_s: after each connection of a sender: few messages still meet many troubles.
            is_postgres: whether PostgreSQL keeps the trail, where it is installed.
        """
        self._folder, self._count, self._seed = folder, count, seed
        self._pause_s = pause_s
        self._postfix = Postfix(folder)
        self._sink = Sink()
        self._database = Database(folder, is_postgres=is_postgres)
        self.database_name = self._database.name
        self._account = Account()
        self._done = threading.Event()
        self._taken: dict[int, _Mail] = {}

    def run(self) -> Account:
        """Send everything, wait until it arrived, and settle the account."""
        account = self._account
        with self._running() as service, ThreadPoolExecutor(_SENDERS + 2) as pool:
            start = time.monotonic()
            troubles = [
                pool.submit(self._trouble_daemon, service),
                pool.submit(self._trouble_database),
            ]
            sessions = range(0, self._count, _SESSION)
            for _ in pool.map(self._send_session, sessions):
                pass
            account.seconds = time.monotonic() - start
            self._done.set()
            for trouble in troubles:
                trouble.result()
            self._wait_for_queue()
        self._settle(service)
        return account

    @contextlib.contextmanager
    def _running(self) -> Iterator[_Service]:
        postfix = self._postfix
        postfix.set(
            virtual_mailbox_domains="",
            default_transport=f"smtp:[127.0.0.1]:{self._sink.port}",
            smtpd_milters="unix:retour/milter.sock",
            non_smtpd_milters="unix:retour/milter.sock",
            internal_mail_filter_classes="bounce",
            smtpd_client_connection_count_limit="0",
            in_flow_delay="0",
            enable_long_queue_ids="yes",
        )
        with contextlib.ExitStack() as stack:
            stack.callback(self._sink.close)
            stack.callback(self._database.close)
            stack.callback(postfix.stop)
            postfix.start()
            service = _Service(
                self._folder, self._folder / "queue/retour/milter.sock", self._database.url
            )
            stack.callback(service.stop)
            yield service

    def _send_session(self, first: int) -> None:
        number = first
        try:
            with smtplib.SMTP("127.0.0.1", self._postfix.port, local_hostname="client") as client:
                for number in range(first, min(first + _SESSION, self._count)):
                    mail = _make_mail(number, self._seed)
                    client.sendmail(mail.sender, [mail.recipient], mail.raw)
                    self._taken[number] = mail
        except (OSError, smtplib.SMTPException) as error:
            self._account.not_taken.append(f"from {number}: {error}")
        time.sleep(self._pause_s)

    def _trouble_daemon(self, service: _Service) -> None:
        chance = random.Random(self._seed)
        ways = (
            ("worker killed", service.kill_worker, 4),
            ("supervisor killed, then all", service.kill_supervisor, 1),
            ("all killed", service.kill_all, 2),
            ("restarted", service.restart, 1),
            ("reloaded", service.reload, 1),
        )
        while not self._done.wait(chance.uniform(1, 5)):
            name, act, _ = chance.choices(ways, [way[2] for way in ways])[0]
            act(chance)
            self._account.actions[name] += 1

    def _trouble_database(self) -> None:
        chance = random.Random(self._seed + 1)
        while not self._done.wait(chance.uniform(1, 8)):
            self._database.take_away(chance.uniform(0.2, 5))
            self._account.actions["database away"] += 1

    def _wait_for_queue(self) -> None:
        """Wait until Postfix has handed everything on; what stays there counts as lost."""
        end = time.monotonic() + _DRAIN_S
        quiet = 0
        while quiet < 4 and time.monotonic() < end:
            names = ("maildrop", "incoming", "active", "deferred")
            waiting = any(
                path.is_file()
                for name in names
                for path in (self._folder / "queue" / name).rglob("*")
            )
            quiet = 0 if waiting else quiet + 1
            time.sleep(0.25)

    def _settle(self, service: _Service) -> None:
        account = self._account
        arrived = [read(sender, raw) for sender, raw in self._sink.arrived]
        account.sent = Counter(mail.kind for mail in self._taken.values())
        seen: dict[int, list[Arrived]] = {}
        for found in arrived:
            seen.setdefault(found.number, []).append(found)
        account.strays = [number for number in seen if number not in self._taken]
        reasons = read_reasons(service.logs)
        unreached = read_unreached(self._postfix.log)
        account.unrecorded = count_unrecorded(service.logs)
        for number, mail in self._taken.items():
            copies = seen.get(number, [])
            if mail.kind == "refused":
                copies = [copy for copy in copies if copy.is_report]
            if not copies:
                account.lost.append(number)
                continue
            if len(copies) > 1:
                account.twice.append(number)
            self._weigh(mail, copies[0], reasons, unreached)

    def _weigh(
        self, mail: _Mail, copy: Arrived, reasons: dict[str, str], unreached: set[str]
    ) -> None:
        """Hold one message against what was sent, and find out why it is not rewritten."""
        account = self._account
        if not copy.is_whole:
            account.mixed.append(mail.number)
        may_be_rewritten = mail.kind in ("refused", "foreign")
        if copy.is_rewritten and may_be_rewritten:
            account.rewritten += 1
            return
        if mail.kind != "refused" and copy.digest != digest(mail.raw):
            account.altered.append(mail.number)
        if mail.kind == "ordinary":
            return
        if copy.queue_id in reasons:
            account.explained[f"milter: {reasons[copy.queue_id]}"] += 1
        elif copy.queue_id in unreached:
            account.explained["Postfix: milter not reachable"] += 1
        else:
            account.unexplained.append(copy.queue_id)
