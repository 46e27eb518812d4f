"""One message or two? A Message-ID alone proves nothing: programs reuse them, servers add them.

What proves one message is a station that both copies passed under one queue id. Without one,
everything that the sender wrote must agree, and something must tell of the second way.
"""

from typing import Literal, NamedTuple

from retour.model.copies import BodyRelation, Copy, Quote, Reason, ReasonKey
from retour.trail.body import relate_bodies
from retour.trail.marks import find_forward_marks, find_list_marks, find_resent_marks
from retour.trail.stations import Overlay, Station

Answer = Literal["one", "two", "open"]
Agreement = Literal["same", "differs", "missing"]

_BODY_QUOTE = 200


class Identity(NamedTuple):
    """Whether two copies are copies of one message.

    Attributes:
        answer: ``one``, ``two``, or ``open``.
        reasons: why.
    """

    answer: Answer
    reasons: tuple[Reason, ...]


class _Likeness(NamedTuple):
    """What the sender wrote, compared.

    Attributes:
        is_whole: the header of both is known; else a missing field says nothing.
    The others are named as the fields.
    """

    message_id: Agreement
    date: Agreement
    from_: Agreement
    subject: Agreement
    body: BodyRelation
    is_whole: bool


def judge_identity(
    a: Copy,
    b: Copy,
    overlay: Overlay,
    stations_a: tuple[Station, ...],
    stations_b: tuple[Station, ...],
) -> Identity:
    """Say whether two copies are one message.

    Args:
        a: one copy.
        b: the other.
        overlay: their chains laid on each other.
        stations_a: the one's chain.
        stations_b: the other's.
    """
    likeness = _compare(a, b)
    if likeness.message_id == "differs":
        return Identity("two", (_field_reason("other-message-id", "Message-ID", a, b),))
    if overlay.is_proof:
        return _judge_same_transmission(a, b, likeness)
    differing = _find_difference(a, b, likeness)
    if differing:
        return Identity("two", differing)
    if likeness.message_id == "same" and likeness.date == "same":
        if overlay.common or _has_second_way(a, b):
            return Identity("one", (_field_reason("same-written", "Message-ID", a, b),))
        if likeness.body == "altered":
            return Identity("open", (_body_reason("body-altered", a, b),))
        firsts = _compare_firsts("two-submissions", overlay, stations_a, stations_b)
        return Identity("open", firsts or (Reason("no-shared-station"),))
    if likeness.message_id == "same" and not likeness.is_whole:
        if overlay.common:
            return Identity("one", (_field_reason("same-message-id", "Message-ID", a, b),))
        return Identity("open", (Reason("no-shared-station"),))
    firsts = _compare_firsts("two-runs", overlay, stations_a, stations_b)
    if firsts:
        return Identity("two", firsts)
    key: ReasonKey = "nothing-known" if likeness.body == "unknown" else "nothing-names-it"
    return Identity("open", (Reason(key),))


def _judge_same_transmission(a: Copy, b: Copy, likeness: _Likeness) -> Identity:
    """Judge copies with one queue id in both chains."""
    if likeness.body == "different":
        if likeness.message_id == "same" and likeness.subject == "same":
            return Identity("one", (_body_reason("body-replaced", a, b),))
        return Identity("open", (_body_reason("content-differs", a, b),))
    return Identity("one", ())


def _compare(a: Copy, b: Copy) -> _Likeness:
    if a.sent_at and b.sent_at:
        date: Agreement = "same" if a.sent_at == b.sent_at else "differs"
    else:
        date = _agree(a.date, b.date)
    return _Likeness(
        _agree(a.message_id, b.message_id),
        date,
        _agree(a.from_, b.from_),
        _compare_subjects(a.subject, b.subject),
        relate_bodies(a, b),
        a.extent != "log" and b.extent != "log",
    )


def _agree(one: str | None, other: str | None) -> Agreement:
    if one is None or other is None:
        return "missing"
    return "same" if one == other else "differs"


def _compare_subjects(one: str | None, other: str | None) -> Agreement:
    """Compare subjects: a list or a gateway puts a tag before (``[EXT]``), never behind."""
    if one is None or other is None:
        return "missing"
    short, long = sorted(("".join(one.split()), "".join(other.split())), key=len)
    return "same" if (long.endswith(short) if short else not long) else "differs"


def _has_second_way(a: Copy, b: Copy) -> bool:
    finders = (find_list_marks, find_resent_marks, find_forward_marks)
    return any(find(a, b) or find(b, a) for find in finders)


def _find_difference(a: Copy, b: Copy, likeness: _Likeness) -> tuple[Reason, ...]:
    """Return what the sender must have written differently; lists may rewrite ``From`` (DMARC)."""
    reasons = []
    if likeness.date == "differs":
        reasons.append(_field_reason("other-date", "Date", a, b))
    if likeness.from_ == "differs" and not (find_list_marks(a, b) or find_list_marks(b, a)):
        reasons.append(_field_reason("other-from", "From", a, b))
    if likeness.subject == "differs":
        reasons.append(_field_reason("other-subject", "Subject", a, b))
    if likeness.body == "different":
        reasons.append(_body_reason("other-body", a, b))
    return tuple(reasons)


def _compare_firsts(
    key: ReasonKey, overlay: Overlay, a: tuple[Station, ...], b: tuple[Station, ...]
) -> tuple[Reason, ...]:
    """Return as a reason the first stations' stamps where both are known and are not one."""
    if not a or not b or (0, 0) in overlay.common[:1]:
        return ()
    first_a, first_b = a[0], b[0]
    if not first_a.is_stamped or not first_b.is_stamped:
        return ()  # an arrival that only the envelope tells of may have had others before it
    if not (first_a.id or first_a.at) or not (first_b.id or first_b.at):
        return ()
    quotes = (
        Quote("a", first_a.where, first_a.stamp),
        Quote("b", first_b.where, first_b.stamp),
    )
    return (Reason(key, (("one", _name(first_a)), ("other", _name(first_b))), quotes),)


def _name(station: Station) -> str:
    at = station.at.isoformat(timespec="seconds") if station.at else None
    return " ".join(filter(None, (station.host, station.id, at)))


def _field_reason(key: ReasonKey, name: str, a: Copy, b: Copy) -> Reason:
    values = {
        "Message-ID": (a.message_id, b.message_id),
        "Date": (a.date, b.date),
        "From": (a.from_, b.from_),
        "Subject": (a.subject, b.subject),
    }[name]
    one, other = (value or "" for value in values)
    quotes = (Quote("a", name, one), Quote("b", name, other))
    return Reason(key, (("one", one), ("other", other)), quotes)


def _body_reason(key: ReasonKey, a: Copy, b: Copy) -> Reason:
    quotes = (
        Quote("a", "body", a.body.words[:_BODY_QUOTE] if a.body else ""),
        Quote("b", "body", b.body.words[:_BODY_QUOTE] if b.body else ""),
    )
    return Reason(key, (), quotes)
