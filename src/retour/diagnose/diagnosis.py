"""One recipient's claims to one Diagnosis: the parts of this layer in their order."""

from retour.diagnose.claims import Claim, gather_claims
from retour.diagnose.contradictions import find_contradictions
from retour.diagnose.decision import Classify, Decision, ask_model, decide
from retour.diagnose.facts import collect_facts
from retour.diagnose.loop import find_silent_loop, is_loop_claim, judge_loop
from retour.diagnose.outcome import (
    is_delayed,
    judge_actor,
    judge_outcome,
    judge_permanence,
    judge_retry,
    locate_stop,
    name_rejecter,
)
from retour.knowledge.schema import Knowledge
from retour.model.diagnosis import Diagnosis
from retour.model.report import Recipient, Report, Statement
from retour.model.route import NO_ROUTE, Route
from retour.model.vocabulary import GOOD_ACTIONS
from retour.wire.reply import fold, parse_reply, unwrap

_FAILURE_KINDS = frozenset({"failure", "delay", "mixed"})


def diagnose(
    report: Report, route: Route, knowledge: Knowledge, *, backscatter: bool | None = None
) -> tuple[Diagnosis | None, ...]:
    """Conclude for each recipient what happened, from what the report claims.

    Args:
        report: the claims.
        route: the original's hops.
        knowledge: rules, codes and causes.
        backscatter: True where the reader is known not to have sent the original.

    Returns:
        One diagnosis per ``report.recipients``; None for those that got the message, and for all
        where the mail is no report of a failure or delay.
    """
    if report.kind not in _FAILURE_KINDS:
        return (None,) * len(report.recipients)
    return tuple(
        None
        if recipient.action in GOOD_ACTIONS
        else _diagnose_recipient(report, recipient, route, knowledge, backscatter)
        for recipient in report.recipients
    )


def diagnose_reply(text: str, knowledge: Knowledge) -> Diagnosis:
    """Conclude what one server reply, or one bare code, means by itself.

    Args:
        text: a reply as it stands in a log or a notice.
        knowledge: rules, codes and causes.
    """
    report = report_reply(text)
    return _diagnose_recipient(report, report.recipients[0], NO_ROUTE, knowledge, None)


def report_reply(text: str) -> Report:
    """Return a report that claims one reply of a remote and nothing else."""
    inner, *outer = unwrap(fold(text))
    statements = (
        Statement("remote", "text/1", inner, parse_reply(inner)),
        *(Statement("wrapper", "text/1", words, parse_reply(words)) for words in outer if words),
    )
    reply = statements[0].reply
    recipient = Recipient(
        address=None,
        original_address=None,
        action=None,
        status=reply.status if reply else None,
        status_field=None,
        reply=reply,
        remote_mta=None,
        phase=None,
        last_attempt_at=None,
        will_retry_until=None,
        statements=statements,
    )
    return Report(
        kind="failure",
        producer=None,
        language=None,
        subject=None,
        date=None,
        reporting_mta=None,
        recipients=(recipient,),
        original=None,
        notice="",
        headers="",
        defects=(),
    )


def conclude(
    report: Report,
    recipient: Recipient,
    route: Route,
    knowledge: Knowledge,
    classify: Classify = ask_model,
) -> tuple[tuple[Claim, ...], Decision]:
    """Return the claims about a recipient, strongest first, and what they add up to.

    Args:
        report: that names the recipient.
        recipient: whose claims they are.
        route: the original's hops.
        knowledge: rules, codes and causes.
        classify: the trained stage; another one where it is measured on texts that it has seen.
    """
    alone = len(report.recipients) == 1 or all(one.reply is None for one in report.recipients)
    claims = gather_claims(recipient, report.producer, knowledge, alone=alone)
    decision = decide(claims, recipient, classify)
    if is_loop_claim(decision):
        decision = judge_loop(decision, claims, recipient, report.original, route)
    else:
        decision = find_silent_loop(decision, recipient, route)
    return claims, decision


def _diagnose_recipient(
    report: Report,
    recipient: Recipient,
    route: Route,
    knowledge: Knowledge,
    backscatter: bool | None,
) -> Diagnosis:
    claims, decision = conclude(report, recipient, route, knowledge)
    contradictions = find_contradictions(report, recipient, claims, decision)
    facts = collect_facts(decision, claims, recipient, report.original)
    cause = knowledge.causes[decision.cause]
    delayed = is_delayed(report, recipient)
    outcome = judge_outcome(report, recipient, decision)
    permanent = judge_permanence(decision, cause, recipient, delayed=delayed)
    return Diagnosis(
        cause=decision.cause,
        confidence=round(decision.confidence, 3),
        outcome=outcome,
        permanent=permanent,
        retry=judge_retry(outcome, permanent, cause),
        actor=judge_actor(
            report,
            decision,
            cause,
            delayed=delayed,
            mistyped=facts.suggested_address is not None,
            backscatter=backscatter,
        ),
        scope=cause.scope,
        stopped_at=locate_stop(report, recipient, decision, outcome),
        rejected_by=name_rejecter(report, recipient, decision),
        facts=facts,
        evidence=decision.evidence,
        contradictions=contradictions,
        alternatives=decision.alternatives,
    )
