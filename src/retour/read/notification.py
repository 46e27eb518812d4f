"""Bounces as JSON: Amazon SES notifications (its developer guide, "notification contents")."""

import json
from typing import Any

from retour.model.report import Recipient, Statement
from retour.model.vocabulary import Action, Kind
from retour.wire.reply import fold, parse_reply, unwrap

_TEXT_MAX = 262_144


def is_notification(notice: str) -> bool:
    """Tell whether the words of a mail are such a notification."""
    return notice[:200].lstrip().startswith("{") and "notificationType" in notice[:2_000]


def read_notification(notice: str) -> tuple[list[Recipient], Kind] | None:
    """Read a notification.

    Args:
        notice: the words of a mail that may be JSON.

    Returns:
        The recipients and the kind, or None where the words are no such notification.
    """
    if not is_notification(notice):
        return None
    data = _load(notice.lstrip()[:_TEXT_MAX])
    if isinstance(data.get("Message"), str):
        data = _load(data["Message"])
    kind = data.get("notificationType")
    if kind == "Bounce":
        return _bounced(data), "failure"
    if kind == "Delivery":
        return _delivered(data), "success"
    return None


def _load(text: str) -> dict[str, Any]:
    try:
        # Transport folds long lines; no string of a notification has a line break of its own.
        data, _ = json.JSONDecoder(strict=False).raw_decode(
            text.replace("\n ", "").replace("\n", "")
        )
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _bounced(data: dict[str, Any]) -> list[Recipient]:
    bounce = data.get("bounce")
    entries = bounce.get("bouncedRecipients") if isinstance(bounce, dict) else None
    recipients = []
    for index, entry in enumerate(entries if isinstance(entries, list) else [], start=1):
        if isinstance(entry, dict):
            recipients.append(_recipient(entry, index))
    return recipients


def _recipient(entry: dict[str, Any], index: int) -> Recipient:
    diagnostic = fold(str(entry.get("diagnosticCode") or ""))
    diagnostic = diagnostic.removeprefix("smtp;").strip()
    voices = unwrap(diagnostic) if diagnostic else ()
    reply = parse_reply(voices[0]) if voices else None
    status = entry.get("status")
    statements = tuple(
        Statement(
            "remote" if not n else "wrapper",
            f"notification/{index}/diagnosticCode",
            voice,
            parse_reply(voice),
        )
        for n, voice in enumerate(voices)
    )
    field = status if isinstance(status, str) else None
    return Recipient(
        _text(entry.get("emailAddress")),
        None,
        "failed",
        field or (reply.status if reply else None),
        field,
        reply,
        None,
        None,
        None,
        None,
        statements,
    )


def _delivered(data: dict[str, Any]) -> list[Recipient]:
    delivery = data.get("delivery")
    names = delivery.get("recipients") if isinstance(delivery, dict) else None
    action: Action = "delivered"
    return [
        Recipient(_text(name), None, action, None, None, None, None, None, None, None, ())
        for name in (names if isinstance(names, list) else [])
    ]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
