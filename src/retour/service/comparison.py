"""Compares copies: mails behind paths, and arrivals that a trail knows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from retour.ingest import RawMail, UnreadableMail, open_sources
from retour.ingest.envelope import EnvelopeError, parse_envelope
from retour.ingest.source import STANDARD_INPUT, describe_error
from retour.model.copies import Comparison, Copy, Envelope
from retour.trail.compare import compare
from retour.trail.copy import read_copy

COPIES_MAX = 100
"""Copies of one comparison: each is held against each."""
_ENVELOPE_MAX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class KnownCopy:
    """A copy that a trail knows.

    Attributes:
        source: what it is called: as it was asked for, else its queue id or its number.
        copy: as far as it is known.
    """

    source: str
    copy: Copy


class ComparisonError(ValueError):
    """Something that was given cannot be read; the text is one sentence."""


class WrongUseError(ComparisonError):
    """What was given is too little or too much to be compared."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Copies and what they are to each other.

    Attributes:
        sources: where each copy is from: the path, with ``#2`` for the second mail of a mailbox; or
            its name in the trail.
        copies: the copies, in the same order.
        comparison: the verdicts.
    """

    sources: tuple[str, ...]
    copies: tuple[Copy, ...]
    comparison: Comparison


def compare_copies(
    names: Sequence[str],
    envelopes: Sequence[str] = (),
    find: Callable[[str], Sequence[KnownCopy]] | None = None,
) -> Compared:
    """Compare every copy that is named with every other.

    Args:
        names: files, mailboxes, directories, ``-`` (see :func:`retour.ingest.open_sources`), and
            what a trail calls a copy; a file that is there is meant first.
        envelopes: files of `retour.ingest.envelope`, the first for the first mail, and so on;
            arrivals of the trail bring their own.
        find: finds arrivals in a trail; None where there is none.

    Raises:
        WrongUseError: fewer than two copies, more than `COPIES_MAX`, more envelopes than mails.
        ComparisonError: a mail or an envelope cannot be read, or a trail does not know a name.
    """
    listed = _list_inputs(names, find)
    if len(listed) < 2:
        raise WrongUseError(f"A comparison needs two mails; there is {len(listed) or 'none'}.")
    mails = sum(isinstance(one, RawMail) for one in listed)
    if len(envelopes) > mails:
        raise WrongUseError(f"{len(envelopes)} envelopes were given for {mails} mails.")
    known = iter([_read_envelope(path) for path in envelopes])
    copies = tuple(
        read_copy(one.raw, next(known, None)) if isinstance(one, RawMail) else one.copy
        for one in listed
    )
    sources = (_name(one) if isinstance(one, RawMail) else one.source for one in listed)
    return Compared(tuple(sources), copies, compare(copies))


def compare_mails(mails: Sequence[RawMail]) -> Compared:
    """Compare mails that somebody sent; no file is opened.

    Raises:
        WrongUseError: fewer than two, more than `COPIES_MAX`.
    """
    return compare_known(mails)


def compare_known(known: Sequence[RawMail | KnownCopy]) -> Compared:
    """Compare mails that somebody sent, and copies that a trail knows; no file is opened.

    Raises:
        WrongUseError: fewer than two, more than `COPIES_MAX`.
    """
    if len(known) < 2:
        raise WrongUseError(f"A comparison needs two mails; there is {len(known) or 'none'}.")
    if len(known) > COPIES_MAX:
        raise WrongUseError(f"At most {COPIES_MAX} mails can be compared at once.")
    copies = tuple(
        read_copy(one.raw, None) if isinstance(one, RawMail) else one.copy for one in known
    )
    sources = (_name(one) if isinstance(one, RawMail) else one.source for one in known)
    return Compared(tuple(sources), copies, compare(copies))


def is_path(name: str) -> bool:
    """Tell whether a name is a file's, a directory's, or standard input."""
    try:
        return name == STANDARD_INPUT or Path(name).exists()
    except (OSError, ValueError):
        return False


def _list_inputs(
    names: Sequence[str], find: Callable[[str], Sequence[KnownCopy]] | None
) -> list[RawMail | KnownCopy]:
    listed: list[RawMail | KnownCopy] = []
    for name in names:
        listed += _read_mails(name) if find is None or is_path(name) else _look_up(name, find)
        if len(listed) > COPIES_MAX:
            raise WrongUseError(f"At most {COPIES_MAX} mails can be compared at once.")
    return listed


def _look_up(name: str, find: Callable[[str], Sequence[KnownCopy]]) -> Sequence[KnownCopy]:
    found = find(name)
    if not found:
        raise ComparisonError(f"{name}: There is no such file, and the trail does not know it.")
    return found


def _read_mails(path: str) -> Iterator[RawMail]:
    """Read the mails behind a path, one more than may be compared at most."""
    for item in islice(open_sources([path]), COPIES_MAX + 1):
        if isinstance(item, UnreadableMail):
            raise ComparisonError(f"{item.source}: {item.error}")
        yield item


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
