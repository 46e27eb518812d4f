"""What follows from a cause: whether the message arrived, whether it fails again, who acts, where.

The usual case of a cause is data (``causes.toml``); here is what one report's evidence shifts.
"""

from retour.diagnose.claims import Claim
from retour.diagnose.decision import UNKNOWN, Decision
from retour.knowledge.schema import Cause
from retour.model.report import MAIL_PROGRAM, Recipient, Report
from retour.model.vocabulary import Actor, Outcome, Retry, StoppedAt

_EXPIRED = "expired"
_DUPLICATE = "duplicate-refused"
_UNREACHABLE = "unreachable"
# A final dot without an answer: the server may have kept the message (RFC 1047).
_IN_DOUBT = ("sent more than once", "after sending end of data", "while sending end of data")
# A temporary reply to these means "not now", although the usual case is for good.
_LATER_BY_CODE = frozenset({"ip-blocklisted", "policy-refused", "domain-blocklisted"})
_SENDER_SIDE = frozenset({"domain-not-found", "no-mail-host", "dns-failure", "suppressed"})
_ON_THE_WAY = frozenset({"unreachable", "expired", "routing-loop", "tls-failed"})
_IN_THE_MAILBOX = frozenset(
    {"mailbox-full", "mailbox-disabled", "misconfigured", "system-full", "moderation-rejected"}
)


def judge_outcome(report: Report, recipient: Recipient, decision: Decision) -> Outcome:
    """Say whether the recipient has the message."""
    if decision.outcome:
        return decision.outcome
    if is_delayed(report, recipient):
        return "delayed"
    if decision.cause == _UNREACHABLE and _ended_in_doubt(recipient):
        return "unknown"
    return "not-delivered"


def is_delayed(report: Report, recipient: Recipient) -> bool:
    """Say whether the reporter goes on trying."""
    if recipient.action:
        return recipient.action == "delayed"
    return report.kind == "delay"


def _ended_in_doubt(recipient: Recipient) -> bool:
    words = " ".join(s.text for s in recipient.statements[:4]).lower()
    return "timed out" in words and any(mark in words for mark in _IN_DOUBT)


def judge_permanence(
    decision: Decision, cause: Cause, recipient: Recipient, *, delayed: bool
) -> bool | None:
    """Say whether the same message would fail again in an hour; None where the cause is unknown."""
    if decision.cause == UNKNOWN:
        return None
    rule = _own_rule(decision)
    if rule and rule.match.rule.permanent is not None:
        return rule.match.rule.permanent
    if decision.cause == _EXPIRED:
        return not delayed
    code = recipient.reply.code if recipient.reply else None
    if code and code < 500 and decision.cause in _LATER_BY_CODE:
        return False
    return cause.permanent


def judge_actor(
    report: Report,
    decision: Decision,
    cause: Cause,
    *,
    delayed: bool,
    mistyped: bool,
    backscatter: bool | None,
) -> Actor:
    """Say who has to act; at sending the only other side is the sender's own server."""
    actor = _judge_actor(
        decision, cause, delayed=delayed, mistyped=mistyped, backscatter=backscatter
    )
    at_sending = report.producer == MAIL_PROGRAM
    return "sender-admin" if at_sending and actor == "recipient-admin" else actor


def _judge_actor(
    decision: Decision, cause: Cause, *, delayed: bool, mistyped: bool, backscatter: bool | None
) -> Actor:
    if backscatter or decision.cause == _DUPLICATE:
        return "nobody"
    rule = _own_rule(decision)
    if rule and rule.match.rule.actor:
        return rule.match.rule.actor
    if mistyped and not delayed:
        return "sender"
    if decision.cause == UNKNOWN and delayed:
        return "nobody"
    return cause.actor


def judge_retry(outcome: Outcome, permanent: bool | None, cause: Cause) -> Retry:
    """Say whether sending again makes sense, and who does it."""
    if outcome == "delayed":
        return "automatic"
    if permanent is None:
        return cause.retry
    if not permanent:
        return "later"
    return cause.retry if cause.retry in {"no", "after-fix"} else "after-fix"


def _own_rule(decision: Decision) -> Claim | None:
    """Return the deciding claim where it speaks for the decided cause."""
    claim = decision.claim
    return claim if claim and claim.cause == decision.cause else None


def locate_stop(
    report: Report, recipient: Recipient, decision: Decision, outcome: Outcome
) -> StoppedAt:
    """Say at which station the message stopped.

    A server that refuses in the conversation keeps the message out: then it is the recipient's
    gateway. A reporter that speaks for itself is on the sender's side, unless the address is its
    own.
    """
    if outcome in {"delivered", "probably-delivered"}:
        return "arrived"
    if outcome == "unknown" and decision.cause in {_DUPLICATE, _UNREACHABLE}:
        return "unknown"
    cause = decision.cause
    if cause in _SENDER_SIDE or report.producer == MAIL_PROGRAM:
        return "sender-system"
    if recipient.remote_mta and not (cause in _ON_THE_WAY and not recipient.reply):
        return "recipient-gateway"
    if cause in _ON_THE_WAY:
        return "in-transit"
    if _is_at_home(report.reporting_mta, recipient.address):
        return "recipient-mailbox" if cause in _IN_THE_MAILBOX else "recipient-gateway"
    if cause in _IN_THE_MAILBOX:
        return "recipient-mailbox"
    return "unknown" if cause == UNKNOWN else "recipient-gateway"


def name_rejecter(report: Report, recipient: Recipient, decision: Decision) -> str | None:
    """Return the host that refused or failed: the remote, else the reporter for itself."""
    if recipient.remote_mta:
        return recipient.remote_mta
    nobody = decision.cause in _SENDER_SIDE or decision.cause in {_UNREACHABLE, _EXPIRED}
    return None if nobody else report.reporting_mta


def _is_at_home(host: str | None, address: str | None) -> bool:
    """Say whether a host belongs to the domain of an address (the same last two labels)."""
    domain = (address or "").rpartition("@")[2].casefold().rstrip(".")
    name = (host or "").casefold().rstrip(".")
    if not domain or not name:
        return False
    site = ".".join(domain.split(".")[-2:])
    return name == site or name.endswith("." + site)
