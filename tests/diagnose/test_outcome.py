"""Outcome, actor, permanence, place and facts: what follows from a cause."""

import pytest
from claimed import NO_ROUTE, judge, original, recipient, report, said

from retour.diagnose.diagnosis import diagnose
from retour.knowledge.load import load

FULL = said("452 4.2.2 Mailbox full")


def test_a_delayed_recipient_is_delayed_and_tried_again_by_itself() -> None:
    """The reporter goes on trying; nobody has to send again."""
    found = judge(recipient(FULL, action="delayed"), kind="delay")
    assert (found.outcome, found.retry, found.permanent) == ("delayed", "automatic", False)


def test_an_unknown_cause_leaves_permanence_open() -> None:
    """Nothing is said: nobody can tell whether it fails again."""
    found = judge(recipient(remote_mta=None))
    assert (found.cause, found.permanent, found.actor) == ("unknown", None, "sender-admin")


def test_backscatter_needs_nobody_and_keeps_its_cause() -> None:
    """The reader did not send it."""
    (found,) = diagnose(report(recipient(FULL)), NO_ROUTE, load(), backscatter=True)
    assert found is not None
    assert (found.cause, found.actor) == ("mailbox-full", "nobody")


def test_a_break_after_the_final_dot_leaves_the_outcome_open() -> None:
    """RFC 1047: the server may have kept the message."""
    text = (
        "conversation with mx.example.net[198.51.100.25] timed out while sending end of data -- "
        "message may be sent more than once"
    )
    found = judge(recipient(said(text, "reporter"), remote_mta=None))
    assert (found.cause, found.outcome) == ("unreachable", "unknown")


@pytest.mark.parametrize(
    ("text", "remote", "reporter", "place"),
    [
        ("550 5.1.1 User unknown", "mx.example.net", "mail.example.com", "recipient-gateway"),
        ("connect to mx.example.net: Connection timed out", None, "mail.example.com", "in-transit"),
        ("552 5.2.2 Mailbox full", None, "mail.example.net", "recipient-mailbox"),
        ("Host or domain name not found", None, "mail.example.com", "sender-system"),
    ],
)
def test_the_place_where_it_stopped_follows_from_who_spoke(
    text: str, remote: str | None, reporter: str, place: str
) -> None:
    """Remote refusals stop at the gateway; the reporter's own trouble before or behind it."""
    speaker = "remote" if remote else "reporter"
    found = judge(recipient(said(text, speaker), remote_mta=remote), reporting_mta=reporter)
    assert found.stopped_at == place


def test_the_remote_is_named_as_the_one_that_refused() -> None:
    """Remote-MTA present: the remote issued the diagnostic (RFC 3464 section 2.3.6)."""
    assert judge(recipient(FULL)).rejected_by == "mx.example.net"
    alone = recipient(said("552 5.2.2 Mailbox full", "reporter"), remote_mta=None)
    assert judge(alone).rejected_by == "mail.example.com"


def test_a_mistyped_domain_is_suggested_from_the_message_itself() -> None:
    """The other recipient's domain is one swap away."""
    text = said("Host or domain name not found", "reporter")
    one = recipient(text, address="karl@exmaple.net", remote_mta=None)
    mail = original(to=("karl@exmaple.net",), cc=("petra@example.net",))
    found = judge(one, original=mail)
    assert found.facts.suggested_address == "karl@example.net"
    assert found.actor == "sender"


def test_a_suggestion_needs_a_cause_about_the_domain() -> None:
    """A full mailbox at a strange domain is no typing error."""
    assert judge(recipient(FULL, address="anna@gmial.com")).facts.suggested_address is None
