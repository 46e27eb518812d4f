"""Quotations with holes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.knowledge.quote import (
    RUN_MAX,
    compile_quote,
    fold,
    fold_case,
    parse_quote,
    read_quantity,
)
from retour.knowledge.schema import KnowledgeError


def find(text: str, reply: str) -> re.Match[str] | None:
    """Search a rule's text in a reply as the matcher does."""
    return compile_quote(parse_quote(text).text).search(fold_case(fold(reply)))


@pytest.mark.parametrize(
    ("text", "reply", "quote"),
    [
        ("mailbox full", "552 MAILBOX \t full", "mailbox full"),
        ("mailbox  full", "mailbox full", "mailbox full"),
        ("can't relay", "can\u2019t relay", "can't relay"),
        (
            "blocked using {host}",
            "Client blocked using zen.spamhaus.org;",
            "blocked using zen.spamhaus.org",
        ),
        ("host [{ip}] blocked", "host [192.0.2.1] blocked", "host [192.0.2.1] blocked"),
        ("host {ip} blocked", "host [192.0.2.1] blocked", "host [192.0.2.1] blocked"),
        ("host {ip} blocked", "host 2001:db8::1 blocked", "host 2001:db8::1 blocked"),
        ("host {ip} blocked", "host [IPv6:2001:db8::1] blocked", "host [ipv6:2001:db8::1] blocked"),
        ("{address} unknown", "550 <a.b@example.net> unknown", "<a.b@example.net> unknown"),
        ("now {address}", "He is now at: no, now a@example.net.", "now a@example.net"),
        ("limit of {n}", "limit of 10,485,760 bytes.", "limit of 10,485,760 bytes"),
        ("limit of {n} bytes", "limit of 10485760 bytes.", "limit of 10485760 bytes"),
        ("limit of {n}.", "limit of 12.5 MB.", "limit of 12.5 mb."),
        ("see {url}", "see https://example.org/a?b=c.", "see https://example.org/a?b=c"),
        ("user {*} unknown", "user <a> is unknown", "user <a> is unknown"),
        ("user {*} unknown", "user unknown", "user unknown"),
        ("user{*}unknown", "user:unknown", "user:unknown"),
        ("{*} mailbox full {*}", "mailbox full", "mailbox full"),
        ("a {{n} b", "a {n} b", "a {n} b"),
        ("[TS03]", "421 4.7.1 [TS03] All messages", "[ts03]"),
    ],
)
def test_text_is_found(text: str, reply: str, quote: str) -> None:
    """Case and white space do not matter, and holes take what they are named for."""
    found = find(text, reply)

    assert found is not None
    assert quote == found[0]


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("full", "carefully"),
        ("full", "full2"),
        ("{n} users", "a5 users"),
        ("by {ip}", "by 300.1"),
        ("by {ip}", "by example.org"),
        ("{address} unknown", "user unknown"),
        ("limit {n}", "limit none"),
        ("see {url}", "see example.org/help"),
        ("user {*} unknown", "user" + " x" * RUN_MAX + " unknown"),
        ("user {*} unknown", "userunknown"),
    ],
)
def test_text_is_not_found(text: str, reply: str) -> None:
    """Words are not glued, holes take nothing else, and a run is bounded."""
    assert find(text, reply) is None


@pytest.mark.parametrize(
    "text",
    ["{*}", "{ip}", " ", "", "a {wrong} b", "a {ip}{n} b", "a {*} b {*} c {*} d", "{n}{*}a"],
)
def test_broken_text_is_refused(text: str) -> None:
    """A text without a literal, with an unknown hole or with too many runs is an error."""
    with pytest.raises(KnowledgeError):
        parse_quote(text)


def test_quote_tells_its_anchor_and_its_reach() -> None:
    """The longest literal is the anchor; before and after bound where a match can lie."""
    quote = parse_quote("IP {ip} is blocked by {host} {*} see")

    assert quote.anchor == "is blocked by"
    assert quote.other == "see"
    assert quote.holes == ("ip", "host")
    assert quote.before >= len("ip 192.0.2.1 ")
    assert quote.after >= len(" x. see")
    assert not quote.plain


@pytest.mark.parametrize(
    ("text", "at", "quantity"),
    [
        ("try again in 5 minutes", 13, "5 minutes"),
        ("limit 10485760", 6, "10485760"),
        ("limit 10 MB", 6, "10 MB"),
        ("limit 10 more", 6, "10"),
        ("limit none", 6, None),
    ],
)
def test_quantity_takes_the_unit_behind_it(text: str, at: int, quantity: str | None) -> None:
    """A unit that stands outside the hole still belongs to the number."""
    assert quantity == read_quantity(text, at)


words = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="{}"), min_size=1
).filter(lambda text: bool(text.strip()))
spaces = st.text(st.sampled_from(" \t\r\n"), min_size=1, max_size=4)


@given(words, spaces)
def test_literal_finds_itself_whatever_the_white_space(text: str, space: str) -> None:
    """Any literal matches itself, respaced."""
    found = find(text, space.join(text.split()) + space)

    assert found is not None
    assert fold_case(fold(text)) == found[0]


@given(st.text(st.characters(codec="ascii", exclude_characters="{}"), min_size=1))
def test_literal_finds_itself_whatever_the_case(text: str) -> None:
    """Any ASCII literal matches itself in capitals."""
    if text.strip():
        assert find(text, text.upper()) is not None


@given(st.text())
def test_folding_the_case_keeps_every_place(text: str) -> None:
    """An offset in the folded text is the same offset in the text, also for letters that grow."""
    assert len(text) == len(fold_case(text))


texts_with_holes = st.lists(
    st.one_of(words, st.sampled_from(["{ip}", "{address}", "{host}", "{n}", "{url}", "{*}"])),
    min_size=1,
    max_size=6,
).map(" ".join)


@given(texts_with_holes, st.text())
def test_any_text_is_refused_or_searched(text: str, reply: str) -> None:
    """A rule's text is either refused as broken or can be searched in anything."""
    try:
        quote = parse_quote(text)
    except KnowledgeError:
        return
    found = compile_quote(quote.text).search(fold_case(fold(reply)))
    assert found is None or quote.anchor in found[0]


HOSTILE = [
    ("a {*} b {*} c", "a b "),
    ("a {address} b {url} c", "a a@"),
    ("a {*} b {address} c", "a b x@y"),
    ("a {host} b {ip} c", "a a.b 1.2.3."),
    ("{address} {*} b {ip} c", "a@b b 1::"),
    ("limit {n} of {n}", "limit 1,000,000,000 "),
]


@pytest.mark.parametrize("text", [text for text, _ in HOSTILE])
def test_no_repeat_in_a_pattern_is_unbounded(text: str) -> None:
    """Each repeat names its most, and runs stand in atomic groups: no search can explode."""
    pattern = compile_quote(parse_quote(text).text).pattern
    bare = re.sub(r"\\.|\[[^\]]*\]", "c", pattern)

    assert re.search(r"[*+]|\{[0-9]*,\}", bare) is None
    assert text.count("{*}") == bare.count("(?>")


@pytest.mark.parametrize(("text", "unit"), HOSTILE)
def test_hostile_text_comes_to_an_end(text: str, unit: str) -> None:
    """A text made of anchors and near misses is searched like any other."""
    hostile = (unit * 100_000)[:100_000]

    assert compile_quote(parse_quote(text).text).search(hostile) is None
