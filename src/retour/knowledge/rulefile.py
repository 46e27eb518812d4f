"""One rule file: TOML to rules, every value checked.

Its one rule: a broken file is named, with the rule and the fault, in one sentence.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import cast, get_args

from retour.knowledge.compilation import expand_status
from retour.knowledge.quote import parse_quote
from retour.knowledge.schema import FACTS, TIERS, KnowledgeError, Rule
from retour.model.vocabulary import Actor

_FILE_KEYS = {"tier", "source", "checked", "rule"}
_RULE_KEYS = {
    "id", "cause", "text", "status", "code", "remote", "actor", "permanent", "yields_to",
    "facts", "source", "checked", "examples", "counter_examples",
}  # fmt: skip
# Codes that say next to nothing (RFC 3463: "other or undefined"; X.7.1 is used for everything).
VAGUE_STATUSES = frozenset(
    f"{first}.{rest}"
    for first in "45"
    for rest in ("0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0", "7.1")
)


class _FaultError(ValueError):
    """What is wrong with a rule; the caller adds where it stands."""


def read_rules(path: Path, root: Path) -> list[Rule]:
    """Read one rule file.

    Args:
        path: the file.
        root: the data folder, for the file's name in errors and rules.

    Raises:
        KnowledgeError: the file is no TOML, or a value is missing, unknown or of the wrong kind.
    """
    name = path.relative_to(root).as_posix()
    return parse_rules(path.read_text(encoding="utf-8"), name)


def parse_rules(toml: str, name: str) -> list[Rule]:
    """Turn the text of a rule file into rules. See `read_rules`."""
    try:
        table = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError(f"{name}: not valid TOML: {error}") from error
    unknown = sorted(set(table) - _FILE_KEYS)
    if unknown:
        raise KnowledgeError(f"{name}: unknown key {unknown[0]!r}")
    entries = table.get("rule", [])
    if not isinstance(entries, list):
        raise KnowledgeError(f"{name}: write [[rule]], not [rule]")
    rules = []
    for n, entry in enumerate(entries, 1):
        where = f"rule {entry['id']}" if isinstance(entry.get("id"), str) else f"rule number {n}"
        try:
            rules.append(_rule(entry, table, name))
        except ValueError as error:
            raise KnowledgeError(f"{name}: {where}: {error}") from error
    return rules


def _rule(entry: Mapping[str, object], table: Mapping[str, object], name: str) -> Rule:
    unknown = sorted(set(entry) - _RULE_KEYS)
    if unknown:
        raise _FaultError(f"unknown key {unknown[0]!r}")
    tier = table.get("tier")
    if tier not in TIERS:
        raise _FaultError(f"the file's tier must be one of {', '.join(TIERS)}, not {tier!r}")
    actor = entry.get("actor")
    if actor is not None and actor not in get_args(Actor):
        raise _FaultError(f"unknown actor {actor!r}")
    permanent = entry.get("permanent")
    if permanent is not None and not isinstance(permanent, bool):
        raise _FaultError("permanent must be true or false")
    rule = Rule(
        id=_text(entry, "id"),
        tier=tier,
        cause=_text(entry, "cause"),
        text=_texts(entry, "text"),
        status=_texts(entry, "status"),
        code=_codes(entry),
        remote=tuple(host.lower().strip(".") for host in _texts(entry, "remote")),
        actor=cast(Actor | None, actor),
        permanent=permanent,
        yields_to=_texts(entry, "yields_to"),
        facts=_facts(entry),
        source=_text({**table, **entry}, "source"),
        checked=_date({**table, **entry}),
        examples=_texts(entry, "examples"),
        counter_examples=_texts(entry, "counter_examples"),
        file=name,
    )
    _check(rule)
    return rule


def _check(rule: Rule) -> None:
    """Check what two values say together."""
    if not rule.examples and rule.text:
        raise _FaultError("at least one example is needed")
    for pattern in rule.status:
        try:
            expand_status(pattern)
        except ValueError as error:
            raise _FaultError(
                f"status {pattern!r} must look like 5.1.1, x.2.2 or 5.7.606-649"
            ) from error
    if rule.tier == "code":
        if rule.text or rule.status or not rule.code:
            raise _FaultError("a rule of tier code has a code and neither text nor status")
    elif rule.tier in ("status", "vague"):
        _check_bare_status(rule)
    elif not rule.text:
        raise _FaultError(f"a rule of tier {rule.tier} needs a text")
    holes = {hole for text in rule.text for hole in parse_quote(text).holes}
    for fact, hole in rule.facts:
        if fact not in FACTS:
            raise _FaultError(f"unknown fact {fact!r}")
        if hole not in holes:
            raise _FaultError(f"fact {fact} names the hole {hole!r}, which no text has")


def _check_bare_status(rule: Rule) -> None:
    if rule.text or not rule.status:
        raise _FaultError(f"a rule of tier {rule.tier} has a status and no text")
    for pattern in rule.status:
        if (expand_status(pattern)[0] in VAGUE_STATUSES) != (rule.tier == "vague"):
            raise _FaultError(f"status {pattern} does not belong to tier {rule.tier}")


def _text(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _FaultError(f"{key} is missing or no text")
    return value


def _texts(table: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(
        isinstance(one, str) and one.strip() for one in value
    ):
        raise _FaultError(f"{key} must be a list of texts")
    return tuple(value)


def _codes(entry: Mapping[str, object]) -> tuple[int, ...]:
    value = entry.get("code", [])
    if not isinstance(value, list) or not all(
        type(one) is int and 200 <= one <= 599 for one in value
    ):
        raise _FaultError("code must be a list of numbers from 200 to 599")
    return tuple(value)


def _date(table: Mapping[str, object]) -> str:
    value = table.get("checked")
    if type(value) is not date:
        raise _FaultError("checked is missing or no date")
    return value.isoformat()


def _facts(entry: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    value = entry.get("facts", {})
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise _FaultError("facts must be a table from fact to hole")
    return tuple(sorted(value.items()))


def check_together(rules: Iterable[Rule], causes: Iterable[str]) -> None:
    """Check what must be true of all rules together before they can be used.

    Raises:
        KnowledgeError: an id that is there twice, or an unknown cause.
    """
    known = set(causes)
    by_id: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in by_id:
            raise KnowledgeError(
                f"{rule.file}: rule {rule.id}: the id is there twice, also in {by_id[rule.id].file}"
            )
        by_id[rule.id] = rule
        if rule.cause not in known:
            raise KnowledgeError(f"{rule.file}: rule {rule.id}: unknown cause {rule.cause!r}")
