"""Which cause the claims add up to, how sure that is, and what else it could be."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from retour.diagnose.claims import Claim, is_prose
from retour.diagnose.confidence import (
    DELAY_SUPPOSED,
    EXPIRED_CEILING,
    MODEL_ALONE,
    MODEL_ALONE_ON_PROSE,
    MODEL_ON_DELAY,
    MODEL_OVERRULES,
    MODEL_TRUST,
    NOTHING_SAID,
    Ground,
    Standing,
    join_model,
    weigh_rule,
)
from retour.diagnose.families import are_compatible, fits_status, is_undefined
from retour.model.diagnosis import Alternative, Evidence
from retour.model.report import Recipient, Statement
from retour.model.vocabulary import Outcome

Classify = Callable[[str], list[tuple[str, float]]]
"""A text to causes with probabilities, best first."""

UNKNOWN = "unknown"
_EXPIRED = "expired"
_EXPIRY = "4.4.7"
_UNREACHABLE = "unreachable"
_ALTERNATIVES_MAX = 3
_QUOTE_MAX = 160
_NEVER = 2.0
_MODEL_RULE = "model/classifier"
# Rivals share what the answer leaves: the first half of it, the next half of the rest, and so on.
_RIVAL_SHARE = 0.5


class Decision(NamedTuple):
    """A cause with its grounds; a tuple for the reason that a `Claim` is one.

    Attributes:
        cause: a name of the closed list.
        confidence: 0 to 1.
        claim: the claim that decided, None where no rule did.
        evidence: for the cause first, then against.
        alternatives: runners-up.
        ground: what the confidence stands on; the bucket that is calibrated.
        outcome: what the grounds say of the outcome, None where they say nothing of it.
    """

    cause: str
    confidence: float
    claim: Claim | None
    evidence: tuple[Evidence, ...]
    alternatives: tuple[Alternative, ...]
    ground: str
    outcome: Outcome | None = None


def decide(claims: tuple[Claim, ...], recipient: Recipient, classify: Classify) -> Decision:
    """Weigh the claims about one recipient.

    Args:
        claims: strongest first.
        recipient: whose claims they are; its statements go to the trained stage where no telling
            words speak.
        classify: the trained stage.
    """
    best = _choose(claims)
    if best is not None and (best.telling or best.tier == "status"):
        return _turn_to_sender(_decide_by_rule(best, claims, recipient), recipient)
    guesses = _ask(recipient, classify)
    if best is None or best.cause == UNKNOWN:
        return _turn_to_sender(_decide_by_model(guesses, claims, recipient), recipient)
    return _turn_to_sender(_combine(best, claims, guesses, recipient), recipient)


# Before RCPT TO the server has heard of no recipient: what it does not find is the sender's.
_OF_THE_SENDER = {
    "domain-not-found": "sender-domain-invalid",
    "no-mail-host": "sender-domain-invalid",
    "user-unknown": "sender-rejected",
}
_SENDER_CODES = frozenset({"1.7", "1.8"})


def _turn_to_sender(decision: Decision, recipient: Recipient) -> Decision:
    """Read "not found" about the sender where the reply was to MAIL FROM, or its code says so."""
    cause = _OF_THE_SENDER.get(decision.cause)
    if cause is None:
        return decision
    reply = recipient.reply
    code = reply.status.partition(".")[2] if reply and reply.status else None
    if code not in _SENDER_CODES and not (recipient.phase == "mail" and reply):
        return decision
    return decision._replace(cause=cause, evidence=_about_sender(decision, cause))


def _about_sender(decision: Decision, cause: str) -> tuple[Evidence, ...]:
    return tuple(
        replace(e, cause=cause) if e.cause == decision.cause else e for e in decision.evidence
    )


def _choose(claims: tuple[Claim, ...]) -> Claim | None:
    """Return the strongest claim; "time ran out" gives way to whatever failed on each try."""
    if not claims:
        return None
    best = claims[0]
    if best.cause != _EXPIRED:
        return _prefer_expired(best, claims)
    # A reply that the remote gave on each try is the reason, however vague its words.
    for claim in claims:
        if claim.cause in {_EXPIRED, UNKNOWN}:
            continue
        answered = claim.statement.speaker == "remote" and claim.statement.reply is not None
        if answered and (claim.telling or best.statement.speaker != "remote"):
            return claim
        if claim.telling and fits_status(claim.cause, _EXPIRY):
            return claim
    return best


def _prefer_expired(best: Claim, claims: tuple[Claim, ...]) -> Claim:
    """Return "time ran out" where the same vague words also speak of some trouble."""
    if best.tier != "generic" or best.cause != "system-error":
        return best
    same = (c for c in claims if c.cause == _EXPIRED and c.position == best.position)
    return next(same, best)


def _decide_by_rule(best: Claim, claims: tuple[Claim, ...], recipient: Recipient) -> Decision:
    tier: Ground = best.tier if best.firm or not best.telling else "notice"
    standing = _standing(best, claims, recipient.status_field)
    confidence, ground = weigh_rule(tier, standing), f"{tier}/{standing}"
    others = [claim.cause for claim in claims]
    if best.cause == _EXPIRED and best.statement.speaker != "remote":
        ground, confidence = _EXPIRED, min(confidence, EXPIRED_CEILING)
        others = [*others, _UNREACHABLE, "greylisted"]
    return Decision(
        cause=best.cause,
        confidence=confidence,
        claim=best,
        evidence=_line_up(best, claims),
        alternatives=share_rest(best.cause, confidence, others),
        ground=ground,
    )


def _standing(best: Claim, claims: tuple[Claim, ...], field: str | None) -> Standing:
    """Say what the other claims, and the code beside the words, do to the best one."""
    backed = False
    for claim in claims:
        if claim is best:
            continue
        if claim.cause == best.cause:
            backed = True
        elif _contests(claim, best):
            return "contested"
    reply = best.statement.reply
    named = bool(best.match.rule.status) and best.telling
    if reply and reply.status and best.telling and not named:
        if not fits_status(best.cause, reply.status):
            return "contested"
        backed = backed or not is_undefined(reply.status)
    if field and best.telling and not is_undefined(field):
        backed = backed or fits_status(best.cause, field)
    return "backed" if backed or named else "alone"


def _contests(claim: Claim, best: Claim) -> bool:
    """Say whether a claim for another cause is strong enough to lower the confidence."""
    if not claim.telling or claim.rank > best.rank + 2 or claim.cause in {UNKNOWN, _EXPIRED}:
        return False
    return claim.position == best.position or not are_compatible(claim.cause, best.cause)


def _combine(
    best: Claim,
    claims: tuple[Claim, ...],
    guesses: list[tuple[str, float]],
    recipient: Recipient,
) -> Decision:
    """Join a weak rule and the trained stage: agreement lifts, a surer stage overrules."""
    decision = _decide_by_rule(best, claims, recipient)
    if not guesses:
        return decision
    guess, probability = guesses[0]
    agrees = guess == best.cause
    # That time ran out is no reason beside a rule that reads one, however vague.
    overrules = not agrees and guess != _EXPIRED
    if overrules and probability >= MODEL_OVERRULES.get(best.tier, _NEVER):
        return _decide_by_model(guesses, claims, recipient)
    confidence = join_model(decision.confidence, probability, agrees=agrees)
    if best.cause == _EXPIRED:
        confidence = min(confidence, EXPIRED_CEILING)
    backing = (_model_evidence(guess, recipient),) if agrees else ()
    others = [cause for cause, _ in guesses] if agrees else [guess, *_causes(decision)]
    return decision._replace(
        confidence=confidence,
        evidence=(*decision.evidence, *backing),
        alternatives=share_rest(best.cause, confidence, others),
        ground=f"{decision.ground}+model" if agrees else f"{decision.ground}-model",
    )


def _causes(decision: Decision) -> list[str]:
    return [alternative.cause for alternative in decision.alternatives]


def _decide_by_model(
    guesses: list[tuple[str, float]], claims: tuple[Claim, ...], recipient: Recipient
) -> Decision:
    sure = guesses[0][1] if guesses and guesses[0][0] != UNKNOWN else 0.0
    if recipient.action == "delayed" and recipient.reply is None and sure < MODEL_ON_DELAY:
        return _suppose_unreachable(recipient)
    statement = _model_text(recipient)
    prose = statement is not None and is_prose(statement)
    if sure < (MODEL_ALONE_ON_PROSE if prose else MODEL_ALONE):
        others = [cause for cause, _ in guesses]
        nothing = max([NOTHING_SAID, *(p * MODEL_TRUST for c, p in guesses if c == UNKNOWN)])
        return Decision(
            cause=UNKNOWN,
            confidence=nothing,
            claim=None,
            evidence=tuple(claim.evidence("weak") for claim in claims[:1]),
            alternatives=share_rest(UNKNOWN, nothing, others),
            ground="nothing",
        )
    cause, probability = guesses[0]
    against = tuple(claim.evidence("weak") for claim in claims if claim.cause != cause)
    return Decision(
        cause=cause,
        confidence=probability * MODEL_TRUST,
        claim=next((claim for claim in claims if claim.cause == cause), None),
        evidence=(_model_evidence(cause, recipient), *against[:2]),
        alternatives=share_rest(
            cause, probability * MODEL_TRUST, [name for name, _ in guesses[1:]]
        ),
        ground="model",
    )


def _suppose_unreachable(recipient: Recipient) -> Decision:
    """Answer for a delay without a reason: a server that replies gets its reply quoted.

    What is left is mostly a server that cannot be reached; the confidence says that it is a guess.
    """
    statement = _model_text(recipient)
    where, quote = (statement.where, statement.text[:_QUOTE_MAX]) if statement else ("text", "")
    evidence = Evidence("reporter", where, quote, _UNREACHABLE, "delay/no-reason", "weak")
    return Decision(
        cause=_UNREACHABLE,
        confidence=DELAY_SUPPOSED,
        claim=None,
        evidence=(evidence,),
        alternatives=share_rest(_UNREACHABLE, DELAY_SUPPOSED, ["dns-failure", "greylisted"]),
        ground="delay",
    )


def _line_up(best: Claim, claims: tuple[Claim, ...]) -> tuple[Evidence, ...]:
    decisive = best.telling or best.tier == "status"
    for_it = [best.evidence("decisive" if decisive else "supporting")]
    against: list[Evidence] = []
    for claim in claims:
        if claim is best:
            continue
        evidence = claim.evidence("supporting" if claim.telling else "weak")
        if claim.cause == best.cause:
            for_it.append(evidence)
        elif claim.telling or claim.tier in {"status", "generic"}:
            # Bare numbers and undefined codes speak against nothing.
            against.append(evidence)
    return (*for_it[:4], *against[:4])


def share_rest(cause: str, confidence: float, others: list[str]) -> tuple[Alternative, ...]:
    """Give the confidence that an answer leaves to its runners-up, most to the first.

    Args:
        cause: the answer.
        confidence: of the answer.
        others: runners-up, most likely first; repetitions and the answer itself are passed over.
    """
    rest = 1 - confidence
    shared: list[Alternative] = []
    names = {cause, UNKNOWN}
    for other in others:
        if other in names or len(shared) == _ALTERNATIVES_MAX:
            continue
        names.add(other)
        rest *= _RIVAL_SHARE
        shared.append(Alternative(other, round(rest, 3)))
    return tuple(shared)


def _model_text(recipient: Recipient) -> Statement | None:
    """Return the statement that the trained stage reads: the innermost with words."""
    spoken = [s for s in recipient.statements if s.text and s.speaker != "wrapper"]
    return spoken[0] if spoken else next(iter(recipient.statements), None)


def ask_model(text: str) -> list[tuple[str, float]]:
    """Ask the trained stage that ships with the package; see `Classifier.classify`."""
    # Loaded only where it is needed: most replies are read by rules.
    from retour.knowledge.classifier import load  # noqa: PLC0415

    return load().classify(text)


def _ask(recipient: Recipient, classify: Classify) -> list[tuple[str, float]]:
    statement = _model_text(recipient)
    if statement is None or not statement.text:
        return []
    return classify(statement.text)[: _ALTERNATIVES_MAX + 1]


def _model_evidence(cause: str, recipient: Recipient) -> Evidence:
    statement = _model_text(recipient)
    where, quote = (statement.where, statement.text[:_QUOTE_MAX]) if statement else ("text", "")
    return Evidence("model", where, quote, cause, _MODEL_RULE, "supporting")
