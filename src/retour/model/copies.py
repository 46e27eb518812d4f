"""Copies of a message, and what two of them are to each other (design: copies)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from retour.model.defect import Defect
from retour.model.route import Hop, Route
from retour.model.trail import HandOver, Remark
from retour.model.vocabulary import Verdict

Extent = Literal["mail", "header", "log"]
"""How much of a copy is known: the whole mail, its header alone, or what logs say of it."""

Side = Literal["a", "b"]
"""Which of the two copies of a pair."""


@dataclass(frozen=True, slots=True)
class EnvelopeRecipient:
    """One ``RCPT TO`` (RFC 5321 §4.1.1.3).

    Attributes:
        address: without angle brackets.
        parameters: as sent (``ORCPT=rfc822;…``, ``NOTIFY=…``).
    """

    address: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the receiving system knows of one arrival beside the mail itself.

    Attributes:
        mail: the reverse-path without angle brackets; ``""`` is the null one, None unknown.
        mail_parameters: as sent (``SIZE=…``); they change between two attempts, so nothing is
            concluded from them.
        rcpt: the recipients that were accepted.
        peer_name, peer_address: the client as the receiving system named it.
        helo: the name that the client gave itself.
        queue_id: the receiving system's own name for this copy.
        host: the receiving system's own host name.
        arrived_at: when the content was complete.
        handed_on: the receiving system's own record of handing this copy on.
        remarks: what a capture shows of the arrival.
    """

    mail: str | None = None
    mail_parameters: tuple[str, ...] = ()
    rcpt: tuple[EnvelopeRecipient, ...] = ()
    peer_name: str | None = None
    peer_address: str | None = None
    helo: str | None = None
    queue_id: str | None = None
    host: str | None = None
    arrived_at: datetime | None = None
    handed_on: tuple[HandOver, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def recipients(self) -> frozenset[str]:
        """The addresses of ``rcpt``, case folded."""
        return frozenset(one.address.casefold() for one in self.rcpt)


@dataclass(frozen=True, slots=True)
class Field:
    """One header field of a copy.

    Attributes:
        name: as written.
        value: unfolded, one character a byte.
        hops_below: how many ``Received`` fields stand below it: who wrote it had seen these.
    """

    name: str
    value: str
    hops_below: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is no text.

    Attributes:
        content_type: lower case, without parameters.
        sha256: of its bytes with the transfer encoding undone.
    """

    content_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Body:
    """What is compared of a body.

    Attributes:
        size_bytes: as it stands.
        text: the words for people as lines: transfer encoding, charset and markup undone.
        words: the same with one space between words, up to a bound: wrapping does not count.
        vocabulary: the first words, each once.
        words_sha256: of all words.
        attachments: parts that are no text, in order.
        is_cut: whether the text goes on behind the bound.
    """

    size_bytes: int
    text: str
    words: str
    vocabulary: frozenset[str]
    words_sha256: str
    attachments: tuple[Attachment, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Copy:
    """One arrival of one message at one place.

    Attributes:
        header_block: the header lines as they stand.
        fields: the same, read.
        marks: those of them that tell of its way and its recipients, up to a bound.
        route: its stations, oldest first, as the mail itself names them, or as logs tell them.
        message_id: with angle brackets; None where there is none.
        from_: the address of the ``From`` field, case folded.
        sent_at: the ``Date`` field's time.
        date: the ``Date`` field as it stands.
        subject: decoded; None where it is not known.
        addressees: addresses of ``To`` and ``Cc``, case folded.
        body: what is compared of the body; None where it is not known.
        body_sha256: of the body as it stands (bytes as given, so line ends count); None where it is
            not known.
        envelope: what the receiving system knows beside; None where nothing is known.
        defects: what was odd about the mail.
        extent: how much is known. What is not known speaks neither for nor against anything.
    """

    header_block: str
    fields: tuple[Field, ...]
    marks: tuple[Field, ...]
    route: Route
    message_id: str | None
    from_: str | None
    sent_at: datetime | None
    date: str | None
    subject: str | None
    addressees: frozenset[str]
    body: Body | None
    body_sha256: str | None
    envelope: Envelope | None
    defects: tuple[Defect, ...]
    extent: Extent = "mail"


ReasonKey = Literal[
    "came-back-from-next-host",
    "delivered-before",
    "own-trace",
    "own-trace-open",
    "took-twice",
    "took-twice-next",
    "took-often",
    "own-rounds",
    "took-twice-open",
    "left-again",
    "one-giver",
    "one-giver-no-id",
    "same-recipient",
    "other-recipient",
    "other-peer",
    "one-mailbox",
    "split-not-excluded",
    "ways-part",
    "list-copy",
    "forwarded-copy",
    "resent",
    "same-written",
    "same-message-id",
    "body-replaced",
    "content-differs",
    "body-altered",
    "two-submissions",
    "two-runs",
    "no-shared-station",
    "nothing-names-it",
    "nothing-known",
    "same-copy-later",
    "left-and-again",
    "other-message-id",
    "other-date",
    "other-from",
    "other-subject",
    "other-body",
    "inside-provider",
    "seen-at-two-places",
    "decide-envelope",
    "decide-recipients",
    "decide-sender-log",
    "decide-traces",
    "decide-outgoing-record",
]
"""Every kind of reason; each has a sentence in the catalogue (``copies.reason``)."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that a reason rests on.

    Attributes:
        side: whose.
        where: ``Received/2`` (counted from the oldest), ``log/2`` for a station that logs tell of,
            a field's name, ``envelope/rcpt``, ``body``, ``record`` (the system's own outgoing
            record).
        text: as it stands.
    """

    side: Side
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a verdict, to be said in any language.

    Attributes:
        key: what kind it is of.
        facts: pairs of a name and a value that the sentence names.
        quotes: what it rests on.
    """

    key: ReasonKey
    facts: tuple[tuple[str, str], ...] = ()
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Parting:
    """The last station that both copies passed.

    Attributes:
        host: its name as stamped.
        id: its queue id.
        at: when it took the message.
        hop_a, hop_b: its place in either chain, from 1 for the oldest.
    """

    host: str | None
    id: str | None
    at: datetime | None
    hop_a: int
    hop_b: int


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """What two copies are to each other.

    Attributes:
        a, b: positions of the copies in the comparison.
        verdict: see `Verdict`.
        reasons: why, the weightiest first; for ``unclear`` also what would decide it.
        parted_at: the last station that both passed; None where their chains share none.
    """

    a: int
    b: int
    verdict: Verdict
    reasons: tuple[Reason, ...]
    parted_at: Parting | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Copies compared, each with each.

    Attributes:
        verdict: the strongest of the pairs (the order of `Verdict`).
        pairs: in the order of the copies.
    """

    verdict: Verdict
    pairs: tuple[PairVerdict, ...]


RowState = Literal["same", "changed", "added", "removed"]
"""How one line of copy B stands to copy A's."""


@dataclass(frozen=True, slots=True)
class HopPair:
    """One line of two chains laid on each other, the oldest first.

    Attributes:
        a, b: the stations; the same one where both are there. The last may be an arrival that only
            the envelope tells of: its number is one more than the mail has hops.
    """

    a: Hop | None
    b: Hop | None


@dataclass(frozen=True, slots=True)
class FieldPair:
    """One line of two headers laid on each other.

    Attributes:
        state: how B stands to A.
        name: the field's name as written.
        a, b: its values as they stand, unfolded.
    """

    state: RowState
    name: str
    a: str | None
    b: str | None


BodyRelation = Literal["identical", "same-text", "extended", "altered", "different", "unknown"]
"""How two bodies stand to each other.

``identical``: byte by byte; ``same-text``: the same words and attachments (line ends, wrapping,
encoding, charset differ); ``extended``: one is the other with something put before or behind
(footer, disclaimer); ``altered``: most of the words are the same; ``different``; ``unknown``: of
one of them nothing is kept.
"""


@dataclass(frozen=True, slots=True)
class LinePair:
    """Lines of the two texts, ``same`` or not; a run of equal lines is shortened.

    Attributes:
        state: how B stands to A.
        a, b: the line.
    """

    state: RowState
    a: str | None
    b: str | None


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two copies laid side by side.

    Attributes:
        hops: their chains.
        fields: their other fields; none where the header of one is not known.
        body: how the bodies stand to each other.
        lines: where their texts differ; empty where the words are the same.
    """

    hops: tuple[HopPair, ...]
    fields: tuple[FieldPair, ...]
    body: BodyRelation
    lines: tuple[LinePair, ...]
