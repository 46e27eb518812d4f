"""Postfix's lines (2.x to 3.x; forms as in its source and in ``postlogd``'s output).

What a line is about is told by the daemon that wrote it, and the queue id in front of it. Postfix
logs no HELO name of an accepted message and its subject only where ``header_checks`` says so
(``WARN`` or ``INFO``); the TLS version stands on a line of its own, joined here by process number.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from retour.ingest.logs.figures import COUNT_MAX, read_figure, read_seconds
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
    Relation,
)
from retour.wire.queue_id import find_queue_id

_NOTHING: Sequence[Observation] = ()
# Postfix cuts its own lines at 2,000 characters; this keeps the patterns below from long walks.
_TEXT_MAX = 4_096

# Words that stand where a queue id stands.
_NO_IDS = frozenset(
    {"warning", "fatal", "error", "panic", "statistics", "NOQUEUE", "connect", "reload", "daemon"}
)
# Names of a peer, and addresses, that name nobody.
_UNNAMED = frozenset({"", "unknown", "local"})
_CHECKS_MAX = 100

_DELIVERY = re.compile(
    r"to=<(.*?)>, (?:orig_to=<(.*?)>, )?relay=([^,]*), (?:conn_use=\d+, )?"
    r"delay=([\d.]+), (?:delays=([\d.]+)/[\d./]*, )?(?:dsn=([\d.]+), )?"
    r"status=([\w-]+)(?: \((.*)\))?",
    re.DOTALL,
)
# Fields that a later version may put in between.
_EXTRA = re.compile(r", (?!(?:orig_to|relay|delays?|conn_use|dsn|status)=)\w+=[^,<]*(?=, \w+=)")
_RELAY = re.compile(r"([^\[]*)\[([^\]]*)\](?::\d+)?$")
_QUEUED = re.compile(r"from=<(.*)>, size=(\d+), nrcpt=(\d+)")
_TLS = re.compile(
    r"TLS connection (?:established|reused) (?:from|to) ([^\[]*\[[^\]]*\](?::\d+)?): "
    r"(TLSv[\d.]+|SSLv\d)"
)
_REFUSED = re.compile(
    r"(?:milter-)?reject: ([A-Z][A-Z -]*?) from ([^\[]*)\[([^\]]*)\](?::\d+)?: (.*)", re.DOTALL
)
# What header_checks and body_checks did (cleanup); the reply, where there is one, comes last.
_CHECKED = re.compile(
    r"(reject|discard|hold|warning|info): (header|body|mime header|nested header) (.*) "
    r"from ([^\[\s;]+)(?:\[([^\]]*)\])?; ((?:(?:from|to|helo)=<[^>]*> ?|proto=\w+ ?)+)(?:: (.*))?$",
    re.DOTALL,
)
_PROXY_REFUSED = re.compile(r"proxy-reject: ([A-Z-]+): (.*); (from=<.*)$", re.DOTALL)
# What access(5) did to the message as a whole, told before the message has a queue id.
_ACCESS = re.compile(r"NOQUEUE: (discard|hold): [A-Z-]+ from .*; from=<", re.DOTALL)
_ORIGINAL = re.compile(r"from=<(.*)> orig_id=(\w+)$")
_ENVELOPE = re.compile(r"\b(from|to|helo)=<([^>]*)>")
_REPORT = re.compile(
    r"(sender|postmaster) (non-delivery|delay|delivery status) notification: (\w+)$"
)
_FORWARDED = re.compile(r"forwarded as (\w+)$")

_OUTCOMES: Mapping[str, HandOverOutcome] = {
    "bounced": "failed",
    "deferred": "deferred",
    "SOFTBOUNCE": "deferred",
    "expired": "expired",
}
_PHASES: Mapping[str, RefusalPhase] = {
    "CONNECT": "connect",
    "HELO": "helo",
    "EHLO": "helo",
    "STARTTLS": "starttls",
    "AUTH": "auth",
    "MAIL": "mail",
    "RCPT": "rcpt",
    "DATA": "data",
    "BDAT": "data",
    "END-OF-MESSAGE": "end-of-data",
    "END-OF-DATA": "end-of-data",
}
_RELATIONS: Mapping[str, Relation] = {
    "non-delivery": "failure-report",
    "delay": "delay-report",
    "delivery status": "success-report",
}
DAEMONS = (
    "smtpd", "cleanup", "qmgr", "nqmgr", "postsuper", "smtp", "lmtp", "local", "virtual", "pipe",
    "error", "retry", "discard", "bounce", "pickup", "postscreen",
)  # fmt: skip
"""Those that tell something of a message."""


class PostfixDialect:
    """A `retour.ingest.logs.syslog.Dialect`."""

    def __init__(self) -> None:
        self._incoming_tls: dict[str, str] = {}
        self._outgoing_tls: dict[str, dict[str, str]] = {}
        # By process: what access tables did to a message that has no queue id yet.
        self._checks: dict[str, list[str]] = {}
        self._readers: dict[str, Callable[[SyslogLine, str, str], Sequence[Observation] | None]] = {
            "smtpd": self._read_smtpd,
            "cleanup": self._read_cleanup,
            "qmgr": self._read_qmgr,
            "nqmgr": self._read_qmgr,
            "postsuper": self._read_postsuper,
            "smtp": self._read_delivery,
            "lmtp": self._read_delivery,
            "local": self._read_delivery,
            "virtual": self._read_delivery,
            "pipe": self._read_delivery,
            "error": self._read_delivery,
            "retry": self._read_delivery,
            "discard": self._read_delivery,
            "bounce": self._read_bounce,
            "pickup": self._read_pickup,
            "postscreen": self._read_postscreen,
        }

    def read(self, line: SyslogLine) -> Sequence[Observation] | None:
        """Read one line of any of Postfix's daemons."""
        reader = self._readers.get(line.program.rpartition("/")[2])
        if reader is None:
            return _NOTHING  # anvil, scache, master and others: nothing about one message
        text = line.text
        if len(text) > _TEXT_MAX:
            text = text[:_TEXT_MAX]
        queue_id, colon, rest = text.partition(": ")
        if colon and queue_id.isalnum() and 5 < len(queue_id) < 25 and queue_id not in _NO_IDS:
            return reader(line, queue_id, rest)
        return reader(line, "", text)

    def save(self) -> Mapping[str, Any]:
        """Return what is known of the connections that are open."""
        return {
            "incoming": self._incoming_tls,
            "outgoing": self._outgoing_tls,
            "checks": self._checks,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        self._incoming_tls = dict(state.get("incoming", {}))
        self._outgoing_tls = {pid: dict(hosts) for pid, hosts in state.get("outgoing", {}).items()}
        self._checks = {pid: list(said) for pid, said in state.get("checks", {}).items()}

    def _read_smtpd(self, line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
        if queue_id and rest.startswith("client="):
            return self._begin(line, queue_id, rest)
        if "reject: " in rest:
            return _read_refusal(line, queue_id, rest)
        if rest.startswith("connect from "):
            self._incoming_tls.pop(line.pid, None)
            self._checks.pop(line.pid, None)
        elif "TLS connection established from" in rest and (found := _TLS.search(rest)):
            remember(self._incoming_tls, line.pid, found[2])
        elif _ACCESS.match(rest):
            self._note_check(line.pid, rest)
        elif queue_id and "discard: " in rest[:20]:
            return _read_check(line, queue_id, "discarded", rest)
        elif queue_id and "hold: " in rest[:20]:
            return _read_check(line, queue_id, "held", rest)
        return _NOTHING

    def _begin(self, line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
        """Read the line that gives a message its queue id, and what was done to it before."""
        name, address = _split_peer(rest[7:].partition(", ")[0])
        tls = self._incoming_tls.get(line.pid)
        arrival = Arrival(
            line.at_us, line.host, queue_id, None, None, name, address, None, None, tls
        )
        if line.pid not in self._checks:
            return (arrival,)
        observations: list[Observation] = [arrival]
        for said in self._checks.pop(line.pid):
            outcome: HandOverOutcome = "held" if said.startswith("hold") else "discarded"
            observations += _read_check(line, queue_id, outcome, said)
        return observations

    def _note_check(self, pid: str, rest: str) -> None:
        """Keep what an access table did, for the message that the process takes next."""
        said = self._checks.get(pid, [])
        if len(said) < _CHECKS_MAX:
            remember(self._checks, pid, [*said, rest.removeprefix("NOQUEUE: ")])

    def _read_cleanup(self, line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
        if not queue_id:
            return _NOTHING
        if rest.startswith("message-id="):
            return (Arrival(line.at_us, line.host, queue_id, rest[11:].strip() or None),)
        if found := _CHECKED.match(rest):
            return _read_header_check(line, queue_id, found)
        if "reject: " in rest[:16]:
            return _read_refusal(line, queue_id, rest)
        if "milter-discard: " in rest[:20]:
            return _read_check(line, queue_id, "discarded", rest)
        if "milter-hold: " in rest[:20]:
            return _read_check(line, queue_id, "held", rest)
        return _NOTHING

    def _read_qmgr(self, line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
        if not queue_id:
            return _NOTHING
        if rest == "removed":
            return (End(line.at_us, line.host, queue_id),)
        if rest.startswith("from=<"):
            if found := _QUEUED.match(rest):
                sender, size, count = found.groups()
                return (
                    Arrival(
                        line.at_us,
                        line.host,
                        queue_id,
                        None,
                        sender,
                        size_bytes=read_figure(size),
                        recipient_count=read_figure(count, COUNT_MAX),
                    ),
                )
            if "status=expired" in rest or "status=force-expired" in rest:
                return (End(line.at_us, line.host, queue_id, given_up=True),)
            return _NOTHING
        return self._read_delivery(line, queue_id, rest)

    def _read_postsuper(self, line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
        if not queue_id or rest != "removed":
            return _NOTHING
        given_up = End(line.at_us, line.host, queue_id, given_up=True)  # an administrator did
        return given_up, End(line.at_us, line.host, queue_id)

    def _read_delivery(self, line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
        if queue_id and rest.startswith("to=<"):
            found = _DELIVERY.match(rest) or _DELIVERY.match(_EXTRA.sub("", rest))
            return self._build_hand_over(line, queue_id, found) if found else _NOTHING
        if "TLS connection " in rest and (secured := _TLS.search(rest)):
            hosts = self._outgoing_tls.get(line.pid)
            if hosts is None:
                hosts = {}
                remember(self._outgoing_tls, line.pid, hosts)
            if len(hosts) < 100:
                hosts[secured[1]] = secured[2]
        return _NOTHING

    def _build_hand_over(
        self, line: SyslogLine, queue_id: str, found: re.Match[str]
    ) -> Sequence[Observation]:
        recipient, original, relay, delay, before_queue, status, said, reply = found.groups()
        daemon = line.program.rpartition("/")[2]
        if said == "sent":
            outcome, next_id = _end_of_sent(daemon, reply)
        elif said in _OUTCOMES:
            outcome, next_id = _OUTCOMES[said], None
        else:
            return _NOTHING  # deliverable, undeliverable: probes of address verification
        host, address = _split_peer(relay) if relay != "none" else (None, None)
        tls = self._outgoing_tls.get(line.pid, {}).get(relay) if address else None
        hand_over = HandOver(
            line.at_us,
            line.host,
            queue_id,
            recipient,
            original,
            outcome,
            host,
            address,
            status,
            reply,
            tls,
            read_seconds(delay),
            read_seconds(before_queue) if before_queue else None,
            next_id,
        )
        if outcome == "expanded" and next_id:
            return hand_over, Link(line.at_us, line.host, queue_id, next_id, "forwarded")
        return (hand_over,)

    def _read_bounce(self, line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
        if queue_id and (found := _REPORT.match(rest)):
            to, kind, other = found.groups()
            relation = _RELATIONS[kind] if to == "sender" else "report"
            return (Link(line.at_us, line.host, queue_id, other, relation),)
        return self._read_delivery(line, queue_id, rest)

    def _read_pickup(self, line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
        _, marked, sender = rest.partition(" from=<")
        if not queue_id or not marked:
            return _NOTHING
        if found := _ORIGINAL.search(rest):  # put into the queue anew
            sender, original = found.groups()
            link = Link(line.at_us, line.host, original, queue_id, "forwarded")
            return Arrival(line.at_us, line.host, queue_id, mail_from=sender), link
        sender = sender.removesuffix(">")
        return (Arrival(line.at_us, line.host, queue_id, mail_from=sender, protocol="local"),)

    def _read_postscreen(self, line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
        return _read_refusal(line, queue_id, rest) if "reject: " in rest[:24] else _NOTHING


def _end_of_sent(daemon: str, reply: str | None) -> tuple[HandOverOutcome, str | None]:
    """Tell what ``status=sent`` came to: a mailbox, the next system, other recipients, nothing."""
    words = reply or ""
    if found := _FORWARDED.search(words):
        return "expanded", found[1]
    if daemon == "discard":
        return "discarded", None
    next_id = find_queue_id(words)
    if daemon == "smtp" or (daemon == "lmtp" and "queued as " in words):
        return "relayed", next_id
    return "delivered", next_id if daemon == "lmtp" else None


def _read_refusal(line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
    """Read ``[NOQUEUE: ]reject: RCPT from host[ip]: 550 …; from=<> to=<> proto= helo=<>``."""
    rest = rest.removeprefix("NOQUEUE: ")
    found = _REFUSED.match(rest)
    if not found:
        return _read_proxy_refusal(line, queue_id, rest)
    command, name, address, said = found.groups()
    reply, _, envelope = said.rpartition("; from=<")
    if not reply:  # in front of MAIL there is no envelope yet
        reply, _, envelope = said.partition("; proto=")
    fields = dict(_ENVELOPE.findall(f"from=<{envelope}" if "; from=<" in said else envelope))
    return (_refuse(line, queue_id, (name, address), fields, _PHASES.get(command), reply),)


def _read_proxy_refusal(line: SyslogLine, queue_id: str, rest: str) -> Sequence[Observation]:
    """Read what a filter in front of the queue answered (``smtpd_proxy_filter``)."""
    found = _PROXY_REFUSED.match(rest)
    if not found:
        return _NOTHING
    command, reply, envelope = found.groups()
    fields = dict(_ENVELOPE.findall(envelope))
    return (_refuse(line, queue_id, ("", None), fields, _PHASES.get(command), reply),)


def _refuse(
    line: SyslogLine,
    queue_id: str,
    peer: tuple[str, str | None],
    envelope: Mapping[str, str],
    phase: RefusalPhase | None,
    reply: str,
) -> Refusal:
    name, address = peer
    return Refusal(
        line.at_us,
        line.host,
        queue_id or None,
        name if name not in _UNNAMED else None,
        address if address != "unknown" else None,
        envelope.get("helo"),
        envelope.get("from"),
        envelope.get("to"),
        phase,
        reply,
        find_status(reply),
    )


def _read_header_check(
    line: SyslogLine, queue_id: str, found: re.Match[str]
) -> Sequence[Observation]:
    """Read what ``header_checks`` and ``body_checks`` did, and the subject where they tell it."""
    action, where, content, name, address, tail, reply = found.groups()
    envelope = dict(_ENVELOPE.findall(tail))
    if action == "discard":
        return _read_check(line, queue_id, "discarded", found[0])
    if action == "hold":
        return _read_check(line, queue_id, "held", found[0])
    if action == "reject":
        peer = (name, address)
        return (_refuse(line, queue_id, peer, envelope, "end-of-data", reply or ""),)
    if where != "header" or content[:8].lower() != "subject:":
        return _NOTHING
    sender, helo = envelope.get("from"), envelope.get("helo")
    subject = content[8:].strip()
    return (Arrival(line.at_us, line.host, queue_id, mail_from=sender, helo=helo, subject=subject),)


def _read_check(
    line: SyslogLine, queue_id: str, outcome: HandOverOutcome, text: str
) -> Sequence[Observation]:
    """Read a message that a check threw away or held back."""
    envelope = dict(_ENVELOPE.findall(text))
    recipient = envelope.get("to")
    if recipient is None:
        return _NOTHING
    return (HandOver(line.at_us, line.host, queue_id, recipient, outcome=outcome, reply=text),)


def _split_peer(peer: str) -> tuple[str | None, str | None]:
    """Split ``host[ip]:port``; a name that Postfix could not look up is None."""
    found = _RELAY.match(peer)
    if not found:
        return peer or None, None
    name, address = found.groups()
    return (None if name in ("unknown", "") else name), address
