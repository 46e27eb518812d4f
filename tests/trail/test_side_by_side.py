"""Two copies laid side by side."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from mailworld import SCENARIOS, World, see_at_gateway, vary

from retour.trail.compare import compare
from retour.trail.copy import read_copy
from retour.trail.side_by_side import lay_side_by_side

HEAD = b"Message-ID: <1@a.example>\nSubject: %s\n%s\n"


def test_fields_are_paired_by_name_and_value() -> None:
    """The same value is the same wherever it stands; others pair in their order."""
    a = read_copy(HEAD % (b"lunch", b"X-A: 1\nX-A: 2\nX-Gone: 0\n") + b"text\n")
    b = read_copy(HEAD % (b"[list] lunch", b"X-A: 2\nX-New: 3\nX-A: 4\n") + b"text\n")
    rows = {(row.name, row.state, row.a, row.b) for row in lay_side_by_side(a, b).fields}
    assert rows == {
        ("Message-ID", "same", "<1@a.example>", "<1@a.example>"),
        ("Subject", "changed", "lunch", "[list] lunch"),
        ("X-A", "same", "2", "2"),
        ("X-A", "changed", "1", "4"),
        ("X-Gone", "removed", "0", None),
        ("X-New", "added", None, "3"),
    }


def test_lines_are_shown_where_the_texts_differ() -> None:
    """An appended footer is shown with a little of what stands before it."""
    text = b"".join(b"line %d\n" % n for n in range(50))
    a = read_copy(HEAD % (b"s", b"") + text)
    b = read_copy(HEAD % (b"s", b"") + text + b"List footer\n")
    lines = lay_side_by_side(a, b).lines
    assert [row.b for row in lines if row.state == "added"] == ["List footer"]
    assert len(lines) <= 4


@given(seed=st.integers(0, 2**32), name=st.sampled_from(sorted(SCENARIOS)), known=st.booleans())
@settings(max_examples=100)
def test_every_station_stands_in_one_row(seed: int, name: str, known: bool) -> None:
    """No hop is lost or shown twice, and the last shared row is where they part."""
    world = World(Random(seed))
    case = vary(world, SCENARIOS[name](world))
    a, b = (see_at_gateway(one, with_envelope=known) for one in (case.a, case.b))
    rows = lay_side_by_side(a, b).hops
    for copy, hops in ((a, [r.a for r in rows if r.a]), (b, [r.b for r in rows if r.b])):
        assert [hop.n for hop in hops] == list(range(1, len(copy.route.hops) + 1 + known))
    parted_at = compare([a, b]).pairs[0].parted_at
    shared = [(row.a.n, row.b.n) for row in rows if row.a and row.b]
    if parted_at:
        assert (parted_at.hop_a, parted_at.hop_b) == shared[-1]
