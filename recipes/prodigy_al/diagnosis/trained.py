"""What hypotheses that are tested by training may read, and the verdict on a difference of F1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.effects import Effect
from prodigy_al.comparison.measurements import Measurements, Model, Row
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.evaluation.paired import side_value

NEGLIGIBLE = 0.01
"""A loss of F1 from which nothing follows."""


@dataclass(frozen=True, eq=False)
class TrainedArm:
    """An arm trained under one policy, among all that was trained and measured beside it."""

    arm: Arm
    policy: str
    measured: Measurements

    @property
    def name(self) -> str:
        """The name of the dataset."""
        return self.arm.dataset

    @property
    def model(self) -> Model:
        """What was trained on the dataset as it is."""
        return Model(self.arm.dataset, self.policy)

    @property
    def segments(self) -> int:
        """The number of test segments."""
        return len(self.measured.plan.test.gold)

    def f1(self, model: Model) -> str:
        """Return the F1 of a model on test, in words."""
        return in_words(side_value(self.measured.side(Row(model, "test"))))


def conclude_effect(
    hypothesis: str, one: TrainedArm, effect: Effect, *, why: str, following: str, **details: Any
) -> Verdict:
    """Return the verdict on a loss of F1 on test: is the effect below 0?

    *Refuted* where its whole interval is above -.01.
    """
    found = effect.compared.found
    if isinstance(found, Unavailable):
        return unknown(hypothesis, one.name, f"{why}; no interval: {found.reason}")
    word = decide(found.p, harmful=found.difference < 0, negligible=found.low > -NEGLIGIBLE)
    return conclude(
        hypothesis,
        one.name,
        word,
        as_estimate(found),
        n=one.segments,
        p=found.p,
        unit="of F1 on test",
        why=why,
        following=following,
        details={"answers": list(effect.answers), **details},
    )


def as_estimate(found: Difference, *, shift: float = 0.0) -> Estimate:
    """Return a difference, moved by `shift`, with its interval alone."""
    return Estimate(found.difference + shift, found.low + shift, found.high + shift)


def in_words(value: float | None) -> str:
    """Return a share or F1 with three decimals and no leading zero.

    >>> in_words(0.5), in_words(-0.02), in_words(None)
    ('.500', '-.020', 'undefined')
    """
    return "undefined" if value is None else f"{value:.3f}".replace("0.", ".", 1)
