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
from retour.model.trail import Arrival, HandOver, Observation

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
_ACTION = re.compile(
    r"^final-recipient: rfc822; *<?([^\s>]+)>?\s*\n(?:.+\n)*?action: *(\w+)", re.MULTILINE
)
_LOOP = re.compile("-(mail-loop|mx-self)@")
_ENDED = {"failed": "failed", "expired": "failed", "discarded": "failed"}

Outcomes = dict[tuple[str, str], set[str]]
"""Sender and recipient, as at the server, to ``taken``, ``failed``, ``waiting`` of all copies."""


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
        if isinstance(seen, Arrival):
            if seen.mail_from is not None:
                senders.setdefault(seen.queue_id, seen.mail_from)
            for recipient in seen.recipients:
                last.setdefault((seen.queue_id, recipient.lower()), "waiting")
        elif isinstance(seen, HandOver):
            ended = _ENDED.get(seen.outcome, "taken")
            if seen.outcome in ("deferred", "held"):
                ended = "waiting"
            for address in {seen.recipient, seen.original_recipient or seen.recipient}:
                last[seen.queue_id, address.lower()] = ended
        elif getattr(seen, "given_up", False) or getattr(seen, "relation", "") == "failure-report":
            given_up.add(seen.queue_id or "")
    outcomes: Outcomes = defaultdict(set)
    for (queue_id, address), ended in last.items():
        is_over = ended == "waiting" and queue_id in given_up
        outcomes[senders.get(queue_id, ""), address].add("failed" if is_over else ended)
    return outcomes


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
        notice = (shared / "lab/bounces" / truth["file"]).read_text(errors="replace").lower()
        actions = dict(_ACTION.findall(notice))
        sender = f"s-{_HOSTS[truth['sending_server']]}-{truth['case']}@home.test"
        for recipient in truth["recipients"]:
            address = (recipient.get("final_recipient") or recipient["recipient"]).lower()
            if recipient["named_here"]:
                said = actions.get(address, truth["notice"])
                taken = said in ("delivered", "relayed", "expanded")
                yield sender, address, "taken" if taken else "failed", truth["file"]


@pytest.mark.parametrize(("host", "name"), _ALL, ids=str)
def test_what_a_server_reported_is_what_its_log_tells(
    shared: Path, logs: Path, host: str, name: str
) -> None:
    """Every recipient of a notice about an end has that end in the log of who sent the notice."""
    outcomes = _judge(_read_log(logs, name))
    wrong = []
    count = 0
    for sender, address, ended, file in _read_notices(shared, host):
        count += 1
        known = outcomes.get((sender, address))
        if known is None:  # an alias or a list gave the message a sender of its own
            known = set().union(*(ends for (_, to), ends in outcomes.items() if to == address))
            is_right = ended in known
        else:  # a loop hands its message on many times until it gives up
            is_right = ended in known if _LOOP.search(sender) else known == {ended}
        if not is_right:
            wrong.append((file, sender, address, ended, known))
    assert count
    assert not wrong, "\n".join(map(str, wrong))


def _list_taken_by_postfix(folder: Path, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield server, sender and recipient of what a log of Postfix says that it took."""
    peers: dict[str, str] = {}
    senders: dict[str, str] = {}
    for line in (folder / name).read_text().splitlines():
        if found := re.search(r"smtpd\[\d+\]: (\w+): client=([^\[]+)\[", line):
            peers[found[1]] = found[2]
            senders.pop(found[1], None)
        elif found := re.search(r"qmgr\[\d+\]: (\w+): from=<([^>]*)>", line):
            senders[found[1]] = found[2]
        elif found := re.search(r": (\w+): to=<([^>]*)>, (?:orig_to=<([^>]*)>, )?", line):
            queue_id, to, original = found.groups()
            if peers.get(queue_id) in _PEERS:
                yield _PEERS[peers[queue_id]], senders[queue_id], (original or to).lower()


def _list_taken_by_exim(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the same of Exim's log."""
    arrival = re.compile(r" <= (\S+) H=(\S+) .* for (.*)$")
    for line in (folder / "exi-exim4-mainlog").read_text().splitlines():
        if (found := arrival.search(line)) and found[2] in _PEERS:
            for address in found[3].split():
                yield _PEERS[found[2]], found[1].strip("<>"), address.lower()


@pytest.mark.parametrize(("host", "name"), _ALL, ids=str)
def test_what_others_took_is_what_a_log_tells_as_handed_on(
    logs: Path, host: str, name: str
) -> None:
    """What Postfix and Exim say that they took from a server, its own log tells as taken."""
    outcomes = _judge(_read_log(logs, name))
    taken = {
        (sender, address)
        for other, sender, address in (
            *_list_taken_by_postfix(logs, "box-mail.log"),
            *_list_taken_by_postfix(logs, "pfx-mail.log"),
            *_list_taken_by_exim(logs),
        )
        if other == host
    }
    known = {
        key
        for key, ends in outcomes.items()
        if "taken" in ends or (key[0] and _LOOP.search(key[0]))
    }
    wrong = sorted(taken - known)
    if host not in ("box", "gw"):
        assert len(taken) > 5
    assert not wrong, "\n".join(f"{pair} {outcomes.get(pair)}" for pair in wrong)


def test_what_lies_in_dovecots_mailboxes_is_what_its_postfix_tells(logs: Path) -> None:
    """Per mailbox and message: saved by Dovecot is delivered by Postfix over LMTP, and no other."""
    saved: dict[tuple[str, str], int] = defaultdict(int)
    pattern = re.compile(r"lmtp\(([^)@]+@[^)]+)\)<.*msgid=(<[^>]*>): (?:saved mail to|stored mail)")
    for line in (logs / "box-dovecot.log").read_text().splitlines():
        if found := pattern.search(line):
            saved[found[1].lower(), found[2]] += 1
    names: dict[str, str] = {}
    told: dict[tuple[str, str], int] = defaultdict(int)
    for seen in _read_log(logs, "box-mail.log"):
        if isinstance(seen, Arrival) and seen.message_id:
            names[seen.queue_id] = seen.message_id
        elif isinstance(seen, HandOver) and seen.outcome == "delivered":
            key = (re.sub(r"\+[^@]*", "", seen.recipient).lower(), names.get(seen.queue_id, ""))
            if "/dovecot/lmtp" in (seen.address or seen.host or ""):
                told[key] += 1
    assert len(saved) > 10
    assert {key for key in saved if not told[key]} == set()
