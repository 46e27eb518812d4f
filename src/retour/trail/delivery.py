"""Was it delivered? One answer per recipient, with the proof, from all that a trail knows.

Of one copy and one address the last attempt counts. What the next system took is followed there,
through forwards and lists, as far as the trail reaches; where it ends, the next system's reply is
the proof, unless a report came back. A recipient that was reached on one of several ways was
reached.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from retour.model.story import Copy, Delivery, ReportClaim, Story
from retour.model.trail import HandOver, HandOverOutcome, Refusal
from retour.model.vocabulary import Action, Outcome
from retour.trail.joining import find_next, find_returned, leads_to

_RANK: Mapping[Outcome, int] = {
    "delivered": 4,
    "probably-delivered": 3,
    "delayed": 2,
    "not-delivered": 1,
    "unknown": 0,
}
_OF_ATTEMPT: Mapping[HandOverOutcome, Outcome] = {
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "probably-delivered",
    "deferred": "delayed",
    "held": "delayed",
    "failed": "not-delivered",
    "expired": "not-delivered",
    "discarded": "not-delivered",
}
_OF_ACTION: Mapping[Action, Outcome] = {
    "failed": "not-delivered",
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "probably-delivered",
}
SKEW_US = 1_000_000
"""Clocks of systems that hand on to each other agree this far, or none can tell which was first."""
_DEPTH_MAX = 150
"""Copies in a row that are followed; the most patient servers stop a loop at 100."""


def judge(story: Story, recipient: str | None = None) -> list[Delivery]:
    """Answer for every recipient of a message.

    Args:
        story: all that is known of it.
        recipient: only this one, as it was addressed or as it was rewritten.

    Returns:
        One answer a recipient, in the order in which they were first tried.
    """
    found: dict[str, Delivery] = {}
    for start in list_starts(story):
        for address in list_addresses(start):
            answer = _judge_claims(_follow(story, start, address, frozenset()), story.claims)
            known = found.get(address.lower())
            if known is None or _is_better(answer, known):
                found[address.lower()] = answer
    if not found:
        found.update(_judge_unnamed(story))
    if not found:
        for claim in story.claims:
            named = claim.original_recipient or claim.recipient
            if named:
                found[named.lower()] = _judge_claims(_know_nothing(named), [claim])
    answers = list(found.values())
    if recipient is None:
        return answers
    wanted = recipient.strip().strip("<>").lower()
    return [
        answer
        for answer in answers
        if wanted in (answer.address.lower(), (answer.final_recipient or "").lower())
    ]


def _judge_unnamed(story: Story) -> dict[str, Delivery]:
    """Answer for copies whose log names no recipient, as Sendmail's where DNS gave no answer."""
    if any(claim.recipient or claim.original_recipient for claim in story.claims):
        return {}
    answers = [_judge_untried(copy, "") for copy in list_starts(story)]
    return {"": answers[0]} if answers and answers[0].outcome != "unknown" else {}


def list_starts(story: Story) -> list[Copy]:
    """List the copies that a message began with: those that came of no other, or the one asked for.

    A system that logs no Message-ID is found by what it handed on, and may be where it began.
    """
    others = _list_others(story)
    asked = [copy for copy in others if copy.copy_id in story.asked]
    if not story.is_whole:
        return asked
    reached: set[int] = set()
    for copy in others:
        taken = _find_taken(copy, others)
        reached.update(
            later.copy_id
            for later in others
            if copy.first_us <= later.first_us + SKEW_US
            and (later.copy_id in taken or leads_to(copy, later) in ("handed-on", "forwarded"))
        )
    starts = [copy for copy in others if copy.copy_id not in reached]
    return starts or asked[:1]


def _find_taken(copy: Copy, others: list[Copy]) -> set[int]:
    """Find which copies a copy's hand-overs became; once, as a long way has hundreds of each."""
    relayed = (attempt for attempt in copy.hand_overs if attempt.outcome == "relayed")
    taken = (find_next(copy, attempt, others) for attempt in relayed)
    return {one.copy_id for one in taken if one is not None}


def list_addresses(copy: Copy) -> list[str]:
    """List the addresses that a copy came for, without those that they were rewritten to."""
    rewritten = set()
    addresses: dict[str, str] = {}
    for attempt in copy.hand_overs:
        address = attempt.original_recipient or attempt.recipient
        addresses.setdefault(address.lower(), address)
        if attempt.original_recipient:
            rewritten.add(attempt.recipient.lower())
    for refusal in copy.refusals:
        if refusal.recipient:
            addresses.setdefault(refusal.recipient.lower(), refusal.recipient)
    for address in copy.recipients:
        if address.lower() not in rewritten:
            addresses.setdefault(address.lower(), address)
    return list(addresses.values())


def _follow(story: Story, copy: Copy, address: str, visited: frozenset[int]) -> Delivery:
    """Answer for one address of one copy, with what became of it further on."""
    wanted = address.lower()
    last: dict[str, HandOver] = {}
    for attempt in copy.hand_overs:
        if wanted in (attempt.recipient.lower(), (attempt.original_recipient or "").lower()):
            key = attempt.recipient.lower()
            known = last.get(key)
            if known is not None and known.outcome == "delivered":
                continue  # it is there; what comes now is a second copy of it
            if known is None or (attempt.at_us, attempt.outcome != "deferred") >= (
                known.at_us,
                known.outcome != "deferred",
            ):
                last[key] = attempt
    best: Delivery | None = None
    for attempt in last.values():
        if attempt.outcome == "expanded" and len(last) > 1:
            continue  # the members answer for it
        answer = _follow_attempt(story, copy, attempt, visited | {copy.copy_id})
        if best is None or _is_better(answer, best):
            best = answer
    if best is None:
        best = _judge_untried(copy, address)
        for other in _list_requeued(copy, address, copy.first_us, _list_others(story)):
            if other.copy_id not in visited:
                best = _follow(story, other, address, visited | {copy.copy_id})
    final = best.final_recipient or best.address
    return replace(best, address=address, final_recipient=None if final == address else final)


def _follow_attempt(
    story: Story, copy: Copy, attempt: HandOver, visited: frozenset[int]
) -> Delivery:
    """Answer for one attempt, the last for its recipient."""
    outcome = _OF_ATTEMPT[attempt.outcome]
    if attempt.outcome in ("deferred", "held") and (copy.given_up_us or 0) >= attempt.at_us:
        outcome = "not-delivered"
    here = Delivery(
        attempt.recipient,
        None,
        outcome,
        attempt.host or attempt.address or copy.system,
        attempt.reply,
        attempt.status,
        attempt.at_us,
        copy.queue_id,
        copy.system,
        {"delivered": "mailbox", "relayed": "system"}.get(attempt.outcome),  # type: ignore[arg-type]
    )
    if attempt.outcome in ("failed", "expired", "discarded"):
        return here
    if len(visited) > _DEPTH_MAX:
        return replace(here, outcome="unknown", handed_to=None)
    best: Delivery | None = None
    for other in _list_next(story, copy, attempt):
        if other.copy_id in visited:
            continue
        for address in _match_addresses(other, attempt):
            answer = _follow(story, other, address, visited)
            if answer.outcome != "unknown" and (best is None or _is_better(answer, best)):
                best = answer
    return best or here


def _list_next(story: Story, copy: Copy, attempt: HandOver) -> list[Copy]:
    """List the copies that an attempt became, or that took its place."""
    others = _list_others(story)
    if attempt.outcome in ("deferred", "held"):
        return _list_requeued(copy, attempt.recipient, attempt.at_us, others)
    taken = find_next(copy, attempt, others)
    if taken is not None:
        return [taken]
    if attempt.outcome == "delivered":
        returned = find_returned(copy, attempt, others)
        return [returned] if returned is not None else []
    if attempt.outcome == "relayed":
        return []
    return [
        other
        for other in others
        if leads_to(copy, other) == "forwarded" and attempt.next_queue_id in (None, other.queue_id)
    ]


def _list_others(story: Story) -> list[Copy]:
    """List the copies that are no reports about the message."""
    return [other for other in story.copies if other.copy_id not in story.report_copies]


def _list_requeued(copy: Copy, address: str, since_us: int, others: list[Copy]) -> list[Copy]:
    """List the copies under whose names what waited for an address was put into the queue anew."""
    if not any(link.relation == "forwarded" for link in copy.links):
        return []
    wanted = address.lower()
    return [
        other
        for other in others
        if leads_to(copy, other) == "forwarded"
        and other.first_us >= since_us
        and wanted in (one.lower() for one in list_addresses(other))
    ]


def _match_addresses(other: Copy, attempt: HandOver) -> list[str]:
    """Choose which addresses of the next copy the recipient became."""
    addresses = list_addresses(other)
    wanted = (attempt.recipient.lower(), (attempt.original_recipient or "").lower())
    same = [address for address in addresses if address.lower() in wanted]
    return same or addresses or [attempt.recipient]


def _judge_untried(copy: Copy, address: str) -> Delivery:
    """Answer for an address that was never tried: refused, given up, or nothing is known."""
    wanted = address.lower()
    refusals: list[Refusal] = [
        refusal
        for refusal in copy.refusals
        if refusal.recipient is None or refusal.recipient.lower() == wanted
    ]
    answer = _know_nothing(address, copy)
    if refusals:
        last = refusals[-1]
        is_passing = (last.reply or "").lstrip().startswith("4") or (last.status or "")[:1] == "4"
        return replace(
            answer,
            outcome="delayed" if is_passing else "not-delivered",
            host=copy.system,
            reply=last.reply,
            status=last.status,
            at_us=last.at_us,
        )
    reports = [link.at_us for link in copy.links if link.relation == "failure-report"]
    ended_us = max([copy.given_up_us or 0, *reports])
    if ended_us and not copy.hand_overs:
        return replace(answer, outcome="not-delivered", host=copy.system, at_us=ended_us)
    return answer


def _know_nothing(address: str, copy: Copy | None = None) -> Delivery:
    queue_id, system = (copy.queue_id, copy.system) if copy else (None, None)
    return Delivery(address, None, "unknown", None, None, None, None, queue_id, system, None)


def _judge_claims(answer: Delivery, claims: Iterable[ReportClaim]) -> Delivery:
    """Let reports speak where the logs end: where another system took it, or nothing is known."""
    if answer.outcome != "unknown" and answer.handed_to != "system":
        return answer
    names = {answer.address.lower(), (answer.final_recipient or answer.address).lower()}
    for claim in claims:
        about = {(claim.recipient or "").lower(), (claim.original_recipient or "").lower()}
        outcome = claim.outcome or (_OF_ACTION[claim.action] if claim.action else None)
        if not names & about or outcome in (None, "unknown"):
            continue
        if answer.at_us is not None and claim.at_us < answer.at_us - 86_400_000_000:
            continue  # about an earlier try
        if outcome == "delivered" and answer.outcome == "delivered":
            continue  # the next system's own words are the better proof
        assert outcome is not None
        answer = replace(
            answer,
            outcome=outcome,
            host=claim.remote_mta or claim.reporting_mta or answer.host,
            reply=claim.reply,
            status=claim.status,
            at_us=claim.at_us,
            handed_to="report",
        )
    return answer


def _is_better(answer: Delivery, known: Delivery) -> bool:
    """Tell whether an answer says more: reached before not reached, then the later one."""
    mine, theirs = _RANK[answer.outcome], _RANK[known.outcome]
    return mine > theirs or (mine == theirs and (answer.at_us or 0) > (known.at_us or 0))
