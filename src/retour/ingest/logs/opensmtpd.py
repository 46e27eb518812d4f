"""OpenSMTPD's lines (5.7 to 7.x): ``session event name=value name="value with spaces"``.

An envelope id (``evpid``) begins with the eight digits of its message's id (``msgid``), which is
the queue id here and in its ``Received:`` lines. OpenSMTPD logs no Message-ID and no end of a
message.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from retour.ingest.logs.figures import COUNT_MAX, read_figure
from retour.ingest.logs.memory import remember
from retour.ingest.logs.quoting import unquote
from retour.ingest.logs.replies import find_status
from retour.ingest.logs.syslog import SyslogLine
from retour.model.trail import (
    Arrival,
    HandOver,
    HandOverOutcome,
    Observation,
    Refusal,
    RefusalPhase,
)
from retour.wire.queue_id import find_queue_id

_NOTHING: Sequence[Observation] = ()
_TEXT_MAX = 8_192

_SESSION = re.compile(r"[0-9a-f]{16} ")
_FIELD = re.compile(r' ([a-z-]+)=("(?:[^"\\]|\\.)*"|<[^>]*>|\S*)')
_STAT = re.compile(r" stat=(.*)$", re.DOTALL)
_RELAY = re.compile(r"(\S+) \(([^)]*)\)$")
_EXPIRE = re.compile(r"\w+: Expire for ([0-9a-f]{16}):(.*)")
_EXPIRED_FIELD = re.compile(r"(from|to|rcpt|delay)=(<[^>]*>|[^,]*)")
_TLS = re.compile(r"(TLSv[\d.]+)")
_DURATION = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?")
_COMMAND = re.compile(r"([A-Z]+)(?: (?:TO|FROM):<([^>]*)>)?")

_OUTCOMES: Mapping[str, HandOverOutcome] = {
    "Ok": "relayed",
    "TempFail": "deferred",
    "PermFail": "failed",
    "Loop": "failed",
}
_PHASES: Mapping[str, RefusalPhase] = {
    "HELO": "helo",
    "EHLO": "helo",
    "STARTTLS": "starttls",
    "AUTH": "auth",
    "MAIL": "mail",
    "RCPT": "rcpt",
    "DATA": "end-of-data",
}


class OpenSmtpdDialect:
    """A `retour.ingest.logs.syslog.Dialect`."""

    def __init__(self) -> None:
        # By session: the peer as (address, host, TLS version).
        self._peers: dict[str, tuple[str | None, str | None, str | None]] = {}

    def read(self, line: SyslogLine) -> Sequence[Observation] | None:
        """Read one line."""
        text = line.text[:_TEXT_MAX]
        if not _SESSION.match(text):
            return _read_expiry(line, text)
        session, rest = text[:16], text[17:]
        side, _, rest = rest.partition(" ")
        event = rest.partition(" ")[0].removeprefix("event=")  # until 6.3
        if side == "smtp":
            return self._read_incoming(line, session, event, rest)
        if event == "delivery" and side in ("mta", "mda"):
            return self._read_delivery(line, session, side, rest)
        if event in ("tls", "disconnected"):
            self._note_tls(session, event, rest)
        return _NOTHING

    def save(self) -> Mapping[str, Any]:
        """Return the sessions that are open."""
        return {"peers": self._peers}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        self._peers = {
            session: (address, host, tls)
            for session, (address, host, tls) in state.get("peers", {}).items()
        }

    def _note_tls(self, session: str, event: str, rest: str) -> None:
        address, host, _ = self._peers.get(session, (None, None, None))
        if event == "disconnected":
            self._peers.pop(session, None)
        elif found := _TLS.search(rest):
            remember(self._peers, session, (address, host, found[1]))

    def _read_incoming(
        self, line: SyslogLine, session: str, event: str, rest: str
    ) -> Sequence[Observation]:
        fields = _read_fields(rest)
        address, host, tls = self._peers.get(session, (None, None, None))
        if "address" in fields:  # on every line until 6.3, later on the first
            host = fields.get("host")
            address, host = fields["address"].strip("[]"), None if host == "unknown" else host
        if event == "connected":
            remember(self._peers, session, (address, host, None))
        elif event in ("tls", "disconnected"):
            self._note_tls(session, event, rest)
        elif event == "envelope" and "evpid" in fields:
            queue_id = fields["evpid"][:8]
            return (_build_arrival(line, queue_id, fields, (address, host, tls)),)
        elif event == "message" and "msgid" in fields:
            return (_build_arrival(line, fields["msgid"], fields, (address, host, tls)),)
        elif event == "failed-command":
            return _read_refusal(line, fields, address, host)
        return _NOTHING

    def _read_delivery(
        self, line: SyslogLine, session: str, side: str, rest: str
    ) -> Sequence[Observation]:
        fields, said = _read_fields(rest), _STAT.search(rest)
        outcome = _OUTCOMES.get(fields.get("result", ""))
        if outcome is None or "evpid" not in fields or "to" not in fields:
            return _NOTHING
        if side == "mda" and outcome == "relayed":
            outcome = "delivered"
        relay = _RELAY.match(fields.get("relay", ""))
        reply = unquote(said[1]) if said else None
        return (
            HandOver(
                line.at_us,
                line.host,
                fields["evpid"][:8],
                fields["to"],
                _original(fields),
                outcome,
                relay[2] if relay else fields.get("relay") or fields.get("user"),
                relay[1].strip("[]") if relay else None,
                find_status(reply),
                reply,
                self._peers.get(session, (None, None, None))[2],
                _read_duration(fields.get("delay", "")),
                None,
                find_queue_id(reply) if reply and outcome == "relayed" else None,
            ),
        )


def _build_arrival(
    line: SyslogLine,
    queue_id: str,
    fields: Mapping[str, str],
    peer: tuple[str | None, str | None, str | None],
) -> Arrival:
    address, host, tls = peer
    if address == "local":
        address = host = None
    recipient = fields.get("to")
    size, count = fields.get("size", ""), fields.get("nrcpt") or fields.get("ndest", "")
    return Arrival(
        line.at_us,
        line.host,
        queue_id,
        mail_from=fields.get("from"),
        peer_name=host,
        peer_address=address,
        protocol=fields.get("proto"),
        tls=tls,
        size_bytes=read_figure(size),
        recipient_count=read_figure(count, COUNT_MAX),
        recipients=(recipient,) if recipient else (),
    )


def _read_refusal(
    line: SyslogLine, fields: Mapping[str, str], address: str | None, host: str | None
) -> Sequence[Observation]:
    found = _COMMAND.match(fields.get("command", ""))
    phase = _PHASES.get(found[1]) if found else None
    reply = fields.get("result")
    if found is None or phase is None or reply is None:
        return _NOTHING
    return (
        Refusal(
            line.at_us,
            line.host,
            None,
            host,
            address,
            None,
            found[2] if phase == "mail" else None,
            found[2] if phase == "rcpt" else None,
            phase,
            reply,
            find_status(reply),
        ),
    )


def _read_expiry(line: SyslogLine, text: str) -> Sequence[Observation]:
    """Read ``relay: Expire for EVPID: from=<>, to=<>, delay=4d, stat=Envelope expired``."""
    found = _EXPIRE.match(text)
    if not found:
        return _NOTHING
    fields = {name: value.strip("<>") for name, value in _EXPIRED_FIELD.findall(found[2])}
    if "to" not in fields:
        return _NOTHING
    return (
        HandOver(
            line.at_us,
            line.host,
            found[1][:8],
            fields["to"],
            _original(fields),
            "expired",
            reply=found[2].rpartition("stat=")[2] or None,
            delay_ms=_read_duration(fields.get("delay", "")),
        ),
    )


def _original(fields: Mapping[str, str]) -> str | None:
    original = fields.get("rcpt")
    return original if original and original not in ("-", fields["to"]) else None


def _read_fields(text: str) -> dict[str, str]:
    return {
        name: value.strip("<>") if value[:1] == "<" else unquote(value)
        for name, value in _FIELD.findall(text)
    }


def _read_duration(text: str) -> int | None:
    """Read ``1d2h3m4s`` to milliseconds."""
    found = _DURATION.fullmatch(text)
    if not text or not found:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
