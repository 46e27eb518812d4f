"""Claims about one recipient that cannot both be true.

Found are: the class of a reply against the class of its status, words against the meaning of the
code beside them, a headline, wrapper or reporter's guess against the inner reply, a loop claim
against the hops. No contradiction: ``Action: failed`` with 4.x.x (RFC 3464 §2.3.3), ``x.0.0`` with
anything, a wrapper that agrees, 5.7.1 with a reason of policy.
"""

from collections.abc import Iterable
from functools import cache

from retour.diagnose.claims import Claim, is_prose
from retour.diagnose.decision import UNKNOWN, Decision
from retour.diagnose.families import are_compatible, fits_status, is_undefined
from retour.diagnose.headlines import HEADLINES, find_headlines
from retour.diagnose.loop import DUPLICATE, LOOP
from retour.model.diagnosis import Contradiction
from retour.model.reply import Reply
from retour.model.report import Recipient, Report, Statement

_CONTRADICTIONS_MAX = 8
_QUOTE_MAX = 200
_LOOPS = frozenset({LOOP, DUPLICATE})


def find_contradictions(
    report: Report, recipient: Recipient, claims: tuple[Claim, ...], decision: Decision
) -> tuple[Contradiction, ...]:
    """Find what does not fit among the claims about one recipient.

    Args:
        report: the whole report, for the notice's headline.
        recipient: whose claims they are.
        claims: what its statements claim, strongest first.
        decision: what was concluded; claims that do not fit it are the ones not followed.
    """
    found: dict[tuple[str, str], Contradiction] = {}
    clashes = [*_class_clashes(recipient.statements), *_field_clashes(recipient, decision)]
    if len(recipient.statements) > 1:
        clashes += _wrapper_clashes(recipient.statements)
    if claims:
        clashes += _meaning_clashes(claims)
    if len(claims) > 1:
        clashes += _voice_clashes(claims, decision)
    if decision.claim is not None:
        clashes += _headline_clashes(report, recipient, decision.claim, decision.cause)
        if decision.cause in _LOOPS:
            clashes += _hop_clashes(decision, decision.claim)
    for contradiction in clashes:
        found.setdefault((contradiction.claim, contradiction.against), contradiction)
    return tuple(found.values())[:_CONTRADICTIONS_MAX]


def _class_clashes(statements: tuple[Statement, ...]) -> Iterable[Contradiction]:
    """``550 4.4.7``: the three digits and the status of one reply disagree on "for good"."""
    for statement in statements:
        reply = statement.reply
        if not (reply and reply.code and reply.status) or is_undefined(reply.status):
            continue
        code_class, status_class = str(reply.code)[0], reply.status[0]
        if code_class != status_class and {code_class, status_class} <= {"4", "5"}:
            yield Contradiction(
                claim=reply.status,
                against=str(reply.code),
                kind="later-with-never-status" if code_class == "4" else "never-with-later-status",
            )


def _field_clashes(recipient: Recipient, decision: Decision) -> Iterable[Contradiction]:
    """The ``Status`` field against the innermost reply: another class, or another meaning."""
    field, reply = recipient.status_field, recipient.reply
    if not field or is_undefined(field) or not reply:
        return
    said = _class_of(reply)
    # Routing and expiry codes (x.4.y) are the reporter's own finding, not the remote's.
    if said and field[0] in "45" and said != field[0] and field.split(".")[1] != "4":
        yield Contradiction(
            claim=f"Status: {field}",
            against=_quote(reply),
            kind="report-later-reply-never" if field[0] == "4" else "report-never-reply-later",
        )
    elif field != reply.status and _decided_by_words(decision):
        claim = decision.claim
        if claim and not fits_status(decision.cause, field) and not claim.match.rule.status:
            yield Contradiction(
                claim=f"Status: {field}",
                against=claim.match.quote,
                kind="report-status-against-words",
            )


def _class_of(reply: Reply) -> str | None:
    if reply.code:
        return str(reply.code)[0] if str(reply.code)[0] in "45" else None
    return reply.status[0] if reply.status and reply.status[0] in "45" else None


def _wrapper_clashes(statements: tuple[Statement, ...]) -> Iterable[Contradiction]:
    """A wrapper that says "later" around a reply that says "never".

    The other way round is how an expired mail looks, and no contradiction.
    """
    inner = next((s for s in statements if s.speaker != "wrapper" and s.reply), None)
    if inner is None or inner.reply is None or _class_of(inner.reply) != "5":
        return
    for statement in statements:
        reply = statement.reply if statement.speaker == "wrapper" else None
        if reply and _class_of(reply) == "4":
            yield Contradiction(
                claim=statement.text[:_QUOTE_MAX],
                against=inner.text[:_QUOTE_MAX],
                kind="wrapper-later-reply-never",
            )


def _meaning_clashes(claims: tuple[Claim, ...]) -> Iterable[Contradiction]:
    """Words against the meaning of the code that stands beside them in one reply."""
    seen: set[int] = set()
    for claim in claims:
        reply = claim.statement.reply
        if not claim.telling or claim.position in seen or not (reply and reply.status):
            continue
        seen.add(claim.position)
        # A rule that names the code knows what this provider means by it.
        if claim.match.rule.status or claim.statement.speaker == "wrapper":
            continue
        if not fits_status(claim.cause, reply.status):
            yield Contradiction(
                claim=reply.status,
                against=claim.match.quote,
                kind="status-against-words",
            )


def _voice_clashes(claims: tuple[Claim, ...], decision: Decision) -> Iterable[Contradiction]:
    """Another voice's telling words against the innermost ones, which decided."""
    if not _decided_by_words(decision) or decision.claim is None:
        return
    winner = decision.claim
    heard: set[int] = {winner.position}
    for claim in claims:
        if claim.position in heard or not claim.firm or is_prose(claim.statement):
            continue
        heard.add(claim.position)
        if claim.statement.speaker == "remote" or UNKNOWN in {claim.cause, decision.cause}:
            continue
        if not are_compatible(claim.cause, winner.cause):
            yield Contradiction(
                claim=claim.match.quote,
                against=winner.match.quote,
                kind="wrapper-against-reply",
            )


def _headline_clashes(
    report: Report, recipient: Recipient, claim: Claim, cause: str
) -> Iterable[Contradiction]:
    if not report.notice or UNKNOWN in {claim.cause, cause}:
        return
    local = (recipient.address or "").rpartition("@")[0] if len(report.recipients) > 1 else None
    if local == "":
        return
    for headline in find_headlines(report.notice, local, _false_headlines(claim.cause, cause)):
        if headline.cause or not _article_fits(headline.status or "", claim, cause):
            yield Contradiction(
                claim=headline.quote,
                against=_against(claim),
                kind="headline-against-reply" if headline.cause else "article-against-reply",
            )


@cache
def _false_headlines(claimed: str, cause: str) -> tuple[tuple[str, str], ...]:
    """Return the headlines that cannot be true beside the deciding claim's cause."""
    return tuple(
        (words, told)
        for words, told in HEADLINES
        if told != cause and not are_compatible(told, claimed)
    )


def _article_fits(status: str, claim: Claim, cause: str) -> bool:
    reply = claim.statement.reply
    if reply and reply.status == status:
        return True
    return fits_status(cause, status) or fits_status(claim.cause, status)


def _hop_clashes(decision: Decision, claim: Claim) -> Iterable[Contradiction]:
    """A loop that the hops do not bear out, and a second copy that went in circles."""
    seen = {e.rule: e for e in decision.evidence if e.speaker == "hops"}
    if claim.cause == LOOP and decision.cause == DUPLICATE and "hops/one-pass" in seen:
        yield Contradiction(
            claim=_against(claim),
            against=seen["hops/one-pass"].quote,
            kind="loop-without-circle",
        )
    if claim.cause == DUPLICATE and decision.cause == LOOP and "hops/repeated" in seen:
        yield Contradiction(
            claim=_against(claim),
            against=seen["hops/repeated"].quote,
            kind="copy-in-circle",
        )


def _decided_by_words(decision: Decision) -> bool:
    return decision.claim is not None and (
        decision.claim.telling or decision.claim.tier == "status"
    )


def _against(claim: Claim) -> str:
    return claim.statement.text[:_QUOTE_MAX] or claim.match.quote


def _quote(reply: Reply) -> str:
    head = str(reply.code) if reply.code else ""
    return f"{head} {reply.text}".strip()[:_QUOTE_MAX]
