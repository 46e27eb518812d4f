"""Why a report was not rewritten, from the logs of the milter and of Postfix."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

_LINE = re.compile(r"postfix/(smtpd|cleanup)\[([0-9]+)\]: (.*)")
_NAMED = re.compile(r"([0-9A-Za-z]+): (?:client|message-id)=")
_EARLY = re.compile(r"connect to Milter|SMFIC_(?:OPTNEG|CONNECT|HELO|MAIL|RCPT|DATA)\b")
"""What `cleanup` says before it names the message: the envelope, told in `smtpd`'s place."""


def read_reasons(logs: Iterable[Path]) -> dict[str, str]:
    """Return why the milter let messages pass, by queue id."""
    reasons = {}
    for line in _read_lines(logs):
        if line.get("event") == "report" and line["verdict"] == "unchanged":
            reasons[str(line["queue_id"])] = str(line["reason"])
    return reasons


def count_unrecorded(logs: Iterable[Path]) -> int:
    """Return how many messages the milter says it could not record."""
    lines = _read_lines(logs)
    return sum(int(str(line["messages"])) for line in lines if line["event"] == "not recorded")


def _read_lines(logs: Iterable[Path]) -> Iterable[dict[str, object]]:
    for log in logs:
        for line in log.read_text().splitlines():
            if line.startswith("{") and line.endswith("}"):
                yield json.loads(line)


class _Process:
    """What one process of Postfix said."""

    def __init__(self) -> None:
        self.queue_id = ""
        self.is_without = False


def read_unreached(log: Path) -> set[str]:
    """Return the queue ids for which Postfix says that the milter was not there.

    A session that lost the milter goes on without it; `cleanup` takes one message at a time.
    """
    found: set[str] = set()
    processes: dict[str, _Process] = {}
    for line in log.read_text().splitlines():
        match = _LINE.search(line)
        if match is None:
            continue
        daemon, pid, text = match.groups()
        process = processes.setdefault(pid, _Process())
        if named := _NAMED.match(text):
            process.queue_id = named[1]
            if process.is_without:
                found.add(named[1])
            process.is_without = process.is_without and daemon == "smtpd"
        elif text.startswith(("connect from", "disconnect from")):
            process.queue_id, process.is_without = "", False
        elif text.startswith("warning: ") and "milter" in text.lower():
            if daemon == "smtpd" or _EARLY.search(text):
                process.is_without = True
            if daemon == "smtpd" or not _EARLY.search(text):
                found.add(process.queue_id)
    return found
