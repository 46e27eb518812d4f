"""Observations to drafts of copies: which lines are about one and the same copy.

A queue id alone is no name: Postfix's short ids come back within hours, and hosts share names.
Lines belong to one copy when they name the same system and queue id, lie near each other in time,
are on the same side of the line that ended it, and do not disagree about the Message-ID. The same
rule (:func:`belongs`) joins the lines of one batch and joins a batch to what is stored already, so
that a message's lines may come in any order, in several batches, runs or files.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from retour.model.trail import (
    Arrival,
    End,
    HandOver,
    Link,
    Observation,
    Refusal,
    Remark,
)

SILENCE_US = 7 * 86_400_000_000
"""A copy about which nothing is said for longer is another one: queues give up after five days
(RFC 5321 §4.5.4.1), and most retry every few hours."""
AFTERMATH_US = 1_000_000
"""Lines up to a second behind the end belong to it: traditional stamps count whole seconds, and the
programs of one system write side by side."""
UNQUEUED = "~"
"""First character of the name that is made up for a refusal without a queue id."""


class Draft:
    """What a batch, or a stored mail, says about one copy.

    Attributes:
        is_rough: its times are whole seconds of a stamp; better ones stand.
        first_us, last_us: the earliest and the latest line.
        ended_us: the line that said that the system is done with it.
        given_up_us: the line that said that recipients that were still deferred have expired.
        hand_overs: attempts to hand it on, and refusals of some of its recipients.
        remarks: what captures show of its arrival.
    The others are those of :class:`retour.model.trail.Arrival`.
    """

    __slots__ = (
        "ended_us",
        "first_us",
        "given_up_us",
        "hand_overs",
        "helo",
        "is_rough",
        "last_us",
        "links",
        "mail_from",
        "message_id",
        "peer_address",
        "peer_name",
        "protocol",
        "queue_id",
        "recipient_count",
        "recipients",
        "remarks",
        "report_about",
        "size_bytes",
        "subject",
        "system",
        "tls",
    )

    def __init__(self, system: str, queue_id: str, at_us: int) -> None:
        self.system = system
        self.queue_id = queue_id
        self.first_us = at_us
        self.last_us = at_us
        self.is_rough = False
        self.ended_us: int | None = None
        self.given_up_us: int | None = None
        self.message_id: str | None = None
        self.mail_from: str | None = None
        self.peer_name: str | None = None
        self.peer_address: str | None = None
        self.helo: str | None = None
        self.protocol: str | None = None
        self.tls: str | None = None
        self.size_bytes: int | None = None
        self.recipient_count: int | None = None
        self.subject: str | None = None
        self.recipients: tuple[str, ...] = ()
        self.report_about: str | None = None
        self.hand_overs: list[HandOver | Refusal] = []
        self.links: list[Link] = []
        self.remarks: list[Remark] = []

    def add_arrival(self, line: Arrival) -> None:
        """Take over what an arrival line says; what was said before stands."""
        _, _, _, message_id, mail_from, peer_name, peer_address, helo, protocol, tls = line[:10]
        size_bytes, recipient_count, subject, recipients, report_about = line[10:]
        if message_id is not None and self.message_id is None:
            self.message_id = message_id
        if mail_from is not None and self.mail_from is None:
            self.mail_from = mail_from
        if peer_name is not None or peer_address is not None or helo is not None:
            self._add_peer(peer_name, peer_address, helo)
        if protocol is not None and self.protocol is None:
            self.protocol = protocol
        if tls is not None and self.tls is None:
            self.tls = tls
        if size_bytes is not None and self.size_bytes is None:
            self.size_bytes = size_bytes
        if recipient_count is not None and self.recipient_count is None:
            self.recipient_count = recipient_count
        if subject is not None and self.subject is None:
            self.subject = subject
        if recipients:
            self.recipients += recipients
        if report_about is not None and self.report_about is None:
            self.report_about = report_about

    def _add_peer(self, name: str | None, address: str | None, helo: str | None) -> None:
        """Take over who brought it."""
        self.peer_name = name if self.peer_name is None else self.peer_name
        self.peer_address = address if self.peer_address is None else self.peer_address
        self.helo = helo if self.helo is None else self.helo

    def add_end(self, line: End) -> None:
        """Note that the system is done with it, or that it gave up: then a last line follows."""
        if line.given_up:
            self.given_up_us = line.at_us
        else:
            self.ended_us = line.at_us

    def add_refusal(self, line: Refusal) -> None:
        """Take over a refusal with what it knows of the sender."""
        self.hand_overs.append(line)
        self.mail_from = line.mail_from if self.mail_from is None else self.mail_from
        self.peer_name = self.peer_name or line.peer_name
        self.peer_address = self.peer_address or line.peer_address
        self.helo = self.helo or line.helo
        self.message_id = self.message_id or line.message_id


def assemble(observations: Iterable[Observation]) -> list[Draft]:
    """Join the observations of one batch to drafts.

    Args:
        observations: in any order.

    Returns:
        One draft a copy, those of one queue id in time order.
    """
    groups: defaultdict[tuple[object, ...], list[Observation]] = defaultdict(list)
    drafts: list[Draft] = []
    for line in observations:
        if line[2] is None:
            drafts.append(_draft_unqueued(line))
        else:
            groups[line[1:3]].append(line)
    for lines in groups.values():
        drafts.extend(_segment(lines))
    return drafts


def _segment(lines: list[Observation]) -> Iterator[Draft]:
    """Cut the lines of one queue id into copies."""
    last_us = 0
    for line in lines:
        if line[0] < last_us:
            lines.sort(key=_time)
            break
        last_us = line[0]
    draft: Draft | None = None
    for line in lines:
        at_us = line[0]
        kind = type(line)
        if draft is None or not belongs(
            draft, at_us, at_us, None, getattr(line, "message_id", None)
        ):
            if draft is not None:
                yield draft
            _, system, queue_id, *_ = line
            draft = Draft(system, queue_id or "", at_us)
        draft.last_us = at_us
        if kind is Arrival:
            draft.add_arrival(line)  # type: ignore[arg-type]
        elif kind is HandOver:
            draft.hand_overs.append(line)  # type: ignore[arg-type]
        elif kind is End:
            draft.add_end(line)  # type: ignore[arg-type]
        elif kind is Refusal:
            draft.add_refusal(line)  # type: ignore[arg-type]
        elif kind is Remark:
            draft.remarks.append(line)  # type: ignore[arg-type]
        else:
            draft.links.append(line)  # type: ignore[arg-type]
    if draft is not None:
        yield draft


def _time(line: Observation) -> int:
    return line[0]


def _draft_unqueued(line: Observation) -> Draft:
    """Draft what was refused before it had a queue id, under a name made of all that was said."""
    name = UNQUEUED + blake2b(repr(line).encode(errors="replace"), digest_size=12).hexdigest()
    draft = Draft(line.system, name, line.at_us)
    if isinstance(line, Refusal):
        draft.add_refusal(line)
    draft.ended_us = line.at_us
    return draft


class Span:
    """The part of a stored copy that decides whether a draft belongs to it."""

    __slots__ = ("copy_id", "ended_us", "first_us", "last_us", "message_id", "queue_id", "system")

    def __init__(
        self,
        copy_id: int,
        system: str,
        queue_id: str,
        first_us: int,
        last_us: int,
        ended_us: int | None,
        message_id: str | None,
    ) -> None:
        self.copy_id = copy_id
        self.system = system
        self.queue_id = queue_id
        self.first_us = first_us
        self.last_us = last_us
        self.ended_us = ended_us
        self.message_id = message_id


def belongs(
    known: Draft | Span,
    first_us: int,
    last_us: int,
    ended_us: int | None,
    message_id: str | None,
) -> bool:
    """Tell whether lines from first to last are about a copy of the same system and queue id."""
    if message_id is not None and known.message_id is not None and message_id != known.message_id:
        return False
    if known.ended_us is not None and first_us > known.ended_us + AFTERMATH_US:
        return False
    if ended_us is not None and known.first_us > ended_us + AFTERMATH_US:
        return False
    return first_us - known.last_us <= SILENCE_US and known.first_us - last_us <= SILENCE_US


def choose(draft: Draft, candidates: Iterable[Span]) -> Span | None:
    """Choose the stored copy that a draft continues; None: it is a new one."""
    best: Span | None = None
    best_distance = SILENCE_US + 1
    for span in candidates:
        # Mostly decides, and is asked first: a log may have one queue id thousands of times.
        distance = max(0, draft.first_us - span.last_us, span.first_us - draft.last_us)
        if distance >= best_distance or not is_same_system(span.system, draft.system):
            continue
        if belongs(span, draft.first_us, draft.last_us, draft.ended_us, draft.message_id):
            best, best_distance = span, distance
    return best


def is_same_system(one: str, other: str) -> bool:
    """Tell whether two names may be one host: equal, one the other's first label, or not named.

    Syslog writes ``mx`` where the ``Received:`` line says ``mx.example.net``, and some logs
    name no host.
    """
    if one == other or not one or not other:
        return True
    one, other = one.lower(), other.lower()
    return one == other or one.startswith(other + ".") or other.startswith(one + ".")
