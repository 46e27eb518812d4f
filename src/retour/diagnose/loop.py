"""Loop, second copy, or a server that points at itself: what a loop claim is worth.

A loop needs proof, and calming the sender needs more. The claim of a server that a message went in
circles is held against the hops of the original, its list and forward marks, and the words of the
reply. Nothing here is decided by one code.
"""

import re

from retour.diagnose.claims import Claim
from retour.diagnose.confidence import (
    DUPLICATE_MARKED,
    DUPLICATE_SAID,
    DUPLICATE_SUPPOSED,
    LOOP_BY_COUNT,
    LOOP_PARTLY_SEEN,
    LOOP_PROVED,
    LOOP_UNSEEN,
    POINTS_AT_ITSELF,
)
from retour.diagnose.decision import Decision, share_rest
from retour.diagnose.marks import Mark, find_delivered_to, find_second_way
from retour.model.diagnosis import Evidence
from retour.model.report import Original, Recipient
from retour.model.route import Hop, Route
from retour.model.vocabulary import Weight

LOOP = "routing-loop"
DUPLICATE = "duplicate-refused"
MISCONFIGURED = "misconfigured"

# "Loops back to myself": the MX or route of the domain points at the server that asks.
_QUOTE_MAX = 200
_AT_ITSELF = (
    "loops back to me",
    "loops back to my",
    "mx record points to local host",
    "mxloopback",
)
_COUNT_WORDS = (
    "hop",
    "received header",
    "received: header",
    '"received"',
    "'received",
    "received field",
)
# Exchange Online counts passes through its own tenants, not Received lines: a loop is stopped after
# as few as ten of them.
_OWN_COUNTERS = ("attr34", "transport rules loop count")
_TRACE_WORDS = ("delivered-to", "forwarding loop")
# A circle in one server's own alias table: no hop shows it, and no second copy explains it.
_ALIAS_WORDS = ("aliasing", "nesting", "aliases deep", "alias database loop", "expansion size")
_SECOND_COPY_WORDS = (
    "duplicate",
    "already received",
    "already delivered",
    "already been received",
    "already been delivered",
    "already accepted",
    "already queued",
    "already being delivered",
    "already being processed",
    "already in process",
    "already in the mailbox",
    "already there",
    "already have this message",
    "already has this message",
    "second copy",
    "another copy",
    "seen this message before",
    "same message-id",
    "same message id",
)
_LIMIT = re.compile(
    r"(\d{1,4})(?: \(\d+ max\))?[ -](?:hops?|received)|hops? \(?(\d{1,4})|than (\d{1,4})"
)
# The lowest count at which a known server stops a message (Microsoft IIS).
_LOWEST_LIMIT = 10
_OWN_ROUNDS = 5
_SILENT_REPEATS = 3


def is_loop_claim(decision: Decision) -> bool:
    """Say whether a decision is about circles or copies, so that it needs the hops."""
    return decision.cause in {LOOP, DUPLICATE}


def find_silent_loop(decision: Decision, recipient: Recipient, route: Route) -> Decision:
    """Return a loop that the hops prove where no words give a reason, else the decision as it is.

    Some servers stop a loop without a word. Nobody claims it, so several repeats are asked for.
    """
    silent = decision.claim is None and recipient.action != "delayed" and recipient.reply is None
    if not silent or sum(hop.repeated for hop in route.hops) < _SILENT_REPEATS:
        return decision
    proof = _find_proof(recipient, None, route)
    return _settle(decision, LOOP, LOOP_BY_COUNT, (MISCONFIGURED,), proof) if proof else decision


def judge_loop(
    decision: Decision,
    claims: tuple[Claim, ...],
    recipient: Recipient,
    original: Original | None,
    route: Route,
) -> Decision:
    """Hold a loop or duplicate claim against what can be seen.

    Args:
        decision: by words and codes; `is_loop_claim` is true of it.
        claims: all claims about the recipient.
        recipient: whose.
        original: the message that came back.
        route: its hops.

    Returns:
        The decision with cause, confidence, outcome, evidence and alternatives by design 3.4.
    """
    words = _words(recipient)
    if decision.cause == LOOP and any(mark in words for mark in _AT_ITSELF):
        return _settle(decision, MISCONFIGURED, min(POINTS_AT_ITSELF, decision.confidence), (LOOP,))
    proof = _find_proof(recipient, original, route)
    if proof:
        confidence = max(LOOP_PROVED, decision.confidence)
        return _settle(decision, LOOP, confidence, (MISCONFIGURED, DUPLICATE), proof)
    said = decision.cause == DUPLICATE or _says_second_copy(words, claims)
    if said:
        confidence = (
            max(decision.confidence, DUPLICATE_SAID)
            if route.complete
            else (min(decision.confidence, DUPLICATE_SAID))
        )
        settled = _settle(decision, DUPLICATE, confidence, (LOOP,), _one_pass(route))
        return settled._replace(outcome="probably-delivered")
    if not route.hops:
        confidence = min(decision.confidence, LOOP_UNSEEN)
        return _settle(decision, LOOP, confidence, (DUPLICATE, MISCONFIGURED))
    if not route.complete:
        confidence = min(decision.confidence, LOOP_PARTLY_SEEN)
        return _settle(decision, LOOP, confidence, (DUPLICATE, MISCONFIGURED))
    in_own_table = any(word in words for word in _ALIAS_WORDS)
    mark = None if in_own_table or not original else find_second_way(original, _names(recipient))
    if mark is None and _claim_stands(words, route):
        confidence = min(decision.confidence, LOOP_BY_COUNT)
        return _settle(decision, LOOP, confidence, (MISCONFIGURED, DUPLICATE))
    return _settle_one_pass(decision, route, mark)


def _settle_one_pass(decision: Decision, route: Route, mark: Mark | None) -> Decision:
    """Settle a loop claim that a complete chain with one pass does not bear out."""
    if mark is None:
        settled = _settle(
            decision, DUPLICATE, DUPLICATE_SUPPOSED, (LOOP, MISCONFIGURED), _one_pass(route)
        )
        return settled._replace(outcome="unknown")
    rule = "original/list-copy" if mark.kind == "list" else "original/forwarded-copy"
    sign = Evidence("hops", f"original/{mark.field}", mark.quote, DUPLICATE, rule, "supporting")
    settled = _settle(
        decision, DUPLICATE, DUPLICATE_MARKED, (LOOP, MISCONFIGURED), (*_one_pass(route), sign)
    )
    return settled._replace(outcome="probably-delivered")


def _settle(
    decision: Decision,
    cause: str,
    confidence: float,
    others: tuple[str, ...],
    seen: tuple[Evidence, ...] = (),
) -> Decision:
    """Return the decision for a cause: what was seen first, then words for it, then against it."""
    said = decision.evidence
    agreeing = tuple(e for e in said if e.cause == cause)
    opposing = tuple(e for e in said if e.cause != cause)
    evidence = (*seen, *agreeing, *opposing) if seen else (*agreeing, *opposing)
    return Decision(
        cause=cause,
        confidence=confidence,
        claim=decision.claim,
        evidence=evidence,
        alternatives=share_rest(cause, confidence, list(others)),
        ground=f"loop/{cause}",
    )


def _words(recipient: Recipient) -> str:
    """Return what the refusing server (else the reporter) said, lower case."""
    voices = [s for s in recipient.statements if s.speaker != "wrapper"]
    remote = [s for s in voices if s.speaker == "remote"]
    return " | ".join(s.text for s in (remote or voices)[:4]).lower()


def _says_second_copy(words: str, claims: tuple[Claim, ...]) -> bool:
    if any(claim.cause == DUPLICATE and claim.telling for claim in claims):
        return True
    return any(mark in words for mark in _SECOND_COPY_WORDS)


def _names(recipient: Recipient) -> frozenset[str]:
    names = (recipient.address, recipient.original_address)
    return frozenset(name.casefold() for name in names if name)


def _find_proof(
    recipient: Recipient, original: Original | None, route: Route
) -> tuple[Evidence, ...]:
    """Return the evidence that one system took the message twice for one recipient."""
    again = _find_repeat(route, original, recipient)
    if again:
        earlier, later = again
        quote = f"hop {earlier.n}: {_taker(earlier)}; hop {later.n}: {_taker(later)}"
        return (_hops(quote, LOOP, "hops/repeated", "decisive"),)
    # A program behind the mailbox also sees the line: there it proves the one delivery only.
    arrives_again = recipient.remote_mta or any(w in _words(recipient) for w in _TRACE_WORDS)
    if original and arrives_again:
        line = find_delivered_to(original, recipient.address)
        if line:
            where = "original/Delivered-To"
            return (Evidence("hops", where, line, LOOP, "hops/delivered-to", "decisive"),)
    return ()


def _find_repeat(
    route: Route, original: Original | None, recipient: Recipient
) -> tuple[Hop, Hop] | None:
    """Return the first pass and the repeated one that prove a loop.

    A list at another place may rightly send a message back to the system that it came from, for
    somebody else: two passes stamped for different recipients are no loop, and two unstamped ones
    none where the message is a list's or forwarder's copy.
    """
    own_rounds = _find_own_rounds(route)
    if own_rounds:
        return own_rounds
    pairs = [(_first_pass(route, hop), hop) for hop in route.hops if hop.repeated]
    same = [pair for pair in pairs if not _for_others(*pair)]
    if not same:
        return None
    unstamped = all(not (first.for_ and again.for_) for first, again in same)
    open_to_doubt = unstamped and len(same) == 1 and original is not None
    if open_to_doubt and original and find_second_way(original, _names(recipient)):
        return None
    # The pair stamped for the recipient is the plainest to show.
    return next((pair for pair in same if pair[0].for_ and pair[1].for_), same[0])


def _find_own_rounds(route: Route) -> tuple[Hop, Hop] | None:
    """Return first and last of one host's stamps where it took the message from itself again.

    A scanner hands a message back to its server once or twice; more is a server that takes itself
    for the next one.
    """
    if len(route.hops) < _OWN_ROUNDS:
        return None
    takes: dict[str, list[Hop]] = {}
    for hop in route.hops:
        if hop.by and "." in hop.by:
            takes.setdefault(hop.by.casefold(), []).append(hop)
    most = max(takes.values(), key=len, default=[])
    return (most[0], most[-1]) if len(most) >= _OWN_ROUNDS else None


def _first_pass(route: Route, hop: Hop) -> Hop:
    host = (hop.by or "").casefold()
    site = ".".join(host.split(".")[-2:])
    earlier = route.hops[: hop.n - 1] if hop.n else ()
    for other in earlier:
        if (other.by or "").casefold() == host:
            return other
    for other in earlier:
        if (other.by or "").casefold().endswith(site):
            return other
    return earlier[0] if earlier else hop


def _for_others(first: Hop, again: Hop) -> bool:
    return bool(first.for_ and again.for_ and first.for_.casefold() != again.for_.casefold())


def _claim_stands(words: str, route: Route) -> bool:
    """Say whether a claim of a kind that needs no repeated host stands against a one-pass chain.

    A trace claim (``Delivered-To``, an alias in circles) does. A count does where the chain is long
    enough for the limit that it names, else for the lowest limit in use.
    """
    if any(mark in words for mark in (*_TRACE_WORDS, *_ALIAS_WORDS, *_OWN_COUNTERS)):
        return True
    if not any(mark in words for mark in _COUNT_WORDS):
        return False
    named = _LIMIT.search(words)
    limit = next((int(group) for group in named.groups() if group), 0) if named else 0
    # The refusing server saw one line more than came back, and counts one hop earlier or later.
    return len(route.hops) + 2 >= max(_LOWEST_LIMIT, limit)


def _one_pass(route: Route) -> tuple[Evidence, ...]:
    if not route.complete or not route.hops:
        return ()
    takers = ", ".join(_taker(hop) for hop in route.hops)
    quote = f"{len(route.hops)} hops: {takers}"[:_QUOTE_MAX]
    return (_hops(quote, DUPLICATE, "hops/one-pass", "supporting"),)


def _taker(hop: Hop) -> str:
    return hop.by or hop.from_ or "?"


def _hops(quote: str, cause: str, rule: str, weight: Weight) -> Evidence:
    return Evidence("hops", "route", quote, cause, rule, weight)
