"""The audit finds every kind of planted fault, and nothing where there is none."""

import pytest
from small_knowledge import know, rule

from retour.knowledge.audit import audit
from retour.wire.reply import parse_reply

SOUND = [
    rule("full", "mailbox-full", "mailbox is full"),
    rule("gone", "user-unknown", "no such mailbox", "yields_to = ['full']"),
]


def kinds(**files: list[str]) -> set[tuple[str, str]]:
    """Return (rule, kind) of what the audit finds."""
    return {(found.rule, found.kind) for found in audit(know(**files), parse_reply)}


def test_sound_rules_have_no_findings() -> None:
    """Rules that keep apart, or say who yields, pass."""
    assert kinds(phrase=SOUND, code=[rule("code", "user-unknown", more="code = [550]")]) == set()


def with_example(name: str, cause: str, text: str, example: str, more: str = "") -> str:
    """Return the TOML of a rule with another example than its text."""
    return (
        f"[[rule]]\nid = '{name}'\ncause = '{cause}'\ntext = ['{text}']\n"
        f"examples = ['{example}']\n{more}\n"
    )


@pytest.mark.parametrize(
    ("toml", "found"),
    [
        (with_example("it", "virus", "a virus", "a worm"), {("it", "no-match"), ("it", "dead")}),
        (
            with_example("it", "virus", "a virus", "550 5.1.1 a virus", "status = ['5.7.1']"),
            {("it", "no-match"), ("it", "dead")},
        ),
        (
            with_example("it", "virus", "a virus", "a virus, and mailbox is full"),
            {("it", "lost"), ("it", "dead")},
        ),
        (
            rule("it", "virus", "a virus", "counter_examples = ['not a virus']"),
            {("it", "counter-example")},
        ),
        (
            with_example("it", "virus", "malware was found", "malware was found; mailbox is full"),
            {("it", "overlap")},
        ),
        (
            rule("it", "virus", "mailbox is full", "code = [550]"),
            {("it", "no-match"), ("it", "dead")},
        ),
        (rule("it", "virus", "a virus", "yields_to = ['nobody']"), {("it", "yields-to")}),
        (rule("it", "virus", "a virus", "yields_to = ['it']"), {("it", "yields-to")}),
        (rule("it", "virus", "bad"), {("it", "anchor")}),
        (
            rule("it", "virus", "a virus")
            + rule("on", "virus", "a worm", "yields_to = ['off']")
            + rule("off", "virus", "a trojan", "yields_to = ['on']"),
            {("on", "yields-to"), ("off", "yields-to")},
        ),
        (
            "[[rule]]\nid = 'it'\ncause = 'too-large'\ntext = ['over limit', 'limit of {n}']\n"
            "examples = ['over limit']\nfacts = {size_limit = 'n'}",
            {("it", "fact")},
        ),
        (
            "[[rule]]\nid = 'it'\ncause = 'virus'\ntext = ['a virus', 'mailbox is full now']\n"
            "examples = ['a virus']\nyields_to = ['full']",
            {("it", "shadowed")},
        ),
    ],
)
def test_planted_fault_is_found(toml: str, found: set[tuple[str, str]]) -> None:
    """One fault beside sound rules is the only one found."""
    assert found == kinds(phrase=[*SOUND, toml])


def test_overlap_inside_a_longer_quotation_is_declared_by_it() -> None:
    """Words inside the longer words of a rule need no declaration."""
    longer = rule("longer", "mailbox-disabled", "mailbox is full of dust")

    assert kinds(phrase=[*SOUND, longer]) == set()


def test_bare_code_that_another_rule_always_reads_is_dead_weight() -> None:
    """Of two readings of one code, the one that can never win is found."""
    codes = [rule("a", "virus", more="code = [550]"), rule("b", "expired", more="code = [550]")]

    assert kinds(code=codes) == {("b", "shadowed")}


def test_findings_say_what_is_wrong_in_a_sentence() -> None:
    """A finding names the file, the rule, and the words."""
    (found,) = audit(know(phrase=[rule("it", "virus", "bad")]), parse_reply)

    assert (found.file, found.rule) == ("rules/phrase.toml", "it")
    assert found.says == "the longest literal of 'bad' is shorter than 4"
