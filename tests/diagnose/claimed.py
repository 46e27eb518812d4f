"""Builders of claims for the tests of this layer."""

from typing import Any

from retour.diagnose import diagnose
from retour.knowledge.load import load
from retour.model.diagnosis import Diagnosis
from retour.model.report import Original, Recipient, Report, Statement
from retour.model.route import Hop, Route
from retour.wire.reply import parse_reply

NO_ROUTE = Route(hops=(), complete=False)


def said(
    text: str, speaker: Any = "remote", where: str = "delivery-status/1/Diagnostic-Code"
) -> Statement:
    """Return a statement with its reply read."""
    return Statement(speaker, where, text, parse_reply(text))


def recipient(*statements: Statement, **fields: Any) -> Recipient:
    """Return a failed recipient with these statements."""
    reply = statements[0].reply if statements else None
    values: dict[str, Any] = {
        "address": "ida@example.net",
        "original_address": None,
        "action": "failed",
        "status": reply.status if reply else None,
        "status_field": None,
        "reply": reply,
        "remote_mta": "mx.example.net",
        "phase": None,
        "last_attempt_at": None,
        "will_retry_until": None,
        "statements": statements,
    }
    return Recipient(**(values | fields))


def report(*recipients: Recipient, **fields: Any) -> Report:
    """Return a failure report about these recipients."""
    values: dict[str, Any] = {
        "kind": "failure",
        "producer": "postfix",
        "language": "en",
        "subject": "Undelivered",
        "date": None,
        "reporting_mta": "mail.example.com",
        "recipients": recipients,
        "original": None,
        "notice": "",
        "headers": "",
        "defects": (),
    }
    return Report(**(values | fields))


def original(*header_lines: str, **fields: Any) -> Original:
    """Return an original to ``ida@example.net`` with further header lines."""
    values: dict[str, Any] = {
        "message_id": "<1@example.com>",
        "from_": "anna@example.com",
        "to": ("ida@example.net",),
        "cc": (),
        "subject": "Offer",
        "date": None,
        "envelope_id": None,
        "returned": "headers",
        "header_block": "\n".join(("From: anna@example.com", *header_lines)) + "\n",
    }
    return Original(**(values | fields))


def route(
    *hosts: str, repeated: tuple[int, ...] = (), complete: bool = True, for_: Any = None
) -> Route:
    """Return a route over these taking hosts, oldest first; `repeated` are hop numbers."""
    hops = tuple(
        Hop(n, None, host, "ESMTP", None, f"Q{n}", for_, None, None, n in repeated, ())
        for n, host in enumerate(hosts, start=1)
    )
    return Route(hops=hops, complete=complete)


def judge(one: Recipient, way: Route = NO_ROUTE, **fields: Any) -> Diagnosis:
    """Return the diagnosis of a report about one recipient."""
    (diagnosis,) = diagnose(report(one, **fields), way, load())
    assert diagnosis is not None
    return diagnosis
