"""How sure each kind of answer may be: the share of right answers per ground.

``python -m benchmarks.calibration`` prints, for the labelled replies and the labelled mails, how
often each ground (a rule's tier and standing, the trained stage's probability) is right, and how
far the confidences are from that. `retour.diagnose.confidence` is filled with the figures. With
``--folds DIR`` the replies are answered by models that have not seen their clusters.

The last table is for all collections together: each cluster of near-duplicates weighs as much as
any other, replies whose cluster holds an example of a rule are left out (the rules were written on
them), and the calibration error is given once more with confidences that five folds by cluster
fill from the other four, so that no share is measured on what it was taken from.
"""

import argparse
import json
import os
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.folds import load as load_folds

from retour.diagnose.decision import Classify, ask_model
from retour.diagnose.diagnosis import conclude, report_reply
from retour.knowledge.load import load
from retour.model.route import Route
from retour.read import read

SHARED = Path(os.environ.get("RETOUR_SHARED", Path(__file__).resolve().parents[2] / "shared"))
REPLIES = SHARED / "knowledge" / "rejections-open.jsonl"
_NO_ROUTE = Route(hops=(), complete=False)
_SURE = 0.9
_FOLDS = 5
# One right and one wrong answer more: a small bucket is not surer than what it lies in.
_PRIOR = 2
_NAME = re.compile(r"\S+@\S+|https?://\S+|\S+\.[a-z]{2,}\b")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer beside its label.

    Attributes:
        ground: what the confidence stands on.
        confidence: as given.
        right: whether the cause is the labelled one or one that is right too.
        cluster: of near-duplicates, unique over all collections.
    """

    ground: str
    confidence: float
    right: bool
    cluster: str

    @property
    def bucket(self) -> str:
        """The ground; with the tenth of its confidence where the trained stage has a say."""
        return (
            f"{self.ground} {int(self.confidence * 10) / 10:.1f}" if self.is_graded else self.ground
        )

    @property
    def is_graded(self) -> bool:
        """Whether the confidence is a probability and no constant of the ground."""
        return "model" in self.ground


def answer_replies(folds: Path | None = None) -> list[Answer]:
    """Answer every labelled reply.

    Args:
        folds: models that each may be asked about the clusters that they have not seen, as
            ``python -m training.fit --folds 5 --out DIR`` writes them; None: the packaged one.
    """
    stages: dict[int, Classify] = {}
    for fold in load_folds(folds) if folds else ():
        stages.update(dict.fromkeys(fold.replies, fold.classifier.classify))
    answers = []
    for number, label in enumerate(_read_lines(REPLIES)):
        report = report_reply(label["text"])
        stage = stages.get(number, ask_model)
        _, decision = conclude(report, report.recipients[0], _NO_ROUTE, load(), stage)
        right = decision.cause in {label["cause"], *label["also"]}
        cluster = f"replies/{label['cluster']}"
        answers.append(Answer(decision.ground, decision.confidence, right, cluster))
    return answers


def answer_mails(folder: Path) -> list[Answer]:
    """Answer every labelled recipient of the labelled failures and delays."""
    answers = []
    for label in _read_lines(folder / "labels.jsonl"):
        if label["provenance"] == "auto" or label["kind"][0] not in {"failure", "delay"}:
            continue
        report, route = read((folder / label["file"]).read_bytes())
        for truth, recipient in _pair(label["recipients"], report.recipients):
            _, decision = conclude(report, recipient, route, load())
            right = decision.cause in {truth["cause"], *truth["also"]}
            cluster = f"{folder.name}/{label['cluster']}"
            answers.append(Answer(decision.ground, decision.confidence, right, cluster))
    return answers


def find_exemplified() -> set[str]:
    """Return the clusters of replies that hold an example of a rule."""
    examples = {_plain(e) for rule in load().rules.values() for e in rule.examples}
    return {
        f"replies/{label['cluster']}"
        for label in _read_lines(REPLIES)
        if _plain(label["text"]) in examples
    }


def _plain(text: str) -> str:
    """Return the words of a reply without what differs between two mails."""
    return " ".join(_WORD.findall(_NAME.sub(" ", text.lower())))


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _pair(truths: list[dict[str, Any]], found: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    by_address = {(one.address or "").lower(): one for one in found}
    for truth in truths:
        recipient = by_address.get((truth["address"] or "").lower())
        if recipient is None and len(truths) == len(found) == 1:
            recipient = found[0]
        if truth["cause"] and recipient is not None:
            yield truth, recipient


def calibration_error(answers: Iterable[Answer]) -> float:
    """Return the mean distance between confidence and share right, over ten bins."""
    bins: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        bins[min(9, int(answer.confidence * 10))].append(answer)
    total = sum(map(len, bins.values()))
    off = sum(abs(sum(a.confidence - a.right for a in members)) for members in bins.values())
    return off / total if total else 0.0


def print_table(title: str, answers: list[Answer]) -> None:
    """Print the share right per ground, model answers by their probability, and the totals."""
    grounds = _sort_by_bucket(answers)
    sure = [answer for answer in answers if answer.confidence >= _SURE]
    print(f"\n{title}: {len(answers)} answers")
    for ground, members in sorted(grounds.items()):
        right = sum(answer.right for answer in members)
        smooth = (right + _PRIOR / 2) / (len(members) + _PRIOR)
        given = sum(answer.confidence for answer in members) / len(members)
        share = right / len(members)
        print(
            f"  {ground:34} {len(members):5}  {share:6.1%}  smooth {smooth:.3f}  given {given:.3f}"
        )
    right = sum(answer.right for answer in answers)
    print(f"  right                {right / len(answers):6.1%}")
    if sure:
        print(f"  confidence >= 0.9    {len(sure) / len(answers):6.1%}  (at least 60 %)")
        print(f"  right among those    {sum(a.right for a in sure) / len(sure):6.1%}  (97 %)")
    print(f"  calibration error    {calibration_error(answers):6.3f}  (at most 0.05)")


def _sort_by_bucket(answers: Iterable[Answer]) -> dict[str, list[Answer]]:
    buckets: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        buckets[answer.bucket].append(answer)
    return buckets


def _shares(answers: list[Answer]) -> dict[str, tuple[float, int]]:
    """Return, per bucket, the share right with each cluster weighing 1, and the clusters."""
    shares: dict[str, tuple[float, int]] = {}
    for bucket, members in _sort_by_bucket(answers).items():
        clusters: dict[str, list[bool]] = defaultdict(list)
        for answer in members:
            clusters[answer.cluster].append(answer.right)
        right = sum((sum(rights) / len(rights) for rights in clusters.values()), 0.0)
        shares[bucket] = (right, len(clusters))
    return shares


def cross_fit(answers: list[Answer]) -> list[Answer]:
    """Give each answer the confidence that its bucket earns in the other folds.

    Folds are by cluster. A bucket's share is smoothed towards the confidence that was given.
    """
    fitted = []
    for fold in range(_FOLDS):
        inside = [a for a in answers if zlib.crc32(a.cluster.encode()) % _FOLDS == fold]
        outside = _shares([a for a in answers if zlib.crc32(a.cluster.encode()) % _FOLDS != fold])
        for answer in inside:
            right, count = outside.get(answer.bucket, (0.0, 0))
            earned = (right + _PRIOR * answer.confidence) / (count + _PRIOR)
            fitted.append(replace(answer, confidence=earned))
    return fitted


def print_pooled(answers: list[Answer]) -> None:
    """Print what a table filled from all collections holds, and the error of one cross-fitted."""
    print(f"\nall, by cluster: {len({a.cluster for a in answers})} clusters")
    given = _sort_by_bucket(answers)
    for bucket, (right, count) in sorted(_shares(answers).items()):
        smooth = (right + _PRIOR / 2) / (count + _PRIOR)
        mean = sum(a.confidence for a in given[bucket]) / len(given[bucket])
        print(
            f"  {bucket:34} {count:5}  {right / count:6.1%}  smooth {smooth:.3f}  given {mean:.3f}"
        )
    fitted = cross_fit(answers)
    for name in ("replies", "corpus", "bounces"):
        own = [a for a in answers if a.cluster.startswith(f"{name}/")]
        fit = [a for a in fitted if a.cluster.startswith(f"{name}/")]
        print(
            f"  calibration error, {name:8} {calibration_error(own):.3f} as given, "
            f"{calibration_error(fit):.3f} cross-fitted"
        )


def main() -> None:
    """Print the tables of all labelled collections."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folds", type=Path, metavar="DIR", help="models by training.fit --folds")
    arguments = parser.parse_args()
    replies = answer_replies(arguments.folds)
    print_table("replies", replies)
    exemplified = find_exemplified()
    pooled = [answer for answer in replies if answer.cluster not in exemplified]
    for name in ("corpus", "lab/bounces"):
        answers = answer_mails(SHARED / name)
        print_table(name, answers)
        pooled += answers
    print_pooled(pooled)


if __name__ == "__main__":
    main()
