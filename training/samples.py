"""What the model is trained on: labelled replies and phrases of our own."""

import json
import tomllib
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PHRASES = Path(__file__).with_name("phrases.toml")


@dataclass(frozen=True, slots=True)
class Sample:
    """A text with its cause.

    Attributes:
        text: a reply, or a phrase.
        cause: the labelled cause.
        also: other causes that are right too.
        cluster: near-duplicates share it; a fold never splits it.
    """

    text: str
    cause: str
    also: tuple[str, ...]
    cluster: str


def read_replies(shared: Path) -> list[Sample]:
    """Read the labelled replies of the collection beside the checkout."""
    path = shared / "knowledge" / "rejections-open.jsonl"
    with path.open(encoding="utf-8") as file:
        labels = [json.loads(line) for line in file]
    return [Sample(one["text"], one["cause"], tuple(one["also"]), one["cluster"]) for one in labels]


def read_phrases(path: Path = PHRASES) -> list[Sample]:
    """Read our own phrases; each is a cluster of its own."""
    with path.open("rb") as file:
        table = tomllib.load(file)
    return [
        Sample(text, cause, (), f"phrase/{language}/{cause}/{number}")
        for cause, languages in table.items()
        for language, texts in languages.items()
        for number, text in enumerate(texts)
    ]


def fold_of(cluster: str, folds: int) -> int:
    """Return the fold of a cluster; the same on every machine, whatever else is in the data."""
    return zlib.crc32(cluster.encode()) % folds


def weigh_samples(samples: Sequence[Sample]) -> list[float]:
    """Return each sample's weight: a cluster counts as much as the root of its size."""
    sizes = Counter(sample.cluster for sample in samples)
    return [sizes[sample.cluster] ** -0.5 for sample in samples]
