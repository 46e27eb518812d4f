"""Rules to what the matcher needs, as plain values that JSON can hold.

Slow and done once; `match.Index` is made from the result in milliseconds, whether it was computed
now or kept from before.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TypedDict

from retour.knowledge.quote import Quote, parse_quote
from retour.knowledge.schema import TIERS, Rule

ANCHOR_MAX = 10
"""Characters of a text that the automaton looks for: more make it slower to build, and hardly fewer
texts have to be looked at (measured on 3,700 texts: 3.7 a reply at 10, 3.0 at 16)."""

TIER_RANK = 1_000_000
LITERAL_RANK = 10
"""A tier counts more than any number of literal characters, and each of those more than any
conditions (`schema.Rule.conditions`)."""

Entry = tuple[int, int, str, str, int, int | None, int | None]
"""One text: its rule's number; literal characters; the text, where it is one literal, else words
that it has besides the anchor; the text, where it has holes; the most characters before the
anchor; offsets from the anchor to holes beside it that no bare word can fill (`Quote.lead`)."""

Condition = tuple[Sequence[int], Sequence[str], Sequence[str]]
"""Reply codes, enhanced status codes and hosts that a rule demands; empty: any."""


class Compiled(TypedDict):
    """All rules, compiled. Numbers are places in the sequence of rules.

    Keys:
        anchors: what the automaton looks for.
        causes: per rule its cause.
        ranks: per rule its tier and conditions as a number: smaller ranks first, after taking off
            `LITERAL_RANK` for each literal character.
        yields: of the rules that yield to others, by number, the others' numbers.
        conditions: of the rules that have any, by number.
        by_status: bare rules by enhanced status code.
        by_code: bare rules by reply code.
    """

    anchors: list[str]
    causes: list[str]
    ranks: list[int]
    yields: list[tuple[int, list[int]]]
    conditions: list[tuple[int, Condition]]
    by_status: dict[str, list[int]]
    by_code: list[tuple[int, list[int]]]


def compile_rules(rules: Sequence[Rule]) -> tuple[Compiled, list[list[Entry]]]:
    """Compile checked rules.

    Returns:
        All but the texts, and the texts behind each anchor, in the order of the anchors.

    Raises:
        KnowledgeError: a text whose holes are not valid.
    """
    entries = _entries(rules)
    numbers = {rule.id: n for n, rule in enumerate(rules)}
    by_status: dict[str, list[int]] = {}
    by_code: dict[int, list[int]] = {}
    for n, rule in enumerate(rules):
        if rule.text:
            continue
        if rule.tier == "code":
            for code in rule.code:
                by_code.setdefault(code, []).append(n)
        for status in expand_statuses(rule):
            by_status.setdefault(status, []).append(n)
    compiled: Compiled = {
        "anchors": list(entries),
        "causes": [rule.cause for rule in rules],
        "ranks": [TIERS.index(rule.tier) * TIER_RANK - rule.conditions for rule in rules],
        "yields": [
            (n, [numbers[name] for name in rule.yields_to if name in numbers])
            for n, rule in enumerate(rules)
            if rule.yields_to
        ],
        "conditions": [
            (n, (rule.code, expand_statuses(rule), rule.remote))
            for n, rule in enumerate(rules)
            if rule.conditions
        ],
        "by_status": by_status,
        "by_code": list(by_code.items()),
    }
    return compiled, list(entries.values())


def _entries(rules: Sequence[Rule]) -> dict[str, list[Entry]]:
    """Return the texts by anchor: of each, the window that the fewest other texts have too."""
    quotes = [(n, parse_quote(text)) for n, rule in enumerate(rules) for text in rule.text]
    shared = Counter(window for _, quote in quotes for window in set(_windows(quote.anchor)))
    entries: dict[str, list[Entry]] = {}
    for n, quote in quotes:
        windows = _windows(quote.anchor)
        at = min(range(len(windows)), key=lambda place: (shared[windows[place]], place))
        entries.setdefault(windows[at], []).append(_entry(n, quote, at))
    return entries


def _windows(anchor: str) -> list[str]:
    last = max(0, len(anchor) - ANCHOR_MAX)
    return [anchor[at : at + ANCHOR_MAX] for at in range(last + 1)]


def _entry(rule: int, quote: Quote, at: int) -> Entry:
    if quote.plain:
        return rule, quote.literal, quote.anchor, "", at, None, None
    lead = None if quote.lead is None else -quote.lead - at
    trail = None if quote.trail is None else quote.trail - at
    return rule, quote.literal, quote.other, quote.text, quote.before + at, lead, trail


def expand_statuses(rule: Rule) -> list[str]:
    """Return all codes that a rule's status patterns mean."""
    return [status for pattern in rule.status for status in expand_status(pattern)]


def expand_status(pattern: str) -> list[str]:
    """Return the codes that a status pattern means: ``x.2.2`` (x: 4 or 5), ``5.7.606-649``.

    Raises:
        ValueError: no status pattern.
    """
    first, subject, detail = pattern.split(".")
    low, dash, high = detail.partition("-")
    if first not in ("x", "2", "4", "5") or not all(
        part.isascii() and part.isdecimal() and len(part) <= 3
        for part in (subject, low, high if dash else low)
    ):
        raise ValueError(f"{pattern!r} is no status pattern")
    classes = ("4", "5") if first == "x" else (first,)
    details = range(int(low), int(high if dash else low) + 1)
    if not details:
        raise ValueError(f"{pattern!r} is an empty range")
    return [f"{one}.{subject}.{number}" for one in classes for number in details]
