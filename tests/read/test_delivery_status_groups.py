"""Delivery-status groups, whole and damaged (RFC 3464 §2, RFC 6533)."""

from datetime import datetime

import pytest

from retour.read.machine import parse_delivery_status, read_host

MESSAGE = "Reporting-MTA: dns; mx.example.org\nArrival-Date: Sun, 1 Mar 2026 10:00:00 +0100\n"
BOB = (
    "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"
    "Remote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; 550 5.1.1 no\n"
)
EVE = "Final-Recipient: rfc822; eve@example.net\nAction: delayed\nStatus: 4.2.2\n"
BOTH = [("bob@example.net", "failed", "5.1.1"), ("eve@example.net", "delayed", "4.2.2")]

BODIES = {
    "one": (f"{MESSAGE}\n{BOB}", BOTH[:1]),
    "two": (f"{MESSAGE}\n{BOB}\n{EVE}", BOTH),
    "run together": (f"{MESSAGE}{BOB}{EVE}", BOTH),
    "recipients run together": (f"{MESSAGE}\n{BOB}{EVE}", BOTH),
    "blanks on the empty line": (f"{MESSAGE} \t\n{BOB}  \n{EVE}", BOTH),
    "many empty lines": (f"\n\n{MESSAGE}\n\n\n{BOB}\n\n\n{EVE}\n\n", BOTH),
    "no message group": (f"{BOB}\n{EVE}", BOTH),
    "message group last": (f"{BOB}\n{MESSAGE}", BOTH[:1]),
    "names in capitals": (f"{MESSAGE}\n{BOB}".upper(), [("BOB@EXAMPLE.NET", "failed", "5.1.1")]),
    "original recipient only": (
        f"{MESSAGE}\nOriginal-Recipient: rfc822;bob@example.net\nAction: failed\nStatus: 5.1.1\n",
        BOTH[:1],
    ),
    "no recipient": (f"{MESSAGE}\nAction: failed\nStatus: 5.1.1\n", [(None, "failed", "5.1.1")]),
    "action with a note": (
        f"{MESSAGE}\n{BOB}".replace("failed", "Failed (permanently)"),
        BOTH[:1],
    ),
    "action of no standard": (
        f"{MESSAGE}\n{BOB}".replace("failed", "exploded"),
        [("bob@example.net", None, "5.1.1")],
    ),
    "status with a note": (
        f"{MESSAGE}\n{BOB}".replace("5.1.1\nR", "5.1.1 (bad address)\nR"),
        BOTH[:1],
    ),
    "status that is none": (
        f"{MESSAGE}\n{BOB}".replace("Status: 5.1.1", "Status: 550"),
        [("bob@example.net", "failed", None)],
    ),
    "nothing": ("", []),
    "words": ("Sorry, it failed.\n\nBye.", []),
}


@pytest.mark.parametrize("name", BODIES)
def test_status_groups_give_these_recipients(name: str) -> None:
    """Groups run together or torn apart give the recipients that they name."""
    body, recipients = BODIES[name]
    status = parse_delivery_status(body)
    found = [
        (one.final_recipient or one.original_recipient, one.action, one.status)
        for one in status.entries
    ]
    assert found == recipients
    assert [one.group for one in status.entries] == list(range(1, len(found) + 1))


def test_fields_of_the_groups_are_read_as_the_standard_says() -> None:
    """Types go, dates are aware, the diagnostic keeps its words."""
    status = parse_delivery_status(
        f"{MESSAGE}Original-Envelope-Id: QQ314159\n\n{BOB}"
        "Last-Attempt-Date: Sun, 1 Mar 2026 10:00:09 +0100\n"
        "Will-Retry-Until: Fri, 6 Mar 2026 10:00:09 +0100\n"
    )
    entry = status.entries[0]
    assert status.reporting_mta == "mx.example.org"
    assert status.envelope_id == "QQ314159"
    assert (entry.diagnostic_type, entry.diagnostic) == ("smtp", "550 5.1.1 no")
    assert entry.remote_mta == "mx.example.net"
    assert entry.last_attempt_at == datetime.fromisoformat("2026-03-01T10:00:09+01:00")
    assert entry.will_retry_until == datetime.fromisoformat("2026-03-06T10:00:09+01:00")


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("dns; mx.example.net", "mx.example.net"),
        ("DNS;mx.example.net (192.0.2.1, the server for the domain)", "mx.example.net"),
        ("dns; mx.example.net [192.0.2.1]", "mx.example.net"),
        ("dns; [192.0.2.1]", "192.0.2.1"),
        ("mx.example.net.", "mx.example.net"),
        ("dns; <mx.example.net>", "mx.example.net"),
        ("dns;", None),
        ("", None),
        (None, None),
    ],
)
def test_host_of_an_mta_field(value: str | None, host: str | None) -> None:
    """An MTA-name field gives the host without type, brackets and notes."""
    assert read_host(value) == host
