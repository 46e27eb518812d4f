"""Fits one model per fold and lets each answer what it did not see."""

import json
from collections.abc import Sequence
from pathlib import Path

from retour.knowledge.classifier import Classifier, Weights, encode
from training.folds import ASSIGNMENT, name_file
from training.model import Calibration, Fitted, calibrate, fit_model, quantise
from training.report import Answered
from training.samples import Sample, fold_of


def fit_folds(
    replies: Sequence[Sample], phrases: Sequence[Sample], count: int
) -> list[tuple[Fitted, list[int]]]:
    """Fit one model per fold on the replies of the other folds and all phrases.

    Returns:
        The models, each with the numbers of the replies that it did not see.
    """
    fitted = []
    for fold in range(count):
        held = [n for n, one in enumerate(replies) if fold_of(one.cluster, count) == fold]
        seen = [one for one in replies if fold_of(one.cluster, count) != fold]
        fitted.append((fit_model([*seen, *phrases]), held))
    return fitted


def answer_folds(
    replies: Sequence[Sample], fitted: Sequence[tuple[Fitted, list[int]]], calibration: Calibration
) -> list[Answered]:
    """Let each model answer the replies that it did not see."""
    return [
        answered
        for model, held in fitted
        for answered in _answer(replies, held, quantise(model, calibration))
    ]


def find_calibration(
    replies: Sequence[Sample], fitted: Sequence[tuple[Fitted, list[int]]]
) -> Calibration:
    """Return what calibrates answers about texts that were not seen."""
    return calibrate(
        [(one.sample, one.ranking) for one in answer_folds(replies, fitted, Calibration())]
    )


def write(
    folder: Path, replies: Sequence[Sample], fitted: Sequence[tuple[Fitted, list[int]]]
) -> list[Answered]:
    """Write one model per fold and who may be asked what.

    Each model's calibration is found on the other folds, so that it has not seen the texts it
    answers in any way.

    Returns:
        What the models written say of the replies that they did not see.
    """
    folder.mkdir(parents=True, exist_ok=True)
    assignment, answers = [], []
    for number, (model, held) in enumerate(fitted):
        others = [*fitted[:number], *fitted[number + 1 :]]
        weights = quantise(model, find_calibration(replies, others))
        (folder / name_file(number)).write_bytes(encode(weights))
        answers += _answer(replies, held, weights)
        clusters = sorted({replies[n].cluster for n in held})
        assignment.append({"fold": number, "clusters": clusters, "replies": held})
    text = json.dumps(assignment, separators=(",", ":"))
    (folder / ASSIGNMENT).write_text(text + "\n", encoding="utf-8")
    return answers


def _answer(replies: Sequence[Sample], held: list[int], weights: Weights) -> list[Answered]:
    classifier = Classifier(weights)
    return [Answered(replies[n], classifier.classify(replies[n].text)) for n in held]
