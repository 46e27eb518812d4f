"""What was odd about a mail, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defect:
    """One oddity that was read over, or one bound that bit.

    Attributes:
        kind: a hyphenated name, for example ``missing-end-boundary`` or ``too-many-parts``.
        where: part path or field, for example ``part/2`` or ``header/Date``.
        detail: more words, or None.
    """

    kind: str
    where: str
    detail: str | None = None
