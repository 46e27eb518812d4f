"""Part 2: for those who run the mail systems. The real code, who said it, what it means there."""

from collections.abc import Iterator

from retour.model.diagnosis import Contradiction, Diagnosis, Evidence
from retour.model.document import AdminPart, Clash, Finding, Row
from retour.model.reply import Reply
from retour.rendering.case import Case, admin_fields
from retour.rendering.foreign import fold_line
from retour.rendering.quantity import say_duration, say_size

_PRODUCTS = ("exchange", "postfix", "exim")
_QUOTE_MAX = 200
_BANDS = ((0.9, "certain"), (0.7, "likely"), (0.5, "open"), (0.0, "guess"))
_ALTERNATIVES_MAX = 3
_EVIDENCE_MAX = 12


def build_admin_part(case: Case) -> AdminPart | None:
    """Return part 2 for recipients that fared alike; None where there is no failure to explain."""
    diagnosis = case.diagnosis
    if diagnosis is None:
        return None
    shown = diagnosis.evidence[:_EVIDENCE_MAX]
    return AdminPart(
        code=tuple(row for row in _code_rows(case, diagnosis) if row.value),
        causes=case.wording.list_out("admin", diagnosis.cause, "checks", fields=admin_fields(case)),
        settings=tuple(_settings(case, diagnosis)),
        evidence=tuple(_finding(case, diagnosis, evidence) for evidence in shown),
        contradictions=tuple(_clash(case, item) for item in diagnosis.contradictions),
        confidence=_confidence(case, diagnosis),
        link=_link(case, diagnosis),
    )


def _code_rows(case: Case, diagnosis: Diagnosis) -> Iterator[Row]:
    say, first = case.wording.say, case.first
    reply = first.reply
    yield Row(say("label", "reply"), _reply_code(case, reply))
    status = reply.status if reply and reply.status else first.status
    yield Row(say("label", "status"), _status(case, status))
    if first.status_field and first.status_field != status:
        yield Row(say("label", "status_field"), _status(case, first.status_field))
    yield Row(say("label", "said_by"), _said_by(case, diagnosis))
    yield Row(say("label", "phase"), say("phase", first.phase) if first.phase else "")
    yield Row(say("label", "cause"), diagnosis.cause)
    yield Row(say("label", "meaning"), say("admin", diagnosis.cause, "meaning"))
    yield Row(say("label", "arrived"), say("outcome_row", diagnosis.outcome))
    yield Row(say("label", "stopped"), say("stopped", diagnosis.stopped_at))
    lasting = {True: "yes", False: "no", None: "open"}[diagnosis.permanent]
    yield Row(say("label", "permanent"), say("permanent", lasting))
    yield Row(say("label", "retry"), say("retry", diagnosis.retry))
    # Backscatter keeps the cause that the report states; nobody here has to act (design §3.8).
    actor = "nobody" if case.analysis.backscatter else diagnosis.actor
    yield Row(say("label", "acts"), say("actor", actor, "row"))
    yield from _fact_rows(case, diagnosis)


def _reply_code(case: Case, reply: Reply | None) -> str:
    if reply is None or reply.code is None:
        return ""
    meaning = _mean_code(case, reply.code)
    return f"{reply.code}: {meaning}" if meaning else str(reply.code)


def _status(case: Case, status: str | None) -> str:
    if not status:
        return ""
    meaning = _mean_status(case, status)
    return f"{status}: {meaning}" if meaning else status


def _mean_code(case: Case, code: int) -> str:
    """Return what a reply code means, in the language; else in the words of the RFC."""
    return case.wording.say("reply", str(code)) or case.knowledge.describe_code(code) or ""


def _mean_status(case: Case, status: str) -> str:
    """Return what an enhanced status code means, in the language; else in IANA's words."""
    _, _, detail = status.partition(".")
    return case.wording.say("status", detail) or case.knowledge.describe_status(status) or ""


def say_code(case: Case) -> str:
    """Return the code in one line, with what it means: ``550 5.1.1 (…)``."""
    reply = case.first.reply
    code = (reply.code if reply else None) or 0
    status = (reply.status if reply else None) or case.first.status or ""
    meaning = _mean_status(case, status) or _mean_code(case, code)
    return " ".join(filter(None, (str(code or ""), status, f"({meaning})" if meaning else "")))


def _said_by(case: Case, diagnosis: Diagnosis) -> str:
    """Name the host that refused and its part: remote present, or the reporter for itself."""
    host = fold_line(diagnosis.rejected_by or case.first.remote_mta, _QUOTE_MAX)
    say, reporter = case.wording.say, case.analysis.report.reporting_mta
    if host and (case.first.remote_mta or host != reporter):
        return f"{host} ({say('speaker', 'remote')})"
    host = host or fold_line(reporter, _QUOTE_MAX)
    return f"{host} ({say('speaker', 'reporter')})" if host else ""


def _fact_rows(case: Case, diagnosis: Diagnosis) -> Iterator[Row]:
    wording, facts = case.wording, diagnosis.facts
    say = wording.say
    if facts.size_limit:
        yield Row(say("label", "size_limit"), say_size(wording, facts.size_limit))
    if facts.retry_after:
        yield Row(say("label", "retry_after"), say_duration(wording, facts.retry_after))
    yield Row(say("label", "ip"), fold_line(facts.ip))
    yield Row(say("label", "suggested"), fold_line(facts.suggested_address))
    # What the other side asks for is a claim: quoted here, never a step (design §3.8).
    for name, value in (("new_address", facts.new_address), ("url", facts.url)):
        claim = {"value": fold_line(value)}
        if value and case.verified:
            yield Row(say("label", name), claim["value"])
        elif value:
            yield Row(say("label", name), say("claim", name, fields=claim))


def _settings(case: Case, diagnosis: Diagnosis) -> Iterator[Row]:
    """Yield the settings of the common products, where there are some to look at."""
    say, fields = case.wording.say, admin_fields(case)
    for product in _PRODUCTS:
        settings = say("admin", diagnosis.cause, product, fields=fields)
        if settings:
            yield Row(say("label", product), settings)


def _finding(case: Case, diagnosis: Diagnosis, evidence: Evidence) -> Finding:
    say, supports = case.wording.say, evidence.cause == diagnosis.cause
    kind = "for" if supports else "against"
    if evidence.speaker == "trail":
        kind = "arrived"  # it speaks for the outcome, whatever the cause
    fields = {
        "speaker": _speaker(case, diagnosis, evidence),
        "where": fold_line(evidence.where),
        "quote": fold_line(evidence.quote, _QUOTE_MAX),
        "cause": evidence.cause,
        "weight": say("weight", evidence.weight),
        "rule": evidence.rule,
    }
    return Finding(
        text=say("evidence", kind, fields=fields),
        supports=supports,
        speaker=fields["speaker"],
        where=fields["where"],
        quote=fields["quote"],
        verdict=say("evidence", "taken" if kind == "arrived" else "verdict", fields=fields),
        source=_source(case, evidence),
    )


def _speaker(case: Case, diagnosis: Diagnosis, evidence: Evidence) -> str:
    """Name the host where the speaker is one, else the kind of speaker."""
    host = None
    if evidence.speaker == "remote":
        host = case.first.remote_mta or diagnosis.rejected_by
    elif evidence.speaker == "reporter":
        host = case.analysis.report.reporting_mta
    if not host:
        return case.wording.say("speaker", evidence.speaker)
    fields = {"host": fold_line(host, _QUOTE_MAX)}
    return case.wording.say("speaker", f"{evidence.speaker}_host", fields=fields)


def _clash(case: Case, item: Contradiction) -> Clash:
    say = case.wording.say
    claims = {
        "claim": fold_line(item.claim, _QUOTE_MAX),
        "against": fold_line(item.against, _QUOTE_MAX),
    }
    why = say("why", item.kind, fields=claims)
    return Clash(
        text=say("contradiction", "line", fields={**claims, "why": why}), why=why, **claims
    )


def _confidence(case: Case, diagnosis: Diagnosis) -> str:
    say = case.wording.say
    band = next(name for least, name in _BANDS if diagnosis.confidence >= least)
    fields = {"percent": _percent(diagnosis.confidence), "cause": diagnosis.cause}
    sentence = say("confidence", band, fields=fields)
    shown = [
        say(
            "confidence",
            "alternative",
            fields={"cause": a.cause, "percent": _percent(a.confidence)},
        )
        for a in diagnosis.alternatives[:_ALTERNATIVES_MAX]
        if a.confidence >= 0.005
    ]
    if shown:
        sentence += say("confidence", "alternatives", fields={"list": ", ".join(shown)})
    return sentence


def _percent(share: float) -> str:
    return f"{round(share * 100)} %"


def _link(case: Case, diagnosis: Diagnosis) -> str | None:
    """Return the operator's page on the cause, else the page behind the winning rule, if any."""
    if case.pages:
        return f"{case.pages}/causes/{diagnosis.cause}"
    for evidence in diagnosis.evidence:
        if evidence.cause == diagnosis.cause and evidence.rule in case.knowledge.rules:
            return _source(case, evidence)
    return None


def _source(case: Case, evidence: Evidence) -> str | None:
    """Return the page that a rule was derived from; the only links that a report ever holds."""
    rule = case.knowledge.rules.get(evidence.rule)
    return rule.source if rule and rule.source.startswith("https://") else None
