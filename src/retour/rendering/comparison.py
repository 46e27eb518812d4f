"""A comparison said in one language: verdicts, reasons and the copies side by side."""

from collections.abc import Sequence
from string import ascii_uppercase

from retour.model.comparison_document import (
    ComparisonDocument,
    CopyPart,
    PairPart,
    PairRow,
    ReasonPart,
    SidePart,
)
from retour.model.copies import Comparison, Copy, FieldPair, LinePair, PairVerdict, Reason
from retour.model.document import Row
from retour.model.route import Hop
from retour.rendering.catalogues import load_wording
from retour.rendering.foreign import fold_line
from retour.rendering.quantity import stamp
from retour.rendering.wording import Wording
from retour.trail.side_by_side import lay_side_by_side
from retour.wire.words import decode_words

# Pairs that are laid side by side; of more copies the first is held against these others.
SIDES_MAX = 6
_ROWS_MAX = 200


def name_copy(n: int) -> str:
    """Return the letter of a copy, a number behind the twenty-sixth."""
    return ascii_uppercase[n] if n < len(ascii_uppercase) else str(n + 1)


def build_comparison_document(
    comparison: Comparison,
    copies: Sequence[Copy],
    sources: Sequence[str],
    *,
    language: str = "en",
    isolating: bool = False,
) -> ComparisonDocument:
    """Say a comparison.

    Args:
        comparison: the verdicts.
        copies: what was compared.
        sources: their paths, in the same order.
        language: BCP 47 tag.
        isolating: put foreign words between marks that keep them from turning what is around them
            (UAX #9), for HTML.
    """
    wording = load_wording(language, isolating=isolating)
    parts = []
    sides = 0
    for pair in comparison.pairs:
        is_shown = sides < SIDES_MAX and (pair.a == 0 or len(copies) <= 3)
        sides += is_shown
        parts.append(_say_pair(wording, pair, copies, with_side=is_shown))
    return ComparisonDocument(
        wording.language,
        wording.say("copies", "title", comparison.verdict),
        tuple(
            CopyPart(name_copy(n), source, _say_copy(wording, copy))
            for n, (copy, source) in enumerate(zip(copies, sources, strict=True))
        ),
        tuple(parts),
    )


def say_reason(wording: Wording, reason: Reason, a: str, b: str) -> str:
    """Return a reason as a sentence; ``a`` and ``b`` are what the two copies are called."""
    facts = {name: fold_line(decode_words(value), 120) for name, value in reason.facts}
    sides = {"a": a, "b": b}
    quoted = reason.quotes[-1].side if reason.quotes else "b"
    facts |= {"a": a, "b": b, "copy": sides[facts.get("copy", quoted)]}
    return wording.say("copies", "reason", reason.key, fields=facts)


def _say_copy(wording: Wording, copy: Copy) -> tuple[Row, ...]:
    rows = [
        Row("Message-ID", fold_line(copy.message_id)),
        Row("Date", fold_line(copy.date)),
        Row("From", fold_line(copy.from_)),
        Row("Subject", fold_line(copy.subject)),
    ]
    if copy.extent != "mail":
        known = wording.say("copies", "known", copy.extent)
        rows.insert(0, Row(wording.say("copies", "label", "known"), known))
    if copy.envelope:
        facts = (
            f"<{copy.envelope.mail}>" if copy.envelope.mail is not None else "",
            " ".join(f"<{one.address}>" for one in copy.envelope.rcpt[:20]),
            copy.envelope.peer_name or copy.envelope.peer_address or "",
            f"id {copy.envelope.queue_id}" if copy.envelope.queue_id else "",
            stamp(copy.envelope.arrived_at),
        )
        value = " · ".join(filter(None, facts))
        rows.append(Row(wording.say("copies", "label", "envelope"), fold_line(value)))
    return tuple(row for row in rows if row.value)


def _say_pair(
    wording: Wording, pair: PairVerdict, copies: Sequence[Copy], *, with_side: bool
) -> PairPart:
    a, b = name_copy(pair.a), name_copy(pair.b)
    letters = {"a": a, "b": b}
    reasons = tuple(
        ReasonPart(
            say_reason(wording, reason, a, b),
            tuple(
                Row(f"{letters[quote.side]} {quote.where}", fold_line(decode_words(quote.text)))
                for quote in reason.quotes
            ),
        )
        for reason in pair.reasons
    )
    return PairPart(
        (a, b),
        pair.verdict,
        wording.say("copies", "title", pair.verdict),
        wording.say("copies", "meaning", pair.verdict),
        reasons,
        _say_side(wording, pair, copies[pair.a], copies[pair.b]) if with_side else None,
    )


def _say_side(wording: Wording, pair: PairVerdict, a: Copy, b: Copy) -> SidePart:
    found = lay_side_by_side(a, b)
    hops = tuple(
        PairRow(
            "same" if one.a and one.b else "removed" if one.a else "added",
            "/".join(str(hop.n) if hop else "-" for hop in (one.a, one.b)),
            _say_hop(wording, one.a, a),
            _say_hop(wording, one.b, b),
        )
        for one in found.hops
    )
    last_shared = [n for n, row in enumerate(hops, 1) if row.state == "same"]
    differing = [row for row in found.fields if row.state != "same"]
    same = len(found.fields) - len(differing)
    return SidePart(
        hops,
        last_shared[-1] if last_shared and pair.parted_at else None,
        tuple(_say_field(row) for row in differing[:_ROWS_MAX]),
        _say_same_fields(wording, same, a, b),
        wording.say("copies", "body", found.body),
        tuple(_say_line(row) for row in found.lines[:_ROWS_MAX]),
    )


def _say_same_fields(wording: Wording, same: int, a: Copy, b: Copy) -> str:
    if "log" in (a.extent, b.extent):
        return wording.say("copies", "label", "no_header")
    return wording.count(same, "copies", "label", "same_fields") if same else ""


def _say_hop(wording: Wording, hop: Hop | None, copy: Copy) -> str:
    if hop is None:
        return ""
    source = "by_envelope" if hop.n > len(copy.route.hops) else ""
    if copy.extent == "log":
        source = "by_log"
    words = [
        stamp(hop.at),
        f"by {hop.by}" if hop.by else "?",
        f"id {hop.id}" if hop.id else "",
        f"for <{hop.for_}>" if hop.for_ else "",
        f"({wording.say('copies', 'label', source)})" if source else "",
    ]
    return fold_line(" ".join(filter(None, words)))


def _say_field(row: FieldPair) -> PairRow:
    a, b = (fold_line(decode_words(value)) if value else "" for value in (row.a, row.b))
    return PairRow(row.state, row.name, a, b)


def _say_line(row: LinePair) -> PairRow:
    return PairRow(row.state, "", fold_line(row.a), fold_line(row.b))
