"""Exim's main log (specification, chapter "Log files"): ``stamp id flag address field=value …``.

Which fields a line has is up to ``log_selector``; nothing here depends on one beyond what a line
cannot do without. The main log names no host: it is the context's.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from retour.ingest.logs.figures import read_figure
from retour.ingest.logs.memory import remember
from retour.ingest.logs.quoting import unquote
from retour.ingest.logs.reader import LogContext
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
_TEXT_MAX = 8_192
_RECIPIENTS_MAX = 100

_STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: ([+-]\d\d)(\d\d))? (?:\[\d+\] )?"
)
# 16 characters until 4.96, 23 from 4.97 on.
_ID = re.compile(
    r"([0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})) "
)
_PIECE = re.compile(r"\[(\d+)([\\/])(\d+)\] ")  # a line that was too long for syslog
_HOST = re.compile(r"(?:^| )H=(?:([^\s(]\S*) )?(?:\(([^)]*)\) )?\[([^\]]*)\](?::\d+)?")
_FIELD = re.compile(r' (X|P|S|id|R|T|U|F)=("(?:[^"\\]|\\.)*"|\S+)')
_QUOTED = re.compile(r' (?:T|DN|SNI)="(?:[^"\\]|\\.)*"')
_RECIPIENTS = re.compile(r" for (\S.*)$")
_ADDRESS_OF_LIST = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+')
_BLACKHOLE = re.compile(r"blackhole \((.* ACL) discarded recipients\)(?:: (.*))?$", re.DOTALL)
_CONFIRMED = re.compile(r' C=("(?:[^"\\]|\\.)*")')
_TLS = re.compile(r"TLSv?([\d.]+)")
_ADDRESS = re.compile(
    r"(:\w+:|.*?)(?: \([^()]*\))?(?: <([^<>]*)>)?(?= [A-Z]\w?=|: | defer \(| routing defer |$)"
)
_DEFERRED = re.compile(r" defer \(-?\d+\)(.*)$", re.DOTALL)
_DURATIONS = re.compile(r" (?:DT|QT)=[\w.]+")
_REJECTED = re.compile(
    r"(?:temporarily )?rejected (?:after (?:DATA|end of data)|during MIME ACL checks|"
    r"(RCPT|MAIL|EHLO|HELO|AUTH|VRFY|connection|DATA)(?: or HELO)?)"
    r"(?: <([^>]*)>| ([^\s<>:]+@[^\s<>:]+))?[^:]*: (.*)",
    re.DOTALL,
)

_FLAGS: Mapping[str, HandOverOutcome] = {
    "=>": "delivered",
    "->": "delivered",
    ">>": "delivered",
    "*>": "discarded",
    "==": "deferred",
    "**": "failed",
}
_PHASES: Mapping[str | None, RefusalPhase] = {
    "RCPT": "rcpt",
    "MAIL": "mail",
    "EHLO": "helo",
    "HELO": "helo",
    "AUTH": "auth",
    "connection": "connect",
    "DATA": "data",
    None: "end-of-data",
}
_EXPIRED = "retry timeout exceeded"


class EximDialect:
    """Reads what stands behind the stamp; a `retour.ingest.logs.syslog.Dialect`."""

    def __init__(self) -> None:
        self._failed: dict[str, bool] = {}
        # By message: its recipients, where the line of its arrival names them.
        self._recipients: dict[str, list[str]] = {}
        # By process: the pieces so far of a line that was too long for syslog.
        self._pieces: dict[str, str] = {}

    def read(self, line: SyslogLine) -> Sequence[Observation] | None:
        """Read one line of the main log or the reject log, without its stamp."""
        text = line.text
        if text[:1] == "[" and (piece := _PIECE.match(text)):
            text = self._join(line.pid, piece)
            if not text:
                return _NOTHING
        if stamp := _STAMP.match(text):  # syslog has one of its own
            text = text[stamp.end() :]
        if len(text) > _TEXT_MAX:  # more than Exim's buffer holds; half a word is none
            text = text[:_TEXT_MAX].rpartition(" ")[0]
        found = _ID.match(text)
        if not found:
            return _read_rejection(line, None, text)
        queue_id, rest = found[1], text[found.end() :]
        flag, body = rest[:2], rest[3:]
        if flag == "<=":
            return self._read_arrival(line, queue_id, body)
        if flag == "=>" and (thrown := _BLACKHOLE.match(body)):
            return self._discard(line, queue_id, thrown)
        if flag in _FLAGS and rest[2:3] == " ":
            hand_over = _read_attempt(line, queue_id, _FLAGS[flag], body)
            if hand_over.outcome in ("failed", "expired"):
                remember(self._failed, queue_id, True)
            return (hand_over,)
        if rest.startswith("Completed"):
            self._recipients.pop(queue_id, None)
            return (End(line.at_us, line.host, queue_id),)
        if rest.startswith(("cancelled by ", "removed by ")):  # frozen too long; an administrator
            return (End(line.at_us, line.host, queue_id, given_up=True),)
        return _read_rejection(line, queue_id, rest)

    def save(self) -> Mapping[str, Any]:
        """Return what was said of messages that are not done with, and of cut lines."""
        return {
            "failed": list(self._failed),
            "recipients": self._recipients,
            "pieces": self._pieces,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        self._failed = dict.fromkeys(state.get("failed", ()), True)
        self._recipients = {key: list(those) for key, those in state.get("recipients", {}).items()}
        self._pieces = dict(state.get("pieces", {}))

    def _join(self, pid: str, piece: re.Match[str]) -> str:
        """Put a piece to those before it; ``""`` until the last one has come."""
        _, sign, _ = piece.groups()
        text = (self._pieces.pop(pid, "") + piece.string[piece.end() :])[:_TEXT_MAX]
        if sign == "/":  # the last one
            return text
        remember(self._pieces, pid, text)
        return ""

    def _discard(
        self, line: SyslogLine, queue_id: str, found: re.Match[str]
    ) -> Sequence[Observation]:
        """Read that an access list threw away all recipients of a message that it took."""
        acl, words = found.groups()
        return [
            HandOver(
                line.at_us, line.host, queue_id, recipient, outcome="discarded", reply=words or acl
            )
            for recipient in self._recipients.get(queue_id, ())
        ]

    def _read_arrival(self, line: SyslogLine, queue_id: str, body: str) -> Sequence[Observation]:
        sender, _, rest = body.partition(" ")
        fields = _read_fields(body)
        name, helo, address = _read_host(f" {rest}")
        named = _RECIPIENTS.search(_QUOTED.sub("", body))
        message_id, size = fields.get("id"), fields.get("S", "")
        recipients = tuple(_ADDRESS_OF_LIST.findall(named[1])) if named else ()
        if recipients:
            remember(self._recipients, queue_id, list(recipients[:_RECIPIENTS_MAX]))
        arrival = Arrival(
            line.at_us,
            line.host,
            queue_id,
            f"<{message_id}>" if message_id else None,
            "" if sender == "<>" else sender,
            name or (helo if address is None else None),
            address,
            helo,
            fields.get("P"),
            _read_tls(fields.get("X")),
            read_figure(size),
            len(recipients) or None,
            unquote(fields["T"]) if "T" in fields else None,
            recipients,
        )
        about = fields.get("R")
        if sender != "<>" or not about or not _ID.match(f"{about} "):
            return (arrival,)
        # Exim's own report; whether of a failure or a delay, what came before tells.
        relation: Relation = "failure-report" if about in self._failed else "delay-report"
        return arrival, Link(line.at_us, line.host, about, queue_id, relation)


class EximReader:
    """A log reader (`retour.ingest.logs.reader.LogReader`) for Exim's own main and reject log."""

    def __init__(self, context: LogContext) -> None:
        self._context = context
        self._dialect = EximDialect()

    def read(self, line: str) -> Sequence[Observation] | None:
        """Read one line; see `LogReader.read`."""
        found = _STAMP.match(line)
        at_us = _read_stamp(found, self._context) if found else None
        if found is None or at_us is None:
            return None
        text = line[found.end() :]
        return self._dialect.read(SyslogLine(at_us, self._context.system, "exim", "", text))

    def save(self) -> Mapping[str, Any]:
        """Return what must be remembered."""
        return self._dialect.save()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        self._dialect.restore(state)


def _read_stamp(found: re.Match[str], context: LogContext) -> int | None:
    stamp, hours, minutes = found.groups()
    try:
        at = datetime.fromisoformat(f"{stamp}{hours}:{minutes}" if hours else stamp)
        at = (at if at.tzinfo else at.replace(tzinfo=context.zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # outside of the calendar once it is in UTC
        return None
    return int(at.replace(microsecond=0).timestamp()) * 1_000_000 + at.microsecond


def _read_attempt(line: SyslogLine, queue_id: str, outcome: HandOverOutcome, body: str) -> HandOver:
    """Read ``address <original> R=router T=transport H=host [ip] … C="250 …"`` and its failures."""
    found = _ADDRESS.match(body)
    address, original = found.groups() if found else (body, None)
    name, _, ip = _read_host(body)
    fields = _read_fields(body)
    reply = _find_reply(outcome, body)
    if outcome == "delivered" and ip is not None:
        outcome = "relayed"
    if address == ":blackhole:" or (address == "discarded" and "T" not in fields):
        outcome = "discarded"
    if outcome == "failed" and reply and _EXPIRED in reply:
        outcome = "expired"
    # A black hole or a local delivery has the whole address behind its own name.
    local = original is not None and "@" not in address
    return HandOver(
        line.at_us,
        line.host,
        queue_id,
        (original or address) if local else address,
        None if local else original,
        outcome,
        name or (fields.get("T") if outcome in ("delivered", "discarded") else None),
        ip,
        find_status(reply),
        reply,
        _read_tls(fields.get("X")),
        None,
        None,
        find_queue_id(reply) if reply and outcome == "relayed" else None,
    )


def _find_reply(outcome: HandOverOutcome, body: str) -> str | None:
    """Return the words of the other side, or Exim's own reason."""
    if outcome in ("delivered", "discarded"):
        confirmed = _CONFIRMED.search(body)
        return unquote(confirmed[1]) if confirmed else None
    if outcome == "deferred":
        found = _DEFERRED.search(body)
        words = found[1] if found else body
        _, colon, said = words.partition(": ")
        host, _, tail = said.partition(" H=")
        if tail:  # "defer (110): Connection timed out H=… DT=5s: SMTP timeout after …"
            said = f"{host}: {tail.partition(': ')[2]}".rstrip(": ")
        words = said if colon else words
    else:
        words = body.partition(": ")[2] or body.partition(" ")[2]
    return _DURATIONS.sub("", words).strip().strip(":").strip() or None


def _read_rejection(line: SyslogLine, queue_id: str | None, text: str) -> Sequence[Observation]:
    """Read ``H=host (helo) [ip] F=<sender> rejected RCPT <recipient>: words``."""
    found = _REJECTED.search(text)
    if not found:
        return _NOTHING
    command, bracketed, bare, reply = found.groups()
    argument = bare if bracketed is None else bracketed
    name, helo, address = _read_host(f" {text}")
    sender = _read_fields(f" {text}").get("F")
    phase = _PHASES.get(command)
    mail_from = argument if phase == "mail" else sender.strip("<>") if sender else None
    return (
        Refusal(
            line.at_us,
            line.host,
            queue_id,
            name,
            address,
            helo,
            mail_from,
            argument if phase == "rcpt" else None,
            phase,
            reply,
            find_status(reply),
        ),
    )


def _read_fields(body: str) -> dict[str, str]:
    """Return the first value of each field; what follows ``from <…>`` is the sender's text."""
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(body):
        fields.setdefault(name, value)
    return fields


def _read_host(body: str) -> tuple[str | None, str | None, str | None]:
    """Return name, HELO name and IP address of ``H=name (helo) [ip]``."""
    found = _HOST.search(body)
    return (found[1], found[2], found[3]) if found else (None, None, None)


def _read_tls(cipher: str | None) -> str | None:
    found = _TLS.match(cipher) if cipher else None
    return f"TLSv{found[1]}" if found else None
