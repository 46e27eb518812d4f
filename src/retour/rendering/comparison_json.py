"""A comparison as plain values for JSON; see docs/compare.md."""

from collections.abc import Sequence

from retour.model.copies import Comparison, Copy, PairVerdict, Parting, Reason
from retour.rendering.catalogues import load_wording
from retour.rendering.comparison import say_reason
from retour.rendering.json import JsonObject, format_time
from retour.rendering.wording import Wording


def comparison_to_dict(
    comparison: Comparison, copies: Sequence[Copy], sources: Sequence[str]
) -> JsonObject:
    """Return the JSON object of a comparison; ``a`` and ``b`` of a pair are sources."""
    wording = load_wording("en")
    return {
        "verdict": comparison.verdict,
        "copies": [
            {
                "source": source,
                "message_id": copy.message_id,
                "subject": copy.subject,
                "date": format_time(copy.sent_at),
                "body_sha256": copy.body_sha256,
                "known": copy.extent,
            }
            for copy, source in zip(copies, sources, strict=True)
        ],
        "pairs": [pair_to_dict(wording, pair, sources) for pair in comparison.pairs],
    }


def pair_to_dict(wording: Wording, pair: PairVerdict, sources: Sequence[str]) -> JsonObject:
    """Return the JSON object of one pair; ``sources`` are what the copies are called."""
    return {
        "a": sources[pair.a],
        "b": sources[pair.b],
        "verdict": pair.verdict,
        "reasons": [
            _reason(wording, reason, sources[pair.a], sources[pair.b]) for reason in pair.reasons
        ],
        "parted_at": _parting(pair.parted_at) if pair.parted_at else None,
    }


def _reason(wording: Wording, reason: Reason, a: str, b: str) -> JsonObject:
    return {
        "key": reason.key,
        "text": say_reason(wording, reason, a, b),
        "facts": dict(reason.facts),
        "quotes": [
            {"copy": quote.side, "where": quote.where, "text": quote.text}
            for quote in reason.quotes
        ],
    }


def _parting(parting: Parting) -> JsonObject:
    return {
        "host": parting.host,
        "id": parting.id,
        "at": format_time(parting.at),
        "hop_a": parting.hop_a,
        "hop_b": parting.hop_b,
    }
