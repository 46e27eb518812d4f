"""Fits the model: multinomial logistic regression on the features that the runtime reads."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from retour.knowledge.classifier import Weights, pair_tokens, split_token, tokenise
from training.samples import Sample, weigh_samples

Floats = NDArray[np.float64]

# What each kind of feature weighs beside a word (weight 1); chosen by five folds.
PAIR_WEIGHT = 0.7
PART_WEIGHT = 0.4
# Pairs and parts must be seen in so many texts; words need one.
TEXTS_MIN = 2
# A text's features are divided by their squared length to the power of this (0.5: the length).
EXPONENT = 0.375
# Inverse strength of the regularisation.
LOOSENESS = 30.0
# The share of a sample that its other right causes get.
ALSO_SHARE = 0.3
ITERATIONS = 200


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model in full precision.

    Attributes:
        causes: columns, in alphabetical order.
        column: feature to row number of ``weights``.
        scale: what one occurrence of a feature counts; its rarity times the weight of its kind.
        weights: logits, features by causes, ``scale`` included.
        bias: logits.
    """

    causes: tuple[str, ...]
    column: dict[str, int]
    scale: Floats
    weights: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Calibration:
    """What makes shares probabilities.

    Attributes:
        temperature: what all logits are divided by.
        floor: the share that is spread over all causes alike.
    """

    temperature: float = 1.0
    floor: float = 0.0


def list_features(text: str) -> list[str]:
    """Return all features of a text, as often as they stand in it."""
    tokens = tokenise(text)
    return [*tokens, *pair_tokens(tokens), *(part for one in tokens for part in split_token(one))]


def fit_model(samples: Sequence[Sample]) -> Fitted:
    """Fit the model to samples.

    Returns:
        The model, not yet calibrated.
    """
    bags = [Counter(list_features(sample.text)) for sample in samples]
    texts = Counter(feature for bag in bags for feature in bag)
    features = sorted(f for f, count in texts.items() if count >= _texts_min(f))
    column = {feature: number for number, feature in enumerate(features)}
    scale = np.array([_kind_weight(f) * (np.log(len(bags) / texts[f]) + 1) for f in features])
    rows, causes, shares = _share_labels(samples)
    with threadpool_limits(limits=1):  # sums in one order, so that the file is the same each time
        regression = LogisticRegression(C=LOOSENESS, max_iter=ITERATIONS, tol=1e-4)
        regression.fit(_make_matrix(bags, column, scale)[rows], causes, sample_weight=shares)
    weights = regression.coef_.T * scale[:, None]
    return Fitted(tuple(regression.classes_), column, scale, weights, regression.intercept_)


def _texts_min(feature: str) -> int:
    return TEXTS_MIN if " " in feature or feature[0] == "~" else 1


def _kind_weight(feature: str) -> float:
    if " " in feature:
        return PAIR_WEIGHT
    return PART_WEIGHT if feature[0] == "~" else 1.0


def _make_matrix(bags: Sequence[Counter[str]], column: dict[str, int], scale: Floats) -> csr_matrix:
    """Return texts by features: counts times scale, by the text's length."""
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for bag in bags:
        known = sorted((column[f], count) for f, count in bag.items() if f in column)
        square = sum(count * scale[number] ** 2 for number, count in known)
        columns += [number for number, _ in known]
        values += [count * scale[number] / square**EXPONENT for number, count in known]
        ends.append(len(columns))
    return csr_matrix((values, columns, ends), shape=(len(bags), len(column)))


def _share_labels(samples: Sequence[Sample]) -> tuple[list[int], list[str], list[float]]:
    """Return rows of samples, causes and weights: one row for each right cause of a sample."""
    rows, causes, shares = [], [], []
    for number, (sample, weight) in enumerate(zip(samples, weigh_samples(samples), strict=True)):
        for cause, share in _share_causes(sample):
            rows.append(number)
            causes.append(cause)
            shares.append(share * weight)
    return rows, causes, shares


def _share_causes(sample: Sample) -> Iterator[tuple[str, float]]:
    yield sample.cause, 1 - ALSO_SHARE if sample.also else 1.0
    for other in sample.also:
        yield other, ALSO_SHARE / len(sample.also)


def quantise(model: Fitted, calibration: Calibration) -> Weights:
    """Return the model as its file holds it.

    A token's row sums up its own weights and those of its parts, so that a known word costs one
    look-up; parts keep rows of their own for unknown words.

    Args:
        model: the model.
        calibration: see `calibrate`.
    """
    features = list(model.column)
    weights, squares = model.weights.copy(), model.scale**2
    for number, feature in enumerate(features):
        if feature[0] != "~" and " " not in feature:
            parts = [model.column[p] for p in split_token(feature) if p in model.column]
            weights[number] += model.weights[parts].sum(axis=0)
            squares[number] += (model.scale[parts] ** 2).sum()
    step = float(np.abs(weights).max()) / 127
    square_step = float(squares.max()) / 255
    lanes = np.rint(weights / step) + 128
    rows = np.column_stack([lanes, np.rint(squares / square_step)]).astype(np.uint8)
    return Weights(
        causes=model.causes,
        bias=tuple(round(float(one) / calibration.temperature, 6) for one in model.bias),
        features=tuple(features),
        rows=rows.tobytes(),
        step=step / calibration.temperature,
        square_step=square_step,
        exponent=EXPONENT,
        floor=calibration.floor,
    )


def calibrate(answers: Sequence[tuple[Sample, list[tuple[str, float]]]]) -> Calibration:
    """Return the calibration under which a sample's right causes are the likeliest.

    Temperature scaling (Guo et al. 2017) with a floor: some labels are wrong and some texts are
    odd, so that no answer may be all but certain.

    Args:
        answers: samples with what a model that did not see them says of them, not calibrated.
    """
    logits = np.log([[p for _, p in sorted(ranking)] for _, ranking in answers])
    right = np.array(
        [
            [cause in {sample.cause, *sample.also} for cause, _ in sorted(ranking)]
            for sample, ranking in answers
        ]
    )
    weights = np.array(weigh_samples([sample for sample, _ in answers]))

    def loss(point: Floats) -> float:
        temperature, floor = point
        scaled = logits / temperature
        shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        likely = (1 - floor) * shares + floor / shares.shape[1]
        return -float(weights @ np.log((likely * right).sum(axis=1)))

    bounds = [(0.3, 3.0), (1e-4, 0.3)]
    found = minimize(loss, np.array([1.0, 0.05]), bounds=bounds, method="Nelder-Mead")
    return Calibration(*(round(float(one), 3) for one in found.x))
