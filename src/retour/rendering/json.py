"""An analysis as plain values for JSON: exactly ``retour-1.schema.json``; see docs/json.md.

By hand and not by `dataclasses.asdict`: the contract must not change when a field of ours is
renamed, and copying deeply costs more than reading the mail.
"""

import json
import re
from datetime import UTC, datetime

from retour.model.analysis import Analysis, ReplyAnalysis
from retour.model.defect import Defect
from retour.model.diagnosis import Alternative, Contradiction, Diagnosis, Evidence, Facts
from retour.model.known import KnownCopy
from retour.model.reply import Reply
from retour.model.report import Original, Recipient
from retour.model.route import Hop
from retour.rendering.catalogues import load_wording

SCHEMA = "retour/1"
"""Name and version of the contract."""

_RFC_3339 = re.compile(r"[0-9]{4}-[0-9-]{5}T[0-9:]{8}(?:\.[0-9]+)?[+-][0-9]{2}:[0-9]{2}")

JsonObject = dict[str, object]


def analysis_to_dict(analysis: Analysis, *, source: str, index: int) -> JsonObject:
    """Return the JSON object of one explained mail.

    Args:
        analysis: the answer.
        source: the path as given; ``-`` for standard input.
        index: position inside the source, from 0.
    """
    report = analysis.report
    return {
        "schema": SCHEMA,
        "source": source,
        "index": index,
        "kind": report.kind,
        "producer": report.producer,
        "language": report.language,
        "subject": report.subject,
        "date": format_time(report.date),
        "reporting_mta": report.reporting_mta,
        "recipients": [
            _recipient(recipient, diagnosis)
            for recipient, diagnosis in zip(report.recipients, analysis.diagnoses, strict=True)
        ],
        "original": _original(report.original) if report.original else None,
        "route": [_hop(hop) for hop in analysis.route.hops],
        "copies": [_copy(copy) for copy in analysis.known.copies] if analysis.known else None,
        "backscatter": analysis.backscatter,
        "defects": [_defect(defect) for defect in report.defects],
    }


def error_to_dict(source: str, index: int, error: str) -> JsonObject:
    """Return the JSON object of a mail whose bytes could not be obtained."""
    return {"schema": SCHEMA, "source": source, "index": index, "error": error}


def reply_to_dict(answer: ReplyAnalysis) -> JsonObject:
    """Return the JSON object of one explained reply: the reply and, flat, its diagnosis."""
    return {
        "schema": SCHEMA,
        "text": answer.text,
        "reply": _reply(answer.reply) if answer.reply else None,
        "meaning": answer.meaning,
        **_diagnosis(answer.diagnosis),
    }


def to_line(value: JsonObject) -> str:
    r"""Return one line of JSON that UTF-8 can hold.

    What is no text (a path's bytes, a lone surrogate) becomes ``\udcXX``, which JSON can say too.
    """
    line = json.dumps(value, ensure_ascii=False)
    return line.encode("utf-8", "backslashreplace").decode()


def format_time(at: datetime | None) -> str | None:
    """Return RFC 3339 §5.6. Its offsets are whole minutes below a day; others are shown in UTC."""
    if at is None:
        return None
    text = at.isoformat()
    if _RFC_3339.fullmatch(text):
        return text
    try:
        return at.astimezone(UTC).isoformat()
    except (OverflowError, ValueError):  # a year outside the calendar once it is moved
        return at.replace(tzinfo=UTC).isoformat()


def _recipient(recipient: Recipient, diagnosis: Diagnosis | None) -> JsonObject:
    return {
        "address": recipient.address,
        "original_address": recipient.original_address,
        "action": recipient.action,
        "status": recipient.status,
        "reply": _reply(recipient.reply) if recipient.reply else None,
        "remote_mta": recipient.remote_mta,
        "phase": recipient.phase,
        "last_attempt_at": format_time(recipient.last_attempt_at),
        "will_retry_until": format_time(recipient.will_retry_until),
        "diagnosis": _diagnosis(diagnosis) if diagnosis else None,
    }


def _reply(reply: Reply) -> JsonObject:
    return {"code": reply.code, "status": reply.status, "text": reply.text}


def _diagnosis(diagnosis: Diagnosis) -> JsonObject:
    return {
        "cause": diagnosis.cause,
        "confidence": round(diagnosis.confidence, 4),
        "outcome": diagnosis.outcome,
        "permanent": diagnosis.permanent,
        "retry": diagnosis.retry,
        "actor": diagnosis.actor,
        "scope": diagnosis.scope,
        "stopped_at": diagnosis.stopped_at,
        "rejected_by": diagnosis.rejected_by,
        "facts": _facts(diagnosis.facts),
        "evidence": [_evidence(evidence) for evidence in diagnosis.evidence],
        "contradictions": [_contradiction(item) for item in diagnosis.contradictions],
        "alternatives": [_alternative(item) for item in diagnosis.alternatives],
    }


def _facts(facts: Facts) -> JsonObject:
    return {
        "new_address": facts.new_address,
        "ip": facts.ip,
        "url": facts.url,
        "size_limit": facts.size_limit,
        "retry_after": facts.retry_after,
        "suggested_address": facts.suggested_address,
    }


def _evidence(evidence: Evidence) -> JsonObject:
    return {
        "speaker": evidence.speaker,
        "where": evidence.where,
        "quote": evidence.quote,
        "cause": evidence.cause,
        "rule": evidence.rule,
        "weight": evidence.weight,
    }


def _contradiction(item: Contradiction) -> JsonObject:
    """Return both claims and the English sentence on them: the contract is in one language."""
    claims = {"claim": item.claim, "against": item.against}
    return {**claims, "why": load_wording("en").say("why", item.kind, fields=claims)}


def _alternative(item: Alternative) -> JsonObject:
    return {"cause": item.cause, "confidence": round(item.confidence, 4)}


def _original(original: Original) -> JsonObject:
    return {
        "message_id": original.message_id,
        "from": original.from_,
        "to": list(original.to),
        "cc": list(original.cc),
        "subject": original.subject,
        "date": format_time(original.date),
        "envelope_id": original.envelope_id,
        "returned": original.returned,
    }


def _hop(hop: Hop) -> JsonObject:
    return {
        "n": hop.n,
        "from": hop.from_,
        "by": hop.by,
        "with": hop.with_,
        "tls": hop.tls,
        "at": format_time(hop.at),
        "delay": hop.delay,
        "repeated": hop.repeated,
        "defects": list(hop.defects),
    }


def _copy(copy: KnownCopy) -> JsonObject:
    return {
        "trail_id": copy.trail_id,
        "verdict": copy.verdict,
        "outcome": copy.outcome,
        "host": copy.host,
        "at": format_time(copy.at),
        "reply": copy.reply,
    }


def _defect(defect: Defect) -> JsonObject:
    return {"kind": defect.kind, "where": defect.where, "detail": defect.detail}
