"""Looks at the Sendmail of this machine: does it call the milter, and does mail pass without it?"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from retour.gateway.milter.finding import (
    Finding,
    NoServerError,
    check_answer,
    check_domains,
    check_log,
    read_seconds,
)
from retour.service.milter import MilterSettings

CONFIGURATION = "/etc/mail/sendmail.cf"
_END_OF_MESSAGE_S = 300
"""What Sendmail waits for the answer to the final dot where nothing is set."""
_FIELD = re.compile(r"\s*([A-Z])\s*=\s*([^,]*)")


@dataclass(frozen=True, slots=True)
class Filter:
    """One milter of a ``sendmail.cf`` (``X`` line).

    Attributes:
        name: as ``InputMailFilters`` lists it.
        socket: ``S=``, with ``unix:`` where the file says ``local:``.
        flag: ``F=``: ``T``: mail is put off without the milter; ``R``: refused; empty: it passes.
        end_s: seconds for the answer to the end of a message (``T=…;E:``).
    """

    name: str
    socket: str
    flag: str
    end_s: int


def examine_sendmail(milter: MilterSettings, file: str) -> list[Finding]:
    """Look at Sendmail's configuration and at the socket.

    Args:
        milter: our settings.
        file: ``sendmail.cf``.

    Raises:
        NoServerError: the file cannot be read.
    """
    try:
        text = Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise NoServerError(f"{file} cannot be read: {error.strerror}.") from None
    findings = check_sendmail(text, milter)
    findings += check_domains(milter)
    findings += _check_rights(milter)
    findings.append(check_answer(milter))
    findings.append(check_log())
    return findings


def check_sendmail(text: str, milter: MilterSettings) -> list[Finding]:
    """Check a ``sendmail.cf`` against our settings.

    Args:
        text: the file.
        milter: our settings.
    """
    listed, filters = _read(text.splitlines())
    ours = next((one for one in filters if _is_at(one.socket, milter)), None)
    wanted = _line(milter)
    if ours is None or ours.name not in listed:
        said = "Sendmail does not call the milter for mail that arrives by SMTP."
        return [Finding(False, said, (f"sendmail.mc: {wanted}", "make -C /etc/mail"))]
    findings = [Finding(True, "Sendmail calls the milter for mail that arrives by SMTP.")]
    if ours.flag in ("T", "R"):
        said = f"Mail stops where the milter does not answer (F={ours.flag})."
        findings.append(Finding(False, said, (f"sendmail.mc: {wanted}", "make -C /etc/mail")))
    else:
        findings.append(Finding(True, "Mail passes where the milter does not answer."))
    if ours.end_s > milter.decision_timeout_s + 5:
        said = f"Sendmail waits {ours.end_s} s, the milter answers before that."
        findings.append(Finding(True, said))
    else:
        said = f"Sendmail waits {ours.end_s} s only; the milter may take "
        said += f"{milter.decision_timeout_s} s."
        findings.append(Finding(False, said, (f"sendmail.mc: {wanted}", "make -C /etc/mail")))
    return findings


def _line(milter: MilterSettings) -> str:
    """Return the line for ``sendmail.mc``."""
    place = milter.socket
    socket = str(place) if place.path else f"inet:{place.port}@{place.host}"
    return f"INPUT_MAIL_FILTER(`retour', `S={socket}, T=S:10s;R:10s;E:2m')dnl"


def _read(lines: Iterable[str]) -> tuple[list[str], list[Filter]]:
    """Read the list of filters, and the filters."""
    listed: list[str] = []
    filters = []
    for line in lines:
        if line.startswith("O InputMailFilters="):
            listed = re.split(r"[\s,;]+", line.partition("=")[2].strip())
        elif line.startswith("X"):
            name, _, rest = line[1:].partition(",")
            fields = dict(_FIELD.findall(rest))
            waits = dict(re.findall(r"([CSRE]):\s*(\w+)", fields.get("T", "")))
            end_s = read_seconds(waits.get("E", ""), default_s=_END_OF_MESSAGE_S)
            socket = re.sub(r"\Alocal:", "unix:", fields.get("S", "").strip())
            filters.append(Filter(name.strip(), socket, fields.get("F", "").strip(), end_s))
    return listed, filters


def _is_at(socket: str, milter: MilterSettings) -> bool:
    place = milter.socket
    if place.path:
        return socket in (f"unix:{place.path}", place.path)
    found = re.fullmatch(r"inet6?:([0-9]+)@\[?([^\]]+)\]?", socket)
    return found is not None and int(found[1]) == place.port


def _check_rights(milter: MilterSettings) -> list[Finding]:
    """Check that Sendmail takes the socket: it refuses one that others may write to."""
    if not milter.socket.path:
        return []
    path = Path(milter.socket.path)
    try:
        mode, above = path.stat().st_mode, path.parent.stat().st_mode
    except OSError:
        return [Finding(False, f"{path} is not there, or cannot be looked at.")]
    if mode & 0o022 or above & 0o002:
        said = f"Sendmail takes no socket that others may write to: {path}."
        change = ("retour.toml: [milter]", 'retour.toml: socket_mode = "0600"')
        return [Finding(False, said, (*change, f"chmod o-w {path.parent}"))]
    return [Finding(True, f"Sendmail may use {path}.")]
