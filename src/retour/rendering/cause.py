"""One cause to what a report would say of it, with nothing known of any message."""

from functools import lru_cache
from pathlib import Path

from retour.knowledge.load import load
from retour.knowledge.schema import Cause
from retour.model.analysis import ReplyAnalysis
from retour.model.diagnosis import Diagnosis, Facts
from retour.model.document import Document
from retour.model.vocabulary import Outcome
from retour.rendering.document import build_reply_document

_OUTCOMES: dict[str, Outcome] = {"duplicate-refused": "probably-delivered", "unknown": "unknown"}
"""How it usually ends where that is not: not delivered."""
_NO_FACTS = Facts(None, None, None, None, None, None)


@lru_cache(maxsize=512)
def build_cause_document(name: str, *, language: str, texts: Path | None = None) -> Document:
    """Return what is to be said about a cause: part 1 and 2 as in a report on a bare reply.

    Args:
        name: of the closed list.
        language: BCP 47.
        texts: an operator's catalogues.

    Raises:
        KeyError: there is no such cause.
    """
    cause = load().causes[name]
    answer = ReplyAnalysis("", None, None, _diagnose(cause))
    return build_reply_document(answer, language=language, texts=texts, isolating=True)


def _diagnose(cause: Cause) -> Diagnosis:
    """Return what a report would conclude that leaves no doubt about the cause."""
    return Diagnosis(
        cause=cause.name,
        confidence=1.0,
        outcome=_OUTCOMES.get(cause.name, "not-delivered"),
        permanent=None if cause.name == "unknown" else cause.permanent,
        retry=cause.retry,
        actor=cause.actor,
        scope=cause.scope,
        stopped_at="unknown",
        rejected_by=None,
        facts=_NO_FACTS,
        evidence=(),
        contradictions=(),
        alternatives=(),
    )
