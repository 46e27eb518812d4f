"""The knowledge tests itself: every rule against its own examples, and against all other rules.

A rule file is its own test. What one rule alone can be wrong about is refused on loading
(`rulefile`); here is what only shows when all rules look at the same words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from retour.knowledge.compilation import expand_status
from retour.knowledge.quote import parse_quote
from retour.knowledge.schema import Knowledge, Match, Rule
from retour.model.reply import Reply

ReadReply = Callable[[str], Reply | None]
"""How a reply is read: `retour.wire.reply.parse_reply`, passed in because wire is a neighbour."""

ANCHOR_MIN = 4
"""Shorter words would be met, and looked at, in most replies."""

_SAMPLES = {
    "ip": "192.0.2.1",
    "address": "<user@example.org>",
    "host": "mx.example.org",
    "n": "10",
    "url": "https://example.org/help",
    "*": "some words",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a rule.

    Attributes:
        rule: the rule's id.
        file: where it stands.
        kind: ``no-match``, ``lost``, ``counter-example``, ``overlap``, ``dead``, ``shadowed``,
            ``yields-to``, ``anchor`` or ``fact``.
        says: one sentence.
    """

    rule: str
    file: str
    kind: str
    says: str


def audit(knowledge: Knowledge, read_reply: ReadReply) -> list[Finding]:
    """Check all rules.

    Args:
        knowledge: what is to be checked.
        read_reply: reads the codes of an example.

    Returns:
        The faults, by file and rule; an empty list where all is well.
    """
    findings = [
        Finding(rule.id, rule.file, kind, says)
        for rule in knowledge.rules.values()
        for kind, says in _faults(rule, knowledge, read_reply)
    ]
    return sorted(findings, key=lambda finding: (finding.file, finding.rule))


def _faults(rule: Rule, knowledge: Knowledge, read_reply: ReadReply) -> Iterator[tuple[str, str]]:
    yield from _check_yielding(rule, knowledge)
    yield from _check_anchors(rule)
    yield from _check_examples(rule, knowledge, read_reply)
    for text in rule.counter_examples:
        if any(match.rule is rule for match in _ask(knowledge, rule, text, read_reply)):
            yield "counter-example", f"it matches its counter-example {text!r}"
    yield from _check_alive(rule, knowledge)


def _check_yielding(rule: Rule, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    for other in rule.yields_to:
        if other == rule.id or other not in knowledge.rules:
            yield "yields-to", f"it yields to {other!r}, which is no other rule"
    seen, waiting = set[str](), list(rule.yields_to)
    while waiting:
        other = waiting.pop()
        if other == rule.id:
            yield "yields-to", "it yields to itself through other rules"
            return
        if other not in seen and other in knowledge.rules:
            seen.add(other)
            waiting += knowledge.rules[other].yields_to


def _check_anchors(rule: Rule) -> Iterator[tuple[str, str]]:
    for text in rule.text:
        anchor = parse_quote(text).anchor
        if len(anchor) < ANCHOR_MIN and not rule.conditions:
            yield "anchor", f"the longest literal of {text!r} is shorter than {ANCHOR_MIN}"


def _check_examples(
    rule: Rule, knowledge: Knowledge, read_reply: ReadReply
) -> Iterator[tuple[str, str]]:
    facts: set[str] = set()
    won = 0
    for text in rule.examples:
        matches = _ask(knowledge, rule, text, read_reply)
        own = next((match for match in matches if match.rule is rule), None)
        if own is None:
            yield "no-match", f"it does not match its example {text!r}"
            continue
        facts |= set(own.facts)
        if matches[0] is not own:
            yield (
                "lost",
                f"{matches[0].rule.id} ({matches[0].rule.cause}) wins its example {text!r}",
            )
            continue
        won += 1
        for other in matches[1:]:
            if not _settled(own, other):
                yield (
                    "overlap",
                    f"{other.rule.id} ({other.rule.cause}) reads {text!r} too, undeclared",
                )
    if rule.examples and not won:
        yield "dead", "it wins none of its examples"
    for fact, hole in rule.facts:
        if fact not in facts:
            yield "fact", f"no example fills {fact} from {{{hole}}}"


def _settled(own: Match, other: Match) -> bool:
    """Whether it is no accident that a match ranks above another one."""
    if other.rule.cause == own.rule.cause or other.rule.tier != own.rule.tier:
        return True
    if own.rule.id in other.rule.yields_to:
        return True
    inside = own.start <= other.start and other.end <= own.end
    more = (own.literal, own.rule.conditions) > (other.literal, other.rule.conditions)
    return inside and more


def _check_alive(rule: Rule, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Check that each text, and each bare code, can win where nothing else is said."""
    code, status = _conditions(rule)
    for text in rule.text or (f"{code or ''} {status or ''}",):
        words = _fill(text) if rule.text else text
        matches = knowledge.match(
            words, code=code, status=status, remote=rule.remote[0] if rule.remote else None
        )
        if not any(match.rule is rule for match in matches):
            yield "dead", f"it does not match its own text {text!r}"
        elif matches[0].rule.cause != rule.cause:
            yield (
                "shadowed",
                f"{matches[0].rule.id} ({matches[0].rule.cause}) always beats {text!r}",
            )


def _conditions(rule: Rule) -> tuple[int | None, str | None]:
    status = expand_status(rule.status[0])[0] if rule.status else None
    return rule.code[0] if rule.code else None, status


def _fill(text: str) -> str:
    for hole, sample in _SAMPLES.items():
        text = text.replace("{" + hole + "}", sample)
    return text.replace("{{", "{")


def _ask(knowledge: Knowledge, rule: Rule, text: str, read_reply: ReadReply) -> list[Match]:
    reply = read_reply(text)
    return knowledge.match(
        text,
        code=reply.code if reply else None,
        status=reply.status if reply else None,
        remote=rule.remote[0] if rule.remote else None,
    )
