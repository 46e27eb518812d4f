"""The four-part text for one audience and one language, before any markup."""

from dataclasses import dataclass
from typing import Literal

Audience = Literal["sender", "admin", "all"]
"""Who reads: part 1 only, parts 2 to 4 only, or everything."""

Scope = Literal["internal", "external"]
"""Where the reader stands: in the organisation that runs Retour, or outside of it."""


State = Literal["passed", "stopped", "waiting", "maybe", "ahead"]
"""How a message fared at a place: went on, ended here, still tries, not known, never came here."""


@dataclass(frozen=True, slots=True)
class Station:
    """One stop of the progress bar.

    Attributes:
        label: for example ``the sender's mail system``.
        host: the host behind it, where known.
        state: how the message fared there.
    """

    label: str
    host: str | None
    state: State


@dataclass(frozen=True, slots=True)
class SenderPart:
    """Part 1, for a person who knows nothing about mail, about one recipient.

    Attributes:
        headline: one sentence.
        happened: what happened, in everyday words, a sentence an item.
        outcome: whether it arrived anyway, one sentence.
        stations: the progress bar.
        actor: who has to act, one sentence.
        steps: what to do now, facts filled in, in order.
    """

    headline: str
    happened: tuple[str, ...]
    outcome: str
    stations: tuple[Station, ...]
    actor: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A label and its value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence.

    Attributes:
        text: all of it in one sentence, for printers that have no columns.
        supports: False: it speaks for another cause than the one that was found.
        speaker: who said it.
        where: in which part of the mail it stands.
        quote: the words that were read.
        verdict: what they speak for and how much they carry.
        source: the page (``https:``) that the rule was derived from, or None.
    """

    text: str
    supports: bool
    speaker: str
    where: str
    quote: str
    verdict: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Clash:
    """Two claims that cannot both be true.

    Attributes:
        text: all of it in one sentence, for printers that have no columns.
        claim: the words that we do not follow.
        against: what stands against them.
        why: one sentence.
    """

    text: str
    claim: str
    against: str
    why: str


@dataclass(frozen=True, slots=True)
class AdminPart:
    """Part 2, about one recipient.

    Attributes:
        code: the real code and what it means there, as rows.
        causes: likely causes and checks, in order.
        settings: per product the settings and commands that help, by the product's name.
        evidence: who said what, where, what it speaks for.
        contradictions: claims that do not fit each other.
        confidence: one sentence on how sure we are, with the runners-up.
        link: the one page that fits the real cause, or None.
    """

    code: tuple[Row, ...]
    causes: tuple[str, ...]
    settings: tuple[Row, ...]
    evidence: tuple[Finding, ...]
    contradictions: tuple[Clash, ...]
    confidence: str
    link: str | None


@dataclass(frozen=True, slots=True)
class HopRow:
    """One line of the hop table.

    Attributes:
        n: running number; 0 for the failing hand-over, which is the last row.
        at: time as text.
        from_, by, with_: as stamped, or an empty string.
        delay: as text, skew named.
        delay_seconds: for a bar; negative where clocks disagree, None where it is not known.
        marks: what is remarkable: a repeated host, the failure, an odd stamp.
        failed: True for the failing hand-over.
    """

    n: int
    at: str
    from_: str
    by: str
    with_: str
    delay: str
    delay_seconds: float | None
    marks: tuple[str, ...]
    failed: bool


@dataclass(frozen=True, slots=True)
class DetailPart:
    """Part 3.

    Attributes:
        original: rows about the original message.
        error: rows: who rejected, who reports, who relayed, the remote's own words in full.
        hops: the hop table, oldest first, the failing hand-over last.
    """

    original: tuple[Row, ...]
    error: tuple[Row, ...]
    hops: tuple[HopRow, ...]


@dataclass(frozen=True, slots=True)
class RecipientPart:
    """What is said about recipients that fared alike: parts 1 to 3.

    Attributes:
        address: their addresses as a heading, shortened where they are many; None where none is
            known.
        addresses: all their addresses.
        state: how it ended, for an overview and a mark.
        fate: the same in words.
        settled: it arrived, and nobody has to do or ask anything.
        code: the real code in one line, where there is one: what also readers outside may see.
        sender: part 1.
        admin: part 2.
        details: part 3.
    """

    address: str | None
    addresses: tuple[str, ...]
    state: State
    fate: str
    settled: bool
    code: str
    sender: SenderPart | None
    admin: AdminPart | None
    details: DetailPart | None


@dataclass(frozen=True, slots=True)
class Document:
    """The report as text, ready for any printer.

    Attributes:
        title: the report's title.
        language: BCP 47.
        note: what kind of mail this is where it is no failure or delay, or where nobody has
            to read on (backscatter, auto-reply); None otherwise.
        recipients: parts 1 to 3 per recipient.
        headers: part 4: the original's header lines as they came (else the notice's own);
            None where the audience does not see them.
    """

    title: str
    language: str
    note: str | None
    recipients: tuple[RecipientPart, ...]
    headers: str | None
