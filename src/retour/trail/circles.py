"""Proofs that a message went in a circle: a system took it twice for one recipient.

A list at another place rightly sends a message back to the system that it came from, for somebody
else; a scanner hands a message back to its server; several servers of one provider in a row are
one pass. So a system that took the message twice is no loop yet: the recipient must be the same,
and the copy found earlier must be a stage of the later one.
"""

import re
from typing import Literal, NamedTuple

from retour.model.copies import Copy, Quote, Reason, ReasonKey, Side
from retour.trail.marks import (
    find_delivered_to,
    find_forward_marks,
    find_list_marks,
    find_recipients,
    is_from_mailbox,
    place_is_known,
)
from retour.trail.stations import Station, list_systems
from retour.wire.address import parse_address

# A scanner hands a message back to its server once or twice; a server that takes the message from
# itself more often takes itself for the next one.
_OWN_ROUNDS = 5
_LOOPBACK = re.compile(r"127\.|::1$|localhost\b", re.I)
Standing = Literal["proved", "open", "refuted", "none"]


class Circle(NamedTuple):
    """What speaks for a loop.

    Attributes:
        standing: ``proved``; ``open`` where a system took it twice and nothing tells for whom;
            ``refuted`` where it was for somebody else; ``none`` where nothing speaks for it.
        reasons: the proof, or what is open.
    """

    standing: Standing
    reasons: tuple[Reason, ...]


NO_CIRCLE = Circle("none", ())
REFUTED = Circle("refuted", ())


class _Case(NamedTuple):
    """One copy held against the one that may be its earlier stage."""

    side: Side
    earlier: Copy
    later: Copy
    chain: tuple[Station, ...]
    shared: int
    chain_earlier: tuple[Station, ...]
    is_stage: bool
    asked_earlier: frozenset[str]
    asked: frozenset[str]


class _Return(NamedTuple):
    """A host that took the message, and took it again after another system had it."""

    first: int
    again: int


def find_circle(
    side: Side,
    earlier: Copy,
    later: Copy,
    chain: tuple[Station, ...],
    chain_earlier: tuple[Station, ...],
    common: tuple[tuple[int, int], ...],
) -> Circle:
    """Look for proof that one copy is a later round of the other.

    Args:
        side: which of the pair is the later one.
        earlier: the copy that may be an earlier stage of the other.
        later: the other.
        chain: the later copy's stations.
        chain_earlier: the earlier one's.
        common: index pairs of the stations that are one, the earlier copy's first.
    """
    asked_earlier, _ = find_recipients(earlier)
    asked, _ = find_recipients(later)
    ends = common[-1] if common else (-1, -1)
    rest_earlier, shared = chain_earlier[ends[0] + 1 :], ends[1] + 1
    # What the earlier one passed inside the system that both had is still the same stage.
    inside = {"", chain[shared - 1].system if shared else ""}
    is_stage = all(station.system in inside for station in rest_earlier)
    case = _Case(side, earlier, later, chain, shared, chain_earlier, is_stage, asked_earlier, asked)
    record = _find_in_record(case)
    if record:
        return Circle("proved", (record,))
    returns = [found for found in _find_returns(chain) if found.again >= shared]
    found = _judge_own_trace(case, returns)
    if found.standing == "proved":
        return found
    proof = _find_delivery_before(case, returns)
    if proof is None and is_stage:
        proof = _find_arrival_again(case, returns)
    if proof:
        return Circle("proved", (proof,))
    if found.standing in ("open", "refuted") or not is_stage:
        return found  # else the earlier copy is no stage of this one
    if place_is_known(earlier) != place_is_known(later):
        unstamped = _judge_unstamped(case, returns)
        return unstamped._replace(standing="open") if unstamped.reasons else NO_CIRCLE
    stamped = _find_stamped_twice(case, returns) or _find_own_rounds(case)
    if stamped:
        return Circle("proved", (stamped,))
    unstamped = _judge_unstamped(case, returns)
    return unstamped if unstamped.reasons else _judge_left_again(case)


def _find_returns(chain: tuple[Station, ...]) -> list[_Return]:
    """Return each return of a host after another system had the message.

    A mailbox is the end of a way: what reaches one through a scanner elsewhere goes in no circle.
    """
    returns = []
    last_seen: dict[str, tuple[int, int]] = {}
    run, system = 0, ""
    for n, station in enumerate(chain):
        if station.system and station.system != system:
            run, system = run + 1, station.system
        if not station.host or not station.system:
            continue
        before = last_seen.get(station.host)
        if before and before[1] != run and not station.is_mailbox:
            returns.append(_Return(before[0], n))
        last_seen[station.host] = (n, run)
    return returns


def _find_in_record(case: _Case) -> Reason | None:
    """Find our own record of handing the earlier copy to the system that brought the later one.

    The only sure sign where traces are removed. The recipient must be the same: what goes out to
    a list comes back for others.
    """
    sent, came = case.earlier.envelope, case.later.envelope
    if sent is None or came is None:
        return None
    if sent.arrived_at and came.arrived_at and came.arrived_at < sent.arrived_at:
        return None
    peers = {
        name.lower().rstrip(".")
        for name in (came.peer_name, came.peer_address, came.helo)
        if name and ("." in name or ":" in name) and not _LOOPBACK.match(name)
    }
    for record in sent.handed_on:
        to_peer = {x.lower() for x in (record.host, record.address) if x} & peers
        if record.outcome != "relayed" or not to_peer:
            continue
        if record.recipient.casefold() not in came.recipients & sent.recipients:
            continue
        earlier_side: Side = "a" if case.side == "b" else "b"
        return Reason(
            "came-back-from-next-host",
            (
                ("recipient", record.recipient),
                ("host", record.host or record.address or ""),
                ("queue_id", record.queue_id),
            ),
            (
                Quote(earlier_side, "record", record.reply or "relayed"),
                Quote(case.side, "envelope/peer", came.peer_name or came.peer_address or ""),
            ),
        )
    return None


def _judge_own_trace(case: _Case, returns: list[_Return]) -> Circle:
    """Judge a later copy that has the earlier one's arrival among its own stations."""
    if not case.is_stage or not case.shared:
        return NO_CIRCLE
    arrival = case.chain[case.shared - 1]
    behind = case.chain[case.shared :]
    # A delivery into a mailbox ends a way; it is no return (see `_find_returns`).
    last = next((station for station in reversed(behind) if not station.is_mailbox), arrival)
    left = any(system != arrival.system for system in list_systems(behind))
    is_known = case.chain_earlier[-1].is_arrival or is_from_mailbox(case.earlier)
    if not (is_known and arrival.system and left):
        return NO_CIRCLE
    if not place_is_known(case.later):
        reasons = (
            () if _has_second_way(case) else (_took_twice("own-trace-open", case, arrival, last),)
        )
        return Circle("open", reasons) if reasons else NO_CIRCLE
    if last.system != arrival.system:
        return NO_CIRCLE
    asked = case.asked or _for(last)
    # A mailbox knows of its own delivery only: others may have been asked for beside it.
    asked_earlier = (case.earlier.envelope and case.asked_earlier) or _for(arrival)
    both = asked & (asked_earlier or case.asked_earlier)
    if not both:
        return REFUTED if asked_earlier else _judge_unstamped(case, returns)
    leg = next((s.for_ for s in behind if s.system != arrival.system and s.for_), None)
    if len(asked_earlier) == 1 or leg in both:
        reason = _took_twice("own-trace", case, arrival, last, sorted(both)[0])
        return Circle("proved", (reason,))
    is_other = leg in asked_earlier or leg in case.later.addressees
    if is_other or _has_second_way(case):
        return REFUTED
    return Circle("open", (_took_twice("took-twice-open", case, arrival, last),))


def _find_delivery_before(case: _Case, returns: list[_Return]) -> Reason | None:
    """Find the ``Delivered-To`` of this copy's own recipient with another system above it."""
    rounds = {n for found in returns for n in range(found.first, found.again)}
    for field in find_delivered_to(case.later, case.earlier):
        address = _bare(field.value)
        n = field.hops_below - 1
        if address not in case.asked or not 0 <= n < len(case.chain):
            continue
        by, now = case.chain[n], case.chain[-1]
        left = any(system != by.system for system in list_systems(case.chain[n + 1 :]))
        if n in rounds or (left and now.is_arrival and by.system == now.system):
            facts = (("recipient", address), ("host", by.host or ""))
            quotes = (Quote(case.side, field.name, field.value),)
            return Reason("delivered-before", facts, quotes)
    return None


def _find_arrival_again(case: _Case, returns: list[_Return]) -> Reason | None:
    """Find the station at which the receiving system took it before, stamped for the same one."""
    last = len(case.chain) - 1
    for found in returns:
        first, again = case.chain[found.first], case.chain[found.again]
        if found.again == last and again.is_arrival and first.for_ in case.asked:
            return _took_twice("took-twice", case, first, again, first.for_ or "")
    return None


def _judge_left_again(case: _Case) -> Circle:
    """Judge a copy that had reached the other's only recipient and left again.

    It is a loop where both were found at his system, and a forwarded copy elsewhere.
    """
    behind = case.chain[case.shared :]
    recipient = _find_only_recipient(case)
    left = len(list_systems(behind)) > 1
    if recipient is None or not left or place_is_known(case.later) or _has_second_way(case):
        return NO_CIRCLE
    if not _reaches(case, recipient):
        return NO_CIRCLE
    return Circle("open", (_took_twice("left-again", case, behind[0], behind[-1], recipient),))


def _find_only_recipient(case: _Case) -> str | None:
    """Return the one recipient for whom the last common station had the message."""
    if case.shared and (stamped := case.chain[case.shared - 1].for_):
        return stamped
    return next(iter(case.later.addressees)) if len(case.later.addressees) == 1 else None


def _reaches(case: _Case, recipient: str) -> bool:
    """Say whether the next station took it for a recipient."""
    first = case.chain[case.shared]
    if first.for_ is not None:
        return first.for_ == recipient
    return any(_bare(f.value) == recipient for f in find_delivered_to(case.later, case.earlier))


def _find_stamped_twice(case: _Case, returns: list[_Return]) -> Reason | None:
    """Find a host that stamped the message twice for one recipient."""
    for found in returns:
        first, again = case.chain[found.first], case.chain[found.again]
        if first.for_ and first.for_ == again.for_:
            return _took_twice("took-twice", case, first, again, first.for_)
    # The earlier copy is one stage before: its only recipient, then the same system again.
    if not case.shared or not returns or is_from_mailbox(case.later):
        return None
    giver, behind = case.chain[case.shared - 1], case.chain[case.shared :]
    recipient = _find_only_recipient(case)
    if not behind or not recipient or not giver.system:
        return None
    leads_back = behind[-1].system == giver.system != behind[0].system
    if leads_back and _reaches(case, recipient):
        return _took_twice("took-twice-next", case, giver, behind[-1], recipient)
    return None


def _bare(value: str) -> str:
    return (parse_address(value) or value.strip()).casefold()


def _find_own_rounds(case: _Case) -> Reason | None:
    """Find a host that took the message from itself again and again."""
    takes: dict[str, list[Station]] = {}
    for station in case.chain[case.shared :]:
        if station.host and station.system:
            takes.setdefault(station.host, []).append(station)
    most = max(takes.values(), key=len, default=[])
    if len(most) < _OWN_ROUNDS or len({s.for_ for s in most if s.for_}) > 1:
        return None
    return _took_twice("own-rounds", case, most[0], most[-1])


def _judge_unstamped(case: _Case, returns: list[_Return]) -> Circle:
    """Judge returns of which nothing tells for whom they were."""
    doubtful = [r for r in returns if not _is_for_others(case.chain[r.first], case.chain[r.again])]
    if not doubtful:
        return NO_CIRCLE
    first, again = case.chain[doubtful[0].first], case.chain[doubtful[0].again]
    hosts = [case.chain[found.again].host for found in doubtful]
    if any(hosts.count(host) > 1 for host in hosts):
        return Circle("proved", (_took_twice("took-often", case, first, again),))
    if _has_second_way(case) or _goes_to_addressee(case, doubtful[0]):
        return NO_CIRCLE
    return Circle("open", (_took_twice("took-twice-open", case, first, again),))


def _goes_to_addressee(case: _Case, found: _Return) -> bool:
    """Say whether it went out to somebody whom the sender had addressed beside others."""
    between = case.chain[found.first + 1 : found.again]
    leg = next((s.for_ for s in between if s.for_), None)
    return leg is not None and len(case.later.addressees) > 1 and leg in case.later.addressees


def _has_second_way(case: _Case) -> bool:
    marks = find_list_marks(case.later, case.earlier)
    return bool(marks or find_forward_marks(case.later, case.earlier))


def _is_for_others(first: Station, again: Station) -> bool:
    return bool(first.for_ and again.for_ and first.for_ != again.for_)


def _for(station: Station) -> frozenset[str]:
    return frozenset([station.for_]) if station.for_ else frozenset()


def _took_twice(
    key: ReasonKey, case: _Case, first: Station, again: Station, recipient: str = ""
) -> Reason:
    facts = [
        ("host", again.host or again.system),
        ("first", str(first.n)),
        ("again", str(again.n)),
        ("id_first", first.id or ""),
        ("id_again", again.id or ""),
    ]
    if recipient:
        facts.append(("recipient", recipient))
    quotes = tuple(Quote(case.side, one.where, one.stamp) for one in (first, again))
    return Reason(key, tuple(pair for pair in facts if pair[1]), quotes)
