"""How sure each kind of answer may be: the share of right answers per ground.

``python -m benchmarks.calibration`` prints, for the labelled replies and the labelled mails, how
often each ground (a rule's tier and standing, the trained stage's probability) is right, and how
far the confidences are from that. `retour.diagnose.confidence` is filled with the figures. With
``--folds DIR`` the replies are answered by models that have not seen their clusters.
"""

import argparse
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer beside its label.

    Attributes:
        ground: what the confidence stands on.
        confidence: as given.
        right: whether the cause is the labelled one or one that is right too.
    """

    ground: str
    confidence: float
    right: bool


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
        answers.append(Answer(decision.ground, decision.confidence, right))
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
            answers.append(Answer(decision.ground, decision.confidence, right))
    return answers


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
    grounds: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        ground = answer.ground
        if "model" in ground:
            ground = f"{ground} {int(answer.confidence * 10) / 10:.1f}"
        grounds[ground].append(answer)
    sure = [answer for answer in answers if answer.confidence >= _SURE]
    print(f"\n{title}: {len(answers)} answers")
    for ground, members in sorted(grounds.items()):
        right = sum(answer.right for answer in members)
        # One right and one wrong answer more: a small bucket is not surer than what it lies in.
        smooth = (right + 1) / (len(members) + 2)
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


def main() -> None:
    """Print the tables of all labelled collections."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folds", type=Path, metavar="DIR", help="models by training.fit --folds")
    arguments = parser.parse_args()
    print_table("replies", answer_replies(arguments.folds))
    for name in ("corpus", "lab/bounces"):
        print_table(name, answer_mails(SHARED / name))


if __name__ == "__main__":
    main()
