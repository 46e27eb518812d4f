"""All rules in one index: which of them speak about a reply, best first.

One Aho-Corasick automaton finds the anchors of all texts in one pass; only texts whose anchor
stands in the reply are looked at any further. Precedence: tier, then ``yields_to``, then literal
characters, then how many conditions a rule sets, then where it stands in the reply.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase, digits
from typing import Protocol, TypeVar

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

from retour.knowledge.compilation import LITERAL_RANK, Compiled, Entry, compile_rules
from retour.knowledge.holed import prepare_quote
from retour.knowledge.quote import fold, fold_case, read_quantity
from retour.knowledge.schema import Match, Rule

TEXT_MAX = 4096
"""How far one text is read, in characters; a line ends at 512 octets (RFC 5321 §4.5.3.1.5)."""

T_co = TypeVar("T_co", covariant=True)


class Numbered(Protocol[T_co]):
    """Values by number, from 0: a list, or what is made when it is first asked for."""

    def __getitem__(self, n: int, /) -> T_co: ...


Span = tuple[int, int, int, str]
"""Start and end in the folded text, literal characters, and the text where it has holes."""

_WORD = frozenset(ascii_lowercase + digits)
_FREE_HOLES = ("ip", "url")
_NO_FACTS: Mapping[str, str] = {}


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


class Index:
    """The compiled rules. Immutable after construction; safe to share between threads."""

    __slots__ = (
        "_automaton",
        "_by_code",
        "_by_status",
        "_causes",
        "_conditions",
        "_entries",
        "_ranks",
        "_rules",
        "_yields",
    )

    def __init__(
        self, compiled: Compiled, entries: Numbered[list[Entry]], rules: Numbered[Rule]
    ) -> None:
        """Make the index.

        Args:
            compiled: what `compilation.compile_rules` made of the rules.
            entries: the texts behind each anchor, by its number.
            rules: the rules by number.
        """
        self._entries = entries
        self._rules = rules
        self._causes = compiled["causes"]
        self._ranks = compiled["ranks"]
        self._yields = {n: frozenset(others) for n, others in compiled["yields"]}
        self._conditions = {
            n: _Condition(frozenset(codes), frozenset(statuses), tuple(remotes))
            for n, (codes, statuses, remotes) in compiled["conditions"]
        }
        self._by_status = compiled["by_status"]
        self._by_code = dict(compiled["by_code"])
        # Over bytes, because the one over text refuses lone surrogates and is slower.
        self._automaton = BytesAhoCorasick(
            [anchor.encode("utf-8", "surrogatepass") for anchor in compiled["anchors"]],
            matchkind=MatchKind.Standard,
            implementation=Implementation.ContiguousNFA,
        )

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> "Index":
        """Compile rules and make their index."""
        return cls(*compile_rules(rules), rules)

    def match(
        self,
        text: str,
        code: int | None,
        status: str | None,
        remote: str | None,
        *,
        one_a_cause: bool = False,
    ) -> list[Match]:
        """Return every rule that speaks, best first. See `schema.Knowledge.match`."""
        words = fold(text[:TEXT_MAX])
        if remote is not None:
            remote = remote.lower().rstrip(".")
        # A bare code comes without words.
        spans = self._spans(fold_case(words), code, status, remote) if words else {}
        bare = self._bare(code, status, remote)
        if not spans and not bare:
            return []
        ranks = self._ranks
        ranked = [(ranks[n] - LITERAL_RANK * span[2], span[0], n) for n, span in spans.items()]
        ranked += [(ranks[n], 0, n) for n in bare]
        ranked.sort()
        ordered = self._yield([n for _, _, n in ranked])
        if one_a_cause and len(ordered) > 1:
            best: dict[str, int] = {}
            for n in ordered:
                best.setdefault(self._causes[n], n)
            ordered = list(best.values())
        matches: list[Match] = []
        for n in ordered:
            rule, span = self._rules[n], spans.get(n)
            if span is None:
                matches.append(_quote_code(rule, words, code, status))
                continue
            start, end, literal, holed = span
            facts = _facts(rule, words, start, end, holed) if holed else _NO_FACTS
            matches.append(Match(rule, words[start:end], start, end, facts, literal))
        return matches

    def _spans(
        self, low: str, code: int | None, status: str | None, remote: str | None
    ) -> dict[int, Span]:
        """Return, by rule number, the span of its best match in folded, lower-cased text."""
        found: dict[int, Span] = {}
        searched: dict[str, tuple[int, int] | None] = {}
        raw = low.encode("utf-8", "surrogatepass")
        wide = len(raw) != len(low)
        for anchor, at, _ in self._automaton.find_matches_as_indexes(raw, overlapping=True):
            if wide:
                at = len(raw[:at].decode("utf-8", "surrogatepass"))  # noqa: PLW2901
            for rule, literal, word, holed, before, lead, trail in self._entries[anchor]:
                if holed:
                    # Most fail here: on "user unknown" for "{address} unknown".
                    if word not in low or not _may_fill(low, at, lead, trail):
                        continue
                elif not low.startswith(word, at - before):
                    continue
                best = found.get(rule)
                if best is not None and best[2] >= literal:
                    continue
                condition = self._conditions.get(rule)
                if condition is not None and not condition.holds(code, status, remote):
                    continue
                if not holed:
                    span = _stand_alone(low, at - before, at - before + len(word))
                else:
                    # One search from the first anchor on covers the later ones too.
                    if holed not in searched:
                        searched[holed] = prepare_quote(holed).search(low, max(0, at - before))
                    span = searched[holed]
                if span is not None:
                    found[rule] = (*span, literal, holed)
        return found

    def _bare(self, code: int | None, status: str | None, remote: str | None) -> list[int]:
        """Return the bare rules for the codes."""
        if code is None and status is None:
            return []
        numbers: list[int] = []
        if status is not None:
            numbers += self._by_status.get(status, ())
        if code is not None:
            numbers += self._by_code.get(code, ())
        conditions = self._conditions
        return [n for n in numbers if conditions[n].holds(code, status, remote)]

    def _yield(self, ranked: list[int]) -> list[int]:
        """Move each rule behind those that it yields to, else keep the order."""
        yields = self._yields
        if len(ranked) < 2:
            return ranked
        for n in ranked:
            if n in yields and not yields[n].isdisjoint(ranked):
                break
        else:
            return ranked
        waiting, ordered = list(ranked), []
        while waiting:
            # Yielding in a circle is a fault that the audit finds; here the first then goes on.
            free = (n for n in waiting if n not in yields or yields[n].isdisjoint(waiting))
            ordered.append(next(free, waiting[0]))
            waiting.remove(ordered[-1])
        return ordered


def _quote_code(rule: Rule, words: str, code: int | None, status: str | None) -> Match:
    said = str(code) if rule.tier == "code" else str(status)
    at = words.find(said)
    start, end = (at, at + len(said)) if at >= 0 else (0, 0)
    return Match(rule, said, start, end, _NO_FACTS)


def _stand_alone(low: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the span, None where a letter or digit outside continues its word (ASCII only)."""
    if start and low[start - 1] in _WORD and low[start] in _WORD:
        return None
    if end < len(low) and low[end] in _WORD and low[end - 1] in _WORD:
        return None
    return start, end


def _may_fill(low: str, at: int, lead: int | None, trail: int | None) -> bool:
    """Say whether more than letters stands where holes must be that no bare word can fill."""
    if lead is not None:
        end = max(0, at + lead)
        word = low[low.rfind(" ", 0, end) + 1 : end]
        if not word or word.isalpha():
            return False
    if trail is not None:
        end = low.find(" ", at + trail)
        word = low[at + trail : end if end >= 0 else len(low)]
        if not word or word.isalpha():
            return False
    return True


def _facts(rule: Rule, words: str, start: int, end: int, holed: str) -> Mapping[str, str]:
    """Return what the holes caught, as the text spells it."""
    quote = prepare_quote(holed)
    wanted = {fact: hole for fact, hole in rule.facts if hole in quote.holes}
    for hole in _FREE_HOLES:
        if hole in quote.holes:
            wanted.setdefault(hole, hole)
    if not wanted:
        return _NO_FACTS
    # Searched again over the span instead of kept, because most matches need no facts.
    spans = quote.capture(fold_case(words), start, end)
    if not spans:
        return _NO_FACTS
    facts = {}
    for fact, hole in wanted.items():
        first, last = spans[hole]
        value = words[first:last]
        if hole.rstrip("0123456789") == "n":
            value = read_quantity(words, first) or value
        facts[fact] = value.strip("<>[]") if hole != "url" else value
    return facts
