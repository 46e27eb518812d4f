"""Verdicts on made copies of which log lines alone are known: what must never be said."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mailworld import SCENARIOS, World, see_at_gateway, vary

from retour.model.copies import Copy
from retour.model.route import Hop, Route
from retour.trail.compare import compare
from retour.trail.stations import Station, list_stations

LOOPS = {name for name in SCENARIOS if name.endswith("loop")}
seeds = st.integers(0, 2**32)


def leave_lines(copy: Copy, chance: Random, *, share: float) -> Copy:
    """Leave of a copy what logs say: from its arrival back to the first system without one."""
    *passed, arrival = list_stations(copy)
    known = [arrival]
    for station in reversed(passed):
        if not station.id or not station.host or chance.random() >= share:
            break
        known.append(station)
    hops = tuple(_make_hop(n, one) for n, one in enumerate(reversed(known), 1))
    return replace(
        copy,
        header_block="",
        fields=(),
        marks=(),
        route=Route(hops, complete=False),
        from_=None,
        sent_at=None,
        date=None,
        subject=None,
        addressees=frozenset(),
        body=None,
        body_sha256=None,
        extent="log",
    )


def _make_hop(n: int, station: Station) -> Hop:
    return Hop(
        n, station.from_, station.host, None, None, station.id, station.for_, station.at, None,
        repeated=False, defects=(),
    )  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
@given(seed=seeds, share=st.sampled_from([0.0, 0.5, 1.0]), mixed=st.booleans())
@settings(max_examples=80)
def test_log_lines_never_make_a_loop_of_a_duplicate_nor_two_messages_of_one(
    name: str, seed: int, share: float, mixed: bool
) -> None:
    """However many logs are missing, and beside a whole mail, too."""
    world = World(Random(seed))
    case = vary(world, SCENARIOS[name](world))
    chance = Random(seed)
    a, b = (see_at_gateway(one, with_envelope=True) for one in (case.a, case.b))
    left = leave_lines(a, chance, share=share)
    other = b if mixed else leave_lines(b, chance, share=share)
    for copies in ((left, other), (other, left)):
        verdict = compare(copies).verdict
        assert verdict in ("loop", "unclear") if name in LOOPS else verdict != "loop"
        if a.message_id is None or a.message_id != b.message_id:
            assert verdict in ("distinct", "unclear")
        else:
            assert verdict != "distinct"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("retry", {"retry"}),
        ("split", {"split"}),
        ("forward-copy", {"fan-out"}),
        ("list-copy", {"fan-out"}),
        ("loop", {"loop"}),
        ("stripped-loop", {"loop"}),
    ],
)
@given(seed=seeds)
@settings(max_examples=60)
def test_logs_of_all_stations_tell_as_much_as_the_stamps(
    name: str, seed: int, said: set[str]
) -> None:
    """Where every system's log is there, its copies are told apart without a header."""
    world = World(Random(seed))
    case = vary(world, SCENARIOS[name](world))
    copies = [
        leave_lines(see_at_gateway(one, with_envelope=True), Random(seed), share=1.0)
        for one in (case.a, case.b)
    ]
    assert compare(copies).verdict in {*said, "unclear"}
