"""How sure an answer is: one table, filled with measured shares.

Each answer falls into a bucket by what it stands on. The figures are the share of right answers of
that bucket on labelled replies and mails (``python -m benchmarks.calibration`` prints them anew),
smoothed towards the tier's share and rounded down; the trained stage's own probability is
calibrated where it is trained.
"""

from collections.abc import Mapping
from typing import Literal

from retour.knowledge.schema import Tier

Standing = Literal["backed", "alone", "contested"]
"""What else is said: an agreeing code or voice (``backed``), nothing (``alone``), or a telling
claim for a cause that does not fit (``contested``)."""

Ground = Tier | Literal["notice"]
"""What an answer stands on: a rule's tier, or telling words that stand anywhere in a notice."""

TIER_CONFIDENCE: Mapping[tuple[Ground, Standing], float] = {
    ("receiver", "backed"): 0.98,
    ("receiver", "alone"): 0.97,
    ("receiver", "contested"): 0.92,
    ("server", "backed"): 0.97,
    ("server", "alone"): 0.96,
    ("server", "contested"): 0.9,
    ("phrase", "backed"): 0.96,
    ("phrase", "alone"): 0.94,
    ("phrase", "contested"): 0.8,
    ("status", "backed"): 0.92,
    ("status", "alone"): 0.82,
    ("status", "contested"): 0.7,
    ("notice", "backed"): 0.9,
    ("notice", "alone"): 0.88,
    ("notice", "contested"): 0.75,
    ("generic", "backed"): 0.82,
    ("generic", "alone"): 0.74,
    ("generic", "contested"): 0.6,
    ("vague", "backed"): 0.55,
    ("vague", "alone"): 0.55,
    ("vague", "contested"): 0.4,
    ("code", "backed"): 0.55,
    ("code", "alone"): 0.5,
    ("code", "contested"): 0.4,
}

# The trained stage is asked where no telling words speak. Above this probability its answer goes
# before the rule's: a telling code gives way only to a very sure one.
MODEL_OVERRULES: Mapping[Ground, float] = {
    "notice": 0.9,
    "status": 0.9,
    "generic": 0.6,
    "vague": 0.3,
    "code": 0.25,
}
MODEL_ALONE = 0.2
"""Below this probability nobody knows: the cause is ``unknown``."""

MODEL_AGREES = 0.97
"""Ceiling where rule and trained stage agree: 1 - (1 - rule) * (1 - model) is never above it."""

NOTHING_SAID = 0.4
"""Confidence of ``unknown`` where the report gives no words at all."""

DELAY_SUPPOSED = 0.6
"""Confidence of ``unreachable`` for a delay whose notice names no reason."""

# A loop claim by what supports it (design section 3.4); the hops are a proof, words are not.
LOOP_PROVED = 0.97
LOOP_BY_COUNT = 0.9
LOOP_UNSEEN = 0.9
LOOP_PARTLY_SEEN = 0.85
DUPLICATE_SAID = 0.95
DUPLICATE_MARKED = 0.8
DUPLICATE_SUPPOSED = 0.55
POINTS_AT_ITSELF = 0.9


def weigh_rule(tier: Ground, standing: Standing) -> float:
    """Return how often an answer by a rule of this tier in this standing is right."""
    return TIER_CONFIDENCE[tier, standing]


def join_model(rule: float, model: float) -> float:
    """Return the confidence where a rule and the trained stage name the same cause."""
    return min(MODEL_AGREES, 1 - (1 - rule) * (1 - model))
