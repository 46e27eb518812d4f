"""The text of a comparison in one language, before any markup."""

from dataclasses import dataclass

from retour.model.copies import RowState
from retour.model.document import Row
from retour.model.vocabulary import Verdict


@dataclass(frozen=True, slots=True)
class CopyPart:
    """One copy.

    Attributes:
        letter: its name in the document: ``A``, ``B`` ...
        source: the path as given, with its place inside a mailbox.
        rows: what names it: Message-ID, subject, date, envelope.
    """

    letter: str
    source: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class ReasonPart:
    """One reason.

    Attributes:
        text: a sentence.
        quotes: pairs of a copy's letter with its place (``A Received/2``) and the words there.
    """

    text: str
    quotes: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class PairRow:
    """One row of two copies side by side.

    Attributes:
        state: how B stands to A; ``same`` rows of a chain are stations that both passed.
        label: a hop's number or a field's name.
        a: A's column.
        b: B's column.
    """

    state: RowState
    label: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class SidePart:
    """Two copies side by side.

    Attributes:
        hops: the chains, oldest first.
        parted_after: how many of these rows lie before the parting; None where they share none.
        fields: fields that differ.
        same_fields: a sentence that counts the others; ``""`` without any.
        body: how the bodies stand to each other.
        lines: where they differ.
    """

    hops: tuple[PairRow, ...]
    parted_after: int | None
    fields: tuple[PairRow, ...]
    same_fields: str
    body: str
    lines: tuple[PairRow, ...]


@dataclass(frozen=True, slots=True)
class PairPart:
    """Two copies and what they are to each other.

    Attributes:
        letters: of the two.
        verdict: the closed word.
        title: the verdict as a sentence.
        meaning: what it means and what to do.
        reasons: why.
        side: the two side by side; None where the document holds too many copies.
    """

    letters: tuple[str, str]
    verdict: Verdict
    title: str
    meaning: str
    reasons: tuple[ReasonPart, ...]
    side: SidePart | None


@dataclass(frozen=True, slots=True)
class ComparisonDocument:
    """A comparison for people.

    Attributes:
        language: BCP 47 tag.
        title: the strongest verdict as a sentence.
        copies: what was compared.
        pairs: each with each.
    """

    language: str
    title: str
    copies: tuple[CopyPart, ...]
    pairs: tuple[PairPart, ...]
