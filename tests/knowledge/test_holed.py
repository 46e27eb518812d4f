"""Finding texts with holes without compiling a pattern."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.knowledge.holed import prepare_quote
from retour.knowledge.quote import RUN_MAX, compile_quote, fold, fold_case

TEXTS = (
    "user {*} unknown",
    "user{*}unknown",
    "user {*}unknown",
    "user{*} unknown",
    "a {*} b {*} c",
    "(a {*}) b",
    "a {*} {*} b",
    "host {ip} is {*} blocked",
    "{address} unknown",
    "limit of {n} bytes",
)


@given(
    st.sampled_from(TEXTS),
    st.lists(
        st.one_of(
            st.sampled_from(
                "user|unknown|a|b|c|(a|) b| |host|is|blocked|1.2.3.4|<x@example.net>|limit of|10 MB"
                f"|9 bytes|{'_' * RUN_MAX}".split("|")
            ),
            st.text(max_size=3),
        ),
        max_size=14,
    ).map("".join),
    st.integers(0, 12),
)
def test_search_finds_what_the_pattern_finds(text: str, reply: str, start: int) -> None:
    """With or without a pattern, the same first span is found."""
    low = fold_case(fold(reply))
    found = compile_quote(text).search(low, start)

    assert (found.span() if found else None) == prepare_quote(text).search(low, start)


@pytest.mark.parametrize(
    ("text", "reply", "span"),
    [
        ("user {*} unknown", "user " + "x" * RUN_MAX + " unknown", (0, RUN_MAX + 13)),
        ("user {*} unknown", "user " + "x" * (RUN_MAX + 1) + " unknown", None),
        ("user {*} unknown", "user is unknowns, unknown", (0, 25)),
        ("user {*} unknown", "superuser unknown", None),
        ("a {*} b {*} c", "a b c", (0, 5)),
    ],
)
def test_runs_are_bounded_and_end_at_words(
    text: str, reply: str, span: tuple[int, int] | None
) -> None:
    """A run takes as much as it may, no more, and no word is cut."""
    assert span == prepare_quote(text).search(reply, 0)


def test_holes_are_captured_by_name() -> None:
    """Each hole's span can be asked for; a run has no name."""
    quote = prepare_quote("host {ip} is {*} blocked by {host}")
    reply = "host 192.0.2.1 is now blocked by mx.example.net"
    span = quote.search(reply, 0)

    assert span == (0, len(reply))
    assert quote.capture(reply, *span) == {"ip": (5, 14), "host": (33, 47)}
