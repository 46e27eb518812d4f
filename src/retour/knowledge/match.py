"""All rules compiled into one index: which rules speak about a reply, best first.

One Aho-Corasick automaton finds the anchors of all texts in one pass; only rules whose anchor
stands in the reply are looked at any further. Precedence: tier, then ``yields_to``, then literal
characters, then how many conditions a rule sets, then where it stands in the reply.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from retour.knowledge.quote import compile_quote, fold, fold_case, read_quantity
from retour.knowledge.schema import TIERS, Match, Rule

TEXT_MAX = 8192
"""How far one text is read, in characters; a line ends at 512 octets (RFC 5321 §4.5.3.1.5)."""

_FREE_HOLES = ("ip", "url")
_NO_FACTS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One compiled text of one rule.

    Attributes:
        rule: the rule's number.
        anchor: what the automaton looks for.
        literal: literal characters in the text.
        holed: the text, where it has holes; empty where it is one literal.
        before: the most characters that a match can have before the anchor.
        after: likewise behind it.
    """

    rule: int
    anchor: str
    literal: int
    holed: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class _Condition:
    """What must be true of the reply for a rule to speak; empty: anything."""

    codes: frozenset[int]
    statuses: frozenset[str]
    remotes: tuple[str, ...]

    def holds(self, code: int | None, status: str | None, remote: str | None) -> bool:
        if self.codes and code not in self.codes:
            return False
        if self.statuses and status not in self.statuses:
            return False
        if not self.remotes:
            return True
        return remote is not None and any(
            remote == name or remote.endswith("." + name) for name in self.remotes
        )


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


class Index:
    """The compiled rules. Immutable after construction; safe to share between threads."""

    __slots__ = (
        "_automaton",
        "_by_anchor",
        "_by_code",
        "_by_status",
        "_conditions",
        "_keys",
        "_rules",
    )

    def __init__(self, rules: Sequence[Rule], patterns: Sequence[Pattern]) -> None:
        self._rules = rules
        self._conditions = [_condition(rule) for rule in rules]
        # Smaller sorts first: tier, then (filled in per match) literal characters, then conditions.
        tiers = {tier: n for n, tier in enumerate(TIERS)}
        self._keys = [(tiers[rule.tier], -rule.conditions) for rule in rules]
        anchors: dict[str, list[Pattern]] = {}
        for pattern in patterns:
            anchors.setdefault(pattern.anchor, []).append(pattern)
        self._by_anchor = [tuple(entries) for entries in anchors.values()]
        # The non-contiguous automaton is made twice as fast as the others, and nearly as quick.
        self._automaton = AhoCorasick(
            list(anchors),
            matchkind=MatchKind.Standard,
            store_patterns=False,
            implementation=Implementation.NoncontiguousNFA,
        )
        self._by_status, self._by_code = _bare_rules(rules)

    def match(
        self, text: str, code: int | None, status: str | None, remote: str | None
    ) -> list[Match]:
        """Return every rule that speaks, best first. See `schema.Knowledge.match`."""
        words = fold(text[:TEXT_MAX])
        if remote is not None:
            remote = remote.lower().rstrip(".")
        found = self._spans(fold_case(words), code, status, remote)
        matches = [self._quote(words, n, *span) for n, span in found.items()]
        bare = self._bare(code, status, remote)
        if bare:
            matches += [self._quote_code(words, n, code, status) for n in bare]
        if len(matches) < 2:
            return matches
        return self._rank([*found, *bare], matches)

    def _spans(
        self, low: str, code: int | None, status: str | None, remote: str | None
    ) -> dict[int, tuple[int, int, int, str]]:
        """Return, by rule number, the span, literal characters and holed text of its best match."""
        found: dict[int, tuple[int, int, int, str]] = {}
        searched: dict[str, tuple[int, int] | None] = {}
        conditions = self._conditions
        for anchor, start, end in self._automaton.find_matches_as_indexes(low, overlapping=True):
            for pattern in self._by_anchor[anchor]:
                best = found.get(pattern.rule)
                if best is not None and best[2] >= pattern.literal:
                    continue
                condition = conditions[pattern.rule]
                if condition is not None and not condition.holds(code, status, remote):
                    continue
                if not pattern.holed:
                    if not _glued(low, start, end):
                        found[pattern.rule] = (start, end, pattern.literal, "")
                else:
                    # One search from the first anchor on covers the later ones too.
                    if pattern.holed not in searched:
                        searched[pattern.holed] = _search(low, pattern, start)
                    span = searched[pattern.holed]
                    if span is not None:
                        found[pattern.rule] = (*span, pattern.literal, pattern.holed)
        return found

    def _bare(self, code: int | None, status: str | None, remote: str | None) -> list[int]:
        numbers = self._by_status.get(status, ()) if status is not None else ()
        if code is not None:
            numbers = (*numbers, *self._by_code.get(code, ()))
        return [n for n in numbers if self._holds(n, code, status, remote)]

    def _holds(self, n: int, code: int | None, status: str | None, remote: str | None) -> bool:
        condition = self._conditions[n]
        return condition is None or condition.holds(code, status, remote)

    def _quote(self, words: str, n: int, start: int, end: int, literal: int, holed: str) -> Match:
        rule = self._rules[n]
        facts = _facts(rule, words, start, end, holed) if holed else _NO_FACTS
        return Match(rule, words[start:end], start, end, facts, literal)

    def _quote_code(self, words: str, n: int, code: int | None, status: str | None) -> Match:
        rule = self._rules[n]
        said = str(code) if rule.tier == "code" else str(status)
        at = words.find(said)
        start, end = (at, at + len(said)) if at >= 0 else (0, 0)
        return Match(rule, said, start, end, _NO_FACTS)

    def _rank(self, numbers: list[int], matches: list[Match]) -> list[Match]:
        keyed = []
        for n, match in zip(numbers, matches, strict=True):
            tier, conditions = self._keys[n]
            keyed.append((tier, -match.literal, conditions, match.start, n, match))
        keyed.sort(key=_sort_key)
        ranked = [entry[5] for entry in keyed]
        if any(match.rule.yields_to for match in ranked):
            return _yield(ranked)
        return ranked


def _sort_key(entry: tuple[int, int, int, int, int, Match]) -> tuple[int, int, int, int, int]:
    return entry[:5]


def _yield(ranked: list[Match]) -> list[Match]:
    """Move each match behind those that its rule yields to, else keep the order."""
    waiting, ordered = list(ranked), []
    while waiting:
        ids = {match.rule.id for match in waiting}
        # Yielding in a circle is a fault that the audit finds; here the first then goes on.
        at = next((n for n, match in enumerate(waiting) if ids.isdisjoint(match.rule.yields_to)), 0)
        ordered.append(waiting.pop(at))
    return ordered


def _condition(rule: Rule) -> _Condition | None:
    if not (rule.code or rule.status or rule.remote):
        return None
    statuses = frozenset(one for pattern in rule.status for one in expand_status(pattern))
    return _Condition(frozenset(rule.code), statuses, rule.remote)


def _bare_rules(
    rules: Sequence[Rule],
) -> tuple[dict[str, tuple[int, ...]], dict[int, tuple[int, ...]]]:
    """Return the numbers of the rules without a text, by status and by code."""
    by_status: dict[str, tuple[int, ...]] = {}
    by_code: dict[int, tuple[int, ...]] = {}
    for n, rule in enumerate(rules):
        if rule.text:
            continue
        if rule.tier == "code":
            for code in rule.code:
                by_code[code] = (*by_code.get(code, ()), n)
        for pattern in rule.status:
            for status in expand_status(pattern):
                by_status[status] = (*by_status.get(status, ()), n)
    return by_status, by_code


def _glued(low: str, start: int, end: int) -> bool:
    """Whether a letter or digit at an edge of the span continues a word outside it (ASCII only)."""
    if start > 0 and _is_word(low[start]) and _is_word(low[start - 1]):
        return True
    return end < len(low) and _is_word(low[end - 1]) and _is_word(low[end])


def _is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _search(low: str, pattern: Pattern, start: int) -> tuple[int, int] | None:
    """Return the span of a holed text's first match that has its anchor at ``start`` or later."""
    found = compile_quote(pattern.holed).search(low, max(0, start - pattern.before - 1))
    return found.span() if found else None


def _facts(rule: Rule, words: str, start: int, end: int, holed: str) -> Mapping[str, str]:
    """Return what the holes caught, as the text spells it."""
    expression = compile_quote(holed)
    wanted = {fact: hole for fact, hole in rule.facts if hole in expression.groupindex}
    for hole in _FREE_HOLES:
        if hole in expression.groupindex:
            wanted.setdefault(hole, hole)
    if not wanted:
        return _NO_FACTS
    # Searched again over the span instead of kept, because most matches need no facts.
    found = expression.match(fold_case(words), start)
    if found is None or found.end() != end:
        return _NO_FACTS
    facts = {}
    for fact, hole in wanted.items():
        value = words[found.start(hole) : found.end(hole)]
        if hole.rstrip("0123456789") == "n":
            value = read_quantity(words, found.start(hole)) or value
        facts[fact] = value.strip("<>[]") if hole != "url" else value
    return facts
