"""What a source gives: a mail's bytes, or why there are none."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RawMail:
    """One mail as it was found.

    Attributes:
        source: the path as given; ``-`` for standard input; for a mailbox its own path (Maildir:
            the message file's path).
        index: position inside the source, from 0.
        raw: the mail's bytes.
        skipped: bytes that were left off at the end because the mail is above the bound.
    """

    source: str
    index: int
    raw: bytes = field(repr=False)
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class UnreadableMail:
    """A mail (or a whole source) whose bytes could not be obtained.

    Attributes:
        source: as in :class:`RawMail`.
        index: position inside the source, from 0.
        error: one plain sentence.
    """

    source: str
    index: int
    error: str


class UnreadableError(Exception):
    """The bytes of one mail cannot be had; its text is one plain sentence for people."""
