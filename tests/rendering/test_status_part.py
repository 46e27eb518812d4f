"""The delivery-status part that is built where a report had none."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from samples import true_loop

from retour.model.analysis import Analysis
from retour.model.reply import Reply
from retour.model.report import Recipient
from retour.read.machine import parse_delivery_status
from retour.rendering.status import write_status

BERLIN = timezone(timedelta(hours=1))


def analyse(*recipients: Recipient, **changes: Any) -> Analysis:
    """Return an analysis of a failure with these recipients and nothing concluded."""
    base = true_loop()
    report = replace(base.report, recipients=recipients, **changes)
    return Analysis(report, base.route, (None,) * len(recipients), None)


def recipient(address: str | None, **changes: Any) -> Recipient:
    """Return a recipient of which little is known."""
    base = Recipient(address, None, "failed", None, None, None, None, None, None, None, ())
    return replace(base, **changes)


def test_facts_that_are_written_are_read_again() -> None:
    """Our own reader gets the same facts out of the part."""
    at = datetime(2026, 3, 1, 10, 0, 9, tzinfo=BERLIN)
    one = recipient(
        "info@example.net",
        original_address="sales@example.com",
        status="5.1.1",
        reply=Reply(550, "5.1.1", "5.1.1 <info@example.net>: user unknown"),
        remote_mta="mx.example.net",
        last_attempt_at=at,
        will_retry_until=at + timedelta(days=2),
    )
    status = parse_delivery_status(write_status(analyse(one, reporting_mta="mx.example.org")))
    assert status.reporting_mta == "mx.example.org"
    (entry,) = status.entries
    assert entry.final_recipient == "info@example.net"
    assert entry.original_recipient == "sales@example.com"
    assert (entry.action, entry.status) == ("failed", "5.1.1")
    assert entry.diagnostic == "550 5.1.1 <info@example.net>: user unknown"
    assert entry.remote_mta == "mx.example.net"
    assert (entry.last_attempt_at, entry.will_retry_until) == (at, at + timedelta(days=2))


def test_address_beyond_ascii_is_written_for_seven_bits() -> None:
    """RFC 6533 §3: the address type utf-8 with escapes, which readers undo."""
    written = write_status(analyse(recipient("jürgen+a@exämple.net")))
    assert "Final-Recipient: utf-8; j\\x{FC}rgen\\x{2B}a@ex\\x{E4}mple.net\n" in written
    assert parse_delivery_status(written).entries[0].final_recipient == "jürgen+a@exämple.net"


def test_bare_name_is_an_account_of_the_reporting_host() -> None:
    """A local name gets the host that reports, a command stays one."""
    written = write_status(
        analyse(recipient("bob"), recipient("|/usr/bin/x"), reporting_mta="mx.example.org")
    )
    assert "Final-Recipient: rfc822; bob@mx.example.org\n" in written
    assert "Final-Recipient: x-local; |/usr/bin/x\n" in written


def test_a_report_that_names_nobody_still_has_a_group() -> None:
    """RFC 3464 §2.1 asks for one group; nobody is made up for it."""
    assert "Final-Recipient: x-unknown; unknown\nAction: delayed\nStatus: 4.0.0\n" in write_status(
        analyse(kind="delay")
    )


def test_missing_status_follows_the_action() -> None:
    """Action and Status must be there (RFC 3464 §2.3.3-4); the class is what is known."""
    written = write_status(
        analyse(
            recipient("a@example.net", action="delayed"),
            recipient("b@example.net", action="relayed"),
            recipient("c@example.net", status="nonsense"),
        )
    )
    assert [(entry.action, entry.status) for entry in parse_delivery_status(written).entries] == [
        ("delayed", "4.0.0"),
        ("relayed", "2.0.0"),
        ("failed", "5.0.0"),
    ]


@given(st.text(min_size=1, max_size=80), st.text(max_size=300), st.text(max_size=80))
def test_no_word_of_a_report_adds_a_field_or_a_recipient(
    address: str, words: str, host: str
) -> None:
    """Foreign text stays in its field: one group a recipient, ASCII, short lines."""
    one = recipient(address, reply=Reply(550, None, words), remote_mta=host)
    written = write_status(analyse(one, reporting_mta=host))
    assert written.isascii()
    assert max(map(len, written.split("\n"))) <= 998
    groups = written.rstrip("\n").split("\n\n")
    assert len(groups) == 2
    names = [line.partition(":")[0] for line in groups[1].split("\n") if line[0] != " "]
    assert sorted(set(names)) == sorted(names)
    assert set(names) <= {
        "Final-Recipient",
        "Action",
        "Status",
        "Remote-MTA",
        "Diagnostic-Code",
    }
