"""Which rules speak about a reply, and in which order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_knowledge import know, rule

from retour.knowledge.explain import explain_match
from retour.knowledge.load import DATA, load_folder
from retour.knowledge.match import TEXT_MAX
from retour.knowledge.schema import Knowledge


def ids(knowledge: Knowledge, text: str, **codes: object) -> list[str]:
    """Return the ids of the rules that speak, best first."""
    return [match.rule.id for match in knowledge.match(text, **codes)]  # type: ignore[arg-type]


TIERED = know(
    code=[rule("code", "user-unknown", more="code = [550]")],
    vague=[rule("vague", "policy-refused", more="status = ['5.7.1']")],
    generic=[rule("generic", "policy-refused", "rejected")],
    status=[rule("status", "spf-failed", more="status = ['x.7.23']")],
    phrase=[rule("phrase", "spam-content", "looks like spam")],
    server=[rule("server", "system-error", "cannot queue")],
    receiver=[rule("receiver", "rate-limited", "[TS03]")],
)


@pytest.mark.parametrize(
    ("text", "status", "expected"),
    [
        ("rejected: looks like spam", "5.7.1", ["phrase", "generic", "vague", "code"]),
        ("rejected", "5.7.23", ["status", "generic", "code"]),
        ("[TS03] cannot queue", "5.7.23", ["receiver", "server", "status", "code"]),
        ("cannot queue what looks like spam", None, ["server", "phrase", "code"]),
        ("nothing said", None, ["code"]),
    ],
)
def test_tiers_rank_by_who_speaks(text: str, status: str | None, expected: list[str]) -> None:
    """A provider's own tag beats words, words beat telling codes, those beat vague words."""
    assert expected == ids(TIERED, text, code=550, status=status)


def test_of_each_cause_the_best_rule_can_be_asked_for() -> None:
    """The weaker rules for a cause are left out, whatever stands between them."""
    assert ids(TIERED, "rejected: looks like spam", code=550, status="5.7.1", one_a_cause=True) == [
        "phrase",
        "generic",
        "code",
    ]


@pytest.mark.parametrize(
    ("tomls", "expected"),
    [
        (
            [rule("short", "user-unknown", "address"), rule("long", "spam-content", "ip address")],
            ["long", "short"],
        ),
        (
            [
                rule("first", "user-unknown", "address", "yields_to = ['second']"),
                rule("second", "spam-content", "ip"),
            ],
            ["second", "first"],
        ),
        (
            [
                rule("a", "user-unknown", "ip address", "yields_to = ['b']"),
                rule("b", "spam-content", "address", "yields_to = ['c']"),
                rule("c", "virus", "ip"),
            ],
            ["c", "b", "a"],
        ),
        (
            [
                rule("a", "user-unknown", "ip address", "yields_to = ['b']"),
                rule("b", "spam-content", "address", "yields_to = ['a']"),
            ],
            ["a", "b"],
        ),
        (
            [
                rule("free", "user-unknown", "address"),
                rule("bound", "spam-content", "address", "code = [550]"),
            ],
            ["bound", "free"],
        ),
        (
            [rule("late", "user-unknown", "port"), rule("early", "spam-content", "host")],
            ["early", "late"],
        ),
    ],
    ids=["literal", "yields", "yields in turn", "yields in a circle", "conditions", "place"],
)
def test_inside_a_tier_the_more_specific_rule_wins(tomls: list[str], expected: list[str]) -> None:
    """First yielding, then literal characters, then conditions, then the place decide."""
    knowledge = know(phrase=tomls)

    assert expected == ids(knowledge, "the ip address of the host and port", code=550)


def test_rule_yields_across_tiers() -> None:
    """A rule can name one of a weaker tier that knows better."""
    knowledge = know(
        receiver=[rule("tag", "spam-content", "[x]", "yields_to = ['words']")],
        phrase=[rule("words", "mailbox-full", "mailbox full")],
    )

    assert ids(knowledge, "[x] mailbox full") == ["words", "tag"]
    assert ids(knowledge, "[x]") == ["tag"]


@pytest.mark.parametrize(
    ("condition", "reply", "speaks"),
    [
        ("status = ['x.2.2']", {"status": "5.2.2"}, True),
        ("status = ['x.2.2']", {"status": "4.2.2"}, True),
        ("status = ['x.2.2']", {"status": "5.2.1"}, False),
        ("status = ['x.2.2']", {}, False),
        ("status = ['5.7.606-649']", {"status": "5.7.610"}, True),
        ("status = ['5.7.606-649']", {"status": "5.7.650"}, False),
        ("code = [452, 552]", {"code": 552}, True),
        ("code = [452, 552]", {"code": 550}, False),
        ("code = [452, 552]", {}, False),
        ("remote = ['google.com']", {"remote": "gmail-smtp-in.l.GOOGLE.com."}, True),
        ("remote = ['google.com']", {"remote": "google.com"}, True),
        ("remote = ['google.com']", {"remote": "notgoogle.com"}, False),
        ("remote = ['google.com']", {}, False),
    ],
)
def test_condition_decides_whether_a_rule_speaks(
    condition: str, reply: dict[str, object], speaks: bool
) -> None:
    """A rule with a condition is silent where the reply does not fulfil it, or does not say."""
    knowledge = know(phrase=[rule("it", "mailbox-full", "over quota", condition)])

    assert (["it"] if speaks else []) == ids(knowledge, "is over quota", **reply)


@pytest.mark.parametrize(
    ("text", "facts", "reply", "expected"),
    [
        ("blocked {ip}", "", "Blocked [192.0.2.1]", {"ip": "192.0.2.1"}),
        ("see {url}", "", "See https://Example.org/Help.", {"url": "https://Example.org/Help"}),
        ("now {address}", "new_address = 'address'", "NOW <Me@x.org>", {"new_address": "Me@x.org"}),
        ("max {n}", "size_limit = 'n'", "max 10 MB", {"size_limit": "10 MB"}),
        ("{n} over {n} kb", "size_limit = 'n2'", "20 over 10 KB", {"size_limit": "10 KB"}),
        ("wait {n} minutes", "retry_after = 'n'", "wait 5 minutes", {"retry_after": "5 minutes"}),
        ("by {host}", "", "by mx.example.org", {}),
    ],
)
def test_holes_fill_facts_as_written(
    text: str, facts: str, reply: str, expected: dict[str, str]
) -> None:
    """Addresses and links fill their facts by themselves, other holes where the rule says so."""
    knowledge = know(phrase=[rule("it", "rate-limited", text, f"facts = {{{facts}}}")])

    assert expected == dict(knowledge.match(reply)[0].facts)


def test_quote_is_the_text_as_written() -> None:
    """The quote and its offsets are those of the folded text, in the text's own case."""
    match = TIERED.match("Sorry,\r\n  this  LOOKS like\tSpam.")[0]

    assert match.quote == "LOOKS like Spam"
    assert (match.start, match.end) == (12, 27)


def test_quote_keeps_its_place_behind_letters_that_grow() -> None:
    """A letter that becomes two when lower-cased does not shift the quote."""
    assert TIERED.match("\u0130\u0130: Looks like spam")[0].quote == "Looks like spam"


def test_code_is_quoted_where_it_stands() -> None:
    """A bare code rule quotes the code, with its place where the text has it."""
    said, unsaid = TIERED.match("x 5.7.23 y", status="5.7.23")[0], TIERED.match("y", code=550)[0]

    assert (said.quote, said.start, said.end) == ("5.7.23", 2, 8)
    assert (unsaid.quote, unsaid.start, unsaid.end) == ("550", 0, 0)


def test_longest_of_a_rule_s_texts_speaks() -> None:
    """A rule speaks once, with its most specific text."""
    knowledge = know(
        phrase=[
            "[[rule]]\nid = 'it'\ncause = 'mailbox-full'\n"
            "text = ['mailbox', 'mailbox is full', 'box {*} full']\nexamples = ['mailbox']"
        ]
    )

    assert [match.quote for match in knowledge.match("his mailbox is full")] == ["mailbox is full"]


def test_two_rules_can_share_a_text_with_holes() -> None:
    """A text that two rules have is found for both."""
    knowledge = know(
        phrase=[rule("a", "unreachable", "to {host} refused", "code = [450]")],
        server=[rule("b", "unreachable", "to {host} refused")],
    )

    assert ids(knowledge, "to mx.example.org refused", code=450) == ["b", "a"]


def test_later_anchor_serves_where_the_first_is_glued() -> None:
    """A word that is part of another one does not hide the word that stands alone."""
    assert ids(TIERED, "unrejected, then rejected") == ["generic"]


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    """Words behind the bound are not read; those before it are."""
    assert ids(TIERED, "x " * TEXT_MAX + "rejected") == []
    assert ids(TIERED, "rejected" + " x" * TEXT_MAX) == ["generic"]


def test_a_megabyte_of_anchors_is_answered() -> None:
    """A text made of anchors costs no more than its beginning."""
    assert ids(load_folder(DATA), "mailbox is full unknown user ip 192.0.2.1 " * 25_000)


@given(
    st.text(st.characters()) | st.sampled_from(["rejected \ud800", "\u0130 rejected"]),
    st.none() | st.integers(),
    st.none() | st.text(),
    st.none() | st.text(),
)
def test_matching_never_raises(
    text: str, code: int | None, status: str | None, remote: str | None
) -> None:
    """Any text with any codes is answered."""
    for match in TIERED.match(text, code=code, status=status, remote=remote):
        assert match.quote


def test_explanation_names_what_beat_each_rule() -> None:
    """Each rule is shown with the reason for its place."""
    knowledge = know(
        receiver=[rule("tag", "spam-content", "[x]", "yields_to = ['long']")],
        phrase=[
            rule("long", "mailbox-full", "mailbox is full"),
            rule("short", "mailbox-disabled", "mailbox"),
            rule("bound", "user-unknown", "mailbox", "code = [550]"),
            rule("same", "user-unknown", "iserror"),
        ],
        code=[rule("code", "user-unknown", more="code = [550]")],
    )

    ranked = explain_match(knowledge, "[x] mailbox is full iserror", code=550)

    assert {one.match.rule.id: one.reason for one in ranked} == {
        "long": "wins over tag",
        "tag": "yields to long",
        "bound": "tier phrase ranks below tier receiver",
        "short": "sets fewer conditions than bound",
        "same": "stands later in the reply than short",
        "code": "tier code ranks below tier phrase",
    }


def test_explanation_of_a_rule_that_speaks_alone() -> None:
    """A single rule has beaten nothing, and silence explains nothing."""
    assert [one.reason for one in explain_match(TIERED, "rejected")] == [
        "the only rule that speaks"
    ]
    assert explain_match(TIERED, "") == []
