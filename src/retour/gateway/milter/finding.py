"""What the doctor found, and what it looks at behind every mail server."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from retour.gateway.milter.health import is_answering
from retour.service.milter import MilterSettings

_LOGS = ("/var/log/mail.log", "/var/log/maillog")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


class NoServerError(Exception):
    """There is no mail server that could be looked at; one sentence."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        is_well: nothing has to be done.
        said: one sentence.
        change: the lines to change, or the commands to run.
    """

    is_well: bool
    said: str
    change: tuple[str, ...] = ()


def check_answer(milter: MilterSettings) -> Finding:
    """Ask the milter as a mail server does."""
    if is_answering(milter.socket):
        return Finding(True, f"retour milter answers at {milter.socket}.")
    said = f"Nothing answers at {milter.socket}."
    return Finding(False, said, ("systemctl enable --now retour-milter",))


def check_domains(milter: MilterSettings) -> list[Finding]:
    """Check that readers inside are told apart."""
    if milter.domains:
        return []
    said = "No own domains are named, so that everybody gets the report for outsiders."
    change = ("retour.toml: [milter]", 'retour.toml: domains = ["example.com"]')
    return [Finding(False, said, change)]


def check_log(places: Iterable[str] = _LOGS) -> Finding:
    """Check that the mail server's log can be read by whoever asks."""
    present = [place for place in places if Path(place).exists()]
    if not present:
        return Finding(True, "The server's log is no file here (journal): nothing to check.")
    if os.access(present[0], os.R_OK):
        return Finding(True, f"{present[0]} can be read by the user who asks.")
    command = "usermod -a -G adm retour"
    return Finding(False, f"{present[0]} cannot be read by the user who asks.", (command,))


def read_seconds(text: str, *, default_s: int) -> int:
    """Read a time as mail servers write it: ``300``, ``5m``."""
    number = text.rstrip("smhdw")
    unit = _SECONDS.get(text[-1:], 1)
    return int(number) * unit if number.isdecimal() else default_s
