"""What mail systems say of messages, line by line: the observations that a trail is built from.

Log readers make them, the trail joins them. Nothing here is concluded: an observation repeats what
one line of one system said. Named tuples rather than dataclasses: a busy server writes hundreds of
millions of lines, and a named tuple is made in a third of the time.

Times are whole microseconds since 1970-01-01 UTC (``at_us``), which orders and stores exactly.
Texts a line does not have are None; ``""`` as ``mail_from`` is the null reverse-path (RFC 5321
§4.5.5).
"""

from typing import Literal, NamedTuple

from retour.model.capture import FindingName, SessionPhase

HandOverOutcome = Literal[
    "delivered", "relayed", "expanded", "deferred", "failed", "expired", "discarded", "held"
]
"""How one attempt for one recipient ended.

``delivered``: put into a mailbox, a file or a program; ``relayed``: the next system took it
(``250``); ``expanded``: replaced by other recipients (alias, forward, list); ``deferred``: tried
again later; ``failed``: given up, refused for good; ``expired``: given up after the last of many
tries; ``discarded``: thrown away on purpose; ``held``: kept back for an administrator,
or in quarantine.
"""

Relation = Literal["failure-report", "delay-report", "success-report", "report", "forwarded"]
"""What a second message is to the first: a report about it, or its continuation."""

RefusalPhase = Literal["connect", "helo", "starttls", "auth", "mail", "rcpt", "data", "end-of-data"]
"""When an incoming message was refused, in the vocabulary of ``Recipient.phase``."""


class Arrival(NamedTuple):
    """Something that is known of one copy's arrival at a system; of one copy there may be several.

    Attributes:
        at_us: when the line was written.
        system: the host that wrote it.
        queue_id: the copy's name at that host.
        message_id: with angle brackets, as logged.
        mail_from: reverse-path without angle brackets.
        peer_name: host that brought it, as the system named it; None where it is not known or
            where it was handed in locally.
        peer_address: IP address of that host.
        helo: the name it gave itself.
        protocol: RFC 3848 keyword (``ESMTPS``) or the program's own word (``local``).
        tls: protocol version, for example ``TLSv1.3``.
        size_bytes: of the message.
        recipient_count: of the envelope.
        subject: where the system logs it.
        recipients: of the envelope, where the arrival line names them.
        report_about: Message-ID of the message that this one reports on, where the system says so
            (``reference`` of Exchange's DSN events).
    """

    at_us: int
    system: str
    queue_id: str
    message_id: str | None = None
    mail_from: str | None = None
    peer_name: str | None = None
    peer_address: str | None = None
    helo: str | None = None
    protocol: str | None = None
    tls: str | None = None
    size_bytes: int | None = None
    recipient_count: int | None = None
    subject: str | None = None
    recipients: tuple[str, ...] = ()
    report_about: str | None = None


class HandOver(NamedTuple):
    """One attempt to hand one copy on for one recipient.

    Attributes:
        at_us: when the line was written, that is when the attempt ended.
        system: the host that tried.
        queue_id: the copy's name at that host.
        recipient: the address that was tried.
        original_recipient: the address it was sent to first, where that differs.
        outcome: how it ended.
        host: name of the next system, or the local agent (``local``, ``lmtp``).
        address: IP address of the next system.
        status: enhanced status code (RFC 3463).
        reply: the next system's own words, whole, or the local agent's.
        tls: protocol version of this hand-over.
        delay_ms: from arrival to this attempt's end.
        before_queue_ms: the part of it before the copy was queued (Postfix's ``delays`` a): how
            long the content and its checks took.
        next_queue_id: the name that the next system gave the message in its reply.
    """

    at_us: int
    system: str
    queue_id: str
    recipient: str
    original_recipient: str | None = None
    outcome: HandOverOutcome = "deferred"
    host: str | None = None
    address: str | None = None
    status: str | None = None
    reply: str | None = None
    tls: str | None = None
    delay_ms: int | None = None
    before_queue_ms: int | None = None
    next_queue_id: str | None = None


class Refusal(NamedTuple):
    """An incoming message, or one recipient of it, that a system did not take.

    Attributes:
        at_us: when.
        system: the host that refused.
        queue_id: None where it had none yet (Postfix's ``NOQUEUE``).
        peer_name, peer_address, helo: who tried.
        mail_from, recipient: as far as the dialogue had come.
        phase: where in the dialogue.
        reply: what was answered, whole.
        status: enhanced status code in it.
        message_id: where the content had been seen.
    """

    at_us: int
    system: str
    queue_id: str | None = None
    peer_name: str | None = None
    peer_address: str | None = None
    helo: str | None = None
    mail_from: str | None = None
    recipient: str | None = None
    phase: RefusalPhase | None = None
    reply: str | None = None
    status: str | None = None
    message_id: str | None = None


class Link(NamedTuple):
    """One copy that led to another at the same system.

    Attributes:
        at_us: when.
        system: the host.
        queue_id: the first copy.
        other_queue_id: the one that came of it.
        relation: what the second is to the first.
    """

    at_us: int
    system: str
    queue_id: str
    other_queue_id: str
    relation: Relation


class End(NamedTuple):
    """A system is done with a copy (Postfix's ``removed``, Exim's ``Completed``).

    Attributes:
        at_us: when.
        system: the host.
        queue_id: the copy.
        given_up: it was too old: every recipient that was still deferred has expired.
    """

    at_us: int
    system: str
    queue_id: str
    given_up: bool = False


class Remark(NamedTuple):
    """Something worth knowing about how one copy arrived, that a capture shows.

    Attributes:
        at_us: when it showed.
        system: the host that took the copy, or was to.
        queue_id: the copy.
        name: what it is.
        phase: where the session ended.
    """

    at_us: int
    system: str
    queue_id: str
    name: FindingName
    phase: SessionPhase


Observation = Arrival | HandOver | Refusal | Link | End | Remark
