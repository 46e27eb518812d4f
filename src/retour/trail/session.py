"""An SMTP session of a capture to what it says of copies.

The taking system is named by its greeting (RFC 5321 §4.2), which is how its own log calls it, and
the copy by the queue id in its reply: so the session joins the lines of that log, and over the
Message-ID, where the content could be seen, all other copies.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from retour.model.capture import Finding, Rcpt, Session, Transfer
from retour.model.trail import Arrival, Observation, Refusal, RefusalPhase, Remark
from retour.trail.assembly import UNQUEUED
from retour.wire.reply import parse_reply

_ABOUT_A_MESSAGE = frozenset(
    {
        "client-left-before-reply",
        "sent-again",
        "server-left-before-reply",
        "no-reply",
        "slow-reply",
        "went-silent",
        "connection-reset",
    }
)


def observe(session: Session, findings: Iterable[Finding]) -> list[Observation]:
    """Say what a session says of copies.

    Args:
        session: as the capture shows it.
        findings: what was found about it.

    Returns:
        Arrivals of the messages whose content came to its end, refusals of those and of recipients
        that were not taken, and remarks. Nothing where no message could be seen, as behind TLS.
    """
    system = name_server(session)
    observations: list[Observation] = []
    names = []
    for transfer in session.transfers:
        name = _name(session, transfer)
        names.append(name)
        observations += _observe_transfer(session, transfer, system, name)
    for finding in findings:
        place = _find_transfer(session, finding)
        if place is None or names[place] is None:
            continue
        at_us = finding.proof[-1].moment.at_us
        observations.append(
            Remark(at_us, system, names[place] or "", finding.name, session.ending.phase)
        )
    return observations


def name_server(session: Session) -> str:
    """Return the taking system's name: from its greeting, else its reply to EHLO, its address."""
    for answers in ("greeting", "EHLO", "HELO"):
        for turn in session.turns:
            if turn.kind == "reply" and turn.answers == answers and (turn.code or 500) < 400:
                words = turn.text[4:].split()
                if words and "." in words[0]:
                    return words[0].lower().rstrip(".")
    return session.server.address


def _name(session: Session, transfer: Transfer) -> str | None:
    """Name the copy; None where the content did not come to its end, or was refused."""
    code = transfer.reply.code if transfer.reply else None
    if (code is None and transfer.end_of_data is None) or (code is not None and code >= 400):
        return None
    if transfer.queue_id:
        return transfer.queue_id
    ends = f"{session.client} {session.server} {transfer.began.at_us}"
    return UNQUEUED + blake2b(ends.encode(), digest_size=12).hexdigest()


def _observe_transfer(
    session: Session, transfer: Transfer, system: str, name: str | None
) -> Iterator[Observation]:
    taken = tuple(one.address for one in transfer.rcpt_to if _is_taken(one))
    if name is not None:
        yield Arrival(
            transfer.began.at_us,
            system,
            name,
            message_id=transfer.message_id,
            mail_from=transfer.mail_from,
            peer_address=session.client.address,
            helo=session.helo,
            size_bytes=transfer.size if transfer.is_whole else None,
            recipient_count=len(taken) or None,
            recipients=taken,
        )
    for recipient in transfer.rcpt_to:
        if recipient.reply and not _is_taken(recipient):
            at_us, reply = recipient.reply.ended.at_us, recipient.reply.text
            yield _refuse(session, transfer, system, at_us, "rcpt", reply, recipient.address)
    if name is None and transfer.reply and (transfer.reply.code or 0) >= 400:
        at_us, reply = transfer.reply.ended.at_us, transfer.reply.text
        yield _refuse(session, transfer, system, at_us, "end-of-data", reply)
    elif name is None and transfer.reply is None and taken and session.ending.by:
        yield _refuse(session, transfer, system, session.ending.moment.at_us, "data", None)


def _is_taken(recipient: Rcpt) -> bool:
    return recipient.reply is not None and (recipient.reply.code or 500) < 400


def _refuse(
    session: Session,
    transfer: Transfer,
    system: str,
    at_us: int,
    phase: RefusalPhase,
    reply: str | None,
    recipient: str | None = None,
) -> Refusal:
    said = parse_reply(reply) if reply else None
    return Refusal(
        at_us,
        system,
        peer_address=session.client.address,
        helo=session.helo,
        mail_from=transfer.mail_from,
        recipient=recipient,
        phase=phase,
        reply=reply,
        status=said.status if said else None,
        message_id=transfer.message_id,
    )


def _find_transfer(session: Session, finding: Finding) -> int | None:
    """Find the message that a finding is about: the one that was under way at its last packet."""
    if finding.name not in _ABOUT_A_MESSAGE or not finding.proof:
        return None
    packet = finding.proof[-1].moment.packet
    begun = [n for n, one in enumerate(session.transfers) if one.began.packet <= packet]
    return begun[-1] if begun else None
