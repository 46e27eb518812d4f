"""What a trail knows as plain values for JSON; docs/trail.md names the fields."""

from collections.abc import Iterable
from datetime import UTC

from retour.model.story import Copy, Delivery, Repetition, ReportClaim, Story
from retour.model.trail import HandOver, Refusal
from retour.rendering.catalogues import FALLBACK, load_wording
from retour.rendering.comparison_json import pair_to_dict
from retour.rendering.json import JsonObject
from retour.rendering.trail import to_moment


def copy_to_dict(copy: Copy) -> JsonObject:
    """Return one copy with all that hangs on it."""
    return {
        "id": str(copy.copy_id),
        "system": copy.system,
        "queue_id": copy.queue_id,
        "at": _time(copy.first_us),
        "last_at": _time(copy.last_us),
        "ended_at": _time(copy.ended_us),
        "given_up_at": _time(copy.given_up_us),
        "message_id": copy.message_id,
        "from": copy.mail_from,
        "to": list(copy.recipients),
        "subject": copy.subject,
        "peer": {
            "name": copy.peer_name,
            "address": copy.peer_address,
            "helo": copy.helo,
            "protocol": copy.protocol,
            "tls": copy.tls,
        },
        "size": copy.size_bytes,
        "recipient_count": copy.recipient_count,
        "hand_overs": [_hand_over(attempt) for attempt in copy.hand_overs],
        "refusals": [_refusal(refusal) for refusal in copy.refusals],
        "links": [
            {"at": _time(link.at_us), "relation": link.relation, "queue_id": link.other_queue_id}
            for link in copy.links
        ],
        "remarks": [
            {"at": _time(one.at_us), "name": one.name, "phase": one.phase} for one in copy.remarks
        ],
        "report_about": copy.report_about,
        "header": None if copy.header_block is None else copy.header_block.decode("latin-1"),
        "body_sha256": copy.body_sha256,
        "has_body": copy.has_body,
        "answer_ms": None if copy.answer_us is None else copy.answer_us / 1000,
    }


def repetition_to_dict(found: Repetition) -> JsonObject:
    """Return one message that arrived more than once."""
    wording = load_wording(FALLBACK)
    names = [copy.queue_id or str(copy.copy_id) for copy in found.arrivals]
    return {
        "message_id": found.message_id,
        "subject": found.subject,
        "verdict": found.verdict,
        "senders": list(found.senders),
        "count": len(found.arrivals),
        "is_cut": found.is_cut,
        "pairs": [pair_to_dict(wording, pair, names) for pair in found.verdicts],
        "copies": [copy_to_dict(copy) for copy in found.arrivals],
    }


def story_to_dict(
    story: Story, message_id: str | None, deliveries: Iterable[Delivery], summary: str
) -> JsonObject:
    """Return the whole story of a message."""
    return {
        "message_id": message_id,
        "summary": summary,
        "recipients": [delivery_to_dict(answer) for answer in deliveries],
        "copies": [
            {**copy_to_dict(copy), "is_report": copy.copy_id in story.report_copies}
            for copy in story.copies
        ],
        "reports": [_claim(claim) for claim in story.claims],
        "cut": story.is_cut,
    }


def answer_to_dict(
    asked: str, message_id: str | None, deliveries: Iterable[Delivery]
) -> JsonObject:
    """Return the answer for one message."""
    return {
        "asked": asked,
        "message_id": message_id,
        "recipients": [delivery_to_dict(answer) for answer in deliveries],
    }


def delivery_to_dict(answer: Delivery) -> JsonObject:
    """Return the answer for one recipient."""
    return {
        "address": answer.address or None,
        "final_recipient": answer.final_recipient,
        "outcome": answer.outcome,
        "host": answer.host,
        "reply": answer.reply,
        "status": answer.status,
        "at": _time(answer.at_us),
        "queue_id": answer.queue_id,
        "system": answer.system,
        "handed_to": answer.handed_to,
    }


def _hand_over(attempt: HandOver) -> JsonObject:
    return {
        "at": _time(attempt.at_us),
        "recipient": attempt.recipient,
        "original_recipient": attempt.original_recipient,
        "outcome": attempt.outcome,
        "host": attempt.host,
        "address": attempt.address,
        "status": attempt.status,
        "reply": attempt.reply,
        "tls": attempt.tls,
        "delay_ms": attempt.delay_ms,
        "before_queue_ms": attempt.before_queue_ms,
        "next_queue_id": attempt.next_queue_id,
    }


def _refusal(refusal: Refusal) -> JsonObject:
    return {
        "at": _time(refusal.at_us),
        "recipient": refusal.recipient,
        "phase": refusal.phase,
        "status": refusal.status,
        "reply": refusal.reply,
    }


def _claim(claim: ReportClaim) -> JsonObject:
    return {
        "copy": str(claim.copy_id),
        "at": _time(claim.at_us),
        "kind": claim.kind,
        "reporting_mta": claim.reporting_mta,
        "original": {
            "message_id": claim.original_message_id,
            "queue_id": claim.original_queue_id,
            "envelope_id": claim.envelope_id,
        },
        "recipient": claim.recipient,
        "original_recipient": claim.original_recipient,
        "action": claim.action,
        "status": claim.status,
        "reply": claim.reply,
        "remote_mta": claim.remote_mta,
        "cause": claim.cause,
        "outcome": claim.outcome,
        "confidence": claim.confidence,
    }


def _time(at_us: int | None) -> str | None:
    """Return RFC 3339 §5.6, in UTC."""
    return None if at_us is None else to_moment(at_us, UTC).isoformat()
