"""What a folder of ``lab/scenarios`` says: mails to hand in, and what Retour has to make of it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lab.names import FAULTS
from lab.remote import Replies

FOLDER = Path(__file__).resolve().parent / "scenarios"
SERVERS = ("postfix", "exim", "opensmtpd", "sendmail")
OFFICE = "office"
"""A Postfix with Retour in its mail flow: it takes whatever the plain Postfix takes."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is to be said of one recipient."""

    recipient: str
    cause: tuple[str, ...]
    outcome: tuple[str, ...] = ("not-delivered",)
    action: str = "failed"
    servers: tuple[str, ...] = SERVERS


@dataclass(frozen=True, slots=True)
class Scenario:
    """One folder."""

    name: str
    about: str
    to: tuple[str, ...]
    later: tuple[str, ...] = ()
    via: tuple[str, ...] = SERVERS
    subject: str = "The figures of March"
    size: int = 0
    dns: str | None = None
    remote: Replies | None = None
    expect: tuple[Expected, ...] = ()
    delivered: tuple[str, ...] = ()
    logged: bool = True
    rewritten: bool = True

    @property
    def domain(self) -> str:
        """The domain whose DNS or mail host the scenario is about."""
        return f"{self.name}.remote.test"

    def sender(self, server: str) -> str:
        """Return who hands the mail in: notices come back to this address."""
        return f"{server}.{self.name}@{'office' if server == OFFICE else 'home'}.test"

    def message_id(self, server: str) -> str:
        """Return the Message-ID of the mail that is handed in at a server."""
        return f"<{server}.{self.name}@client.home.test>"

    def recipients(self, server: str) -> list[str]:
        """Return whom the mail is for where it is handed in at a server."""
        own = f"@{server}.test"
        return [address.replace("@own", own) for address in (*self.to, *self.later)]

    def compose(self, server: str) -> bytes:
        """Return the mail that is handed in at a server."""
        head = [
            f"From: Sam Sender <{self.sender(server)}>",
            f"To: {', '.join(self.recipients(server))}",
            "Date: Tue, 24 Nov 2026 12:00:00 +0000",
            f"Message-ID: {self.message_id(server)}",
            f"Subject: {self.subject}",
        ]
        body = ["Dear colleague,", "", "here they are.", *["0123456789" * 7] * (self.size // 72)]
        return "\r\n".join([*head, "", *body, ""]).encode()

    def expected_of(self, server: str) -> list[Expected]:
        """Return what is expected where the mail is handed in at this server."""
        return [
            replace(one, recipient=one.recipient.replace("@own", f"@{server}.test"))
            for one in self.expect
            if ("postfix" if server == OFFICE else server) in one.servers
        ]


def list_pairs() -> list[tuple[Scenario, str]]:
    """Return each scenario with each server that its mail is handed in at."""
    scenarios = [_load(path) for path in sorted(FOLDER.glob("*/scenario.toml"))]
    return [(scenario, server) for scenario in scenarios for server in scenario.via]


def name_pair(pair: tuple[Scenario, str]) -> str:
    """Return what a scenario at a server is called in a list of tests."""
    return f"{pair[0].name}-{pair[1]}"


def _load(path: Path) -> Scenario:
    name = path.parent.name
    values = tomllib.loads(
        path.read_text(encoding="utf-8").replace("@remote", f"@{name}.remote.test")
    )
    to = tuple(values.pop("to"))
    expect = tuple(_expected(table, to) for table in values.pop("expect", ()))
    values["via"] = tuple(values.get("via", (*SERVERS, OFFICE)))
    values["delivered"] = tuple(values.get("delivered", ()))
    values["later"] = tuple(values.get("later", ()))
    scenario = Scenario(name=name, to=to, expect=expect, **values)
    if scenario.dns is not None and scenario.dns not in FAULTS:
        raise ValueError(f"{path}: dns is one of {', '.join(FAULTS)}, not {scenario.dns}")
    return scenario


def _expected(table: Mapping[str, Any], to: tuple[str, ...]) -> Expected:
    values = {"recipient": to[0], **table}
    for key in {"cause", "outcome"} & set(values):
        values[key] = (values[key],) if isinstance(values[key], str) else tuple(values[key])
    values["servers"] = tuple(values.get("servers", SERVERS))
    return Expected(**values)
