"""Sendmail's lines (8.12 and later): ``queue id: name=value, name=value, stat=words``.

One ``from=`` line tells of the arrival, one ``to=`` line of an attempt; ``stat`` comes last and is
the only value with commas and spaces at will, besides ``reply``. Reports are joined by lines of the
form ``old id: new id: DSN: words``.
"""

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address
from typing import Any

from retour.ingest.logs.figures import COUNT_MAX, read_figure
from retour.ingest.logs.memory import remember
from retour.ingest.logs.replies import find_status
from retour.ingest.logs.syslog import SyslogLine
from retour.model.trail import (
    Arrival,
    End,
    HandOver,
    HandOverOutcome,
    Link,
    Observation,
    Refusal,
    RefusalPhase,
)
from retour.wire.queue_id import find_queue_id

_NOTHING: Sequence[Observation] = ()
_TEXT_MAX = 8_192

_ID = re.compile(r"[0-9A-Za-z]{8,20}$")
_FIELD = re.compile(r"(?:^|, )([a-z][a-z0-9]*)=")
_RELAY = re.compile(r"([^\[\s]*)\s*\[(?:IPv6:)?([^\]]*)\]")
_NOTICE = re.compile(
    r"([0-9A-Za-z]{8,20}): (DSN|sender notify|return to sender|postmaster notify): (.*)"
)
_CLONE = re.compile(r"clone ([0-9A-Za-z]{8,20}), owner=")
_HOPS = re.compile(r"SYSERR\([^)]*\): (Too many hops .*, to <([^>]*)>)$")
_DURATION = re.compile(r"(?:(\d{1,9})\+)?(\d\d):(\d\d):(\d\d)$")
_STARTTLS = re.compile(r"STARTTLS=(client|server), relay=([^,\s]+)[^,]*, version=([^,]+)")
_LOCAL_REFUSAL = re.compile(r"<([^>]*)>\.\.\. (.+)")

_LOCAL_MAILERS = frozenset(
    {"local", "prog", "*file*", "*include*", "cyrus", "cyrusv2", "procmail", "lmtp"}
)
_PHASES: Mapping[str, RefusalPhase] = {
    "check_relay": "connect",
    "check_mail": "mail",
    "check_rcpt": "rcpt",
    "check_data": "data",
    "check_eom": "end-of-data",
    "tls_server": "starttls",
    "tls_client": "starttls",
}


class SendmailDialect:
    """A `retour.ingest.logs.syslog.Dialect`."""

    def __init__(self) -> None:
        self._tls: dict[str, str] = {}
        self._senders: dict[str, str] = {}

    def read(self, line: SyslogLine) -> Sequence[Observation] | None:
        """Read one line."""
        text = line.text[:_TEXT_MAX]
        queue_id, colon, rest = text.partition(": ")
        if not colon or not (_ID.match(queue_id) or queue_id == "NOQUEUE"):
            return self._read_without_id(line, text)
        if queue_id == "NOQUEUE":
            queue_id = ""
        if rest.startswith("from="):
            return self._read_arrival(line, queue_id, rest)
        if rest.startswith("to="):
            return self._read_attempt(line, queue_id, rest)
        if rest.startswith("ruleset=") or rest.startswith("Milter"):
            return _read_refusal(line, queue_id, rest)
        if rest.startswith("done; "):
            return (End(line.at_us, line.host, queue_id),)
        if rest == "discarded":  # a milter did; no recipient is named
            given_up = End(line.at_us, line.host, queue_id, given_up=True)
            return given_up, End(line.at_us, line.host, queue_id)
        return _read_other(line, queue_id, rest)

    def save(self) -> Mapping[str, Any]:
        """Return the TLS versions of open connections, and the senders of messages."""
        return {"tls": self._tls, "senders": self._senders}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        self._tls = dict(state.get("tls", {}))
        self._senders = dict(state.get("senders", {}))

    def _read_without_id(self, line: SyslogLine, text: str) -> Sequence[Observation]:
        if found := _STARTTLS.match(text):
            _, host, version = found.groups()
            remember(self._tls, f"{line.pid} {host.rstrip('.')}", version)
        elif text.startswith("ruleset="):
            return _read_refusal(line, "", text)
        return _NOTHING

    def _find_tls(self, line: SyslogLine, host: str | None) -> str | None:
        return self._tls.get(f"{line.pid} {host}") if host else None

    def _read_arrival(self, line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
        fields = _split_fields(rest)
        name, address = _split_relay(fields.get("relay", ""))
        size, count = fields.get("size", ""), fields.get("nrcpts", "")
        sender = _strip_brackets(fields["from"])
        remember(self._senders, queue_id, sender)
        return (
            Arrival(
                line.at_us,
                line.host,
                queue_id,
                fields.get("msgid") or None,
                sender,
                name,
                address,
                None,
                fields.get("proto"),
                self._find_tls(line, name),
                read_figure(size),
                read_figure(count, COUNT_MAX),
            ),
        )

    def _read_attempt(self, line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
        head, _, said = rest.partition(", stat=")
        head, _, reply = head.partition(", reply=")
        fields = _split_fields(head)
        outcome = _judge(said, fields)
        if outcome is None:  # queued: they are not tried yet, and perhaps never named again
            recipients = tuple(_split_recipients(fields["to"]))
            return (Arrival(line.at_us, line.host, queue_id, recipients=recipients),)
        name, address = _split_relay(fields.get("relay", ""))
        original = self._find_alias(queue_id, fields.get("ctladdr", ""))
        relayed = outcome == "relayed"
        return tuple(
            HandOver(
                line.at_us,
                line.host,
                queue_id,
                recipient,
                original if original != recipient else None,
                outcome,
                name or fields.get("mailer"),
                address,
                fields.get("dsn"),
                reply or said or None,
                self._find_tls(line, name) if relayed else None,
                _read_duration(fields.get("delay", "")),
                None,
                find_queue_id(said[6:-1]) if relayed else None,
            )
            for recipient in _split_recipients(fields["to"])
        )

    def _find_alias(self, queue_id: str, controlling: str) -> str | None:
        """Return the alias that led to a recipient; for others ``ctladdr`` names the sender."""
        address = _strip_brackets(controlling.partition(" ")[0])
        sender = self._senders.get(queue_id)
        if sender is not None and address.partition("@")[0] == sender.partition("@")[0]:
            return None
        return address or None


def _judge(said: str, fields: Mapping[str, str]) -> HandOverOutcome | None:
    """Tell how an attempt ended from its last words; None where it was none."""
    if said.startswith("Sent"):
        return "delivered" if fields.get("mailer") in _LOCAL_MAILERS else "relayed"
    if said.startswith("Deferred") or fields.get("dsn", "").startswith("4"):
        return "deferred"  # "queued" too, where it is for want of an answer from DNS (4.4.3)
    if said.startswith("quarantined"):
        return "held"
    if said.startswith("queued"):
        return None
    return "failed" if said else None


def _read_other(line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
    if found := _HOPS.match(rest):
        reply, recipient = found.groups()
        return (
            HandOver(line.at_us, line.host, queue_id, recipient, outcome="failed", reply=reply),
        )
    if found := _NOTICE.match(rest):
        other, how, words = found.groups()
        link = Link(line.at_us, line.host, queue_id, other, "failure-report")
        if how == "postmaster notify":
            return (link._replace(relation="report"),)
        if words.startswith("Warning"):
            return (link._replace(relation="delay-report"),)
        if words.startswith("Return receipt"):
            return (link._replace(relation="success-report"),)
        if words.startswith("Cannot send message for"):
            return link, End(line.at_us, line.host, queue_id, given_up=True)
        return (link,)
    if found := _CLONE.match(rest):
        return (Link(line.at_us, line.host, found[1], queue_id, "forwarded"),)
    if found := _LOCAL_REFUSAL.match(rest):
        recipient, words = found.groups()
        return (
            Refusal(
                line.at_us,
                line.host,
                queue_id or None,
                recipient=recipient,
                phase="rcpt",
                reply=words,
            ),
        )
    return _NOTHING


def _read_refusal(line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
    """Read ``ruleset=check_rcpt, arg1=<a>, relay=host [ip], reject=550 …`` and a milter's."""
    head, marked, reply = rest.partition("reject=")
    if not marked:
        return _NOTHING
    fields = _split_fields(head.removeprefix("Milter: ").rstrip(", "))
    name, address = _split_relay(fields.get("relay", ""))
    argument = _strip_brackets(fields.get("arg1", ""))
    phase = _PHASES.get(fields.get("ruleset", ""))
    if head.startswith("Milter"):
        phase = "rcpt" if "to" in fields else "mail" if "from" in fields else "end-of-data"
    if phase == "starttls":  # a rule about a server that we hand over to: the attempt tells of it
        return _NOTHING
    return (
        Refusal(
            line.at_us,
            line.host,
            queue_id or None,
            name,
            address,
            None,
            argument if phase == "mail" else _strip_brackets(fields.get("from", "")) or None,
            argument
            if phase == "rcpt" and argument
            else _strip_brackets(fields.get("to", "")) or None,
            phase,
            reply,
            find_status(reply),
        ),
    )


def _split_fields(text: str) -> dict[str, str]:
    """Split ``name=value, name=value``; commas inside values stay."""
    found = list(_FIELD.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    return {match[1]: text[match.end() : end] for match, end in zip(found, ends, strict=False)}


def _split_recipients(text: str) -> list[str]:
    """Split ``<a@b>,<c@d>``; a program or file in quotation marks is one."""
    if text.startswith('"'):
        return [text.strip('"')]
    return [_strip_brackets(part) for part in text.split(",") if part]


def _strip_brackets(address: str) -> str:
    return address.strip().removeprefix("<").removesuffix(">")


def _split_relay(relay: str) -> tuple[str | None, str | None]:
    """Split ``host. [ip]``; a local user (``ann@localhost``) is no host."""
    found = _RELAY.match(relay)
    if not found:
        name = relay.strip().rstrip(".")
        return (name if name and "@" not in name else None), None
    return found[1].rstrip(".") or None, _shorten(found[2])


def _shorten(address: str) -> str:
    """Return an IPv6 address in its usual form (RFC 5952): Sendmail writes the zeros out."""
    if ":" not in address:
        return address
    try:
        return str(IPv6Address(address))
    except ValueError:
        return address


def _read_duration(text: str) -> int | None:
    """Read ``1+02:03:04`` to milliseconds."""
    found = _DURATION.match(text)
    if not found:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
