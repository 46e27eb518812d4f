"""What a trail proves about a report: deliveries of the same message that it cannot be about.

A system that took a message may report later that it could not deliver it. Therefore a hand-over to
the next system is a proof only where the report is shown to be about another copy or another
attempt: one that the trail holds, or one whose hops leave ours on another way and never pass the
system that took it. A mailbox of ours is a proof by itself. The rules stand in docs/context.md.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from retour.model.known import Known, KnownCopy, Proof, Reach
from retour.model.report import Recipient, Report
from retour.model.route import Route
from retour.model.story import Copy, Story
from retour.model.trail import HandOver, HandOverOutcome
from retour.model.vocabulary import Outcome
from retour.trail.assembly import is_same_system
from retour.trail.delivery import list_addresses
from retour.trail.joining import find_next, leads_to
from retour.trail.origin import is_alike, is_sent, is_stamp_of, is_unsent

_TAKEN = ("delivered", "relayed")
_NOT_TAKEN = ("failed", "expired", "deferred")
_REPLY_MIN = 10
_SECOND_LEVEL_MAX = 3
_OF_ATTEMPT: dict[HandOverOutcome, Outcome] = {
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "probably-delivered",
    "deferred": "delayed",
    "held": "delayed",
    "failed": "not-delivered",
    "expired": "not-delivered",
    "discarded": "not-delivered",
}


class _Failure(NamedTuple):
    """The attempt that a report is about: of which copy, how long ago, and who refused."""

    copy: Copy
    attempt: HandOver | None
    at_us: int
    host: str | None


class _Taken(NamedTuple):
    """A hand-over that the trail sees no further than."""

    copy: Copy
    attempt: HandOver


def know(
    report: Report, route: Route, story: Story | None, reach: Reach, queue_id: str | None
) -> Known:
    """Say what a trail knows of a report's original.

    Args:
        report: the claims.
        route: the original's hops.
        story: what the trail holds under the original's Message-ID or queue id; None: nothing.
        reach: what the trail would have seen; asked for only where it holds nothing.
        queue_id: the original's name at the reporting system.
    """
    nothing = (None,) * len(report.recipients)
    if story is None:
        return Known(is_unsent(report, route, reach), nothing)
    copies = _list_alike(report, story)
    if not is_sent(report, route, copies):
        return Known(None, nothing)
    proofs: list[Proof | None] = []
    listed: list[KnownCopy] = []
    for recipient in (_resolve(named, copies) for named in report.recipients):
        failure = _find_failure(recipient, copies, queue_id)
        proof, taken = _prove(report, recipient, route, story, copies, failure)
        proofs.append(proof)
        listed += _list_known(recipient, copies, failure, taken)
    return Known(False, tuple(proofs), tuple(sorted(listed, key=lambda known: known.at)))


def _resolve(recipient: Recipient, copies: list[Copy]) -> Recipient:
    """Return a recipient by the address that the mail finally went to, where the trail knows it.

    Exim's report gives the address before a forward as the final one. Where a single address stands
    behind it, that is the one which failed.
    """
    wanted = (recipient.address or "").lower()
    behind = {
        attempt.recipient.lower(): attempt.recipient
        for copy in copies
        for attempt in copy.hand_overs
        if wanted and (attempt.original_recipient or "").lower() == wanted
    }
    return (
        replace(recipient, address=next(iter(behind.values()))) if len(behind) == 1 else recipient
    )


def _list_alike(report: Report, story: Story) -> list[Copy]:
    """List the copies that may be of the original."""
    own = [copy for copy in story.copies if copy.copy_id not in story.report_copies]
    return [
        copy
        for copy in own
        if is_alike(report, copy, is_first=not any(leads_to(other, copy) for other in own))
    ]


def _find_failure(
    recipient: Recipient, copies: list[Copy], queue_id: str | None
) -> _Failure | None:
    """Find the attempt that a report is about: by the queue id it names, else by the reply."""
    for copy in copies:
        for attempt in reversed(copy.hand_overs):
            if attempt.outcome not in _NOT_TAKEN or not _is_for(attempt, recipient):
                continue
            if copy.queue_id == queue_id or _is_quoted(attempt.reply, recipient):
                return _Failure(copy, attempt, attempt.at_us, attempt.host or attempt.address)
        for refusal in copy.refusals:
            wanted = (recipient.address or "").lower()
            if (refusal.recipient or "").lower() not in ("", wanted):
                continue
            if recipient.remote_mta and not is_same_system(copy.system, recipient.remote_mta):
                continue
            if _is_quoted(refusal.reply, recipient):
                return _Failure(copy, None, refusal.at_us, copy.system)
    return None


def _is_for(attempt: HandOver, recipient: Recipient) -> bool:
    """Say whether an attempt was for a recipient, by the address it failed for.

    The address it was first sent to counts where the report gives that one: many may stand behind
    it, and a delivery to one of them is none to the other.
    """
    wanted = (recipient.address or "").lower()
    return bool(wanted) and wanted == attempt.recipient.lower()


def _is_quoted(reply: str | None, recipient: Recipient) -> bool:
    """Say whether a logged reply is one that the report quotes."""
    words = " ".join((reply or "").lower().split())
    if len(words) < _REPLY_MIN:
        return False
    said = [" ".join(statement.text.lower().split()) for statement in recipient.statements]
    return any(words in text or (len(text) >= _REPLY_MIN and text in words) for text in said)


def _prove(
    report: Report,
    recipient: Recipient,
    route: Route,
    story: Story,
    copies: list[Copy],
    failure: _Failure | None,
) -> tuple[Proof | None, _Taken | None]:
    """Return the earliest delivery that the report cannot be about."""
    found = [
        _Taken(copy, attempt)
        for copy in copies
        for attempt in copy.hand_overs
        if attempt.outcome in _TAKEN
        and _is_for(attempt, recipient)
        and find_next(copy, attempt, copies) is None
    ]
    for taken in sorted(found, key=lambda one: one.attempt.at_us):
        if _came_back(taken, copies):
            continue
        way = _find_way(route, copies, taken)
        if taken.attempt.outcome == "relayed" and (
            _is_reported_otherwise(report, recipient, story)
            or not (failure or _is_elsewhere(report, route, taken, way))
        ):
            continue
        return _make_proof(report, recipient, failure, taken, way), taken
    return None, None


def _came_back(taken: _Taken, copies: list[Copy]) -> bool:
    """Say whether a later copy for the same recipient may be the taken one that came back.

    From another system that may be a loop; from this one itself, a content filter. A copy that is
    known to have come of another hand-over is neither, nor is one with another envelope sender,
    which a list or a forward gave it.
    """
    first, attempt = taken
    is_mailbox = attempt.outcome == "delivered"
    for copy in copies:
        if copy.copy_id == first.copy_id or copy.first_us < first.first_us:
            continue
        if attempt.recipient.lower() not in (name.lower() for name in list_addresses(copy)):
            continue
        if is_mailbox and not _is_local(copy):
            continue
        sender = copy.mail_from or ""
        is_rewritten = sender.lower() not in ("", (first.mail_from or sender).lower())
        if is_rewritten and not sender.lower().startswith(("srs0", "srs1")):
            continue
        if not _has_other_origin(copy, attempt, copies):
            return True
    return False


def _is_local(copy: Copy) -> bool:
    address = copy.peer_address or ""
    return not address or address.startswith("127.") or address == "::1"


def _has_other_origin(copy: Copy, attempt: HandOver, copies: Iterable[Copy]) -> bool:
    """Say whether a copy is known to have come of another hand-over than this one."""
    others = [other for other in copies if other.copy_id != copy.copy_id]
    for other in others:
        for one in other.hand_overs:
            if one is not attempt and find_next(other, one, [copy]) is copy:
                return True
        if leads_to(other, copy) == "forwarded":
            return True
    return False


def _find_way(route: Route, copies: list[Copy], taken: _Taken) -> str | None:
    """Return the address over which the returned copy left us, where its hops show another one."""
    for place in range(len(route.hops) - 2, -1, -1):
        hop, following = route.hops[place], route.hops[place + 1]
        for copy in copies:
            if not is_stamp_of(hop.by, hop.id, copy):
                continue
            for attempt in copy.hand_overs:
                if attempt.recipient.lower() == taken.attempt.recipient.lower():
                    continue
                named = attempt.next_queue_id and attempt.next_queue_id == following.id
                hosts = (attempt.host or "").lower(), (following.by or "").lower()
                if named or (hosts[0] and hosts[0] == hosts[1]):
                    return attempt.original_recipient or attempt.recipient
            return None
    return None


def _is_elsewhere(report: Report, route: Route, taken: _Taken, way: str | None) -> bool:
    """Say whether the returned hops show that the report's copy never was where this one was taken.

    They leave us for another address, whole, and no stamp or reporter is of the taking system.
    """
    host, name = taken.attempt.host, taken.attempt.next_queue_id
    if not (way and host and route.complete and report.reporting_mta):
        return False
    if _is_one_site(report.reporting_mta, host):
        return False
    return not any(
        (hop.by and _is_one_site(hop.by, host)) or (name and hop.id == name) for hop in route.hops
    )


def _is_reported_otherwise(report: Report, recipient: Recipient, story: Story) -> bool:
    """Say whether another report says that the message failed for this recipient."""
    at_us = round(report.date.timestamp()) * 1_000_000 if report.date else None
    names = {(recipient.address or "").lower(), (recipient.original_address or "").lower()} - {""}
    return any(
        claim.action == "failed"
        and {(claim.recipient or "").lower(), (claim.original_recipient or "").lower()} & names
        and not (claim.reporting_mta == report.reporting_mta and claim.at_us == at_us)
        for claim in story.claims
    )


def _make_proof(
    report: Report,
    recipient: Recipient,
    failure: _Failure | None,
    taken: _Taken,
    way: str | None,
) -> Proof:
    attempt = taken.attempt
    at = _moment(attempt.at_us)
    failed_at = recipient.last_attempt_at or report.date
    if failure:
        failed_at = _moment(failure.at_us)
    refuser = (failure.host if failure else None) or recipient.remote_mta
    host = attempt.host or attempt.address
    if attempt.outcome == "delivered":
        host = taken.copy.system or host
    return Proof(
        recipient=attempt.recipient,
        host=host,
        reply=attempt.reply,
        at=at,
        system=attempt.system or taken.copy.system or None,
        queue_id=taken.copy.queue_id,
        ahead_seconds=(failed_at - at).total_seconds() if failed_at else None,
        is_second_copy=bool(refuser and host and _is_one_site(refuser, host)),
        way=way,
    )


def _list_known(
    recipient: Recipient, copies: list[Copy], failure: _Failure | None, taken: _Taken | None
) -> list[KnownCopy]:
    """List how the copies fared on their last attempts for a recipient."""
    listed = []
    for copy in copies:
        last = next((a for a in reversed(copy.hand_overs) if _is_for(a, recipient)), None)
        if last is None:
            continue
        is_same = failure is not None and failure.copy.copy_id == copy.copy_id
        is_proof = taken is not None and taken.copy.copy_id == copy.copy_id
        listed.append(
            KnownCopy(
                trail_id=str(copy.copy_id),
                verdict="retry" if is_same else "fan-out" if is_proof else "unclear",
                outcome=_OF_ATTEMPT[last.outcome],
                host=last.host or last.address,
                reply=last.reply,
                at=_moment(last.at_us),
            )
        )
    return listed


def _is_one_site(one: str, other: str) -> bool:
    """Say whether two hosts belong to one organisation, by the end of their names."""
    one, other = one.lower().rstrip("."), other.lower().rstrip(".")
    return one == other or (_site(one) == _site(other) and not one[-1:].isdigit())


def _site(host: str) -> str:
    labels = host.split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= _SECOND_LEVEL_MAX
    return ".".join(labels[-3 if short else -2 :])


def _moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC)
