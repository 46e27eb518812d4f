"""Copies of which the mails show less than usual, or something misleading."""

from retour.model.copies import Copy, Envelope, EnvelopeRecipient
from retour.model.vocabulary import Verdict
from retour.trail.compare import compare
from retour.trail.copy import read_copy

DATE = "Tue, 24 Nov 2026 02:48:09 +0000"
WRITTEN = (
    f"From: ann@example.org\nTo: bob@example.net, eve@example.net\nDate: {DATE}\n"
    "Message-ID: <1@example.org>\nSubject: lunch\n\nat nine\n"
)
CRON = "From: cron@example.org\nTo: bob@example.net\nSubject: cron\n\nok\n"


def stamp(host: str, id_: str | None, giver: str = "client.example.org") -> str:
    clause = f" id {id_}" if id_ else ""
    return f"Received: from {giver} by {host} with ESMTP{clause}; {DATE}\n"


def envelope(*rcpt: str, peer: str = "mx.example.org", queue_id: str = "Q000000001") -> Envelope:
    return Envelope(
        mail="ann@example.org",
        rcpt=tuple(EnvelopeRecipient(address) for address in rcpt),
        peer_name=peer,
        helo=peer,
        queue_id=queue_id,
        host="mx.example.net",
    )


def read(text: str, known: Envelope | None = None) -> Copy:
    return read_copy(text.encode(), known)


def verdict(*copies: Copy) -> Verdict:
    return compare(copies).verdict


def test_removed_traces_leave_open_what_the_envelopes_do_not_tell() -> None:
    """Without any stamp, the same recipient may be a retry or a loop."""
    known = envelope("bob@example.net"), envelope("bob@example.net", queue_id="Q000000002")
    assert verdict(read(WRITTEN, known[0]), read(WRITTEN, known[1])) == "unclear"


def test_a_split_without_traces_shows_in_the_envelopes() -> None:
    """One peer, the same bytes, different recipients: no copy is too many."""
    known = envelope("bob@example.net"), envelope("eve@example.net", queue_id="Q000000002")
    assert verdict(read(WRITTEN, known[0]), read(WRITTEN, known[1])) == "split"


def test_two_peers_under_one_stamp_are_two_ways() -> None:
    """The chains name one giver, but another system brought the second copy without a stamp."""
    raw = stamp("mx.example.org", "4A61C300252") + WRITTEN
    first = read(raw, envelope("bob@example.net"))
    other = envelope("bob@example.net", peer="mx.example.com", queue_id="Q000000002")
    assert verdict(first, read(raw, other)) == "fan-out"


def test_the_other_address_family_of_one_host_is_no_other_way() -> None:
    """A retry may come from an address without a name; the host greets with its name again."""
    raw = stamp("mx.example.org", "4A61C300252") + WRITTEN
    known = envelope("bob@example.net", queue_id="Q000000002")
    unnamed = Envelope(
        rcpt=known.rcpt, peer_name="unknown", helo="mx.example.org", queue_id="Q3", host=known.host
    )
    assert verdict(read(raw, envelope("bob@example.net")), read(raw, unnamed)) == "retry"


def test_the_id_of_a_session_does_not_make_two_runs_one_message() -> None:
    """A server that stamps its connection's id took both; their first stamps differ."""
    shared = stamp("mx.example.com", "SESSION00042", "mx.example.org")
    a = shared + stamp("mx.example.org", "4A61C300252") + CRON
    b = shared + stamp("mx.example.org", "4B72D300253") + CRON
    assert verdict(read(a), read(b)) == "distinct"


def test_a_version_is_no_queue_id() -> None:
    """Exchange stamps its version as id: two runs in one second are not one message for that."""
    raw = stamp("mx.example.org", "15.20.8314.10") + CRON
    assert verdict(read(raw), read(raw)) == "unclear"


def test_a_queue_id_that_came_back_is_another_message() -> None:
    """Short queue ids return within days; the time in the stamp tells."""
    raw = stamp("mx.example.org", "4A61C300252") + CRON
    assert verdict(read(raw), read(raw.replace("24 Nov", "27 Nov"))) == "distinct"


def test_a_list_that_sends_from_its_own_address_is_the_second_way() -> None:
    """Lists rewrite From for DMARC; with their mark beside it, it is the same message."""
    first = stamp("mx.example.org", "4A61C300252") + WRITTEN
    rewritten = WRITTEN.replace("ann@example.org", "team@lists.example.com")
    second = stamp("mx.example.com", "5B72D300253") + "List-Id: <team.example.com>\n" + rewritten
    assert verdict(read(first), read(second)) == "fan-out"


def test_one_copy_seen_further_on_is_no_second_one() -> None:
    """A gateway's copy beside a mailbox's may be the same arrival."""
    first = stamp("mx.example.org", "4A61C300252") + WRITTEN
    later = stamp("mx.example.net", "6C83E300254", "mx.example.org") + first
    assert verdict(read(first), read("Return-Path: <ann@example.org>\n" + later)) == "unclear"


def test_a_mailbox_behind_a_scanner_elsewhere_is_no_circle() -> None:
    """LMTP ends a way (RFC 2033); the same host taking it by SMTP again would prove a loop."""
    first = envelope("bob@example.net", queue_id="Q000000001")
    way = f"Received: from mx.example.net by scan.example.com with ESMTP id S000000001; {DATE}\n"
    came = f"Received: from mx.example.org by mx.example.net with ESMTP id Q000000001; {DATE}\n"
    head = "Received: from scan.example.com by mx.example.net"
    again = f" id Q000000002 for <bob@example.net>; {DATE}\n"
    seen = read(stamp("mx.example.org", "4A61C300252") + WRITTEN, first)
    rest = way + came + stamp("mx.example.org", "4A61C300252") + WRITTEN
    at_end = envelope("bob@example.net", peer="scan.example.com", queue_id="Q000000002")
    assert verdict(seen, read(head + " with LMTP" + again + rest, at_end)) != "loop"
    assert verdict(seen, read(head + " with ESMTP" + again + rest, at_end)) == "loop"
