"""What two arrivals are to each other: retry, split, fan-out, resent, loop, distinct, unclear.

In the order of the questions: one message or two (`identity`); did it go in a circle (`circles`);
did a person send it again; where do the ways part, and for whom. Where nothing answers, the verdict
is ``unclear`` and the reasons say what would decide it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from retour.model.copies import (
    Comparison,
    Copy,
    Envelope,
    Field,
    PairVerdict,
    Parting,
    Quote,
    Reason,
    ReasonKey,
    Side,
)
from retour.model.vocabulary import VERDICTS, Verdict
from retour.trail.circles import find_circle
from retour.trail.identity import Identity, judge_identity
from retour.trail.marks import (
    find_forward_marks,
    find_list_marks,
    find_recipients,
    find_resent_marks,
    is_from_mailbox,
    place_is_known,
)
from retour.trail.stations import (
    Overlay,
    Station,
    find_system,
    lay_over,
    list_stations,
    list_systems,
)


class _Pair(NamedTuple):
    """Two copies with their chains laid on each other.

    The chains are comparable: without an arrival that is known of one copy alone. The whole ones
    have it.
    """

    a: Copy
    b: Copy
    stations_a: tuple[Station, ...]
    stations_b: tuple[Station, ...]
    overlay: Overlay
    whole_a: tuple[Station, ...]
    whole_b: tuple[Station, ...]


class _Judgement(NamedTuple):
    verdict: Verdict
    reasons: tuple[Reason, ...]


def compare(copies: Sequence[Copy]) -> Comparison:
    """Compare copies, each with each.

    Args:
        copies: two or more, in any order; the verdicts do not depend on it.

    Returns:
        The verdict of each pair and the strongest of them.

    Raises:
        ValueError: there are fewer than two.
    """
    if len(copies) < 2:
        raise ValueError("a comparison needs two copies")
    chains = [list_stations(copy) for copy in copies]
    pairs = tuple(
        _compare_pair(n, m, copies, chains)
        for n in range(len(copies))
        for m in range(n + 1, len(copies))
    )
    strongest = min((pair.verdict for pair in pairs), key=VERDICTS.index)
    return Comparison(strongest, pairs)


def _compare_pair(
    n: int, m: int, copies: Sequence[Copy], chains: Sequence[tuple[Station, ...]]
) -> PairVerdict:
    a, b = copies[n], copies[m]
    pair = _lay_pair(a, b, chains[n], chains[m])
    identity = judge_identity(a, b, pair.overlay, pair.stations_a, pair.stations_b)
    verdict, reasons = _judge(pair, identity)
    parted_at = None
    if pair.overlay.common and identity.answer != "two":
        at_a, at_b = pair.overlay.common[-1]
        one, other = pair.stations_a[at_a], pair.stations_b[at_b]
        parted_at = Parting(one.host, one.id, one.at, one.n, other.n)
    return PairVerdict(n, m, verdict, reasons, parted_at)


def _lay_pair(
    a: Copy, b: Copy, stations_a: tuple[Station, ...], stations_b: tuple[Station, ...]
) -> _Pair:
    """Lay two chains on each other, without an arrival of which the other side has no like."""
    overlay = lay_over(stations_a, stations_b)
    pair = _Pair(a, b, stations_a, stations_b, overlay, stations_a, stations_b)
    if not place_is_known(b) and _has_no_like(overlay.rest_a, stations_b):
        pair = pair._replace(stations_a=stations_a[:-1])
    if not place_is_known(a) and _has_no_like(overlay.rest_b, stations_a):
        pair = pair._replace(stations_b=stations_b[:-1])
    if pair.stations_a is stations_a and pair.stations_b is stations_b:
        return pair
    return pair._replace(overlay=lay_over(pair.stations_a, pair.stations_b))


def _judge_capture(pair: _Pair) -> _Judgement | None:
    """Judge by a capture: a client left before the reply, and sent the message again."""
    a, b = pair.a.envelope, pair.b.envelope
    if a is None or b is None or pair.a.message_id != pair.b.message_id:
        return None
    if not (a.recipients & b.recipients) or not _is_one_peer(pair):
        return None
    sides: tuple[tuple[Side, Envelope, Envelope], ...] = (("b", a, b), ("a", b, a))
    for side, one, other in sides:
        left = [mark for mark in one.remarks if mark.name == "client-left-before-reply"]
        again = [mark for mark in other.remarks if mark.name == "sent-again"]
        if left and again and left[-1].at_us <= again[-1].at_us:
            said = _say_recipients("same-recipient", a.recipients, b.recipients)
            reason = Reason("left-and-again", (("copy", side),))
            return _Judgement("retry", (reason, said))
    return None


def _is_one_peer(pair: _Pair) -> bool:
    a, b = pair.a.envelope, pair.b.envelope
    is_address = bool(a and b and a.peer_address and a.peer_address == b.peer_address)
    return is_address or bool(_find_peer(pair.a) & _find_peer(pair.b))


def _has_no_like(rest: tuple[Station, ...], other: tuple[Station, ...]) -> bool:
    """Say whether a chain ends with an arrival that its mail does not name, nor the other chain."""
    if not rest or rest[-1].is_stamped:
        return False
    return not (rest[-1].is_logged and other and other[-1].system == rest[-1].system)


def _judge(pair: _Pair, identity: Identity) -> _Judgement:
    if identity.answer == "two":
        return _Judgement("distinct", identity.reasons)
    circle = _judge_circle(pair, identity)
    if circle:
        return circle
    if identity.answer == "open":
        return _judge_capture(pair) or _leave_open(pair, identity.reasons)
    sides: tuple[tuple[Side, Copy, Copy], ...] = (("b", pair.b, pair.a), ("a", pair.a, pair.b))
    for side, one, other in sides:
        if marks := find_resent_marks(one, other):
            return _Judgement("resent", (_say_marks("resent", side, marks), *identity.reasons))
    return _judge_ways(pair, identity)


def _judge_circle(pair: _Pair, identity: Identity) -> _Judgement | None:
    """Return the verdict of a proved loop, or of a return that may be one."""
    common = pair.overlay.common
    turned = tuple((m, n) for n, m in common)
    later_b = find_circle("b", pair.a, pair.b, pair.whole_b, pair.stations_a, common)
    later_a = find_circle("a", pair.b, pair.a, pair.whole_a, pair.stations_b, turned)
    for circle in (later_b, later_a):
        if circle.standing == "proved":
            return _Judgement("loop", (*circle.reasons, *identity.reasons))
    for circle in (later_b, later_a):
        if circle.standing == "open" and identity.answer == "one":
            reasons = (*circle.reasons, Reason("decide-recipients"))
            return _Judgement("unclear", (*reasons, *identity.reasons))
    return None


def _judge_ways(pair: _Pair, identity: Identity) -> _Judgement:
    """Judge copies of one message by where their ways part, and for whom."""
    marked = _find_way_marks(pair)
    if marked:
        return _Judgement("fan-out", (*_say_parting(pair), *marked, *identity.reasons))
    if not pair.overlay.common:
        return _leave_open(pair, (*identity.reasons, Reason("no-shared-station")))
    if _is_logged_later(pair):
        return _Judgement("unclear", (Reason("same-copy-later"), *identity.reasons))
    middle_a, middle_b = _strip_receiver(pair)
    if not middle_a and not middle_b:
        return _judge_one_giver(pair, identity)
    station = _last_common(pair)
    systems = {*list_systems(middle_a), *list_systems(middle_b)}
    if systems <= {station.system}:
        return _judge_inside_provider(pair, identity, middle_a, middle_b)
    if _is_one_line(pair, middle_a, middle_b):
        return _judge_one_line(pair, identity)
    if _is_seen_later(pair, middle_a, middle_b):
        reasons = (Reason("seen-at-two-places"), Reason("decide-envelope"))
        return _Judgement("unclear", (*reasons, *identity.reasons))
    return _Judgement("fan-out", (*_say_parting(pair), *identity.reasons))


def _strip_receiver(pair: _Pair) -> tuple[tuple[Station, ...], tuple[Station, ...]]:
    """Leave off the systems that both chains end with: the receiving one, its scanners."""
    rest_a, rest_b = pair.overlay.rest_a, pair.overlay.rest_b
    systems_a, systems_b = list_systems(rest_a), list_systems(rest_b)
    same = 0
    for one, other in zip(reversed(systems_a), reversed(systems_b), strict=False):
        if one != other:
            break
        same += 1
    return _strip(rest_a, len(systems_a) - same), _strip(rest_b, len(systems_b) - same)


def _strip(rest: tuple[Station, ...], passes: int) -> tuple[Station, ...]:
    """Return the stations of the first passes."""
    count, system = 0, ""
    for n, station in enumerate(rest):
        if station.system and station.system != system:
            count, system = count + 1, station.system
            if count > passes:
                return rest[:n]
    return rest if passes else ()


def _judge_one_giver(pair: _Pair, identity: Identity) -> _Judgement:
    """Judge copies that one system handed to one next system: retry, split, or two addresses."""
    giver = _say_giver(pair)
    asked_a, asked_b = _find_asked(pair, "a"), _find_asked(pair, "b")
    if asked_a & asked_b and (peers := _find_other_peers(pair)):
        if _is_for_one(pair):
            reasons = (giver, peers, Reason("decide-sender-log"), *identity.reasons)
            return _Judgement("unclear", reasons)
        return _Judgement("fan-out", (giver, peers, *identity.reasons))
    _, final_a = find_recipients(pair.a)
    _, final_b = find_recipients(pair.b)
    if asked_a and asked_b and asked_a & asked_b:
        said = _say_recipients("same-recipient", asked_a & asked_b, asked_a & asked_b)
        return _Judgement("retry", (giver, said, *identity.reasons))
    if asked_a and asked_b and final_a & final_b:
        said = _say_recipients("one-mailbox", asked_a, asked_b)
        return _Judgement("fan-out", (giver, said, *identity.reasons))
    a, b = (asked_a, asked_b) if asked_a and asked_b else (final_a, final_b)
    if a and b and not a & b:
        said = _say_recipients("other-recipient", a, b)
        return _Judgement("split", (giver, said, *identity.reasons))
    if len(pair.a.addressees) == 1:
        return _Judgement("retry", (giver, *identity.reasons))
    if len(list_systems(pair.overlay.rest_a)) > 1:
        reasons = (giver, Reason("decide-sender-log"), *identity.reasons)
        return _Judgement("unclear", reasons)
    return _Judgement("retry", (giver, Reason("split-not-excluded"), *identity.reasons))


def _find_other_peers(pair: _Pair) -> Reason | None:
    """Find that two systems brought the copies, though the chains name one: traces were removed."""
    systems_a, systems_b = _find_peer(pair.a), _find_peer(pair.b)
    if not systems_a or not systems_b or systems_a & systems_b:
        return None
    one, other = min(systems_a), min(systems_b)
    quotes = (Quote("a", "envelope/peer", one), Quote("b", "envelope/peer", other))
    return Reason("other-peer", (("one", one), ("other", other)), quotes)


def _find_peer(copy: Copy) -> frozenset[str]:
    """Return the systems of the host that brought a copy: by its name, and as it named itself."""
    if copy.envelope is None:
        return frozenset()
    systems = map(find_system, (copy.envelope.peer_name, copy.envelope.helo))
    return frozenset(filter(None, systems))


def _is_for_one(pair: _Pair) -> bool:
    return _last_common(pair).for_ is not None or len(pair.a.addressees) == 1


def _find_asked(pair: _Pair, side: Side) -> frozenset[str]:
    """Return for whom the giver handed a copy over.

    Where the receiving system is the next one, it knows; else the next one may have stamped it.
    """
    rest = pair.overlay.rest_a if side == "a" else pair.overlay.rest_b
    copy = pair.a if side == "a" else pair.b
    if not rest or rest[0].system == rest[-1].system:
        asked, _ = find_recipients(copy)
        if asked:
            return asked
    return _stamped_recipient(pair, side)


def _stamped_recipient(pair: _Pair, side: Side) -> frozenset[str]:
    """Return the recipient stamped where the ways part, else by the last common station."""
    rest = pair.overlay.rest_a if side == "a" else pair.overlay.rest_b
    station = rest[0] if rest else _last_common(pair)
    return frozenset([station.for_]) if station.for_ else frozenset()


def _judge_inside_provider(
    pair: _Pair,
    identity: Identity,
    middle_a: tuple[Station, ...],
    middle_b: tuple[Station, ...],
) -> _Judgement:
    """Judge ways that part inside the sending system and leave it through other servers."""
    asked_a, _ = find_recipients(pair.a)
    asked_b, _ = find_recipients(pair.b)
    if asked_a and asked_b and not asked_a & asked_b:
        said = _say_recipients("other-recipient", asked_a, asked_b)
        return _Judgement("split", (_say_giver(pair), said, *identity.reasons))
    if _is_one_line(pair, middle_a, middle_b):
        return _judge_one_line(pair, identity)
    if len(middle_a) != len(middle_b):
        return _Judgement("fan-out", (*_say_parting(pair), *identity.reasons))
    reasons = (*_say_parting(pair), Reason("inside-provider"), Reason("decide-sender-log"))
    return _Judgement("unclear", (*reasons, *identity.reasons))


def _is_one_line(pair: _Pair, middle_a: tuple[Station, ...], middle_b: tuple[Station, ...]) -> bool:
    """Say whether the last common station had one recipient and every next one took it for him."""
    station = _last_common(pair)
    return station.for_ is not None and all(
        middle[0].for_ == station.for_ for middle in (middle_a, middle_b) if middle
    )


def _judge_one_line(pair: _Pair, identity: Identity) -> _Judgement:
    """Judge copies of one hand-over for one recipient that took two ways: over another server."""
    if all(place_is_known(copy) for copy in (pair.a, pair.b)):
        recipient = frozenset(filter(None, [_last_common(pair).for_]))
        said = _say_recipients("same-recipient", recipient, recipient)
        return _Judgement("retry", (_say_giver(pair), said, *identity.reasons))
    reasons = (Reason("seen-at-two-places"), Reason("decide-envelope"))
    return _Judgement("unclear", (*reasons, *identity.reasons))


def _is_seen_later(
    pair: _Pair, middle_a: tuple[Station, ...], middle_b: tuple[Station, ...]
) -> bool:
    """Say whether one copy may be the other's arrival, only seen further on."""
    if middle_a and middle_b:
        return False
    shorter, longer = (pair.a, pair.b) if middle_b else (pair.b, pair.a)
    systems = list_systems(middle_b or middle_a)
    return len(systems) == 1 and is_from_mailbox(longer) and not place_is_known(shorter)


def _is_logged_later(pair: _Pair) -> bool:
    """Say whether one arrival, known from a log, is a stage of the other, which never came back.

    Where something was put into a mailbox there, too, these are two copies.
    """
    rests = pair.overlay.rest_a, pair.overlay.rest_b
    sides = ((pair.a, *rests), (pair.b, *rests[::-1]))
    system = _last_common(pair).system
    for copy, rest, other_rest in sides:
        if copy.extent != "log" or rest or copy.envelope is None:
            continue
        passed = list_systems(tuple(one for one in other_rest if not one.is_mailbox))
        is_kept = any(record.outcome == "delivered" for record in copy.envelope.handed_on)
        if not is_kept and (system not in passed or set(passed) <= {system}):
            return True
    return False


def _leave_open(pair: _Pair, reasons: tuple[Reason, ...]) -> _Judgement:
    """Return ``unclear`` with what would decide it, or a split that the envelopes alone show."""
    if split := _find_split_by_envelopes(pair):
        return _Judgement("split", (*split, *reasons))
    decide = []
    if not pair.stations_a or not pair.stations_b or not pair.overlay.common:
        decide.append(Reason("decide-traces"))
    if pair.a.envelope is None or pair.b.envelope is None:
        decide.append(Reason("decide-envelope"))
    decide.append(Reason("decide-outgoing-record"))
    return _Judgement("unclear", (*reasons, *decide))


def _find_split_by_envelopes(pair: _Pair) -> tuple[Reason, ...]:
    """Find that one peer handed over the same bytes, without traces, for different recipients."""
    a, b = pair.a, pair.b
    is_same = a.message_id and _is_same_text(a, b)
    if not is_same or a.envelope is None or b.envelope is None:
        return ()
    asked_a, asked_b = a.envelope.recipients, b.envelope.recipients
    if not asked_a or not asked_b or asked_a & asked_b:
        return ()
    if not _find_peer(a) & _find_peer(b):
        return ()
    return (_say_recipients("other-recipient", asked_a, asked_b),)


def _is_same_text(a: Copy, b: Copy) -> bool:
    is_known = a.body_sha256 is not None and "log" not in (a.extent, b.extent)
    return is_known and (a.header_block, a.body_sha256) == (b.header_block, b.body_sha256)


def _last_common(pair: _Pair) -> Station:
    return pair.stations_a[pair.overlay.common[-1][0]]


def _find_way_marks(pair: _Pair) -> tuple[Reason, ...]:
    reasons = []
    sides: tuple[tuple[Side, Copy, Copy], ...] = (("b", pair.b, pair.a), ("a", pair.a, pair.b))
    for side, one, other in sides:
        if marks := find_list_marks(one, other):
            reasons.append(_say_marks("list-copy", side, marks))
        if marks := find_forward_marks(one, other):
            reasons.append(_say_marks("forwarded-copy", side, marks))
    return tuple(reasons)


def _say_marks(key: ReasonKey, side: Side, marks: tuple[Field, ...]) -> Reason:
    quotes = tuple(Quote(side, field.name, field.value[:300]) for field in marks[:3])
    return Reason(key, (("copy", side),), quotes)


def _say_giver(pair: _Pair) -> Reason:
    """Say that one system, under one queue id, is where both come from."""
    station = _last_common(pair)
    at_a, at_b = pair.overlay.common[-1]
    facts = [("host", station.host or station.system), ("id", station.id or "")]
    quotes = (
        Quote("a", pair.stations_a[at_a].where, pair.stations_a[at_a].stamp),
        Quote("b", pair.stations_b[at_b].where, pair.stations_b[at_b].stamp),
    )
    key: ReasonKey = "one-giver" if station.id else "one-giver-no-id"
    return Reason(key, tuple(pair for pair in facts if pair[1]), quotes)


def _say_parting(pair: _Pair) -> tuple[Reason, ...]:
    """Say where the ways part and where either goes on."""
    if not pair.overlay.common:
        return ()
    station = _last_common(pair)
    quotes = []
    sides: tuple[tuple[Side, tuple[Station, ...]], ...] = (
        ("a", pair.overlay.rest_a),
        ("b", pair.overlay.rest_b),
    )
    for side, rest in sides:
        quotes += [Quote(side, one.where, one.stamp) for one in rest[:3]]
    facts = [("host", station.host or station.system), ("id", station.id or "")]
    return (Reason("ways-part", tuple(pair for pair in facts if pair[1]), tuple(quotes)),)


def _say_recipients(key: ReasonKey, a: frozenset[str], b: frozenset[str]) -> Reason:
    one, other = (", ".join(sorted(names)[:5]) for names in (a, b))
    quotes = (Quote("a", "recipient", one), Quote("b", "recipient", other))
    return Reason(key, (("one", one), ("other", other)), quotes)
