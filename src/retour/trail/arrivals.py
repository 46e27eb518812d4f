"""The arrivals that a trail knows, made comparable with mails.

Of most arrivals a trail holds log lines alone: no header, no body. Their stations are then the
copies that led to them, and what is not known is left out, so that nothing is concluded from it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from retour.model.copies import Copy, Envelope, EnvelopeRecipient
from retour.model.route import Hop, Route
from retour.model.story import Copy as TrailCopy
from retour.model.story import Story
from retour.trail.copy import read_copy
from retour.trail.delivery import list_addresses
from retour.trail.stations import find_system
from retour.trail.ways import Ways


def list_arrivals(story: Story, ways: Ways) -> list[TrailCopy]:
    """List the arrivals of a message that are to be compared, by time.

    Args:
        story: what the trail knows of it.
        ways: those of its message.

    Returns:
        A copy that was asked for by its own name, alone. Of a message, the copies at the system
        that took it most often, the first of them; where none took it twice, those with which its
        ways end.
    """
    asked = [copy for copy in story.copies if copy.copy_id in story.asked]
    if not story.is_whole:
        return asked
    own = [copy for copy in asked if copy.copy_id not in story.report_copies]
    if repeated := list_repeated(own, ways):
        return repeated
    givers = (ways.find_giver(copy) for copy in own)
    led_on = {giver.copy_id for giver in givers if giver}
    ends = (copy for copy in own if copy.queue_id is not None and copy.copy_id not in led_on)
    return list(ends) or asked[-1:]


def list_repeated(copies: Iterable[TrailCopy], ways: Ways) -> list[TrailCopy]:
    """List the arrivals at the system that took a message most often, the first of them, by time.

    What a system was handed by itself, as by a content filter or a list manager, is no arrival.

    Args:
        copies: those of one message.
        ways: theirs.

    Returns:
        None where no system took it twice.
    """
    by_system: dict[str, list[TrailCopy]] = {}
    for copy in copies:
        if copy.queue_id is None:
            continue
        giver, system = ways.find_giver(copy), ways.name_system(copy)
        if giver is None or ways.name_system(giver) != system:
            by_system.setdefault(system, []).append(copy)
    most = max(by_system.values(), key=len, default=[])
    return most if len(most) > 1 else []


def name_sender(copy: TrailCopy) -> str:
    """Name the system that brought an arrival: the owner's domain, else the host as it is known."""
    for name in (copy.peer_name, copy.helo):
        if system := find_system(name.lower().rstrip(".") if name else None):
            return system
    return copy.peer_name or copy.peer_address or copy.helo or ""


def make_ways(story: Story) -> Ways:
    """Find which copies of a story's message led to which."""
    return Ways(copy for copy in story.copies if copy.copy_id not in story.report_copies)


def make_copy(copy: TrailCopy, ways: Ways, raw: bytes | None = None) -> Copy:
    """Make an arrival comparable.

    Args:
        copy: the arrival.
        ways: those of its message.
        raw: the mail, where it is kept whole.
    """
    envelope = _read_envelope(copy, ways.name_system(copy))
    if raw is not None:
        return read_copy(raw, envelope)
    if copy.header_block is not None:
        read = read_copy(copy.header_block + b"\r\n\r\n", envelope)
        return replace(read, body=None, body_sha256=copy.body_sha256, extent="header")
    route = Route(tuple(_list_hops(copy, ways)), complete=False)
    return Copy(
        header_block="",
        fields=(),
        marks=(),
        route=route,
        message_id=copy.message_id,
        from_=None,
        sent_at=None,
        date=None,
        subject=copy.subject or None,
        addressees=frozenset(),
        body=None,
        body_sha256=copy.body_sha256,
        envelope=envelope,
        defects=(),
        extent="log",
    )


def _read_envelope(copy: TrailCopy, system: str) -> Envelope | None:
    """Return what the system logged of an arrival; None where only a stored mail tells of it."""
    is_logged = copy.hand_overs or copy.refusals or copy.remarks or copy.ended_us is not None
    if copy.header_block is not None and not is_logged:
        return None
    return Envelope(
        mail=copy.mail_from,
        rcpt=tuple(EnvelopeRecipient(address) for address in list_addresses(copy)),
        peer_name=copy.peer_name,
        peer_address=copy.peer_address,
        helo=copy.helo,
        queue_id=copy.queue_id,
        host=system or None,
        arrived_at=_moment(copy.first_us),
        handed_on=copy.hand_overs,
        remarks=copy.remarks,
    )


def _list_hops(copy: TrailCopy, ways: Ways) -> list[Hop]:
    """List the stations that led to a copy, oldest first, itself the last."""
    chain = ways.list_chain(copy)
    return [_make_hop(n, one, ways.name_system(one)) for n, one in enumerate(chain, 1)]


def _make_hop(n: int, copy: TrailCopy, system: str) -> Hop:
    addresses = list_addresses(copy)
    return Hop(
        n=n,
        from_=copy.peer_name or copy.helo or copy.peer_address,
        by=system or None,
        with_=copy.protocol,
        tls=copy.tls,
        id=copy.queue_id,
        for_=addresses[0] if len(addresses) == 1 else None,
        at=_moment(copy.first_us),
        delay=None,
        repeated=False,
        defects=(),
    )


def _moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC)
