"""An envelope written down as JSON: what a gateway, a milter or a proxy kept of one arrival.

Fields: ``mail`` and each entry of ``rcpt`` (a text, or a list of the address and its parameters),
``peer`` (``name``, ``address``), ``helo``, ``queue_id``, ``host``, ``times`` (seconds since 1970,
or RFC 3339), ``macros`` (a milter's: ``j``, ``i``) and ``gateway_log`` (the receiving system's own
Postfix lines on this copy: they prove where it was handed on).
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from retour.ingest.logs.postfix import PostfixDialect
from retour.ingest.logs.reader import LogContext
from retour.ingest.logs.syslog import SyslogReader
from retour.model.copies import Envelope, EnvelopeRecipient
from retour.model.trail import HandOver

_SECONDS_MAX = 100_000_000_000  # beyond the year 5000 no mail was sent
_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_QUEUE_LIFE = timedelta(days=30)
_MOMENTS = ("end_of_data", "data", "rcpt", "mail", "connect")
_LINES_MAX = 1_000


class EnvelopeError(ValueError):
    """A file that is no envelope; its text is one sentence."""


def parse_envelope(raw: bytes) -> Envelope:
    """Read an envelope.

    Args:
        raw: a JSON object.

    Raises:
        EnvelopeError: it is no JSON object, or a field is of a wrong kind.
    """
    try:
        tree = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise EnvelopeError(f"It is no JSON: {error}.") from None
    if not isinstance(tree, dict):
        raise EnvelopeError("It is no JSON object.")
    mail = _read_path(tree.get("mail"), "mail")
    macros = _read_table(tree, "macros")
    peer = _read_table(tree, "peer")
    arrived_at = _read_arrival(_read_table(tree, "times"))
    return Envelope(
        mail=mail.address if mail else None,
        mail_parameters=mail.parameters if mail else (),
        rcpt=tuple(filter(None, (_read_path(one, "rcpt") for one in _read_list(tree, "rcpt")))),
        peer_name=_read_text(peer, "name"),
        peer_address=_read_text(peer, "address"),
        helo=_read_text(tree, "helo"),
        queue_id=_read_text(tree, "queue_id") or _read_text(macros, "i"),
        host=_read_text(tree, "host") or _read_text(macros, "j"),
        arrived_at=arrived_at,
        handed_on=_read_log(_read_list(tree, "gateway_log"), arrived_at),
    )


def _read_path(value: Any, name: str) -> EnvelopeRecipient | None:
    """Read an address, alone or first in a list with its parameters (RFC 5321 §4.1.2)."""
    if value is None or value == []:
        return None
    words = value if isinstance(value, list) else [value]
    if not all(isinstance(word, str) for word in words):
        raise EnvelopeError(f"{name}: neither an address nor a list of texts.")
    address = words[0].strip()
    if address.startswith("<") and address.endswith(">"):
        address = address[1:-1]
    return EnvelopeRecipient(address, tuple(words[1:]))


def _read_list(tree: dict[str, Any], name: str) -> list[Any]:
    value = tree.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise EnvelopeError(f"{name}: no list.")
    return value


def _read_table(tree: dict[str, Any], name: str) -> dict[str, Any]:
    value = tree.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise EnvelopeError(f"{name}: no object.")
    return value


def _read_text(tree: dict[str, Any], name: str) -> str | None:
    value = tree.get(name)
    if value is not None and not isinstance(value, str):
        raise EnvelopeError(f"{name}: no text.")
    return value or None


def _read_arrival(times: dict[str, Any]) -> datetime | None:
    """Read when the content was complete, else the latest moment before that is named."""
    value = next((times[name] for name in _MOMENTS if times.get(name) is not None), None)
    if value is None:
        return None
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            if at.year < 5000:
                return at if at.tzinfo else at.replace(tzinfo=UTC)
        if isinstance(value, int | float) and 0 <= value <= _SECONDS_MAX:
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError):
        pass
    raise EnvelopeError(f"times: {value!r:.60} is no time.")


def _read_log(lines: list[Any], arrived_at: datetime | None) -> tuple[HandOver, ...]:
    """Read where the receiving system handed the copy on, from its own log lines."""
    # Traditional stamps name no year; nothing is concluded from these times.
    context = LogContext(UTC, (arrived_at or _SOME_TIME) + _QUEUE_LIFE)
    reader = SyslogReader(context, {"postfix": PostfixDialect()})
    found: list[HandOver] = []
    for line in lines[:_LINES_MAX]:
        if isinstance(line, str):
            said = reader.read(line) or ()
            found += (one for one in said if isinstance(one, HandOver))
    return tuple(found)
