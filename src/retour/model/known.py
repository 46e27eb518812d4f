"""What a trail knows of the message that a report is about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from retour.model.vocabulary import Outcome

Verdict = Literal["retry", "fan-out", "unclear"]
"""What a known copy is to the one that failed: the same copy tried anew, a copy that came on
another way, or not to be told from logs."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A delivery of the same message to the same recipient that the report cannot be about.

    Attributes:
        recipient: the address it was taken for.
        host: the system that took it; None where the log does not name it.
        reply: its words.
        at: when, as the handing system logged it.
        system, queue_id: the host that logged it, and its name for the copy.
        ahead_seconds: how long before the failed attempt; negative: after it; None where the
            report does not tell when that was.
        is_second_copy: the system that took it is the one that refused the copy of the report.
        way: the address (of a list, an alias) over which the refused copy went.
    """

    recipient: str
    host: str | None
    reply: str | None
    at: datetime
    system: str | None
    queue_id: str | None
    ahead_seconds: float | None
    is_second_copy: bool
    way: str | None


@dataclass(frozen=True, slots=True)
class KnownCopy:
    """One hand-over of the message to a recipient of the report.

    Attributes:
        trail_id: the trail's name of the copy.
        verdict: what it is to the failed one.
        outcome: how its last attempt ended.
        host, reply, at: who had the last word, what it was, and when.
    """

    trail_id: str
    verdict: Verdict
    outcome: Outcome
    host: str | None
    reply: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """All that a trail has to say on a report.

    Attributes:
        backscatter: True: the original never left the systems of the trail; False: it did; None:
            the trail cannot tell.
        proofs: one per ``report.recipients``, same order; None where nothing proves a delivery.
        copies: hand-overs to recipients of the report, by time.
    """

    backscatter: bool | None
    proofs: tuple[Proof | None, ...]
    copies: tuple[KnownCopy, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a trail would have seen a message, had it been sent over the trail's systems.

    Attributes:
        sends: the sender's domain is at home in the trail, and mail of it to other domains went
            out over the trail's systems in the weeks around that time.
        covers: the trail has mail from shortly before and from shortly after that time.
        has_similar: mail of the same sender to the same recipient went out at that time.
        signs: all mail of the domain that went out then bore signed return paths (BATV).
        gave_path: a signed return path that the report came to was given to mail that went out.
        systems: hosts that mail of the domain went out from.
    """

    sends: bool = False
    covers: bool = False
    has_similar: bool = False
    signs: bool = False
    gave_path: bool = False
    systems: frozenset[str] = frozenset()
