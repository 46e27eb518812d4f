"""Header blocks as real mails have them (RFC 5322 §2.2, §4.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.wire.fields import parse_groups
from retour.wire.header import FIELDS_MAX, find_headers, parse_headers

BLOCKS = {
    "plain": ("A: b\nC: d", [("a", "b"), ("c", "d")]),
    "folded with a blank": ("A: b\n c\nD: e", [("a", "b c"), ("d", "e")]),
    "folded with a tab": ("A: b\n\tc", [("a", "b c")]),
    "folded twice": ("A: b\n c\n d", [("a", "b c d")]),
    "blanks before the colon": ("A : b\nC\t: d", [("a", "b"), ("c", "d")]),
    "no blank behind the colon": ("A:b", [("a", "b")]),
    "empty value": ("A:\nB: c", [("a", ""), ("b", "c")]),
    "value on the next line": ("A:\n b", [("a", "b")]),
    "colons in the value": ("A: b: c:d", [("a", "b: c:d")]),
    "name in any case": ("ReCeIvEd: b", [("received", "b")]),
    "odd but legal name": ("X-A_b.c/1: d", [("x-a_b.c/1", "d")]),
    "damaged folding": ("A: b\nrest of b\nC: d", [("a", "b rest of b"), ("c", "d")]),
    "damaged folding with a colon": (
        "A: b\nat 10:00 there\nC: d",
        [("a", "b at 10:00 there"), ("c", "d")],
    ),
    "junk before the first field": ("no field\nA: b", [("a", "b")]),
    "8-bit value": ("A: \xe4", [("a", "\xe4")]),
    "nothing": ("", []),
    "empty name": (": x\nA: b", [("a", "b")]),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_header_block_gives_these_fields(name: str) -> None:
    """A block gives its fields, folding undone, damage read over."""
    block, fields = BLOCKS[name]
    read = [(key, " ".join(value.split())) for key, value in parse_headers(block).fields]
    assert read == fields


def test_first_field_of_a_name_wins_and_all_are_kept() -> None:
    """`get` gives the first, `all` gives all in order."""
    headers = parse_headers("A: 1\nB: 2\na: 3")
    assert headers.get("a") == "1"
    assert headers.all("a") == ["1", "3"]
    assert headers.all("c") == []
    assert "b" in headers
    assert "c" not in headers
    assert headers.names == ["a", "b", "a"]


def test_too_many_fields_are_cut_and_the_cut_is_told() -> None:
    """Fields beyond the bound are not read."""
    headers = parse_headers("A: b\n" * (FIELDS_MAX + 5))
    assert headers.cut
    assert len(headers) <= FIELDS_MAX


STARTS = {
    "plain": ("A: b\n\nbody", "A: b", "body"),
    "mbox separator": ("From a@b Sun Mar  1 10:00:00 2026\nA: b\n\nbody", "A: b", "body"),
    "quoted separator": (">From a@b Sun Mar  1 10:00:00 2026\nA: b\n\nbody", "A: b", "body"),
    "empty lines first": ("\n\n \nA: b\n\nbody", "A: b", "body"),
    "From field is no separator": ("From: a@b\n\nbody", "From: a@b", "body"),
    "no header": ("Dear Bob,\nyou: are\n\nx", "", "Dear Bob,\nyou: are\n\nx"),
    "no body": ("A: b\n\n", "A: b", ""),
    "header without end": ("A: b\nC: d", "A: b\nC: d", ""),
    "line of blanks ends it": ("A: b\nC: d\n  \t\nbody", "A: b\nC: d", "body"),
    "no empty line before the body": (
        "A: b\nC: d\nDear Bob, hello",
        "A: b\nC: d",
        "Dear Bob, hello",
    ),
    "nothing": ("", "", ""),
    "separator alone": ("From a@b Sun Mar  1 10:00:00 2026", "", None),
}


@pytest.mark.parametrize("name", STARTS)
def test_header_block_begins_and_ends_here(name: str) -> None:
    """The block is found behind separators and ends where it should."""
    text, block, body = STARTS[name]
    start, end, body_start = find_headers(text, 0, len(text))
    assert text[start:end].strip("\n \t") == block
    if body is not None:
        assert text[body_start:] == body


GROUPS = {
    "two groups": ("A: 1\n\nB: 2\n", [["a"], ["b"]]),
    "blanks on the empty line": ("A: 1\n \t \nB: 2", [["a"], ["b"]]),
    "many empty lines": ("\n\nA: 1\n\n\n\nB: 2\n\n", [["a"], ["b"]]),
    "words between": ("A: 1\n\nonly words\n\nB: 2", [["a"], ["b"]]),
    "folded": ("A: 1\n 2\n\nB: 3", [["a"], ["b"]]),
    "nothing": ("", []),
}


@pytest.mark.parametrize("name", GROUPS)
def test_groups_of_fields_are_parted_at_empty_lines(name: str) -> None:
    """Groups without a field are left out."""
    body, names = GROUPS[name]
    assert [[key for key, _ in group.fields] for group in parse_groups(body)] == names


FIELD_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
FIELD_VALUES = st.lists(st.from_regex(r"[!-~]{1,20}", fullmatch=True), min_size=1, max_size=8)


@given(
    st.lists(st.tuples(FIELD_NAMES, FIELD_VALUES), min_size=1, max_size=12),
    st.sampled_from([" ", "\n ", "\n\t", "\n  "]),
)
def test_written_header_is_read_back(fields: list[tuple[str, list[str]]], fold: str) -> None:
    """What a writer folds anyhow, the reader gives back word by word."""
    block = "\n".join(f"{name}: {fold.join(words)}" for name, words in fields)
    text = f"{block}\n\nbody"
    start, end, body = find_headers(text, 0, len(text))
    read = [(name, value.split()) for name, value in parse_headers(text[start:end]).fields]
    assert read == [(name.lower(), words) for name, words in fields]
    assert text[body:] == "body"
