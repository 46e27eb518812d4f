"""Verdicts on copies made by construction: what must be said, and what must never be said."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mailworld import SCENARIOS, Case, World, see_at_gateway, see_in_mailbox, vary

from retour.model.copies import Comparison, Copy
from retour.trail.compare import compare

DUPLICATES = {"retry", "fan-out", "resent", "loop"}
# What may be said of copies as a gateway sees them, with envelopes. A returning copy of which no
# stamp tells for whom it went out stays open.
WITH_ENVELOPES = {
    "retry": {"retry"},
    "split": {"split"},
    "list-copy": {"fan-out"},
    "forward-copy": {"fan-out"},
    "returning-list": {"fan-out"},
    "returning-forward": {"fan-out", "unclear"},
    "resent": {"resent"},
    "loop": {"loop"},
    "relay-loop": {"loop"},
    "stripped-loop": {"loop"},
    "two-runs": {"distinct"},
    "two-submissions": {"distinct", "unclear"},
    "other-content": {"distinct"},
    "sent-twice": {"distinct"},
}
# The same without. What came of a forward shows no difference to a loop's first round where
# nothing is stamped.
WITHOUT = WITH_ENVELOPES | {
    "split": {"retry", "unclear"},
    "loop": {"loop", "unclear"},
    "relay-loop": {"loop", "unclear", "fan-out"},
    "stripped-loop": {"unclear"},
}
# From mailboxes; what goes in circles does not come into one.
IN_MAILBOXES = {
    name: said for name, said in WITH_ENVELOPES.items() if SCENARIOS[name].__name__[-4:] != "loop"
}

seeds = st.integers(0, 2**32)


def make(name: str, seed: int) -> tuple[World, Case]:
    world = World(Random(seed))
    return world, vary(world, SCENARIOS[name](world))


def see(case: Case, *, with_envelope: bool) -> list[Copy]:
    return [see_at_gateway(one, with_envelope=with_envelope) for one in (case.a, case.b)]


@pytest.mark.parametrize("name", SCENARIOS)
@given(seed=seeds)
@settings(max_examples=60)
def test_copies_at_a_gateway_with_envelopes_are_told_apart(name: str, seed: int) -> None:
    """Whatever hosts, dialects, clocks, encodings and order: the verdict is what was made."""
    _, case = make(name, seed)
    assert compare(see(case, with_envelope=True)).verdict in WITH_ENVELOPES[name]


@pytest.mark.parametrize("name", SCENARIOS)
@given(seed=seeds)
@settings(max_examples=60)
def test_copies_at_a_gateway_without_envelopes_are_told_apart_or_left_open(
    name: str, seed: int
) -> None:
    """The mails alone tell all but what only an envelope or a record can tell."""
    _, case = make(name, seed)
    assert compare(see(case, with_envelope=False)).verdict in WITHOUT[name]


@pytest.mark.parametrize("name", IN_MAILBOXES)
@pytest.mark.parametrize("through_scanner", [False, True])
@given(seed=seeds)
@settings(max_examples=40)
def test_copies_from_mailboxes_are_told_apart(name: str, through_scanner: bool, seed: int) -> None:
    """A scanner that hands every message back to its server makes no loop of two copies."""
    world, case = make(name, seed)
    scanner = world.make_system() if through_scanner else None
    copies = [see_in_mailbox(world, one, through=scanner) for one in (case.a, case.b)]
    assert compare(copies).verdict in IN_MAILBOXES[name]


@pytest.mark.parametrize("name", SCENARIOS)
@given(seed=seeds, known=st.sampled_from([(True, False), (False, True)]))
@settings(max_examples=40)
def test_one_envelope_misleads_nobody(name: str, seed: int, known: tuple[bool, bool]) -> None:
    """With one envelope of two: no loop where there is none, no duplicate of distinct mails."""
    _, case = make(name, seed)
    copies = [
        see_at_gateway(one, with_envelope=has)
        for one, has in zip((case.a, case.b), known, strict=True)
    ]
    verdict = compare(copies).verdict
    assert verdict != "loop" or case.truth == "loop"
    assert verdict not in DUPLICATES or case.truth != "distinct"


@given(names=st.lists(st.sampled_from(sorted(SCENARIOS)), min_size=2, max_size=4), seed=seeds)
@settings(max_examples=60)
def test_copies_of_different_messages_are_never_duplicates(names: list[str], seed: int) -> None:
    """Copies of several messages in one comparison: only those of one message belong together."""
    copies, owner, truth = [], [], {}
    for n, name in enumerate(names):
        _, case = make(name, seed + n)
        truth[n] = case.truth
        copies += see(case, with_envelope=seed % 2 == 0)
        owner += [n, n]
    for pair in compare(copies).pairs:
        if owner[pair.a] != owner[pair.b]:
            assert pair.verdict in ("distinct", "unclear")
        elif truth[owner[pair.a]] != "loop":
            assert pair.verdict != "loop"


@pytest.mark.parametrize("name", SCENARIOS)
@given(seed=seeds, with_envelope=st.booleans())
@settings(max_examples=30)
def test_verdicts_do_not_depend_on_the_order(name: str, seed: int, with_envelope: bool) -> None:
    """A and B turned round are what B and A are."""
    _, case = make(name, seed)
    copies = see(case, with_envelope=with_envelope)
    assert compare(copies).verdict == compare(copies[::-1]).verdict


@pytest.mark.parametrize("name", SCENARIOS)
@given(seed=seeds, with_envelope=st.booleans())
@settings(max_examples=30)
def test_every_verdict_has_a_reason(name: str, seed: int, with_envelope: bool) -> None:
    """No verdict without words for it; what is unclear says what would decide it."""
    _, case = make(name, seed)
    found: Comparison = compare(see(case, with_envelope=with_envelope))
    keys = [reason.key for reason in found.pairs[0].reasons]
    assert keys
    if found.verdict == "unclear":
        assert any(key.startswith("decide-") for key in keys)


def test_a_comparison_of_one_copy_is_refused() -> None:
    """Nothing to compare is a mistake of the caller."""
    _, case = make("retry", 1)
    with pytest.raises(ValueError, match="two copies"):
        compare(see(case, with_envelope=True)[:1])


def test_the_strongest_verdict_stands_for_all() -> None:
    """A retry beside a distinct mail is a retry."""
    _, retry = make("retry", 1)
    _, other = make("sent-twice", 2)
    copies = [*see(retry, with_envelope=True), see_at_gateway(other.a, with_envelope=True)]
    assert compare(copies).verdict == "retry"
