"""What a trail makes of a report: proofs of delivery, and reports on mail that nobody here sent."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest

from retour.analyse import explain
from retour.model.analysis import Analysis
from retour.rendering.document import build_document
from retour.rendering.json import analysis_to_dict
from retour.rendering.text import render_text
from retour.service.context import add_context
from retour.service.ingestion import Intent, ingest
from retour.store import open_store

Ask = Callable[..., Analysis]
FLAGSHIP = (Path(__file__).parents[1] / "fixtures/flagship/second-copy-list.eml").read_bytes()
NO_SIGN = (Path(__file__).parents[1] / "fixtures/flagship/no-sign.eml").read_bytes()
ID = "CAB-1a-20260302@example.com"


def message(
    at: str,
    queue_id: str,
    message_id: str,
    *lines: str,
    sender: str = "anna.berg@example.com",
    client: str = "desk12.example.com[192.0.2.112]",
) -> str:
    """Return the lines of a Postfix log about one message; ``lines`` are its hand-overs."""
    head = f"2026-03-{at}+00:00 mail postfix/"
    return "\n".join(
        (
            f"{head}smtpd[1]: {queue_id}: client={client}",
            f"{head}cleanup[2]: {queue_id}: message-id=<{message_id}>",
            f"{head}qmgr[3]: {queue_id}: from=<{sender}>, size=900, nrcpt=1 (queue active)",
            *(
                f"{head}{'local' if 'relay=local' in line else 'smtp'}[4]: {queue_id}: {line}"
                for line in lines
            ),
            f"{head}qmgr[3]: {queue_id}: removed\n",
        )
    )


def handed(
    to: str, host: str, said: str = "250 2.0.0 Ok: queued as 9A8B7C6D5E", status: str = "sent"
) -> str:
    """Return the end of a log line about one hand-over."""
    dsn = "2.0.0" if status == "sent" else "5.1.1"
    return (
        f"to=<{to}>, relay={host}[198.51.100.9]:25, delay=1, delays=0/0/0/1, dsn={dsn}, "
        f"status={status} ({said})"
    )


TO_LIST = handed(
    "spring-team@lists.example.org", "lists.example.org", "250 Ok: queued as 4F1D01C0A2"
)
DIRECT = message(
    "02T09:00:06", "4F1D00B771", ID, handed("sales@example.net", "mx.example.net"), TO_LIST
)


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Return what ingests a log into a trail and explains a report with it."""

    def answer(log: str, raw: bytes, domains: tuple[str, ...] = ()) -> Analysis:
        (tmp_path / "mail.log").write_text(log)
        with open_store(str(tmp_path / "trail.sqlite3")) as store:
            taken = list(ingest([str(tmp_path / "mail.log")], store, Intent(UTC, "mail")))
            assert [(one.format, one.unknown) for one in taken] == [("syslog", 0)]
            return add_context(store, explain(raw), domains)

    return answer


def test_the_flagship_with_a_trail_is_delivered_with_proof(ask: Ask) -> None:
    """The recipient's system had taken the message 5 s earlier: nobody has to do anything."""
    analysis = ask(DIRECT, FLAGSHIP)
    (found,) = analysis.diagnoses
    assert found is not None
    assert (found.outcome, found.cause, found.actor) == ("delivered", "duplicate-refused", "nobody")
    assert found.confidence >= 0.95
    proof = found.evidence[0]
    assert (proof.speaker, proof.weight) == ("trail", "decisive")
    assert "mx.example.net" in proof.quote
    assert "queued as 9A8B7C6D5E" in proof.quote
    assert found.contradictions[0].kind == "loop-against-trail"
    assert analysis.backscatter is False
    copies = analysis_to_dict(analysis, source="x", index=0)["copies"]
    assert [copy["outcome"] for copy in copies] == ["delivered"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("5 seconds earlier", "second copy", "spring-team@lists.example.org")),
        ("de", ("5 Sekunden früher", "zweite Kopie", "spring-team@lists.example.org")),
    ],
)
def test_the_sender_reads_the_proof(ask: Ask, language: str, words: tuple[str, ...]) -> None:
    """Part 1 says when it arrived, and on which way the refused copy came."""
    page = render_text(build_document(ask(DIRECT, FLAGSHIP), audience="sender", language=language))
    text = " ".join(page.split())
    assert all(word in text for word in words), text


@pytest.mark.parametrize(
    "log",
    [
        message(
            "02T09:00:06", "4F1D00B771", ID, handed("other@example.net", "mx.example.net"), TO_LIST
        ),
        message("02T09:00:06", "4F1D00B771", "else@example.com", TO_LIST),
        DIRECT.replace("2026-03-02", "2026-07-02"),
        DIRECT.replace("anna.berg@example.com", "mallory@evil.example"),
        DIRECT.replace("relay=mx.example.net", "relay=gate.eurprd05.prod.outlook.com"),
    ],
    ids=[
        "another-recipient",
        "another-message",
        "reused-id-date",
        "reused-id-sender",
        "downstream",
    ],
)
def test_what_is_no_proof_calms_nobody(ask: Ask, log: str) -> None:
    """Without a proof of delivery the answer is that of the report alone."""
    (alone,) = explain(NO_SIGN.replace(b"CAB-1b", b"CAB-1a")).diagnoses
    (found,) = ask(log, NO_SIGN.replace(b"CAB-1b", b"CAB-1a")).diagnoses
    assert alone is not None
    assert found is not None
    assert (found.cause, found.outcome) == (alone.cause, alone.outcome)
    assert not any(e.speaker == "trail" for e in found.evidence)


BOUNCE = """\
From: MAILER-DAEMON@{reporter}
To: anna.berg@example.com
Subject: Undelivered Mail Returned to Sender
Date: Mon, 02 Mar 2026 09:05:00 +0000
Message-ID: <b1@{reporter}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; {reporter}

Final-Recipient: rfc822; sales@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <sales@example.net>: user unknown

--b
Content-Type: text/rfc822-headers

Received: from {first} by {by} with ESMTP id {id}; Mon, 02 Mar 2026 09:00:06 +0000
From: anna.berg@example.com
To: sales@example.net
Subject: Offer
Date: Mon, 02 Mar 2026 09:00:00 +0000
Message-ID: <{message_id}>

--b--
"""


def bounce(
    message_id: str = ID, by: str = "mail.example.com", reporter: str = "mx.example.net"
) -> bytes:
    """Return a report on a mail to sales@example.net."""
    text = BOUNCE.format(
        message_id=message_id, by=by, reporter=reporter, first="pc", id="4F1D00B771"
    )
    return text.encode()


def test_mail_that_was_taken_and_lost_later_stays_lost(ask: Ask) -> None:
    """Who took the message and reports on it then does not prove its delivery."""
    analysis = ask(DIRECT, bounce())
    (found,) = analysis.diagnoses
    assert found is not None
    assert (found.cause, found.outcome) == ("user-unknown", "not-delivered")
    assert analysis.backscatter is False


def test_a_later_try_that_succeeded_is_a_delivery_whatever_the_cause(ask: Ask) -> None:
    """The attempt of the report is in the trail, and another copy was taken afterwards."""
    refused = handed(
        "sales@example.net",
        "mx1.example.net",
        "host mx1.example.net said: 550 5.1.1 <sales@example.net>: user unknown",
        "bounced",
    )
    log = message("02T09:00:06", "4F1D00B771", ID, refused)
    log += message(
        "02T09:01:00",
        "4F1D00B772",
        ID,
        handed("sales@example.net", "mx.example.net"),
        sender="owner-team@example.com",
    )
    (found,) = ask(log, bounce(reporter="mail.example.com")).diagnoses
    assert found is not None
    assert (found.cause, found.outcome, found.actor) == ("user-unknown", "delivered", "nobody")
    assert found.contradictions[0].kind == "failed-against-trail"


def test_a_copy_that_came_back_is_no_delivery(ask: Ask) -> None:
    """A loop through a system outside the trail: what was taken each time came back."""
    log = message("02T09:00:06", "4F1D00B770", ID, handed("sales@example.net", "mx.example.net"))
    refused = handed(
        "sales@example.net",
        "mx.example.net",
        "host mx.example.net said: 554 5.4.6 too many hops",
        "bounced",
    )
    log += message("02T09:00:09", "4F1D00B771", ID, refused, client="mx.example.net[198.51.100.9]")
    raw = bounce(reporter="mail.example.com").replace(
        b"550 5.1.1 <sales@example.net>: user unknown", b"554 5.4.6 too many hops"
    )
    (found,) = ask(log, raw).diagnoses
    assert found is not None
    assert found.outcome not in ("delivered", "probably-delivered")


HOME = (
    "to=<anna.berg@example.com>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, "
    "status=sent (delivered to maildir)"
)
AROUND = "".join(
    (
        message(
            "02T08:00:00", "AAAA000001", "a@example.com", handed("x@example.org", "mx.example.org")
        ),
        message(
            "02T10:00:00", "AAAA000002", "b@example.com", handed("y@example.org", "mx.example.org")
        ),
        message("02T10:30:00", "AAAA000003", "c@example.org", HOME, sender="x@example.org"),
    )
)


@pytest.mark.parametrize(
    ("log", "raw", "expected"),
    [
        (AROUND, bounce("forged@evil.example", "mx.evil.example"), True),
        (
            AROUND.replace("2026-03-02T08", "2026-02-02T08"),
            bounce("forged@evil.example", "mx.evil.example"),
            None,
        ),
        (AROUND.replace(HOME, TO_LIST), bounce("forged@evil.example", "mx.evil.example"), None),
        (AROUND, bounce("forged@evil.example", "mail.example.com"), None),
        (
            AROUND
            + message(
                "02T09:00:06",
                "AAAA000009",
                "new@example.com",
                handed("sales@example.net", "mx.example.net"),
            ),
            bounce("forged@evil.example", "mx.evil.example"),
            None,
        ),
        (
            AROUND,
            bounce("f@evil.example", "mx.evil.example").replace(
                b"Subject: Offer", b"DKIM-Signature: v=1; d=example.com; s=x\nSubject: Offer"
            ),
            None,
        ),
    ],
    ids=["forged", "time-not-covered", "domain-not-at-home", "own-stamp", "same-people", "signed"],
)
def test_backscatter_is_said_only_where_the_trail_would_know(
    ask: Ask, log: str, raw: bytes, expected: bool | None
) -> None:
    """A report is disowned where the trail would hold the message, had it been sent, else not."""
    analysis = ask(log, raw)
    assert analysis.backscatter is expected
    (found,) = analysis.diagnoses
    assert found is not None
    assert found.cause == "user-unknown"
    assert (found.actor == "nobody") is bool(expected)


def test_a_forgery_that_was_also_sent_to_us_is_not_ours(ask: Ask) -> None:
    """Its Message-ID is known, and yet it never left us: that verifies nothing."""
    log = AROUND + message(
        "02T09:00:01", "AAAA000005", "f@evil.example", HOME, client="mx.evil.example[203.0.113.9]"
    )
    assert ask(log, bounce("f@evil.example", "mx.evil.example")).backscatter is None


def test_the_title_says_arrived_where_that_is_proved(ask: Ask) -> None:
    """It "seems" so only where nobody can prove it."""
    assert build_document(ask(DIRECT, FLAGSHIP)).title == "Your message arrived"
    assert build_document(ask(DIRECT, FLAGSHIP), language="de").title == (
        "Ihre Nachricht ist angekommen"
    )
    alone = explain(FLAGSHIP)
    assert "arrived" not in build_document(alone).title or "seems" in build_document(alone).title


TAG = "prvs=0123abcdef=anna.berg@example.com"
SIGNED = AROUND.replace("from=<anna.berg@example.com>", f"from=<{TAG}>") + message(
    "02T08:30:00",
    "AAAA000007",
    "d@example.com",
    handed("z@example.org", "mx.example.org"),
    sender=TAG,
)
LATELY = message(
    "01T07:00:00",
    "AAAA000008",
    "e@example.com",
    handed("sales@example.net", "mx.example.net"),
    sender=TAG,
)
OTHER_TAG = "prvs=0123ffffff=anna.berg@example.com"


def bare_bounce(to: str) -> bytes:
    """Return a report that returned nothing of its original, not even the headers."""
    raw = bounce("x@evil.example", "mx.evil.example").replace(b"anna.berg@", b"somebody@", 1)
    head, _, _ = raw.partition(b"--b\nContent-Type: text/rfc822-headers")
    return head.replace(b"To: somebody@example.com", b"To: " + to.encode()) + b"--b--\n"


@pytest.mark.parametrize(
    ("log", "to", "expected"),
    [
        (SIGNED, "anna.berg@example.com", True),
        (SIGNED, OTHER_TAG, True),
        (SIGNED, TAG, None),
        (AROUND, "anna.berg@example.com", None),
        (SIGNED.replace(TAG, "anna.berg@example.com", 1), "anna.berg@example.com", None),
        (SIGNED, "anna.berg@elsewhere.example", None),
        (SIGNED + LATELY, "anna.berg@example.com", None),
    ],
    ids=[
        "bare",
        "never-given",
        "given",
        "nobody-signs",
        "one-unsigned",
        "another-domain",
        "same-people-days-before",
    ],
)
def test_signed_return_paths_tell_backscatter_whatever_was_returned(
    ask: Ask, log: str, to: str, expected: bool | None
) -> None:
    """Where all that goes out is signed (BATV), a report to another address is not about ours."""
    assert ask(log, bare_bounce(to)).backscatter is expected


VERP = "list-bounces+sales=example.net@example.com"


@pytest.mark.parametrize("path", [VERP, TAG])
def test_a_marked_return_path_names_the_original(ask: Ask, path: str) -> None:
    """The one message with this return path for this recipient is the original (VERP, BATV)."""
    taken = handed("sales@example.net", "mx.example.net")
    log = AROUND + message("02T09:00:06", "4F1D00B999", "own@example.com", taken, sender=path)
    analysis = ask(log, bare_bounce(path))
    assert analysis.backscatter is False
    assert ask(log, bare_bounce("anna.berg@example.com")).backscatter is None


def test_a_return_path_of_several_messages_names_none(ask: Ask) -> None:
    """A signature stands for a day: two messages to one recipient are not told apart by it."""
    taken = handed("sales@example.net", "mx.example.net")
    log = "".join(
        message(f"02T09:0{n}:06", f"4F1D00B99{n}", f"own{n}@example.com", taken, sender=TAG)
        for n in range(2)
    )
    assert ask(log, bare_bounce(TAG)).backscatter is None


def test_an_envelope_id_names_the_original(ask: Ask) -> None:
    """What our system called the envelope comes back as it was given (RFC 3461 §4.4)."""
    taken = handed("sales@example.net", "mx.example.net")
    log = message("02T09:00:06", "4F1D00B999", "own@example.com", taken)
    raw = bare_bounce("anna.berg@example.com").replace(
        b"Reporting-MTA:", b"Original-Envelope-Id: 4F1D00B999\nReporting-MTA:"
    )
    assert ask(log, raw).backscatter is False
    assert ask(log, raw.replace(b"Id: 4F1D00B999", b"Id: 4F1D00B998")).backscatter is None
    later = raw.replace(b"02 Mar 2026", b"02 May 2026")
    assert ask(log, later).backscatter is None


def test_domains_that_are_set_are_ours_and_no_others(ask: Ask) -> None:
    """Then mailboxes of theirs need not be in the trail; what is not named is not ours."""
    forged = bounce("forged@evil.example", "mx.evil.example")
    homeless = AROUND.replace(HOME, TO_LIST)
    assert ask(homeless, forged).backscatter is None
    assert ask(homeless, forged, ("example.com",)).backscatter is True
    assert ask(AROUND, forged, ("example.org",)).backscatter is None
