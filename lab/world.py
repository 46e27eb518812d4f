"""The lab while it is up: hosts, names, remotes, and the mails that were handed in."""

import shutil
import smtplib
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

import retour
from lab import network
from lab.host import Host, wait_for
from lab.milter import MilterHost
from lab.names import FAULTS, NameServer
from lab.packages import FOLDER
from lab.remote import Remote, Replies
from lab.scenario import OFFICE, SERVERS, Scenario
from retour import Analysis, Diagnosis

_LIFE_S = 60
H = TypeVar("H", bound=Host)


class World:
    """Everything that runs."""

    def __init__(self) -> None:
        """Bring up the network, the name server, home and the hosts that all scenarios share."""
        run = FOLDER / "run"
        run.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "lab", str(run)], check=True)
        network.open_network()
        self._ended_at = 0.0
        self._handed_in: dict[str, Future[None]] = {}
        self.names = NameServer()
        self.names.start()
        self._remotes: list[Remote] = []
        self._played: dict[str, Remote] = {}
        self.hosts: dict[str, Host] = {}
        self.home = self._add_remote(network.HOME, "mx.home.test")
        self.names.add_domain("home.test", network.HOME)
        with ThreadPoolExecutor() as pool:
            inner = pool.submit(self._add, MilterHost, "inner", trusted="198.51.100.0/24")
            office = pool.submit(self._add, MilterHost, OFFICE, to="mx.inner.test")
            for name in (*SERVERS, "dovecot"):
                pool.submit(self._add, Host, name, name)
            spare = pool.submit(self._add, MilterHost, "spare")
        for host in self.hosts.values():
            host.wait_until_ready()
        self.office, self.inner, self.spare = office.result(), inner.result(), spare.result()
        self.office.start_retour()
        self.inner.start_retour()
        # A trail is made when the first mail passes; notices about the next ones need it.
        self.send(self.office, "first@home.test", ["first@office.test"], b"Subject: first\r\n\r\n")
        wait_for(self.office.store.exists, "the office's trail")

    def _add(self, make: Callable[..., H], name: str, *values: str, **options: str) -> H:
        """Start a host and make its domain known."""
        host = make(name, *values, **options)
        self.hosts[name] = host
        self.names.add_domain(host.domain, host.address)
        return host

    def close(self) -> None:
        """End what this process started; the kernel takes the rest with the namespaces."""
        self._keep_mails()
        for host in self.hosts.values():
            host.close()
        for remote in self._remotes:
            remote.close()
        self.names.close()

    def _keep_mails(self) -> None:
        """Leave what came home, and the hosts' logs, in ``build/lab/kept``, to be looked at."""
        kept = FOLDER / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        for number, taken in enumerate(self.home.taken):
            (kept / f"{taken.recipients[0]}.{number}.eml").write_bytes(taken.mail)
        for host in self.hosts.values():
            for log in host.logs:
                shutil.copy(log, kept / f"{host.name}.{log.name}")

    def _add_remote(self, address: str, name: str, replies: Replies | None = None) -> Remote:
        remote = Remote(address, name, replies)
        self._remotes.append(remote)
        return remote

    def hand_in_all(self, pairs: Sequence[tuple[Scenario, str]]) -> None:
        """Hand in the mails of all scenarios at once: queues then expire side by side."""
        for scenario in {scenario.name: scenario for scenario, _ in pairs}.values():
            self._prepare(scenario)
        with ThreadPoolExecutor(8) as pool:
            for scenario, server in pairs:
                mail = scenario.sender(server)
                self._handed_in[mail] = pool.submit(self._hand_in, scenario, server)
        # All queues have expired by then: what is missing later has not to be waited for each time.
        self._ended_at = time.monotonic() + _LIFE_S

    def _prepare(self, scenario: Scenario) -> None:
        """Make a scenario's domain what the scenario wants it to be."""
        if scenario.dns is not None:
            if FAULTS[scenario.dns]:
                self.names.add(scenario.domain, *FAULTS[scenario.dns])
        elif scenario.remote is not None:
            address = network.add_remote()
            remote = self._add_remote(address, f"mx.{scenario.domain}", scenario.remote)
            self._played[scenario.name] = remote
            self.names.add_domain(scenario.domain, address)

    def _hand_in(self, scenario: Scenario, server: str) -> None:
        """Hand a scenario's mail in at a server, from home."""
        host, sender, mail = self.hosts[server], scenario.sender(server), scenario.compose(server)
        everybody = scenario.recipients(server)
        now = everybody[: len(scenario.to)]
        self.send(host, sender, now, mail)
        if scenario.later:
            remote = self._played[scenario.name]
            wait_for(lambda: remote.find(now[0]), f"the first copy of {scenario.name}")
            self.send(host, sender, scenario.later, mail)

    def send(self, host: Host, sender: str, recipients: Sequence[str], mail: bytes) -> None:
        """Hand a mail in at a host, from home."""
        source = (network.HOME, 0)
        name = "client.home.test"
        with smtplib.SMTP(host.address, 25, name, 30, source_address=source) as client:
            client.sendmail(sender, recipients, mail)

    def wait_for_mail(self, recipient: str, message_id: str | None = None) -> bytes:
        """Return a mail that came home, as its bytes were.

        Args:
            recipient: Whom it came for.
            message_id: Its own; None: the only one that came.
        """

        def look() -> bytes | None:
            for taken in self.home.find(recipient):
                if message_id in (None, taken.message_id):
                    return taken.mail
            return None

        return wait_for(look, f"a mail for {recipient}")

    def wait_for_end(self, scenario: Scenario, server: str) -> list[Analysis]:
        """Return the reports that a scenario expects where its mail is handed in at a server."""
        expected = scenario.expected_of(server)
        about = {(one.recipient, one.action) for one in expected}
        return self.wait_for_notices(scenario.sender(server), about) if about else []

    def wait_for_notices(self, recipient: str, about: set[tuple[str, str]]) -> list[Analysis]:
        """Return the reports that came for a recipient, once all these were told of.

        Args:
            recipient: Whom the reports came to.
            about: Addresses with what became of the mail for them: failed, delayed.

        Raises:
            SMTPException: The mail that they are about was not taken.
            TimeoutError: Some have not; the text says what came instead.
        """
        self._handed_in[recipient].result()
        came: list[Analysis] = []

        def look() -> list[Analysis] | None:
            came[:] = [_explain(taken.mail) for taken in self.home.find(recipient)]
            return came if about <= set(read_notices(came)) else None

        try:
            left_s = max(self._ended_at - time.monotonic(), 2)
            return wait_for(look, f"notices of {sorted(about)} to {recipient}", left_s)
        except TimeoutError as none:
            raise TimeoutError(f"{none}; came: {sorted(read_notices(came)) or 'nothing'}") from None


@lru_cache(maxsize=4096)
def _explain(mail: bytes) -> Analysis:
    """Explain a mail, once however often it is looked at."""
    return retour.explain(mail)


def read_notices(notices: Iterable[Analysis]) -> dict[tuple[str, str], Diagnosis]:
    """Return what reports say of each address, by what became of the mail for it."""
    return {
        (recipient.address or "", recipient.action or "failed"): diagnosis
        for notice in notices
        if notice.report is not None
        for recipient, diagnosis in zip(notice.report.recipients, notice.diagnoses, strict=True)
        if diagnosis is not None
    }
