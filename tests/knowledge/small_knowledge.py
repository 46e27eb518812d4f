"""Small knowledge for the tests of the matcher and of the audit."""

from functools import lru_cache

from retour.knowledge.causefile import read_causes
from retour.knowledge.load import DATA
from retour.knowledge.match import Index
from retour.knowledge.rulefile import check_together, parse_rules
from retour.knowledge.schema import Cause, Knowledge, Rule

HEAD = "source = 'test'\nchecked = 2026-01-02\n"


def rule(name: str, cause: str, text: str = "", more: str = "") -> str:
    """Return the TOML of a rule whose example is its text."""
    said = f"text = ['{text}']\nexamples = ['{text}']\n" if text else ""
    return f"[[rule]]\nid = '{name}'\ncause = '{cause}'\n{said}{more}\n"


def rules_of(tier: str, *tomls: str) -> list[Rule]:
    """Return the rules of a file of one tier."""
    return parse_rules(f"tier = '{tier}'\n{HEAD}" + "\n".join(tomls), f"rules/{tier}.toml")


def know(**files: list[str]) -> Knowledge:
    """Return knowledge of just these rules, given as TOML by tier."""
    rules = [one for tier, tomls in files.items() for one in rules_of(tier, *tomls)]
    check_together(rules, _causes())
    return Knowledge(_causes(), {one.id: one for one in rules}, {}, {}, Index.of(rules))


@lru_cache
def _causes() -> dict[str, Cause]:
    return {cause.name: cause for cause in read_causes(DATA / "causes.toml")}
