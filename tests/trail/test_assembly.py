"""Lines that name one queue id are one copy, or several."""

from itertools import permutations

import pytest

from retour.model.trail import Arrival, End, HandOver, Observation, Refusal
from retour.trail.assembly import AFTERMATH_US, SILENCE_US, Draft, assemble, is_same_system

S = 1_000_000


def shape(drafts: list[Draft]) -> list[tuple[int, int, int | None, str | None, int]]:
    """Return times, Message-ID and number of hand-overs."""
    return sorted(
        (d.first_us, d.last_us, d.ended_us, d.message_id, len(d.hand_overs)) for d in drafts
    )


def test_lines_of_one_copy_join_in_any_order() -> None:
    """All orders of its lines give the same draft."""
    lines: list[Observation] = [
        Arrival(1 * S, "mx", "A", peer_name="c.example"),
        Arrival(2 * S, "mx", "A", message_id="<m@x>", mail_from="a@x"),
        HandOver(5 * S, "mx", "A", "b@x", outcome="deferred"),
        End(9 * S, "mx", "A"),
    ]
    for order in permutations(lines):
        [draft] = assemble(order)
        assert shape([draft]) == [(1 * S, 9 * S, 9 * S, "<m@x>", 1)]
        assert (draft.peer_name, draft.mail_from) == ("c.example", "a@x")


@pytest.mark.parametrize(
    ("between", "parted"),
    [
        ([End(10 * S, "mx", "A")], True),
        ([End(20 * S, "mx", "A")], False),
        ([Arrival(10 * S, "mx", "A", message_id="<other@x>")], True),
        ([Arrival(10 * S, "mx", "A", message_id="<m@x>")], False),
        ([Arrival(10 * S, "mx", "A", mail_from="z@x")], False),
    ],
)
def test_what_parts_two_copies_of_one_name(between: list[Observation], parted: bool) -> None:
    """A line that ends the first, or another Message-ID; nothing else."""
    first = Arrival(1 * S, "mx", "A", message_id="<m@x>")
    last = HandOver(20 * S, "mx", "A", "b@x")
    assert (len(assemble([first, *between, last])) == 2) is parted


def test_silence_parts_copies_and_the_second_behind_an_end_does_not() -> None:
    """Seven days without a line are another copy; a late line of the same second is not."""
    assert len(assemble([Arrival(0, "mx", "A"), Arrival(SILENCE_US, "mx", "A")])) == 1
    assert len(assemble([Arrival(0, "mx", "A"), Arrival(SILENCE_US + 1, "mx", "A")])) == 2
    late: list[Observation] = [End(0, "mx", "A"), HandOver(AFTERMATH_US, "mx", "A", "b@x")]
    assert len(assemble(late)) == 1
    later: list[Observation] = [End(0, "mx", "A"), HandOver(AFTERMATH_US + 1, "mx", "A", "b@x")]
    assert len(assemble(later)) == 2


def test_a_last_line_follows_the_one_that_gave_up() -> None:
    """Giving up writes a report first; the copy ends when the system says so."""
    [draft] = assemble([End(1 * S, "mx", "A", given_up=True), End(9 * S, "mx", "A")])
    assert (draft.given_up_us, draft.ended_us) == (1 * S, 9 * S)


def test_refusals_without_a_name_are_kept_apart_and_said_twice_are_one() -> None:
    """Each has a name made of all that it says."""
    one = Refusal(1, "mx", None, reply="554 no", recipient="a@x")
    other = Refusal(1, "mx", None, reply="554 no", recipient="b@x")
    names = [draft.queue_id for draft in assemble([one, other, one])]
    assert names[0] == names[2] != names[1]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("mx", "mx", True),
        ("mx", "mx.example.net", True),
        ("MX.example.net", "mx", True),
        ("", "mx", True),
        ("mx", "mx2", False),
        ("mx.example.net", "mx.example.org", False),
        ("example.net", "mx.example.net", False),
    ],
)
def test_short_and_full_names_may_be_one_system(one: str, other: str, same: bool) -> None:
    """Syslog shortens what the Received line writes out."""
    assert is_same_system(one, other) is same
    assert is_same_system(other, one) is same
