"""The machine-readable part of a delivery status notification (RFC 3464, RFC 6533)."""

import re
from datetime import datetime
from typing import NamedTuple

from retour.model.vocabulary import Action
from retour.read.message import RECIPIENTS_MAX
from retour.wire.address import parse_recipient, parse_typed
from retour.wire.date import parse_date
from retour.wire.fields import parse_groups
from retour.wire.header import Headers
from retour.wire.words import decode_words

_STATUS = re.compile(r"(?<![0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9])")
_PLAIN_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_ACTIONS: dict[str, Action] = {
    "failed": "failed",
    "failure": "failed",
    "fail": "failed",
    "delayed": "delayed",
    "deferred": "delayed",
    "delivered": "delivered",
    "relayed": "relayed",
    "expanded": "expanded",
}
_HOST_NOTE = re.compile(r"\s*[(\[].*$")
_NAMING = frozenset({"final-recipient", "original-recipient"})


class Entry(NamedTuple):
    """One per-recipient group as it stands (RFC 3464 §2.3).

    Attributes:
        group: its number in the part, from 1.
        diagnostic: the words of ``Diagnostic-Code``, decoded, without the type.
        diagnostic_type: ``smtp``, ``x-postfix`` ...; empty where none is given.
        status_note: the comment behind the code in ``Status``, or an empty string.
    """

    group: int
    final_recipient: str | None
    original_recipient: str | None
    action: Action | None
    status: str | None
    diagnostic: str
    diagnostic_type: str
    status_note: str
    remote_mta: str | None
    last_attempt_at: datetime | None
    will_retry_until: datetime | None


class DeliveryStatus(NamedTuple):
    """A whole ``message/delivery-status`` part; ``cut`` where it names more than are read."""

    reporting_mta: str | None
    envelope_id: str | None
    entries: tuple[Entry, ...]
    cut: bool


def parse_delivery_status(body: str) -> DeliveryStatus:
    """Read the groups of a delivery-status part.

    Args:
        body: decoded text, one character a byte, LF.

    Returns:
        What it says; groups that were run together (empty lines lost) are parted again at each
        repeated recipient field.
    """
    groups = [piece for group in parse_groups(body) for piece in _split_run_together(group)]
    message = groups[0] if groups else Headers([], [])
    entries: list[Entry] = []
    cut = False
    for group in groups:
        if (
            "final-recipient" in group
            or "original-recipient" in group
            or ("action" in group and "status" in group)
        ):
            if len(entries) >= RECIPIENTS_MAX:
                cut = True
                break
            entries.append(_read_entry(group, len(entries) + 1))
    return DeliveryStatus(
        read_host(message.get("reporting-mta")),
        _envelope_id(message.get("original-envelope-id")),
        tuple(entries),
        cut,
    )


def _split_run_together(group: Headers) -> list[Headers]:
    if len(group.names) < 5 or group.names.count("final-recipient") <= 1:
        return [group]
    starts = [0]
    seen: set[str] = set()
    for at, name in enumerate(group.names):
        if name in _NAMING and name in seen:
            starts.append(at)
            seen = set()
        seen.add(name)
    return [
        Headers(group.names[start:end], group.bodies[start:end])
        for start, end in zip(starts, [*starts[1:], len(group.names)], strict=True)
    ]


def _read_entry(fields: Headers, group: int) -> Entry:
    get = fields.get
    kind, diagnostic = parse_typed(_people_text(get("diagnostic-code")))
    action = get("action")
    status = get("status")
    note = ""
    if status and not _PLAIN_STATUS.fullmatch(status):
        found = _STATUS.search(status)
        note = _people_text(status[found.end() :] if found else status).strip("() ")
        status = found[1] if found else None
    final = parse_recipient(get("final-recipient"))
    original = parse_recipient(get("original-recipient"))
    return Entry(
        group,
        final,
        original,
        _read_action(action) if action else None,
        status or None,
        diagnostic,
        kind,
        note,
        read_host(get("remote-mta")),
        parse_date(get("last-attempt-date")),
        parse_date(get("will-retry-until")),
    )


def _read_action(value: str) -> Action | None:
    known = _ACTIONS.get(value)
    if known or not value.strip():
        return known
    return _ACTIONS.get(value.split(None, 1)[0].strip("();,").lower())


def _people_text(value: str | None) -> str:
    if not value:
        return ""
    return value if value.isascii() and "=?" not in value else decode_words(value)


def read_host(value: str | None) -> str | None:
    """Read an ``*-MTA`` field (RFC 3464 §2.1.2): the host without type and notes, or None."""
    if not value:
        return None
    _, text = parse_typed(value)
    host = _HOST_NOTE.sub("", text) if "(" in text or "[" in text else text
    host = host.strip(" .<>\"'")
    if not host:
        host = text.strip("[]() ")  # an address literal alone
    return host if host and " " not in host and len(host) < 256 else None


def _envelope_id(value: str | None) -> str | None:
    return value.strip() or None if value else None
