"""Copies with what happened to them, written shortly."""

from retour.model.story import Copy, ReportClaim, Story
from retour.model.trail import HandOver, HandOverOutcome, Link, Refusal, Relation
from retour.model.vocabulary import Action, Outcome

T0 = 1_772_355_600_000_000
SECOND = 1_000_000


def tried(  # a hand-over that ended at a second
    second: int,
    recipient: str,
    outcome: HandOverOutcome = "delivered",
    *,
    original: str | None = None,
    to: str | None = None,
    reply: str = "250 ok",
) -> HandOver:
    """Make an attempt; ``to`` is the queue id at the next system."""
    return HandOver(
        T0 + second * SECOND, "", "", recipient, original, outcome, "mx.next.example", None,
        None, reply, None, None, None, to,
    )  # fmt: skip


def copy(
    name: str,
    *attempts: HandOver,
    second: int = 0,
    system: str = "mx.example",
    message_id: str | None = "<m@x>",
    recipients: tuple[str, ...] = (),
    links: tuple[tuple[str, Relation], ...] = (),
    refusals: tuple[Refusal, ...] = (),
    given_up: int | None = None,
) -> Copy:
    """Make a copy that arrived at a second."""
    at_us = T0 + second * SECOND
    return Copy(
        abs(hash((name, second))) >> 2, system, name, at_us, at_us, None, message_id, "a@b.example",
        None, None, None, None, None, None, None, None,
        None if given_up is None else T0 + given_up * SECOND,
        recipients=recipients,
        hand_overs=attempts,
        refusals=refusals,
        links=tuple(Link(at_us, system, name, other, relation) for other, relation in links),
    )  # fmt: skip


def story(
    *copies: Copy, reports: tuple[str, ...] = (), claims: tuple[ReportClaim, ...] = ()
) -> Story:
    """Make the story of a message, asked for by its Message-ID."""
    asked = frozenset(c.copy_id for c in copies if c.message_id == "<m@x>")
    return Story(
        copies, asked, True, frozenset(c.copy_id for c in copies if c.queue_id in reports), claims
    )


def claim(
    recipient: str, second: int, *, action: Action = "failed", outcome: Outcome = "not-delivered"
) -> ReportClaim:
    """Make what a report says."""
    return ReportClaim(
        7, T0 + second * SECOND, "failure", "mx.far.example", "<m@x>", None, None, recipient, None,
        action, "5.1.1", "550 5.1.1 unknown", "mx.end.example", "user-unknown", outcome, 0.9,
    )  # fmt: skip
