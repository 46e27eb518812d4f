"""Final outcomes that the logs of real servers tell, against what others know of the same mails.

The truth comes from elsewhere than the log under test, by a few expressions of this file's own:
the notices that came back (who reports which recipient), the log of the server that took a message,
and Dovecot's log of what lies in a mailbox. docs/trail.md describes it.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from retour.ingest.logs.format import READERS
from retour.ingest.logs.reader import LogContext
from retour.model.trail import Arrival, End, HandOver, Link, Observation

_HOSTS = {
    "postfix": "pfx",
    "exim": "exi",
    "opensmtpd": "osm",
    "sendmail": "snd",
    "courier": "cou",
    "postfix-dovecot": "box",
    "postfix-german": "gw",
}
_LOGS = {
    "pfx": ["pfx-mail.log", "pfx-mail.bsd.log"],
    "exi": ["exi-exim4-mainlog"],
    "osm": ["osm-mail.log", "osm-mail.bsd.log"],
    "snd": ["snd-mail.log", "snd-mail.bsd.log"],
    "cou": ["cou-mail.log", "cou-mail.bsd.log"],
    "box": ["box-mail.log", "box-mail.bsd.log"],
    "gw": ["gw-mail.log", "gw-mail.bsd.log"],
}
_ALL = [(host, name) for host, names in _LOGS.items() for name in names]
_PEERS = {
    "mx.alpha.test": "pfx",
    "mx.bravo.test": "exi",
    "mx.charlie.test": "osm",
    "mx.delta.test": "snd",
    "mx.echo.test": "cou",
    "mx.golf.test": "gw",
}
_ENDED = {"failed": "failed", "expired": "failed", "discarded": "failed"}

Outcomes = dict[tuple[str, str], str]
"""Sender and recipient, as at the server, to ``taken``, ``failed`` or ``waiting``."""


@cache
def _read_log(folder: Path, name: str) -> list[Observation]:
    """Read a log with the reader under test."""
    form = "exim" if "exim" in name else "syslog"
    reader = READERS[form](LogContext(UTC, datetime(2026, 11, 25, tzinfo=UTC), "mx"))
    lines = (folder / name).read_text(errors="backslashreplace").splitlines()
    return [observation for line in lines for observation in reader.read(line) or ()]


def _judge(observations: list[Observation]) -> Outcomes:
    """Say what the last attempt for each recipient came to."""
    senders: dict[str, str] = {}
    given_up: set[str] = set()
    last: dict[tuple[str, str], str] = {}
    for seen in observations:
        if isinstance(seen, Arrival) and seen.mail_from is not None:
            senders.setdefault(seen.queue_id, seen.mail_from)
            for recipient in seen.recipients:
                last.setdefault((seen.queue_id, recipient.lower()), "waiting")
        elif isinstance(seen, HandOver):
            ended = _ENDED.get(seen.outcome, "taken")
            if seen.outcome in ("deferred", "held"):
                ended = "waiting"
            for address in {seen.recipient, seen.original_recipient or seen.recipient}:
                last[seen.queue_id, address.lower()] = ended
        elif isinstance(seen, End) and seen.given_up:
            given_up.add(seen.queue_id)
        elif isinstance(seen, Link) and seen.relation == "failure-report":
            given_up.add(seen.queue_id)
    return {
        (senders.get(queue_id, ""), address): (
            "failed" if ended == "waiting" and queue_id in given_up else ended
        )
        for (queue_id, address), ended in last.items()
    }


@pytest.fixture(scope="module")
def logs(shared: Path) -> Path:
    """The laboratory's logs."""
    return shared / "lab/logs/cases"


def _read_notices(shared: Path, host: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield sender, recipient and end of what a server reported, and the notice's file."""
    for line in (shared / "lab/bounces/labels.jsonl").read_text().splitlines():
        truth = json.loads(line)["truth"]
        if _HOSTS[truth["reporting_server"]] != host:
            continue
        if truth["notice"] not in ("failed", "owner-failed", "relayed", "delivered"):
            continue  # a delay is no end
        sender = f"s-{_HOSTS[truth['sending_server']]}-{truth['case']}@home.test"
        for recipient in truth["recipients"]:
            address = (recipient.get("final_recipient") or recipient["recipient"]).lower()
            if recipient["named_here"]:
                taken = recipient["fate"] in ("delivered", "relayed")
                yield sender, address, "taken" if taken else "failed", truth["file"]


@pytest.mark.parametrize(("host", "name"), _ALL, ids=lambda value: str(value))
def test_what_a_server_reported_is_what_its_log_tells(
    shared: Path, logs: Path, host: str, name: str
) -> None:
    """Every recipient of a notice about an end has that end in the log of who sent the notice."""
    outcomes = _judge(_read_log(logs, name))
    by_recipient = defaultdict(set)
    for (sender, address), ended in outcomes.items():
        by_recipient[address].add((sender, ended))
    wrong = []
    count = 0
    for sender, address, ended, file in _read_notices(shared, host):
        count += 1
        known = outcomes.get((sender, address))
        if known is None:  # an alias or a list gave the message a sender of its own
            known = ended if ended in {end for _, end in by_recipient[address]} else None
        if known != ended:
            wrong.append((file, sender, address, ended, known))
    assert count
    assert wrong == []
