"""Notices in the manner of many systems give the claims that they state.

The mails are our own, written as these systems write; names and addresses are RFC 2606's.
"""

from dataclasses import replace
from typing import NamedTuple

import pytest
from mails import FIXTURES, read_fixture

from retour.read import read


class Claimed(NamedTuple):
    """What is claimed about one recipient."""

    address: str
    original: str | None
    action: str
    status: str | None
    code: int | None
    remote: str | None
    phase: str | None


class Expected(NamedTuple):
    """What a report claims."""

    kind: str
    producer: str | None
    language: str | None
    reporting_mta: str | None
    recipients: list[Claimed]
    message_id: str | None
    returned: str | None


REPORTS = {
    "amazon-ses": Expected(
        "failure",
        "amazon-ses",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", 550, None, None),
        ],
        None,
        None,
    ),
    "courier": Expected(
        "failure",
        "courier",
        "en",
        "mail.example.org",
        [
            Claimed("bob@example.net", None, "failed", "5.0.0", 550, "mx.example.net", "rcpt"),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "different-fates": Expected(
        "mixed",
        None,
        "en",
        "mail.example.org",
        [
            Claimed("bob@example.net", None, "delivered", "2.1.5", None, None, None),
            Claimed("eve@example.net", None, "failed", "5.1.1", 550, None, None),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "domino": Expected(
        "failure",
        "domino",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", None, None, None, None),
        ],
        None,
        None,
    ),
    "dovecot-reject": Expected(
        "failure",
        "dovecot",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", None, None, None, None),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "dragonfly": Expected(
        "failure",
        "dragonfly",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", 550, "mx.example.net", "rcpt"),
        ],
        "<spring-1@example.org>",
        "headers",
    ),
    "exchange-2003": Expected(
        "failure",
        "exchange-2003",
        "en",
        "ex1.example.net",
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", None, None, None),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "exchange-2010": Expected(
        "failure",
        "exchange",
        "en",
        "ex1.example.net",
        [
            Claimed("bob@example.net", None, "failed", "5.2.2", 550, None, None),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "exchange-55": Expected(
        "failure",
        "exchange-5",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", None, None, None, None),
        ],
        None,
        None,
    ),
    "exchange-online": Expected(
        "failure",
        "exchange-online",
        "en-GB",
        "DB9PR05MB7456.eurprd05.prod.outlook.com",
        [
            Claimed("bob@example.net", None, "failed", "5.7.1", 550, "mx.example.net", None),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "exim-delay": Expected(
        "delay",
        "exim",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "delayed", "4.7.0", 421, "mx.example.net", "connect"),
        ],
        None,
        None,
    ),
    "exim": Expected(
        "failure",
        "exim",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.2.2", 552, "mx.example.net", "rcpt"),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "forwarded-report": Expected(
        "failure",
        "postfix",
        "en",
        "mail.example.org",
        [
            Claimed(
                "bob@example.net",
                "sales@example.net",
                "failed",
                "5.1.1",
                550,
                "mx.example.net",
                "rcpt",
            ),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "french": Expected(
        "failure",
        None,
        "fr",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", 550, None, None),
        ],
        None,
        None,
    ),
    "german": Expected(
        "failure",
        None,
        "de",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", 550, None, None),
        ],
        None,
        None,
    ),
    "global-status": Expected(
        "failure",
        None,
        "en",
        "mail.example.org",
        [
            Claimed("jörg@exämple.net", "joerg@example.net", "failed", "5.6.7", 550, None, None),
        ],
        "<spring-1@example.org>",
        "headers",
    ),
    "gmail-new": Expected(
        "failure",
        "gmail",
        "en",
        "googlemail.com",
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", 550, "mx.example.net", None),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "gmail-old": Expected(
        "failure",
        "gmail",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", 550, "mx.example.net", None),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "gmx": Expected(
        "failure",
        "gmx",
        "en",
        None,
        [
            Claimed(
                "bob@example.net", None, "failed", "5.7.1", 554, "mx.example.net", "end-of-data"
            ),
        ],
        "<spring-1@example.org>",
        "headers",
    ),
    "hmailserver": Expected(
        "failure",
        "hmailserver",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", None, 550, "192.0.2.25", "rcpt"),
        ],
        None,
        None,
    ),
    "html-only": Expected(
        "failure",
        None,
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", 550, None, None),
        ],
        None,
        None,
    ),
    "imail": Expected(
        "failure",
        "imail",
        None,
        None,
        [
            Claimed("bob@example.net", None, "failed", None, None, None, None),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "japanese": Expected(
        "failure",
        None,
        "ja",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", 550, None, None),
        ],
        None,
        None,
    ),
    "mailmarshal": Expected(
        "failure",
        "mailmarshal",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", 550, None, None),
        ],
        None,
        None,
    ),
    "mimecast": Expected(
        "failure",
        "mimecast",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.7.1", 550, None, None),
        ],
        None,
        None,
    ),
    "opensmtpd": Expected(
        "failure",
        "opensmtpd",
        "en",
        "mail.example.org",
        [
            Claimed("bob@example.net", None, "failed", "5.0.0", 550, None, None),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "pasted-text": Expected(
        "failure",
        "qmail",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", 550, "192.0.2.25", "rcpt"),
        ],
        None,
        None,
    ),
    "postfix-delay": Expected(
        "delay",
        "postfix",
        "en",
        "mail.example.org",
        [
            Claimed("bob@example.net", None, "delayed", "4.4.1", None, None, "connect"),
        ],
        "<spring-1@example.org>",
        "headers",
    ),
    "postfix": Expected(
        "failure",
        "postfix",
        "en",
        "mail.example.org",
        [
            Claimed(
                "bob@example.net",
                "sales@example.net",
                "failed",
                "5.1.1",
                550,
                "mx.example.net",
                "rcpt",
            ),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "qmail": Expected(
        "failure",
        "qmail",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.7.1", 550, "192.0.2.25", "rcpt"),
            Claimed("eve@example.net", None, "failed", "5.1.1", None, None, None),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "returned-report": Expected(
        "failure",
        "postfix",
        "en",
        "mx.example.net",
        [
            Claimed("eve@example.com", None, "failed", "5.4.6", None, None, None),
        ],
        "<n-postfix@example.org>",
        "full",
    ),
    "russian": Expected(
        "failure",
        None,
        "ru",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", 550, None, None),
        ],
        None,
        None,
    ),
    "sendmail-transcript": Expected(
        "failure",
        "sendmail",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", None, 550, "mx.example.net", "rcpt"),
        ],
        "<spring-1@example.org>",
        "full",
    ),
    "sendmail": Expected(
        "failure",
        "sendmail",
        "en",
        "mail.example.org",
        [
            Claimed("bob@example.net", None, "failed", "5.1.1", 550, "mx.example.net", "data"),
        ],
        "<spring-1@example.org>",
        "headers",
    ),
    "spanish": Expected(
        "failure",
        None,
        "es",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.2.2", 550, None, None),
        ],
        None,
        None,
    ),
    "success": Expected(
        "relay",
        "postfix",
        "en",
        "mail.example.org",
        [
            Claimed("bob@example.net", None, "relayed", "2.0.0", 250, "mx.example.net", None),
        ],
        "<spring-1@example.org>",
        "headers",
    ),
    "yahoo": Expected(
        "failure",
        "yahoo",
        "en",
        None,
        [
            Claimed("bob@example.net", None, "failed", "5.7.9", 554, None, None),
        ],
        "<spring-1@example.org>",
        "full",
    ),
}


@pytest.mark.parametrize("name", REPORTS)
def test_notice_of_a_system_states_these_claims(name: str) -> None:
    """Kind, producer, recipients, codes, hosts and the original are read."""
    report, _ = read_fixture(name)
    claimed = [
        Claimed(
            one.address or "",
            one.original_address,
            one.action or "",
            one.status,
            one.reply.code if one.reply else None,
            one.remote_mta,
            one.phase,
        )
        for one in report.recipients
    ]
    expected = REPORTS[name]
    assert claimed == expected.recipients
    assert report.kind == expected.kind
    assert expected.producer == report.producer
    assert report.language == expected.language
    assert report.reporting_mta == expected.reporting_mta
    original = report.original
    assert (original.message_id if original else None) == expected.message_id
    assert (original.returned if original else None) == expected.returned


OTHERS = {
    "no-report-list-discussion": "not-a-report",
    "no-report-newsletter": "not-a-report",
    "no-report-question": "not-a-report",
    "no-report-dmarc": "not-a-report",
    "no-report-tlsrpt": "not-a-report",
    "vacation-en": "auto-reply",
    "vacation-de": "auto-reply",
    "vacation-fr": "auto-reply",
    "vacation-ja": "auto-reply",
    "read-receipt": "read-receipt",
    "complaint": "complaint",
}


@pytest.mark.parametrize("name", OTHERS)
def test_mail_that_reports_no_failure_is_told_apart(name: str) -> None:
    """Discussions, news, summaries, auto-replies and receipts are no failures."""
    report, _ = read_fixture(name)
    assert report.kind == OTHERS[name]
    assert all(one.action is None for one in report.recipients)


def test_every_mail_of_this_folder_is_asserted() -> None:
    """A mail without an expectation would test nothing."""
    assert {path.stem for path in FIXTURES.glob("*.eml")} == {*REPORTS, *OTHERS}


def test_original_is_read_from_its_own_header() -> None:
    """Sender, recipients, subject and time are the original's, decoded."""
    report, route = read_fixture("postfix")
    original = report.original
    assert original is not None
    assert original.from_ == "ann@example.org"
    assert original.to == ("bob@example.net",)
    assert original.cc == ()
    assert original.subject == "Offer for spring"
    assert original.date is not None
    assert original.date.isoformat() == "2026-03-01T10:00:00+01:00"
    assert original.header_block.startswith("Received: from laptop.example.org")
    assert original.header_block.rstrip().endswith("Subject: Offer for spring")
    assert [(hop.by, hop.delay, hop.for_) for hop in route.hops] == [
        ("mail.example.org", 2.0, "bob@example.net")
    ]
    assert route.complete


@pytest.mark.parametrize(
    "name", ["exim", "qmail", "gmail-old", "yahoo", "gmx", "sendmail-transcript"]
)
def test_notice_ends_where_the_quoted_original_begins(name: str) -> None:
    """The words for people hold nothing of the original."""
    report, _ = read_fixture(name)
    assert "here is the offer" not in report.notice
    assert "laptop.example.org" not in report.notice
    assert "bob@example.net" in report.notice


def test_returned_original_that_is_a_report_is_only_the_original() -> None:
    """The claims are those of the outer report; the inner one is what came back."""
    report, _ = read_fixture("returned-report")
    assert [one.address for one in report.recipients] == ["eve@example.com"]
    assert report.original is not None
    assert report.original.subject == "Undelivered Mail Returned to Sender"


def test_statements_come_innermost_first_and_name_their_speakers() -> None:
    """The remote's reply stands before the words that were put around it."""
    report, _ = read_fixture("exchange-online")
    statements = report.recipients[0].statements
    assert [(one.speaker, one.text) for one in statements[:2]] == [
        ("remote", "550 5.7.1 sender not allowed"),
        ("wrapper", "550 5.0.350 Remote server returned an error"),
    ]
    assert statements[0].where == "delivery-status/1/Diagnostic-Code"


@pytest.mark.parametrize("name", [*REPORTS, *OTHERS])
def test_line_ends_change_nothing_but_defects(name: str) -> None:
    """CRLF, CR CR LF and a mailbox separator give the same report and route as LF."""
    raw = (FIXTURES / f"{name}.eml").read_bytes()
    report, route = read(raw)
    plain = replace(report, defects=())
    crlf, crlf_route = read(raw.replace(b"\n", b"\r\n"))
    assert (replace(crlf, defects=()), crlf_route) == (plain, route)
    doubled, doubled_route = read(raw.replace(b"\n", b"\r\r\n"))
    assert (replace(doubled, defects=()), doubled_route) == (plain, route)
    if report.headers:
        saved, saved_route = read(b"From x@example.org Sun Mar  1 10:00:00 2026\n" + raw)
        assert (replace(saved, defects=()), saved_route) == (plain, route)
