"""Courier's lines: ``id=ID,from=<a>,addr=<b>: words``, then ``id=ID,…,status: success``.

The words of the other side come on lines of their own before the status, and are kept until then.
Courier logs no Message-ID, and no end of a message: its ``completed`` ends one attempt. That it
gave up shows in the report that it begins to make, of which only delays are marked (``host=``).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from retour.ingest.logs.memory import remember
from retour.ingest.logs.replies import find_status
from retour.ingest.logs.syslog import SyslogLine
from retour.model.trail import Arrival, HandOver, HandOverOutcome, Observation, Refusal
from retour.wire.queue_id import find_queue_id

_NOTHING: Sequence[Observation] = ()
_TEXT_MAX = 8_192
_WORDS_MAX = 2_000
_WAITING_MAX = 100

_NEW = re.compile(r"newmsg,id=([0-9A-F.]+): dns; (\S*) \((?:(\S+) )?\[([^\]]*)\]\)")
_STARTED = re.compile(
    r"started,id=([0-9A-F.]+),from=<([^>]*)>,module=(\w*),host=([^,]*),addr=<(.*)>$"
)
_ATTEMPT = re.compile(
    r"id=([0-9A-F.]+),from=<([^>]*)>,addr=<([^>]*)>(?:,size=\d+)?(?:,(status|success))?: ?(.*)",
    re.DOTALL,
)
_DELIVERED = re.compile(r"delivered: (\S+) \[([^\]]*)\]")
_ALIAS = re.compile(r"\"?\.xalias/([^\"]+@[^\"]+?)\"?@[^@]+$")
_ESCAPED = re.compile(r"\+([0-9a-f]{2})")
_REFUSED = re.compile(
    r"error,relay=([^,]*),(?:port=\d+,)?from=<([^>]*)>(?:,to=<([^>]*)>)?: (.*)", re.DOTALL
)
_OUTCOMES: Mapping[str, HandOverOutcome] = {"deferred": "deferred", "failure": "failed"}


class CourierDialect:
    """A `retour.ingest.logs.syslog.Dialect`."""

    def __init__(self) -> None:
        # By message and address: what was said before the status, the host, its address.
        self._open: dict[str, tuple[str, str | None, str | None]] = {}
        # By message: who was deferred last time, and why.
        self._deferred: dict[str, dict[str, str]] = {}

    def read(self, line: SyslogLine) -> Sequence[Observation] | None:
        """Read one line of any of Courier's programs."""
        text = line.text[:_TEXT_MAX]
        if text.startswith("id="):
            found = _ATTEMPT.match(text)
            return self._read_attempt(line, found) if found else _NOTHING
        if found := _STARTED.match(text):
            queue_id, sender, module, host, address = found.groups()
            if module == "dsn":
                return self._give_up(line, queue_id) if not host else _NOTHING
            recipients = (address,) if "@" in address else ()  # of an alias only "alias" is told
            return (
                Arrival(line.at_us, line.host, queue_id, mail_from=sender, recipients=recipients),
            )
        if found := _NEW.match(text):
            queue_id, helo, name, address = found.groups()
            return (
                Arrival(
                    line.at_us,
                    line.host,
                    queue_id,
                    peer_name=name,
                    peer_address=_plain(address),
                    helo=helo,
                ),
            )
        if found := _REFUSED.match(text):
            return (_read_refusal(line, found),)
        return _NOTHING

    def save(self) -> Mapping[str, Any]:
        """Return what was said of attempts that have no status yet, and of deferred ones."""
        return {"open": self._open, "deferred": self._deferred}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        self._open = (
            {key: (words, host, address) for key, (words, host, address) in state["open"].items()}
            if "open" in state
            else {}
        )
        self._deferred = {key: dict(said) for key, said in state.get("deferred", {}).items()}

    def _give_up(self, line: SyslogLine, queue_id: str) -> Sequence[Observation]:
        """Tell of the recipients that a report is about because their time is over.

        Where it is about others of the message, these are tried again, which then counts.
        """
        return [
            _build_hand_over(line, queue_id, recipient, "expired", said, None, None)
            for recipient, said in self._deferred.pop(queue_id, {}).items()
        ]

    def _read_attempt(self, line: SyslogLine, found: re.Match[str]) -> Sequence[Observation]:
        queue_id, _, recipient, kind, words = found.groups()
        key = f"{queue_id} {recipient}"
        said, host, address = self._open.get(key, ("", None, None))
        if kind == "success":
            delivered = _DELIVERED.match(words)
            if delivered:
                host, address = delivered[1], _plain(delivered[2])
            else:
                said = said or words
        elif kind is None:
            said = f"{said}\n{words}".strip()[:_WORDS_MAX]
        if kind != "status":
            remember(self._open, key, (said, host, address))
            if kind == "success" and line.program.endswith("courierlocal"):
                return self._end(line, queue_id, recipient, "success", said)
            return _NOTHING
        return self._end(line, queue_id, recipient, words.strip(), said)

    def _end(
        self, line: SyslogLine, queue_id: str, recipient: str, status: str, said: str
    ) -> Sequence[Observation]:
        """Tell of an attempt whose end is known, and forget it."""
        _, host, address = self._open.pop(f"{queue_id} {recipient}", ("", None, None))
        outcome = _OUTCOMES.get(status)
        if status == "success":
            outcome = "relayed" if address else "delivered"
        if outcome is None:
            return _NOTHING
        waiting = self._deferred.get(queue_id, {})
        if outcome != "deferred":
            waiting.pop(recipient, None)
        elif len(waiting) < _WAITING_MAX:
            waiting[recipient] = said
            remember(self._deferred, queue_id, waiting)
        return (_build_hand_over(line, queue_id, recipient, outcome, said, host, address),)


def _build_hand_over(
    line: SyslogLine,
    queue_id: str,
    recipient: str,
    outcome: HandOverOutcome,
    said: str,
    host: str | None,
    address: str | None,
) -> HandOver:
    return HandOver(
        line.at_us,
        line.host,
        queue_id,
        recipient,
        _read_alias(recipient),
        outcome,
        host,
        address,
        find_status(said),
        said or None,
        next_queue_id=find_queue_id(said) if outcome == "relayed" else None,
    )


def _read_alias(recipient: str) -> str | None:
    """Return the address behind ``".xalias/sales@example+2enet"@host``, an alias's own address."""
    found = _ALIAS.match(recipient)
    if not found:
        return None
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), found[1])


def _read_refusal(line: SyslogLine, found: re.Match[str]) -> Refusal:
    relay, sender, recipient, reply = found.groups()
    return Refusal(
        line.at_us,
        line.host,
        None,
        None,
        _plain(relay),
        None,
        sender,
        recipient,
        # Without a recipient it may be MAIL as well as the content.
        "rcpt" if recipient is not None else None,
        reply,
        find_status(reply),
    )


def _plain(address: str) -> str:
    """Return an IPv4 address that came in IPv6's clothes as itself."""
    return address.removeprefix("::ffff:")
