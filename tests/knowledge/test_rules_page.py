"""The page on how to add a rule says what is true."""

import re
from dataclasses import fields
from pathlib import Path

from small_knowledge import know

from retour.knowledge.audit import audit
from retour.knowledge.match import Index
from retour.knowledge.rulefile import parse_rules
from retour.knowledge.schema import TIERS, Knowledge, Rule
from retour.wire.reply import parse_reply

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")


def test_example_of_the_page_passes_the_audit() -> None:
    """The page's own rules are sound, and catch what the page says."""
    (toml,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    rules = parse_rules(toml, "page")
    knowledge = Knowledge(know().causes, {one.id: one for one in rules}, {}, {}, Index.of(rules))

    assert audit(knowledge, parse_reply) == []
    (match,) = knowledge.match(rules[1].examples[0])
    assert match.facts == {"size_limit": "26214400 bytes"}


def test_page_names_every_key_and_tier() -> None:
    """No key of a rule and no tier is left out, and tiers stand in their order."""
    named = re.findall(r"`([a-z_]+)`", PAGE)

    assert {field.name for field in fields(Rule)} - {"file"} <= set(named)
    assert tuple(re.findall(r"^\| `([a-z]+)` \|", PAGE.split("## Who wins")[1], re.M)) == TIERS
