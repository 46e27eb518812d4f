"""Measures the model on texts that it did not see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.samples import Sample

Ranking = list[tuple[str, float]]
BINS = 10
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Answered:
    """A sample beside what a model that did not see it says of it."""

    sample: Sample
    ranking: Ranking

    def right(self, first: int = 1) -> bool:
        """Return whether one of the first causes is the labelled one or one right too."""
        named = {cause for cause, _ in self.ranking[:first]}
        return bool(named & {self.sample.cause, *self.sample.also})

    @property
    def confidence(self) -> float:
        """The probability of the first cause."""
        return self.ranking[0][1]


def measure_calibration_error(answers: Sequence[Answered]) -> float:
    """Return the expected calibration error: |confidence - share right|, in ten bins, weighted."""
    error = 0.0
    for number in range(BINS):
        inside = [a for a in answers if min(BINS - 1, int(a.confidence * BINS)) == number]
        error += abs(sum(a.confidence - a.right() for a in inside))
    return error / len(answers)


def format_report(answers: Sequence[Answered]) -> str:
    """Return the figures as lines of text."""
    lines = [
        f"texts                     {len(answers)}",
        f"first cause right         {_share(a.right() for a in answers):.1%}",
        f"one of first three right  {_share(a.right(3) for a in answers):.1%}",
        f"calibration error         {measure_calibration_error(answers):.3f}",
    ]
    for threshold in THRESHOLDS:
        sure = [a for a in answers if a.confidence >= threshold]
        lines.append(
            f"probability >= {threshold}        {len(sure) / len(answers):.1%} of the texts, "
            f"{_share(a.right() for a in sure):.1%} right"
        )
    return "\n".join(lines)


def _share(marks: Iterable[bool]) -> float:
    listed = list(marks)
    return sum(listed) / len(listed) if listed else 0.0
