"""Explains every mail behind some paths or of a file, in order, one at a time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from retour.analyse import explain
from retour.ingest import RawMail, UnreadableMail, open_bytes, open_sources
from retour.knowledge.schema import KnowledgeError
from retour.model.analysis import Analysis
from retour.model.defect import Defect


@dataclass(frozen=True, slots=True)
class Explained:
    """One mail and the answer about it.

    Attributes:
        source: the path as given; see :class:`retour.ingest.RawMail`.
        index: position inside the source, from 0.
        size: bytes that the mail has, for a progress bar.
        analysis: the answer.
    """

    source: str
    index: int
    size: int
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class Unexplained:
    """One mail without an answer.

    Attributes:
        source: the path as given.
        index: position inside the source, from 0.
        error: one sentence.
        is_own_fault: True: not the mail's bytes are missing, but Retour failed on them.
    """

    source: str
    index: int
    error: str
    is_own_fault: bool


class ContextError(Exception):
    """What answers are weighed with cannot be used; its text is one sentence for people."""


Weigh = Callable[[Analysis], Analysis]
"""What is done with an answer before it is given, such as asking a trail."""


def explain_paths(
    paths: Iterable[str], weigh: Weigh = lambda analysis: analysis
) -> Iterator[Explained | Unexplained]:
    """Explain every mail behind the paths.

    Args:
        paths: files, mailboxes, directories, or ``-``; see :func:`retour.ingest.open_sources`.
        weigh: what is done with each answer; its `ContextError` ends the run.

    Yields:
        One result a mail, in input order; memory holds one mail at a time.
    """
    yield from explain_items(open_sources(paths), weigh)


def explain_bytes(
    name: str, data: bytes, weigh: Weigh = lambda analysis: analysis
) -> Iterator[Explained | Unexplained]:
    """Explain every mail of a file that somebody sent; see `retour.ingest.source.open_bytes`."""
    yield from explain_items(open_bytes(name, data), weigh)


def explain_items(
    items: Iterable[RawMail | UnreadableMail], weigh: Weigh = lambda analysis: analysis
) -> Iterator[Explained | Unexplained]:
    """Explain mails that were read already, in their order."""
    for item in items:
        yield _explain_item(item, weigh)


def _explain_item(item: RawMail | UnreadableMail, weigh: Weigh) -> Explained | Unexplained:
    if isinstance(item, UnreadableMail):
        return Unexplained(item.source, item.index, item.error, is_own_fault=False)
    return _explain(item, weigh)


def _explain(mail: RawMail, weigh: Weigh) -> Explained | Unexplained:
    """Explain one mail; a defect of ours costs this one answer, not the run."""
    try:
        analysis = weigh(explain(mail.raw))
    except (KnowledgeError, ContextError):
        raise  # no mail's fault, and no other mail would fare better
    except Exception as error:
        # The core promises not to raise; a run over thousands of mails must not rest on it.
        what = f"Retour failed on this mail ({type(error).__name__}: {error}); please report it."
        return Unexplained(mail.source, mail.index, what, is_own_fault=True)
    if mail.skipped:
        said = Defect("mail-cut", "mail", f"{mail.skipped} bytes at its end were not read")
        report = replace(analysis.report, defects=(*analysis.report.defects, said))
        analysis = replace(analysis, report=report)
    return Explained(mail.source, mail.index, len(mail.raw) + mail.skipped, analysis)
