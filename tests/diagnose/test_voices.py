"""Whose words count: the order of voices."""

import pytest
from claimed import NO_ROUTE, judge, recipient, report, said

from retour.diagnose import diagnose, diagnose_reply
from retour.knowledge.load import load
from retour.model.report import Statement

SURE = 0.9


def wrapper(text: str) -> Statement:
    """Return the words around a foreign reply."""
    return said(text, "wrapper")


def test_the_inner_reply_wins_over_its_wrapper() -> None:
    """A wrapper's classification is not what the server said."""
    found = judge(
        recipient(
            said("552 5.2.2 Mailbox quota exceeded"),
            wrapper("550 5.1.351 Remote server returned unknown recipient"),
        )
    )
    assert found.cause == "mailbox-full"


def test_words_win_over_a_status_field_that_says_nothing() -> None:
    """Exim writes 5.0.0 whatever the remote said."""
    one = recipient(said("550 5.1.1 User unknown"), status_field="5.0.0")
    assert judge(one, producer="exim").cause == "user-unknown"


def test_a_telling_status_field_wins_over_prose_about_something_else() -> None:
    """A scanner's footer is no reason."""
    prose = said("Scanned for viruses and offensive content", "reporter", "text/5")
    one = recipient(prose, status_field="5.1.1", remote_mta=None)
    assert judge(one).cause == "user-unknown"


def test_what_failed_on_each_try_wins_over_expired() -> None:
    """Time ran out for a reason, and the remote named it."""
    one = recipient(said("452 4.2.2 Mailbox full"), status_field="4.4.7")
    assert judge(one).cause == "mailbox-full"


def test_a_host_named_without_an_answer_was_not_reached() -> None:
    """Exim quotes what a host said; where it names one and quotes nothing, none spoke."""
    quiet = said("host mx.example.net [192.0.2.25] retry timeout exceeded", "reporter", "text/4")
    assert judge(recipient(quiet, remote_mta=None), producer="exim").cause == "unreachable"
    bare = said("retry timeout exceeded", "reporter", "text/4")
    found = judge(recipient(bare, remote_mta=None), producer="exim")
    assert found.cause == "expired"
    assert found.confidence <= 0.5


def test_the_name_of_a_scanner_is_no_virus() -> None:
    """A scanner stamps what it lets pass."""
    stamp = "Delivery attempts will continue for some time. Scanned by our antivirus system. " * 6
    one = recipient(said(stamp, "reporter", "text/9"), action="delayed", remote_mta=None)
    assert judge(one, kind="delay").cause != "virus"
    assert judge(recipient(said("554 5.7.1 Virus found"))).cause == "virus"


def test_a_status_code_is_read_where_the_words_are_opaque() -> None:
    """The code of the server that refused stands in for unknown words."""
    found = judge(recipient(said("550 5.1.1 xyzzy")))
    assert found.cause == "user-unknown"
    assert found.confidence < 0.99


def test_what_is_not_found_before_rcpt_is_the_senders() -> None:
    """At MAIL FROM the server has heard of no recipient yet."""
    one = recipient(said("550 No such domain"), phase="mail")
    assert judge(one).cause == "sender-domain-invalid"
    assert judge(recipient(said("550 No such domain"))).cause == "domain-not-found"


def test_a_notice_about_several_speaks_for_none_of_them() -> None:
    """The whole notice holds the other recipient's reason too."""
    own = said("Delivery attempts will continue", "reporter", "text/4")
    whole = said(
        "Delivery attempts will continue. <otto@example.org>: Over quota", "reporter", "text"
    )
    one = recipient(own, whole, remote_mta=None)
    other = recipient(said("452 4.2.2 Over quota"), address="otto@example.org")
    first, second = diagnose(report(one, other), NO_ROUTE, load())
    assert first is not None
    assert second is not None
    assert first.cause != second.cause == "mailbox-full"


def test_a_delay_without_a_reason_is_a_guess_and_says_so() -> None:
    """A server that replies gets quoted; what is left could mostly not be reached."""
    text = said("Message has not yet been delivered", "reporter", "text/4")
    found = judge(recipient(text, action="delayed", remote_mta=None), kind="delay")
    assert (found.cause, found.outcome) == ("unreachable", "delayed")
    assert found.confidence < SURE
    assert {e.weight for e in found.evidence} == {"weak"}


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_recipients_that_got_the_message_have_no_diagnosis(action: str) -> None:
    """Nothing failed there."""
    assert diagnose(report(recipient(action=action)), NO_ROUTE, load()) == (None,)


def test_reports_of_no_failure_have_no_diagnosis() -> None:
    """A read receipt names a recipient and is no bounce."""
    assert diagnose(report(recipient(), kind="read-receipt"), NO_ROUTE, load()) == (None,)


def test_a_bare_reply_is_unwrapped_and_read() -> None:
    """The innermost voice of a pasted reply decides."""
    text = (
        "450 4.7.1 [EAB] 554 5.7.1 Service unavailable; "
        "Client host [192.0.2.7] blocked using zen.example.org"
    )
    found = diagnose_reply(text, load())
    assert found.cause == "ip-blocklisted"
    assert found.facts.ip == "192.0.2.7"
    assert found.contradictions


@pytest.mark.parametrize("text", ["", " ", "\x00", "550", "x" * 100_000, "5.9.9", "\ud800 550"])
def test_any_reply_text_gets_an_answer(text: str) -> None:
    """Content never raises."""
    found = diagnose_reply(text, load())
    assert found.cause in load().causes
    assert 0 <= found.confidence <= 1
