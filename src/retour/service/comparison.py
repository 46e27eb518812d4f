"""Compares the copies behind some paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retour.ingest import RawMail, UnreadableMail, open_sources
from retour.ingest.envelope import EnvelopeError, parse_envelope
from retour.ingest.source import describe_error
from retour.model.copies import Comparison, Copy, Envelope
from retour.trail.compare import compare
from retour.trail.copy import read_copy

COPIES_MAX = 100
"""Copies of one comparison: each is held against each."""
_ENVELOPE_MAX_BYTES = 16 << 20


class ComparisonError(ValueError):
    """Something that was given cannot be read; the text is one sentence."""


class WrongUseError(ComparisonError):
    """What was given is too little or too much to be compared."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Copies and what they are to each other.

    Attributes:
        sources: where each copy is from: the path, with ``#2`` for the second mail of a mailbox.
        copies: the copies, in the same order.
        comparison: the verdicts.
    """

    sources: tuple[str, ...]
    copies: tuple[Copy, ...]
    comparison: Comparison


def compare_paths(paths: Sequence[str], envelopes: Sequence[str] = ()) -> Compared:
    """Compare every mail behind the paths with every other.

    Args:
        paths: files, mailboxes, directories, or ``-``; see :func:`retour.ingest.open_sources`.
        envelopes: files of `retour.ingest.envelope`, the first for the first mail, and so on.

    Raises:
        WrongUseError: fewer than two mails, more than `COPIES_MAX`, more envelopes than mails.
        ComparisonError: a mail or an envelope cannot be read.
    """
    mails = _read_mails(paths)
    if len(mails) < 2:
        raise WrongUseError(f"A comparison needs two mails; there is {len(mails) or 'none'}.")
    if len(envelopes) > len(mails):
        raise WrongUseError(f"{len(envelopes)} envelopes were given for {len(mails)} mails.")
    known: list[Envelope | None] = [_read_envelope(path) for path in envelopes]
    known += [None] * (len(mails) - len(known))
    copies = tuple(
        read_copy(mail.raw, envelope) for mail, envelope in zip(mails, known, strict=True)
    )
    return Compared(tuple(_name(mail) for mail in mails), copies, compare(copies))


def _read_mails(paths: Sequence[str]) -> list[RawMail]:
    mails: list[RawMail] = []
    for item in open_sources(paths):
        if isinstance(item, UnreadableMail):
            raise ComparisonError(f"{item.source}: {item.error}")
        mails.append(item)
        if len(mails) > COPIES_MAX:
            raise WrongUseError(f"At most {COPIES_MAX} mails can be compared at once.")
    return mails


def _name(mail: RawMail) -> str:
    return f"{mail.source}#{mail.index + 1}" if mail.index else mail.source


def _read_envelope(path: str) -> Envelope:
    try:
        with Path(path).open("rb") as file:
            raw = file.read(_ENVELOPE_MAX_BYTES + 1)
        if len(raw) > _ENVELOPE_MAX_BYTES:
            raise ComparisonError(f"{path}: It is larger than {_ENVELOPE_MAX_BYTES >> 20} MB.")
        return parse_envelope(raw)
    except EnvelopeError as error:
        raise ComparisonError(f"{path}: {error}") from None
    except OSError as error:
        raise ComparisonError(f"{path}: {describe_error(error)}") from None
