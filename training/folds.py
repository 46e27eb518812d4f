"""Models that were fitted on other clusters than they answer, for honest measuring.

``python -m training.fit --folds 5 --out DIR`` writes them; a benchmark reads them with `load`::

    for fold in folds.load(Path("DIR")):
        for number in fold.replies:      # lines of rejections-open.jsonl, from 0
            fold.classifier.classify(texts[number])
"""

import json
from dataclasses import dataclass
from pathlib import Path

from retour.knowledge.classifier import Classifier

ASSIGNMENT = "folds.json"


@dataclass(frozen=True, slots=True)
class Fold:
    """A model, and the replies that it may be asked about.

    Attributes:
        number: from 0.
        clusters: the clusters that were kept from its training.
        replies: their replies, as line numbers of ``rejections-open.jsonl``, from 0.
        classifier: fitted on all other clusters.
    """

    number: int
    clusters: frozenset[str]
    replies: tuple[int, ...]
    classifier: Classifier


def load(folder: Path) -> list[Fold]:
    """Read what `training.crossfit.write` wrote.

    Raises:
        OSError: the folder or its assignment is not there.
        KnowledgeError: a model is missing or damaged.
    """
    entries = json.loads((folder / ASSIGNMENT).read_text(encoding="utf-8"))
    return [
        Fold(
            number=entry["fold"],
            clusters=frozenset(entry["clusters"]),
            replies=tuple(entry["replies"]),
            classifier=Classifier.read(folder / name_file(entry["fold"])),
        )
        for entry in entries
    ]


def name_file(number: int) -> str:
    """Return the name of a fold's model in the folder."""
    return f"fold-{number}.bin"
