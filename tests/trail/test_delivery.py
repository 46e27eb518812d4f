"""One answer per recipient, from everything that a trail knows."""

from dataclasses import replace

import pytest
from histories import claim, copy, story, tried

from retour.model.story import Delivery, Story
from retour.model.trail import Refusal
from retour.trail.delivery import judge


def outcomes(answers: list[Delivery]) -> dict[str, str]:
    """Return outcome by address."""
    return {answer.address: answer.outcome for answer in answers}


_CASES: dict[str, tuple[Story, dict[str, str]]] = {
    "put into a mailbox": (story(copy("A", tried(1, "b@x"))), {"b@x": "delivered"}),
    "taken by a system that is not in the trail": (
        story(copy("A", tried(1, "b@x", "relayed", to="Z9"))),
        {"b@x": "delivered"},
    ),
    "the last attempt counts": (
        story(copy("A", tried(1, "b@x", "deferred"), tried(9, "b@x", "failed"))),
        {"b@x": "not-delivered"},
    ),
    "still waiting": (
        story(copy("A", tried(1, "b@x", "deferred"), tried(9, "b@x", "deferred"))),
        {"b@x": "delayed"},
    ),
    "a final line beside a deferral of the same second": (
        story(copy("A", tried(1, "b@x", "failed"), tried(1, "b@x", "deferred"))),
        {"b@x": "not-delivered"},
    ),
    "given up by one line for all": (
        story(copy("A", tried(1, "b@x", "deferred"), tried(1, "c@x"), given_up=99)),
        {"b@x": "not-delivered", "c@x": "delivered"},
    ),
    "followed over two systems": (
        story(
            copy("A", tried(1, "b@x", "relayed", to="B")),
            copy("B", tried(3, "b@x", "relayed", to="C"), second=1, system="two"),
            copy("C", tried(5, "b@x", "failed"), second=3, system="three"),
        ),
        {"b@x": "not-delivered"},
    ),
    "a queue id that came back a month later is not followed": (
        story(
            copy("A", tried(1, "b@x", "relayed", to="B")),
            copy("B", tried(3, "b@x", "failed"), second=30 * 86_400, system="two"),
        ),
        {"b@x": "delivered"},
    ),
    "begun at a system that logs no Message-ID": (
        story(
            copy(
                "A", tried(1, "b@x", "relayed", to="B"), tried(1, "c@y", "failed"), message_id=None
            ),
            copy("B", tried(3, "b@x"), second=1, system="two"),
        ),
        {"b@x": "delivered", "c@y": "not-delivered"},
    ),
    "an alias answers as it was addressed": (
        story(copy("A", tried(1, "ann@x", original="info@x"))),
        {"info@x": "delivered"},
    ),
    "one of an alias's ways is enough": (
        story(
            copy(
                "A", tried(1, "ann@x", original="u@x"), tried(1, "far@y", "failed", original="u@x")
            )
        ),
        {"u@x": "delivered"},
    ),
    "a forward that fails is a failure": (
        story(
            copy("A", tried(1, "u@x", "expanded", to="B"), links=(("B", "forwarded"),)),
            copy("B", tried(2, "far@y", "failed"), second=1),
        ),
        {"u@x": "not-delivered"},
    ),
    "found again by Message-ID where the reply names nothing": (
        story(
            copy("A", tried(1, "b@x", "relayed")),
            copy("B", tried(3, "b@x", "failed"), second=1, system="two", recipients=("b@x",)),
        ),
        {"b@x": "not-delivered"},
    ),
    "a report tells what became of it behind the trail's end": (
        story(copy("A", tried(1, "b@x", "relayed", to="Z")), claims=(claim("b@x", 60),)),
        {"b@x": "not-delivered"},
    ),
    "a report about another recipient says nothing": (
        story(copy("A", tried(1, "b@x", "relayed", to="Z")), claims=(claim("c@x", 60),)),
        {"b@x": "delivered"},
    ),
    "a report from before the hand-over says nothing": (
        story(copy("A", tried(1, "b@x", "relayed", to="Z")), claims=(claim("b@x", -90_000),)),
        {"b@x": "delivered"},
    ),
    "a mailbox is stronger than a report": (
        story(copy("A", tried(1, "b@x")), claims=(claim("b@x", 60),)),
        {"b@x": "delivered"},
    ),
    "a later copy of the same message did arrive": (
        story(copy("A", tried(1, "b@x", "failed")), copy("B", tried(20, "b@x"), second=9)),
        {"b@x": "delivered"},
    ),
    "refused for good at the door": (
        story(copy("A", refusals=(Refusal(0, "mx", "A", recipient="b@x", reply="550 no"),))),
        {"b@x": "not-delivered"},
    ),
    "refused for now at the door": (
        story(copy("A", refusals=(Refusal(0, "mx", "A", recipient="b@x", reply="450 later"),))),
        {"b@x": "delayed"},
    ),
    "in the queue, nothing tried": (
        story(copy("A", recipients=("b@x",))),
        {"b@x": "unknown"},
    ),
    "no recipient in the log, but a failure report": (
        story(copy("A", links=(("R", "failure-report"),))),
        {"": "not-delivered"},
    ),
    "a report's own delivery is not the message's": (
        story(
            copy("A", tried(1, "b@x", "failed"), links=(("R", "failure-report"),)),
            copy("R", tried(2, "a@b"), second=2, message_id="<r@x>"),
            reports=("R",),
        ),
        {"b@x": "not-delivered"},
    ),
    "a loop ends in failure": (
        story(
            *(
                copy(f"L{n}", tried(n, "b@x", "relayed", to=f"L{n + 1}"), second=n - 1)
                for n in range(1, 60)
            ),
            copy("L60", tried(60, "b@x", "failed"), second=59),
        ),
        {"b@x": "not-delivered"},
    ),
    "a forward's copy is not what the direct one became": (
        story(
            copy("A", tried(1, "b@x", "relayed"), tried(1, "team@y", "relayed", to="B")),
            copy(
                "B",
                tried(6, "b@x", "failed", original="team@y"),
                second=1,
                system="two",
                recipients=("team@y", "b@x"),
            ),
        ),
        {"b@x": "delivered", "team@y": "not-delivered"},
    ),
    "a circle of hand-overs comes to an end": (
        story(
            copy("A", tried(1, "b@x", "relayed", to="B")),
            copy("B", tried(1, "b@x", "relayed", to="A")),
        ),
        {"b@x": "delivered"},
    ),
}


@pytest.mark.parametrize("case", _CASES)
def test_a_recipient_is_answered_by_what_is_known(case: str) -> None:
    """Each case is one way in which a message goes or ends."""
    known, expected = _CASES[case]
    assert outcomes(judge(known)) == expected


def test_the_proof_is_the_last_word_of_the_last_system() -> None:
    """Host, reply, time and queue id are those of the hand-over that decided."""
    known = story(
        copy("A", tried(1, "b@x", "relayed", to="B")),
        copy("B", tried(3, "b@x", reply="saved"), second=1, system="two"),
    )
    [answer] = judge(known)
    assert (answer.host, answer.reply, answer.queue_id, answer.system, answer.handed_to) == (
        "mx.next.example",
        "saved",
        "B",
        "two",
        "mailbox",
    )


def test_one_copy_is_answered_from_itself_on() -> None:
    """A queue id asks what became of this copy, not of those before it."""
    first = copy("A", tried(1, "b@x", "relayed", to="B"), tried(1, "c@x", "failed"))
    second = copy("B", tried(3, "b@x"), second=1, system="two")
    asked = replace(story(first, second), asked=frozenset([second.copy_id]), is_whole=False)
    assert outcomes(judge(asked)) == {"b@x": "delivered"}


def test_one_recipient_can_be_asked_for_in_any_spelling() -> None:
    """As addressed or as rewritten, in any case, in angle brackets."""
    known = story(copy("A", tried(1, "ann@x", original="Info@x"), tried(1, "c@x")))
    for spelling in ("info@x", "<INFO@x>", "ann@x"):
        assert outcomes(judge(known, spelling)) == {"Info@x": "delivered"}
    assert judge(known, "nobody@x") == []
