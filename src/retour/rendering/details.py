"""Part 3: the original, the error in the words of those who spoke, and the way of the message."""

from collections.abc import Iterator
from datetime import datetime

from retour.model.document import DetailPart, HopRow, Row
from retour.model.report import Recipient, Statement
from retour.model.route import Hop
from retour.rendering.case import Case
from retour.rendering.foreign import fold_line
from retour.rendering.quantity import in_zone, say_duration, stamp

_VALUE_MAX = 500
_WORDS_MAX = 4000
_ADDRESSES_MAX = 20
_WORDS_ROWS_MAX = 40
_CELL_MAX = 100
_REPLY_MAX = 120


def build_details(case: Case, *, repeated: bool = False) -> DetailPart:
    """Return part 3 for recipients that fared alike.

    Args:
        case: the recipients.
        repeated: the original and its hops stand in the part of other recipients already; only what
            differs is told.
    """
    hops = () if repeated else _hop_rows(case)
    return DetailPart(
        original=() if repeated else tuple(row for row in _original_rows(case) if row.value),
        error=tuple(row for row in _error_rows(case) if row.value),
        hops=(*hops, *_failing_rows(case)),
    )


def _original_rows(case: Case) -> Iterator[Row]:
    original, say = case.analysis.report.original, case.wording.say
    if original is None:
        return
    yield Row(say("label", "from"), fold_line(original.from_, _VALUE_MAX))
    yield Row(say("label", "to"), _join(original.to))
    yield Row(say("label", "cc"), _join(original.cc))
    yield Row(say("label", "subject"), fold_line(original.subject, _VALUE_MAX))
    yield Row(say("label", "date"), stamp(original.date))
    yield Row(say("label", "message_id"), fold_line(original.message_id, _VALUE_MAX))
    yield Row(say("label", "envelope_id"), fold_line(original.envelope_id, _VALUE_MAX))
    yield Row(say("label", "returned"), say("returned", original.returned))


def _join(addresses: tuple[str, ...]) -> str:
    shown = ", ".join(fold_line(address, _VALUE_MAX) for address in addresses[:_ADDRESSES_MAX])
    return f"{shown} … ({len(addresses)})" if len(addresses) > _ADDRESSES_MAX else shown


def _error_rows(case: Case) -> Iterator[Row]:
    report, first, say = case.analysis.report, case.first, case.wording.say
    rejected = case.diagnosis.rejected_by if case.diagnosis else None
    yield Row(say("label", "rejected_by"), fold_line(rejected, _VALUE_MAX))
    yield Row(say("label", "reported_by"), fold_line(report.reporting_mta, _VALUE_MAX))
    yield Row(say("label", "producer"), report.producer or "")
    yield Row(say("label", "relayed_by"), _relays(case))
    yield Row(say("label", "notice_date"), stamp(_local(case, report.date)))
    originals = tuple(r.original_address for r in case.recipients if r.original_address)
    yield Row(say("label", "original_address"), _join(originals))
    yield Row(say("label", "action"), say("action_row", first.action) if first.action else "")
    yield Row(say("label", "last_attempt"), stamp(_local(case, first.last_attempt_at)))
    yield Row(say("label", "until"), stamp(_local(case, first.will_retry_until)))
    yield from _words(case)


def _relays(case: Case) -> str:
    """Name the servers between the first and the last, each once, in order."""
    hosts = [fold_line(hop.by, _CELL_MAX) for hop in case.analysis.route.hops if hop.by]
    return _join(tuple(dict.fromkeys(hosts[1:])))


def _local(case: Case, at: datetime | None) -> datetime | None:
    return in_zone(at, case.zone) if at else None


def _words(case: Case) -> Iterator[Row]:
    """Yield what each speaker said, in full; the same words once, whoever they are about."""
    seen: set[tuple[str, str]] = set()
    for recipient in case.recipients:
        for statement in recipient.statements:
            key = (statement.speaker, statement.text)
            if key not in seen and len(seen) < _WORDS_ROWS_MAX:
                seen.add(key)
                label = _words_label(case, recipient, statement)
                yield Row(label, fold_line(statement.text, _WORDS_MAX))


def _words_label(case: Case, recipient: Recipient, statement: Statement) -> str:
    say, reporter = case.wording.say, case.analysis.report.reporting_mta
    host = {"remote": recipient.remote_mta, "reporter": reporter}.get(statement.speaker)
    who = fold_line(host, _CELL_MAX) or say("label", f"{statement.speaker}_words")
    if len(case.recipients) == 1 or not recipient.address:
        return say("label", "words", fields={"who": who})
    fields = {"who": who, "address": fold_line(recipient.address, _CELL_MAX)}
    return say("label", "words_for", fields=fields)


def _hop_rows(case: Case) -> Iterator[HopRow]:
    for hop in case.analysis.route.hops:
        yield HopRow(
            n=hop.n,
            at=stamp(_local(case, hop.at)),
            from_=fold_line(hop.from_, _CELL_MAX),
            by=fold_line(hop.by, _CELL_MAX),
            with_=" ".join(filter(None, (fold_line(hop.with_, 40), fold_line(hop.tls, 20)))),
            delay=_delay(case, hop.delay),
            delay_seconds=hop.delay,
            marks=_marks(case, hop),
            failed=False,
        )


def _delay(case: Case, delay: float | None) -> str:
    """Return a delay as text; a negative one is no delay but clocks that disagree, and says so."""
    if delay is None:
        return ""
    if delay < 0:
        skew = say_duration(case.wording, -delay)
        return case.wording.say("mark", "skew", fields={"n": skew})
    return say_duration(case.wording, delay)


def _marks(case: Case, hop: Hop) -> tuple[str, ...]:
    say = case.wording.say
    marks = [say("mark", "repeated")] if hop.repeated else []
    if hop.delay is not None and hop.delay < 0 and "clock-skew" not in hop.defects:
        marks.append(say("mark", "clock-skew"))
    return (*marks, *(say("mark", defect) or defect for defect in hop.defects))


def _failing_rows(case: Case) -> Iterator[HopRow]:
    """Yield the hand-over that failed: from the last holder to the one that refused."""
    if case.diagnosis is None or case.diagnosis.outcome == "delivered":
        return
    hops, first = case.analysis.route.hops, case.first
    last = hops[-1] if hops else None
    holder = case.analysis.report.reporting_mta or (last.by if last else None)
    target = case.diagnosis.rejected_by or first.remote_mta
    at = case.refused_at
    since = (at - last.at).total_seconds() if at and last and last.at else None
    yield HopRow(
        n=0,
        at=stamp(_local(case, at)),
        from_=fold_line(holder, _CELL_MAX),
        by=fold_line(target if target != holder else None, _CELL_MAX),
        with_="",
        delay=_delay(case, since),
        delay_seconds=since,
        marks=(_failure(case),),
        failed=True,
    )


def _failure(case: Case) -> str:
    say, reply = case.wording.say, case.first.reply
    waits = case.diagnosis is not None and case.diagnosis.outcome == "delayed"
    if reply is None:
        return say("mark", "trying" if waits else "failed")
    words = reply.text
    if reply.code:
        words = f"{reply.code} {words}"
    fields = {"reply": fold_line(words, _REPLY_MAX)}
    return say("mark", "waiting" if waits else "refused", fields=fields)
