"""How sure an answer is: one table, filled with measured shares.

Each answer falls into a bucket by what it stands on. The figures are the share of right answers of
that bucket on labelled replies and mails, with each cluster of near-duplicates weighing 1 and
without the clusters that hold an example of a rule (``python -m benchmarks.calibration`` prints
them anew), smoothed and rounded down; the trained stage's own probability is calibrated where it is
trained.
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
    ("receiver", "backed"): 0.99,
    ("receiver", "alone"): 0.98,
    ("receiver", "contested"): 0.96,
    ("server", "backed"): 0.98,
    ("server", "alone"): 0.98,
    ("server", "contested"): 0.96,
    ("phrase", "backed"): 0.98,
    ("phrase", "alone"): 0.98,
    ("phrase", "contested"): 0.88,
    ("status", "backed"): 0.92,
    ("status", "alone"): 0.87,
    ("status", "contested"): 0.7,
    ("notice", "backed"): 0.95,
    ("notice", "alone"): 0.95,
    ("notice", "contested"): 0.82,
    ("generic", "backed"): 0.9,
    ("generic", "alone"): 0.84,
    ("generic", "contested"): 0.6,
    ("vague", "backed"): 0.55,
    ("vague", "alone"): 0.55,
    ("vague", "contested"): 0.4,
    ("code", "backed"): 0.55,
    ("code", "alone"): 0.5,
    ("code", "contested"): 0.4,
}

# The trained stage is asked where no telling words speak. From this probability on its answer goes
# before the rule's. A telling code never gives way: on replies of clusters that the stage was not
# fitted on, the code is right in three of four where they differ, however sure the stage is.
MODEL_OVERRULES: Mapping[Tier, float] = {
    "generic": 0.8,
    "vague": 0.6,
    "code": 0.3,
}
MODEL_ALONE = 0.2
MODEL_ALONE_ON_PROSE = 0.8
"""Below these probabilities nobody knows: the cause is ``unknown``. A notice has many words that
name no cause, and the stage was fitted to replies."""

MODEL_TRUST = 0.6
"""What its probability counts where it answers: what no rule reads is harder than the average."""

MODEL_AGREES = 0.97
"""Where rule and stage agree, the confidence rises from the rule's towards this."""

MODEL_DIFFERS = 0.94
"""What a rule's confidence counts where the stage says something else."""

NOTHING_SAID = 0.7
"""Confidence of ``unknown`` where the report gives no words at all."""

EXPIRED_CEILING = 0.5
"""Ceiling where a reporter says that time ran out: half of them or more keep back a reason. Not
lower, because the words are no guess: that much the reporter does say."""

DELAY_SUPPOSED = 0.8
"""Confidence of ``unreachable`` for a delay whose notice names no reason."""

MODEL_ON_DELAY = 0.6
"""From this probability on the trained stage's reading of such a notice goes before it."""

# A loop claim by what supports it (design section 3.4); the hops are a proof, words are not.
LOOP_PROVED = 0.97
LOOP_BY_COUNT = 0.9
LOOP_UNSEEN = 0.9
LOOP_PARTLY_SEEN = 0.85
DUPLICATE_PROVED = 0.98  # by a trail: the same system took the message
DUPLICATE_SAID = 0.95
DUPLICATE_MARKED = 0.8
DUPLICATE_SUPPOSED = 0.55
POINTS_AT_ITSELF = 0.9


def weigh_rule(tier: Ground, standing: Standing) -> float:
    """Return how often an answer by a rule of this tier in this standing is right."""
    return TIER_CONFIDENCE[tier, standing]


def join_model(rule: float, model: float, *, agrees: bool) -> float:
    """Return the confidence of a rule's answer beside the trained stage's probability.

    Args:
        rule: confidence by the rule alone.
        model: the stage's highest probability.
        agrees: whether both name the same cause.
    """
    if not agrees:
        return rule * MODEL_DIFFERS
    return max(rule, rule + (MODEL_AGREES - rule) * model)
