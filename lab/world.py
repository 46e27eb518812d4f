"""The lab while it is up: hosts, names, remotes, and the mails that were handed in."""

import smtplib
import subprocess
from concurrent.futures import ThreadPoolExecutor

import retour
from lab import network
from lab.host import Host, wait_for
from lab.names import FAULTS, NameServer
from lab.packages import FOLDER
from lab.remote import Remote, Replies
from lab.scenario import SERVERS, Scenario
from retour import Analysis


class World:
    """Everything that runs."""

    def __init__(self) -> None:
        """Bring up the network, the name server, home and the hosts that all scenarios share."""
        run = FOLDER / "run"
        run.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "lab", str(run)], check=True)
        network.open_network()
        self.names = NameServer()
        self.names.start()
        self._remotes: list[Remote] = []
        self.home = self._add_remote(network.HOME, "mx.home.test")
        self.names.add_domain("home.test", network.HOME)
        with ThreadPoolExecutor() as pool:
            self.hosts = dict(zip(SERVERS, pool.map(self.add_host, SERVERS), strict=True))

    def add_host(self, name: str, server: str | None = None, settings: str = "") -> Host:
        """Return a new host once it answers."""
        host = Host(name, server or name, settings)
        self.names.add_domain(host.domain, host.address)
        host.wait_until_ready()
        return host

    def close(self) -> None:
        """End what this process started; the kernel takes the rest with the namespaces."""
        for part in (*self.hosts.values(), *self._remotes, self.names):
            part.close()

    def _add_remote(self, address: str, name: str, replies: Replies | None = None) -> Remote:
        remote = Remote(address, name, replies)
        self._remotes.append(remote)
        return remote

    def prepare(self, scenario: Scenario) -> None:
        """Make a scenario's domain what the scenario wants it to be."""
        if scenario.dns is not None:
            if FAULTS[scenario.dns]:
                self.names.add(scenario.domain, *FAULTS[scenario.dns])
        elif scenario.remote is not None:
            address = network.add_remote()
            self._add_remote(address, f"mx.{scenario.domain}", scenario.remote)
            self.names.add_domain(scenario.domain, address)

    def hand_in(self, scenario: Scenario, server: str) -> None:
        """Hand a scenario's mail in at a server, from home."""
        source = (network.HOME, 0)
        address = self.hosts[server].address
        with smtplib.SMTP(address, 25, "client.home.test", 30, source_address=source) as client:
            mail = scenario.compose(server)
            client.sendmail(scenario.sender(server), scenario.to, mail)

    def wait_for_notices(self, recipient: str, about: set[str]) -> list[Analysis]:
        """Return the reports that came for a recipient, once these addresses have failed.

        Raises:
            TimeoutError: some have not; the text says what came instead.
        """
        came: list[Analysis] = []

        def look() -> list[Analysis] | None:
            came[:] = [retour.explain(taken.mail) for taken in self.home.find(recipient)]
            return came if about <= _failed(came) else None

        try:
            return wait_for(look, f"notices of {', '.join(sorted(about))} to {recipient}")
        except TimeoutError as none:
            raise TimeoutError(f"{none}; came: {_failed(came) or 'nothing'}") from None


def _failed(notices: list[Analysis]) -> set[str]:
    """Return the recipients that reports call failed."""
    return {
        recipient.address or ""
        for notice in notices
        if notice.report is not None
        for recipient in notice.report.recipients
        if recipient.action in ("failed", None)
    }
