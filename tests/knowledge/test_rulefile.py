"""Rule files and the list of causes: what is read, and how a broken one is named."""

import re
from pathlib import Path

import pytest
from small_knowledge import HEAD, know, rule, rules_of

from retour.knowledge.causefile import read_causes
from retour.knowledge.rulefile import parse_rules, read_rules
from retour.knowledge.schema import KnowledgeError


def test_rule_is_read_with_the_defaults_of_its_file() -> None:
    """Source and date come from the file where the rule has none of its own."""
    (one,) = rules_of("phrase", rule("a", "virus", "virus found", "remote = ['Example.ORG.']"))

    assert (one.id, one.tier, one.cause, one.text) == ("a", "phrase", "virus", ("virus found",))
    assert (one.source, one.checked, one.file) == ("test", "2026-01-02", "rules/phrase.toml")
    assert one.remote == ("example.org",)
    assert (one.actor, one.permanent, one.facts) == (None, None, ())


def test_rule_overrides_what_its_file_says() -> None:
    """A rule's own source and date win."""
    (one,) = rules_of("phrase", rule("a", "virus", "v", "source = 'RFC 1'\nchecked = 2026-02-03"))

    assert (one.source, one.checked) == ("RFC 1", "2026-02-03")


@pytest.mark.parametrize(
    ("tier", "toml", "fault"),
    [
        ("phrase", "[[rule", "rules/phrase.toml: not valid TOML"),
        ("phrase", "[rule]\nid = 'a'", "write [[rule]], not [rule]"),
        ("phrase", "extra = 1", "unknown key 'extra'"),
        ("wrong", rule("a", "virus", "v"), "rule a: the file's tier must be one of"),
        ("phrase", "[[rule]]\ncause = 'virus'", "rule number 1: id is missing"),
        ("phrase", "[[rule]]\nid = ' '", "id is missing or no text"),
        ("phrase", rule("a", "virus", "v", "colour = 'red'"), "rule a: unknown key 'colour'"),
        ("phrase", rule("a", "virus", "v", "actor = 'king'"), "unknown actor 'king'"),
        ("phrase", rule("a", "virus", "v", "permanent = 1"), "permanent must be true or false"),
        ("phrase", rule("a", "virus", "v", "status = ['5.1']"), "status '5.1' must look like"),
        ("phrase", rule("a", "virus", "v", "status = ['3.1.1']"), "status '3.1.1' must look like"),
        ("phrase", rule("a", "virus", "v", "status = ['5.1.9-1']"), "must look like"),
        ("phrase", rule("a", "virus", "v", "status = '5.1.1'"), "status must be a list of texts"),
        ("phrase", rule("a", "virus", "v", "code = [99]"), "code must be a list of numbers"),
        ("phrase", rule("a", "virus", "v", "code = [true]"), "code must be a list of numbers"),
        ("phrase", rule("a", "virus", "v", "facts = ['n']"), "facts must be a table"),
        ("phrase", rule("a", "virus", "v {n}", "facts = {age = 'n'}"), "unknown fact 'age'"),
        ("phrase", rule("a", "virus", "v", "facts = {ip = 'ip'}"), "which no text has"),
        ("phrase", rule("a", "virus", "v", "checked = 'now'"), "checked is missing or no date"),
        ("phrase", rule("a", "virus", "v {x}"), "unknown hole {x}"),
        ("phrase", rule("a", "virus"), "a rule of tier phrase needs a text"),
        ("phrase", "[[rule]]\nid = 'a'\ncause = 'virus'\ntext = ['v']", "one example is needed"),
        ("code", rule("a", "virus", "v"), "a rule of tier code has a code"),
        ("status", rule("a", "virus", "v"), "a rule of tier status has a status and no text"),
        ("status", rule("a", "virus", more="status = ['x.7.1']"), "does not belong to tier status"),
        ("vague", rule("a", "virus", more="status = ['5.1.1']"), "does not belong to tier vague"),
    ],
)
def test_broken_rule_file_is_refused_by_name(tier: str, toml: str, fault: str) -> None:
    """The error is one sentence with the file, the rule and the fault."""
    with pytest.raises(KnowledgeError, match=re.escape(fault)) as error:
        rules_of(tier, toml)

    assert str(error.value).startswith(f"rules/{tier}.toml: ")
    assert "\n" not in str(error.value)


def test_rule_without_a_source_is_refused() -> None:
    """Every rule names where it comes from."""
    with pytest.raises(KnowledgeError, match="source is missing"):
        parse_rules("tier = 'phrase'\n" + rule("a", "virus", "v"), "a.toml")


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        (rule("a", "virus", "v") + rule("a", "virus", "w"), "the id is there twice"),
        (rule("a", "boredom", "v"), "unknown cause 'boredom'"),
    ],
)
def test_rules_that_do_not_fit_together_are_refused(toml: str, fault: str) -> None:
    """An id is unique, and a cause is of the closed list."""
    with pytest.raises(KnowledgeError, match=fault):
        know(phrase=[toml])


def test_rule_file_is_named_by_its_place_in_the_data(tmp_path: Path) -> None:
    """Errors and rules name a file relative to the data folder."""
    file = tmp_path / "rules" / "phrase" / "a.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f"tier = 'phrase'\n{HEAD}" + rule("a", "virus", "v"), encoding="utf-8")

    assert [one.file for one in read_rules(file, tmp_path)] == ["rules/phrase/a.toml"]


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        ("[a", "causes.toml: not valid TOML"),
        ("[a]\nsays = 's'\nactor = 'king'", "causes.toml: cause a: actor is 'king'"),
        (
            "[a]\nactor = 'sender'\npermanent = true\nscope = 'address'\nretry = 'no'",
            "causes.toml: cause a: .*says",
        ),
    ],
)
def test_broken_list_of_causes_is_refused_by_name(tmp_path: Path, toml: str, fault: str) -> None:
    """The error names the cause and the fault."""
    file = tmp_path / "causes.toml"
    file.write_text(toml, encoding="utf-8")

    with pytest.raises(KnowledgeError, match=fault):
        read_causes(file)
