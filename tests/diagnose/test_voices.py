"""Whose words count: the order of voices."""

import pytest
from claimed import NO_ROUTE, judge, recipient, report, said

from retour.diagnose import diagnose, diagnose_reply
from retour.knowledge.load import load
from retour.model.report import Statement


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


def test_a_status_code_is_read_where_the_words_are_opaque() -> None:
    """The code of the server that refused stands in for unknown words."""
    found = judge(recipient(said("550 5.1.1 xyzzy")))
    assert found.cause == "user-unknown"
    assert found.confidence < 0.99


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
