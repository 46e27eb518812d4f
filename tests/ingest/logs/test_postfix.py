"""Postfix's lines."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.ingest.logs.postfix import PostfixDialect
from retour.ingest.logs.reader import LogContext
from retour.ingest.logs.syslog import SyslogReader
from retour.model.trail import Arrival, End, HandOver, Link, Observation, Refusal

AT = 1_772_272_800_000_000
ID = "4B0F8300A2F"


def _reader() -> SyslogReader:
    context = LogContext(UTC, datetime(2026, 3, 1, tzinfo=UTC))
    return SyslogReader(context, {"postfix": PostfixDialect()})


def _read(*lines: str, reader: SyslogReader | None = None) -> list[Observation]:
    reader = reader or _reader()
    observations: list[Observation] = []
    for line in lines:
        said = reader.read(f"2026-02-28T10:00:00Z mx postfix/{line}")
        assert said is not None
        observations += said
    return observations


CASES: dict[str, tuple[str, list[Observation]]] = {
    "a client hands a message in": (
        f"smtpd[9]: {ID}: client=mx.example.net[192.0.2.7], sasl_method=PLAIN, sasl_username=ann",
        [Arrival(AT, "mx", ID, peer_name="mx.example.net", peer_address="192.0.2.7")],
    ),
    "a client without a name is known by its address": (
        f"smtpd[9]: {ID}: client=unknown[2001:db8::7]",
        [Arrival(AT, "mx", ID, peer_address="2001:db8::7")],
    ),
    "long queue ids are ids too": (
        "cleanup[9]: 3ZyQxX4gkYz1Jqk: message-id=<a@example.com>",
        [Arrival(AT, "mx", "3ZyQxX4gkYz1Jqk", message_id="<a@example.com>")],
    ),
    "a message without an id of its own has none": (
        f"cleanup[9]: {ID}: message-id=",
        [Arrival(AT, "mx", ID)],
    ),
    "the null sender is empty, not unknown": (
        f"qmgr[9]: {ID}: from=<>, size=2873, nrcpt=1 (queue active)",
        [Arrival(AT, "mx", ID, mail_from="", size_bytes=2873, recipient_count=1)],
    ),
    "a local program hands a message in": (
        f"pickup[9]: {ID}: uid=0 from=<root>",
        [Arrival(AT, "mx", ID, mail_from="root", protocol="local")],
    ),
    "the subject, where header checks tell it": (
        f"cleanup[9]: {ID}: warning: header Subject: Offer; from=<x> from "
        f"mx.example.net[192.0.2.7]; "
        "from=<a@example.net> to=<b@example.org> proto=ESMTP helo=<mx.example.net>",
        [
            Arrival(
                AT,
                "mx",
                ID,
                mail_from="a@example.net",
                helo="mx.example.net",
                subject="Offer; from=<x>",
            )
        ],
    ),
    "the next system took it": (
        f"smtp[9]: {ID}: to=<b@example.org>, relay=mx.example.org[192.0.2.9]:25, "
        f"conn_use=2, delay=1.5, "
        "delays=0.2/0/0.3/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 8BDDE300241)",
        [
            HandOver(
                AT,
                "mx",
                ID,
                "b@example.org",
                outcome="relayed",
                host="mx.example.org",
                address="192.0.2.9",
                status="2.0.0",
                reply="250 2.0.0 Ok: queued as 8BDDE300241",
                delay_ms=1500,
                before_queue_ms=200,
                next_queue_id="8BDDE300241",
            )
        ],
    ),
    "a mailbox took it": (
        f"local[9]: {ID}: to=<b@mx>, orig_to=<postmaster>, relay=local, delay=0.07, "
        f"delays=0.07/0/0/0, "
        "dsn=2.0.0, status=sent (delivered to mailbox)",
        [
            HandOver(
                AT,
                "mx",
                ID,
                "b@mx",
                "postmaster",
                "delivered",
                "local",
                status="2.0.0",
                reply="delivered to mailbox",
                delay_ms=70,
                before_queue_ms=70,
            )
        ],
    ),
    "LMTP into a store is delivery": (
        f"lmtp[9]: {ID}: to=<b@example.org>, relay=store[/run/lmtp], delay=1, "
        f"delays=0/0/0/1, dsn=2.0.0, "
        "status=sent (250 2.0.0 <b@example.org> dA5NGw75BGvFAAAA Saved)",
        [
            HandOver(
                AT,
                "mx",
                ID,
                "b@example.org",
                outcome="delivered",
                host="store",
                address="/run/lmtp",
                status="2.0.0",
                reply="250 2.0.0 <b@example.org> dA5NGw75BGvFAAAA Saved",
                delay_ms=1000,
                before_queue_ms=0,
                next_queue_id="dA5NGw75BGvFAAAA",
            )
        ],
    ),
    "an alias leads on": (
        f"local[9]: {ID}: to=<b@mx>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, "
        "status=sent (forwarded as 5BB9B300F8D)",
        [
            HandOver(
                AT,
                "mx",
                ID,
                "b@mx",
                outcome="expanded",
                host="local",
                status="2.0.0",
                reply="forwarded as 5BB9B300F8D",
                delay_ms=1000,
                before_queue_ms=0,
                next_queue_id="5BB9B300F8D",
            ),
            Link(AT, "mx", ID, "5BB9B300F8D", "forwarded"),
        ],
    ),
    "a refusal ends it": (
        f"smtp[9]: {ID}: to=<b@example.org>, relay=mx.example.org[192.0.2.9]:25, delay=1, "
        "delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.9] said: 550 5.1.1 "
        "no (in) such user (in reply to RCPT TO command))",
        [
            HandOver(
                AT,
                "mx",
                ID,
                "b@example.org",
                outcome="failed",
                host="mx.example.org",
                address="192.0.2.9",
                status="5.1.1",
                reply="host mx.example.org[192.0.2.9] said: 550 5.1.1 no (in) such user "
                "(in reply to RCPT TO command)",
                delay_ms=1000,
                before_queue_ms=0,
            )
        ],
    ),
    "no system was reached": (
        f"smtp[9]: {ID}: to=<b@example.org>, relay=none, delay=30, delays=0/0/30/0, dsn=4.4.1, "
        "status=deferred (connect to mx.example.org[192.0.2.9]:25: Connection timed out)",
        [
            HandOver(
                AT,
                "mx",
                ID,
                "b@example.org",
                status="4.4.1",
                reply="connect to mx.example.org[192.0.2.9]:25: Connection timed out",
                delay_ms=30_000,
                before_queue_ms=0,
            )
        ],
    ),
    "the discard transport delivers nothing": (
        f"discard[9]: {ID}: to=<b@example.org>, relay=none, delay=0, delays=0/0/0/0, dsn=2.0.0, "
        "status=sent (no thanks)",
        [
            HandOver(
                AT,
                "mx",
                ID,
                "b@example.org",
                outcome="discarded",
                status="2.0.0",
                reply="no thanks",
                delay_ms=0,
                before_queue_ms=0,
            )
        ],
    ),
    "old Postfix has no delays": (
        f"smtp[9]: {ID}: to=<b@example.org>, relay=none, delay=3, status=deferred (lost "
        f"connection)",
        [HandOver(AT, "mx", ID, "b@example.org", reply="lost connection", delay_ms=3000)],
    ),
    "a probe is no delivery": (
        f"smtp[9]: {ID}: to=<b@example.org>, relay=none, delay=3, delays=0/0/3/0, dsn=5.1.1, "
        "status=undeliverable (no)",
        [],
    ),
    "the queue gives up": (
        f"qmgr[9]: {ID}: from=<a@example.net>, status=expired, returned to sender",
        [End(AT, "mx", ID, given_up=True)],
    ),
    "the queue is done": (f"qmgr[9]: {ID}: removed", [End(AT, "mx", ID)]),
    "the sender gets a report": (
        f"bounce[9]: {ID}: sender non-delivery notification: 5BB9B300F8D",
        [Link(AT, "mx", ID, "5BB9B300F8D", "failure-report")],
    ),
    "the sender hears of a delay": (
        f"bounce[9]: {ID}: sender delay notification: 5BB9B300F8D",
        [Link(AT, "mx", ID, "5BB9B300F8D", "delay-report")],
    ),
    "the sender hears of a delivery": (
        f"bounce[9]: {ID}: sender delivery status notification: 5BB9B300F8D",
        [Link(AT, "mx", ID, "5BB9B300F8D", "success-report")],
    ),
    "the postmaster's copy is no report to the sender": (
        f"bounce[9]: {ID}: postmaster non-delivery notification: 5BB9B300F8D",
        [Link(AT, "mx", ID, "5BB9B300F8D", "report")],
    ),
    "a recipient is refused": (
        "smtpd[9]: NOQUEUE: reject: RCPT from mx.example.net[192.0.2.7]: 554 5.7.1 "
        "<b@example.com>: "
        "Relay access denied; from=<a@example.net> to=<b@example.com> proto=ESMTP helo=<mx>",
        [
            Refusal(
                AT,
                "mx",
                None,
                "mx.example.net",
                "192.0.2.7",
                "mx",
                "a@example.net",
                "b@example.com",
                "rcpt",
                "554 5.7.1 <b@example.com>: Relay access denied",
                "5.7.1",
            )
        ],
    ),
    "a connection is refused before there is an envelope": (
        "smtpd[9]: NOQUEUE: reject: CONNECT from unknown[192.0.2.7]: 554 5.7.1 "
        "<unknown[192.0.2.7]>: "
        "Client host rejected: no; proto=SMTP",
        [
            Refusal(
                AT,
                "mx",
                None,
                None,
                "192.0.2.7",
                phase="connect",
                reply="554 5.7.1 <unknown[192.0.2.7]>: Client host rejected: no",
                status="5.7.1",
            )
        ],
    ),
    "postscreen refuses by a list": (
        "postscreen[9]: NOQUEUE: reject: RCPT from [192.0.2.7]:4711: 550 5.7.1 Service "
        "unavailable; "
        "client [192.0.2.7] blocked using bl.example.org; from=<a@example.net>, "
        "to=<b@example.org>, "
        "proto=ESMTP, helo=<mx>",
        [
            Refusal(
                AT,
                "mx",
                None,
                None,
                "192.0.2.7",
                "mx",
                "a@example.net",
                "b@example.org",
                "rcpt",
                "550 5.7.1 Service unavailable; client [192.0.2.7] blocked using bl.example.org",
                "5.7.1",
            )
        ],
    ),
    "a milter refuses the content": (
        f"cleanup[9]: {ID}: milter-reject: END-OF-MESSAGE from mx.example.net[192.0.2.7]: "
        f"5.7.1 Spam; "
        "from=<a@example.net> to=<b@example.org> proto=ESMTP helo=<mx>",
        [
            Refusal(
                AT,
                "mx",
                ID,
                "mx.example.net",
                "192.0.2.7",
                "mx",
                "a@example.net",
                "b@example.org",
                "end-of-data",
                "5.7.1 Spam",
                "5.7.1",
            )
        ],
    ),
    "a header check refuses the content": (
        f"cleanup[9]: {ID}: reject: header Subject: BUY from mx.example.net[192.0.2.7]; "
        "from=<a@example.net> to=<b@example.org> proto=ESMTP helo=<mx>: 5.7.1 not here",
        [
            Refusal(
                AT,
                "mx",
                ID,
                "mx.example.net",
                "192.0.2.7",
                "mx",
                "a@example.net",
                "b@example.org",
                "end-of-data",
                "5.7.1 not here",
                "5.7.1",
            )
        ],
    ),
    "a warning about a reject is none": (
        "smtpd[9]: NOQUEUE: reject_warning: RCPT from mx[192.0.2.7]: 554 5.7.1 no; from=<> "
        "to=<b@c>",
        [],
    ),
    "daemons that speak of no message": ("anvil[9]: statistics: max cache size 1", []),
    "words in an id's place": ("smtpd[9]: warning: hostname x does not resolve", []),
}


@pytest.mark.parametrize(("line", "expected"), CASES.values(), ids=CASES)
def test_postfix_line_says(line: str, expected: list[Observation]) -> None:
    """Each form of line is read to what it says, no more and no less."""
    assert _read(line) == expected


def test_held_and_discarded_messages_are_told() -> None:
    """What a check keeps back or throws away is an end that somebody will ask for."""
    tail = "from mx[192.0.2.7]: no; from=<a@example.net> to=<b@example.org> proto=ESMTP helo=<mx>"
    held, thrown = _read(
        f"cleanup[9]: {ID}: milter-hold: END-OF-MESSAGE {tail}",
        f"cleanup[9]: {ID}: milter-discard: END-OF-MESSAGE {tail}",
    )
    assert isinstance(held, HandOver)
    assert isinstance(thrown, HandOver)
    assert (held.outcome, thrown.outcome) == ("held", "discarded")


def _secured() -> Iterator[str]:
    yield (
        "smtpd[9]: Anonymous TLS connection established from mx.example.net[192.0.2.7]: "
        "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
    )
    yield (
        "smtp[8]: Trusted TLS connection established to mx.example.org[192.0.2.9]:25: "
        "TLSv1.2 with cipher ECDHE (256/256 bits)"
    )


ARRIVES = f"smtpd[9]: {ID}: client=mx.example.net[192.0.2.7]"
LEAVES = (
    f"smtp[8]: {ID}: to=<b@example.org>, relay=mx.example.org[192.0.2.9]:25, delay=1, "
    "delays=0/0/0/1, dsn=2.0.0, status=sent (250 Ok)"
)


def test_tls_is_joined_by_process_and_host() -> None:
    """The version stands on a line of its own in front, and goes with its connection only."""
    reader = _reader()
    assert _read(*_secured(), reader=reader) == []
    arrival, hand_over = _read(ARRIVES, LEAVES, reader=reader)
    assert isinstance(arrival, Arrival)
    assert isinstance(hand_over, HandOver)
    assert (arrival.tls, hand_over.tls) == ("TLSv1.3", "TLSv1.2")
    plain, elsewhere = _read(
        "smtpd[9]: connect from mx.example.net[192.0.2.7]",
        ARRIVES,
        LEAVES.replace("mx.example.org", "mx2.example.org"),
        reader=reader,
    )
    assert isinstance(plain, Arrival)
    assert isinstance(elsewhere, HandOver)
    assert (plain.tls, elsewhere.tls) == (None, None)


def test_a_reader_that_was_stopped_goes_on_where_it_stood() -> None:
    """What it remembers survives being written as JSON."""
    stopped, fresh = _reader(), _reader()
    _read(*_secured(), reader=stopped)
    fresh.restore(json.loads(json.dumps(stopped.save())))
    assert _read(ARRIVES, LEAVES, reader=fresh) == _read(ARRIVES, LEAVES, reader=stopped)


@given(
    st.sampled_from(["smtp", "smtpd", "cleanup", "qmgr", "bounce", "postscreen", "pickup"]),
    st.lists(
        st.sampled_from([*" <>,;:()[]=", "to=<", "from=<", "reject: ", "relay=", "1", "a", ID])
    ),
)
def test_any_words_of_postfix_are_read_without_an_error(daemon: str, words: list[str]) -> None:
    """Content cannot make the dialect fail."""
    _reader().read(f"2026-02-28T10:00:00Z mx postfix/{daemon}[1]: {ID}: {''.join(words)}")


def test_a_line_of_a_megabyte_is_read_at_once() -> None:
    """Patterns see a bounded piece, so that a hostile line costs no more than a long one."""
    _read(f"smtp[8]: {ID}: " + "to=<a>, orig_to=<" * 60_000)
