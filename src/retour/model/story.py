"""What a trail knows of a message, as it is read back: copies, hand-overs, reports, answers."""

from dataclasses import dataclass
from typing import Literal

from retour.model.copies import PairVerdict
from retour.model.trail import HandOver, Link, Refusal, Remark
from retour.model.vocabulary import Action, Kind, Outcome, TroubleKind, Verdict


@dataclass(frozen=True, slots=True)
class Copy:
    """One arrival of a message at one system, or one that was refused there.

    Attributes:
        copy_id: the trail's own number; grows with time.
        system: the host that took it.
        queue_id: its name there; None where it was refused before it had one.
        first_us, last_us: the earliest and the latest line about it; microseconds since 1970.
        ended_us: when the system was done with it.
        given_up_us: when it gave up on the recipients that were still deferred.
        recipients: all addresses it is known to be for, as sent and as rewritten.
        hand_overs: attempts to hand it on, in time order.
        refusals: of it or of some of its recipients.
        links: copies that came of it.
        remarks: what captures show of its arrival.
        header_block: as it came, where a stored mail gave it.
        body_sha256: hexadecimal, of the body's bytes.
        has_body: whether the body is kept, too.
        answer_us: from the final dot to Retour's own answer, where it stood in the mail flow.
    The others are those of :class:`retour.model.trail.Arrival`.
    """

    copy_id: int
    system: str
    queue_id: str | None
    first_us: int
    last_us: int
    ended_us: int | None
    message_id: str | None
    mail_from: str | None
    peer_name: str | None
    peer_address: str | None
    helo: str | None
    protocol: str | None
    tls: str | None
    size_bytes: int | None
    recipient_count: int | None
    subject: str | None
    given_up_us: int | None = None
    report_about: str | None = None
    recipients: tuple[str, ...] = ()
    hand_overs: tuple[HandOver, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    links: tuple[Link, ...] = ()
    remarks: tuple[Remark, ...] = ()
    header_block: bytes | None = None
    body_sha256: str | None = None
    has_body: bool = False
    answer_us: int | None = None


@dataclass(frozen=True, slots=True)
class ReportClaim:
    """What a report message says of one recipient of the original.

    Attributes:
        copy_id: the report message's own copy.
        at_us: the time of the report.
        kind: what the report is.
        reporting_mta: the host that reports.
        original_message_id, original_queue_id, envelope_id: names of the original.
        recipient: final recipient.
        original_recipient: the one it was sent to, where that differs.
        action, status, reply, remote_mta: as reported.
        cause, outcome, confidence: Retour's diagnosis; None where nothing failed.
    """

    copy_id: int
    at_us: int
    kind: Kind
    reporting_mta: str | None
    original_message_id: str | None
    original_queue_id: str | None
    envelope_id: str | None
    recipient: str | None
    original_recipient: str | None
    action: Action | None
    status: str | None
    reply: str | None
    remote_mta: str | None
    cause: str | None
    outcome: Outcome | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the trail connects with a message.

    Attributes:
        copies: by time; those asked for and all that led to them or came of them.
        asked: ``copy_id`` of those that were asked for.
        is_whole: a message was asked for, not one copy of it.
        report_copies: ``copy_id`` of those that are reports about the others.
        claims: what reports say.
        is_cut: there was more than is read at once.
    """

    copies: tuple[Copy, ...]
    asked: frozenset[int]
    is_whole: bool = True
    report_copies: frozenset[int] = frozenset()
    claims: tuple[ReportClaim, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """The answer for one recipient, with its proof.

    Attributes:
        address: as the message was sent to it; ``""`` where the logs name no recipient.
        final_recipient: as it was last tried, where that differs.
        outcome: did it arrive?
        host: the system that had the last word.
        reply: its words.
        status: enhanced status code of them.
        at_us: when.
        queue_id: the copy whose hand-over this was.
        system: the host that wrote it down.
        handed_to: ``mailbox`` (delivered there), ``system`` (taken by the next one, and no
            more is known), ``report`` (a report said it), None where it went nowhere.
    """

    address: str
    final_recipient: str | None
    outcome: Outcome
    host: str | None
    reply: str | None
    status: str | None
    at_us: int | None
    queue_id: str | None
    system: str | None
    handed_to: Literal["mailbox", "system", "report"] | None


@dataclass(frozen=True, slots=True)
class Repetition:
    """A message that one system took more than once.

    Attributes:
        message_id: as logged.
        subject: where one is known.
        verdict: what the arrivals are to each other, the strongest.
        verdicts: of each pair that was judged.
        senders: the systems that brought the arrivals, each once, in the order of time.
        arrivals: those at the system that took it most often, by time.
        is_cut: there are more arrivals than were held against each other.
    """

    message_id: str | None
    subject: str | None
    verdict: Verdict
    verdicts: tuple[PairVerdict, ...]
    senders: tuple[str, ...]
    arrivals: tuple[Copy, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; fields that are None ask nothing. See docs/trail.md for "part".

    Attributes:
        from_, to: part of an address.
        subject: words, each from its beginning.
        message_id: whole, or from its beginning.
        peer: part of the bringing host's name, HELO name or address.
        queue_id: whole, or from its beginning.
        status: an outcome (``deferred``), or an enhanced status code from its beginning (``5.``).
        since_us, until_us: first and last moment of arrival.
        trouble: what the numbers count it as; ``failed`` where only one of the next three is asked.
        cause: why a recipient did not get it, or waits.
        actor: who has to act.
        failed_to: the address of that recipient, or its domain.
        check_over_ms, check_max_ms: content and checks took longer than this, and at most that,
            before the copy was queued.
        before: ``copy_id`` of the last one of the page before.
        limit: how many.
    """

    from_: str | None = None
    to: str | None = None
    subject: str | None = None
    message_id: str | None = None
    peer: str | None = None
    queue_id: str | None = None
    status: str | None = None
    since_us: int | None = None
    until_us: int | None = None
    trouble: TroubleKind | None = None
    cause: str | None = None
    actor: str | None = None
    failed_to: str | None = None
    check_over_ms: int | None = None
    check_max_ms: int | None = None
    before: int | None = None
    limit: int = 50
