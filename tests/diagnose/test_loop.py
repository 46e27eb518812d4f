"""Loop, second copy or misconfiguration: what a loop claim is worth beside the hops."""

import pytest
from claimed import judge, original, recipient, route, said

LOOP = said("554 5.4.6 Mail loop detected")
COUNT = said("554 5.4.6 Too many hops")
ONE_PASS = route("mail.example.com", "out.example.com", "relay.example.org")


def test_a_server_that_took_it_twice_proves_a_loop() -> None:
    """The chain decides, and it stands first in the evidence."""
    way = route(
        "mail.example.com", "mx.example.net", "hub.example.org", "mx.example.net", repeated=(4,)
    )
    found = judge(recipient(LOOP), way, original=original())
    assert (found.cause, found.outcome) == ("routing-loop", "not-delivered")
    assert found.confidence >= 0.9
    assert found.evidence[0].rule == "hops/repeated"


def test_two_passes_for_different_recipients_are_no_loop() -> None:
    """A list sends a message back to the system it came from, for somebody else."""
    way = route("mx.example.net", "lists.example.org", "mx.example.net", repeated=(3,))
    first, middle, again = way.hops
    hops = (
        type(first)(1, None, first.by, None, None, "A", "list@example.org", None, None, False, ()),
        middle,
        type(again)(3, None, again.by, None, None, "B", "ida@example.net", None, None, True, ()),
    )
    found = judge(recipient(LOOP), type(way)(hops, True), original=original())
    assert found.cause == "duplicate-refused"


def test_one_host_that_takes_from_itself_again_and_again_is_a_loop() -> None:
    """Five rounds of one host are no scanner handing back."""
    way = route("mail.example.com", *["mx.example.net"] * 6)
    assert judge(recipient(LOOP), way, original=original()).cause == "routing-loop"


def test_one_pass_without_a_sign_is_a_guess_with_both_alternatives() -> None:
    """Nothing goes in circles, nothing shows a copy: careful words, outcome unknown."""
    found = judge(recipient(LOOP), ONE_PASS, original=original())
    assert (found.cause, found.outcome, found.actor) == ("duplicate-refused", "unknown", "nobody")
    assert found.confidence <= 0.6
    assert [a.cause for a in found.alternatives] == ["routing-loop", "misconfigured"]


@pytest.mark.parametrize(
    "line",
    [
        "List-Id: Team <team.lists.example.org>",
        "List-Post: <mailto:team@lists.example.org>",
        "Precedence: list",
        "X-BeenThere: team@lists.example.org",
        "Return-Path: <team-bounces@lists.example.org>",
        "Sender: owner-team@lists.example.org",
        "Resent-From: otto@example.org",
        "X-Forwarded-To: ida@example.net",
        "Delivered-To: old.address@example.org",
        "X-MS-Exchange-Inbox-Rules-Loop: old.address@example.org",
    ],
)
def test_list_or_forward_marks_beside_direct_addressing_are_a_sign(line: str) -> None:
    """The recipient stands in To, so a direct copy was sent as well."""
    found = judge(recipient(LOOP), ONE_PASS, original=original(line))
    assert (found.cause, found.outcome) == ("duplicate-refused", "probably-delivered")
    assert 0.6 < found.confidence < 0.9


def test_list_marks_without_direct_addressing_are_no_sign() -> None:
    """The list's copy is then the only one: nobody may be calmed."""
    listed = original("List-Id: Team <team.lists.example.org>", to=("team@lists.example.org",))
    found = judge(recipient(LOOP), ONE_PASS, original=listed)
    assert (found.cause, found.outcome) == ("duplicate-refused", "unknown")


def test_a_newsletter_to_one_person_is_no_second_copy() -> None:
    """Bulk marks alone are what the only copy looks like."""
    bulk = original(
        "Precedence: bulk",
        "List-Id: News <news.example.com>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Return-Path: <bounces+ida=example.net@example.com>",
    )
    assert judge(recipient(LOOP), ONE_PASS, original=bulk).outcome == "unknown"


def test_a_reply_that_says_duplicate_is_believed() -> None:
    """The server names the second copy, under the code of a loop."""
    words = said("554 5.4.6 Loop suspected, message was already received")
    found = judge(recipient(words), ONE_PASS, original=original())
    assert (found.cause, found.outcome) == ("duplicate-refused", "probably-delivered")
    assert found.confidence >= 0.9


def test_a_duplicate_claim_against_a_proved_loop_is_a_contradiction() -> None:
    """In a circle the second copy is the first one come back."""
    way = route(
        "mail.example.com", "mx.example.net", "hub.example.org", "mx.example.net", repeated=(4,)
    )
    found = judge(recipient(said("550 Duplicate message rejected")), way, original=original())
    assert found.cause == "routing-loop"
    assert found.contradictions


def test_a_loop_claim_without_hops_stays_a_loop() -> None:
    """Nothing to hold it against; the second copy stays an alternative."""
    found = judge(recipient(LOOP))
    assert found.cause == "routing-loop"
    assert found.confidence <= 0.9
    assert "duplicate-refused" in [a.cause for a in found.alternatives]


def test_a_cut_chain_proves_nothing() -> None:
    """Where the chain was not read to its end, no server twice means nothing."""
    way = route("mail.example.com", "out.example.com", complete=False)
    assert judge(recipient(LOOP), way, original=original()).cause == "routing-loop"


@pytest.mark.parametrize(
    ("text", "hops", "cause"),
    [
        ("554 5.4.6 Too many hops", 25, "routing-loop"),
        ("554 5.4.6 Too many hops 26 (25 max)", 25, "routing-loop"),
        (
            "554 5.4.6 Message exceeded 50 hops, this may indicate a mail loop",
            5,
            "duplicate-refused",
        ),
        ("554 5.4.6 Too many hops", 4, "duplicate-refused"),
        ("554 5.4.14 Hop count exceeded - possible mail loop ATTR34", 4, "routing-loop"),
    ],
)
def test_a_hop_count_is_held_against_the_hops(text: str, hops: int, cause: str) -> None:
    """A count stands where the chain is long enough, or the server has counters of its own."""
    way = route(*(f"h{n}.example{n}.org" for n in range(hops)))
    assert judge(recipient(said(text)), way, original=original()).cause == cause


def test_its_own_delivered_to_line_proves_a_loop() -> None:
    """The address was delivered to once before."""
    text = said("554 5.4.6 This message is looping: it already has my Delivered-To line")
    found = judge(recipient(text), ONE_PASS, original=original("Delivered-To: ida@example.net"))
    assert (found.cause, found.evidence[0].rule) == ("routing-loop", "hops/delivered-to")


def test_bulk_marks_count_where_others_are_addressed_too() -> None:
    """To the recipient and a list: the bulk copy is the list's."""
    both = ("ida@example.net", "team@lists.example.org")
    found = judge(recipient(LOOP), ONE_PASS, original=original("Precedence: bulk", to=both))
    assert (found.cause, found.outcome) == ("duplicate-refused", "probably-delivered")


def test_a_list_program_sees_delivered_to_without_a_loop() -> None:
    """Behind the mailbox the line proves one delivery, not a second."""
    words = said("Duplicated Message-ID", "reporter", "text/1")
    mail = original("Delivered-To: ida@example.net")
    found = judge(recipient(words, remote_mta=None), ONE_PASS, original=mail)
    assert (found.cause, found.outcome) == ("duplicate-refused", "probably-delivered")


def test_a_loop_that_nobody_names_is_read_from_the_hops() -> None:
    """Exim returns a message at its hop limit without a word about it."""
    hosts = ("mx.example.net", "hub.example.org") * 4
    silent = recipient(said("could not be delivered", "reporter", "text"), remote_mta=None)
    found = judge(silent, route(*hosts, repeated=(3, 4, 5, 6, 7, 8)), original=original())
    assert (found.cause, found.evidence[0].rule) == ("routing-loop", "hops/repeated")
    twice = route("a.example", "b.example", "a.example", repeated=(3,))
    assert judge(silent, twice, original=original()).cause != "routing-loop"


@pytest.mark.parametrize(
    "words",
    [
        "554 aliasing/forwarding loop broken (11 aliases deep; 10 max)",
        "5.4.6 alias database loop for team@example.net",
        "5.4.6 unreasonable virtual_alias_maps map expansion size for team@example.net",
    ],
)
def test_an_alias_table_in_circles_needs_no_hops(words: str) -> None:
    """One server's own table: neither hops nor list marks say anything about it."""
    text = said(words, "reporter")
    listed = original("List-Id: Team <team.lists.example.org>")
    found = judge(recipient(text, remote_mta=None), ONE_PASS, original=listed)
    assert found.cause in {"routing-loop", "misconfigured"}


def test_a_server_that_loops_back_to_itself_is_misconfigured() -> None:
    """The MX points to the server that asks."""
    text = said("5.4.6 mail for example.net loops back to myself", "reporter")
    found = judge(recipient(text, remote_mta=None), ONE_PASS, original=original())
    assert found.cause == "misconfigured"
