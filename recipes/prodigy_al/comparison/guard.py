"""Whether a model may ship: the change of its weighted dev F1 against the base, and nothing else.

The dev answers are of the text that the model is for, on whole segments, weighted to stand for all
of it, and the base is measured on the same ones. Test is not looked at: a model that was chosen by
a test set cannot be measured on it any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.gap import weighted_vs_base
from prodigy_al.comparison.measurements import Measurements, Model
from prodigy_al.comparison.needed import Planned, dev_answers_to_find
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.estimators import Unavailable

Outcome: TypeAlias = Literal["better", "worse", "not-shown", "unknown"]


@dataclass(frozen=True)
class Guard:
    """What dev answers say of a model against its base, and what would say more.

    `answers` of the dataset `on` were counted; 0 where it is None. `needed` is how many of them
    find a change as large as the measured one; None where the `outcome` is clear or unknown.
    """

    outcome: Outcome
    on: Arm | None
    answers: int
    needed: Planned | None = None


def judge(change: Difference | Unavailable) -> Outcome:
    """Return what the interval of a change of F1 says: above 0, below 0, neither, or nothing.

    >>> judge(Difference(0.02, low=-0.01, high=0.05, p=0.2, detectable=0.04))
    'not-shown'
    """
    if isinstance(change, Unavailable):
        return "unknown"
    if change.low > 0:
        return "better"
    return "worse" if change.high < 0 else "not-shown"


def find_guard(model: Model, arm: Arm, measured: Measurements) -> Guard:
    """Return what the dev answers say of an arm's model; where unclear, how many would be clear."""
    on, score = measured.weighted_dev[arm.dataset], measured.weighted(model, arm)
    if isinstance(on, Unavailable):
        return Guard("unknown", None, 0)
    change = weighted_vs_base(model, arm, measured).found
    outcome = judge(change)
    answers = 0 if isinstance(score, Unavailable) else score.found.m
    if outcome != "not-shown" or isinstance(change, Unavailable):
        return Guard(outcome, on, answers)
    wanted = abs(change.difference)
    return Guard(outcome, on, answers, dev_answers_to_find(wanted, model, arm, measured))
