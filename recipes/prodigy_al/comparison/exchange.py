"""How many answers about single spans did the work of one whole segment, and how fast they were."""

from __future__ import annotations

from dataclasses import dataclass

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.controls import find_whole_control
from prodigy_al.comparison.curves import learning_curve
from prodigy_al.comparison.measurements import Measurements, Model
from prodigy_al.evaluation.estimators import Unavailable


@dataclass(frozen=True)
class Rate:
    """Answers about single spans per whole segment; an end is None where the curve tells none.

    `answers` of them did the work of `segments` whole ones; both count training texts.
    """

    value: float
    low: float | None
    high: float | None
    answers: int
    segments: float


@dataclass(frozen=True)
class Exchange:
    """What single spans of an arm were worth, against the curve of a `control` of whole segments.

    `times_faster` is a typical answer's seconds about a whole segment, in the control, divided by
    those about a single span; None where either is not known. It is `measured` where no seconds
    are from a cost model.
    """

    control: Arm
    rate: Rate | Unavailable
    times_faster: float | None
    measured: bool


def find_exchange(arm: Arm, policy: str, measured: Measurements) -> Exchange | None:
    """Return the exchange rate of an arm's single spans; None without them or without a control.

    The control's curve of training texts is read where its F1 on test is the arm's. Whole segments
    that a joined arm holds itself are counted as they are.
    """
    single = [part for part in arm.all_parts if part.train.form == "binary"]
    control = find_whole_control(arm, measured.plan.arms)
    if not single or control is None:
        return None
    took = [part.effort.seconds_per_answer for part in single]
    whole = control.effort.seconds_per_answer
    # of several parts the latest, when the task was known best
    faster = whole / took[-1] if whole is not None and took[-1] else None
    simulated = control.effort.simulated or single[-1].effort.simulated
    return Exchange(control, _rate(arm, control, policy, measured), faster, not simulated)


def _rate(arm: Arm, control: Arm, policy: str, measured: Measurements) -> Rate | Unavailable:
    curve = learning_curve(control, policy, measured)
    if not curve:
        return Unavailable("there is no curve of whole segments (--curves)")
    train = measured.trains[control.dataset]
    held = {None: len(train)} | {
        first.count: len(train.where({i.input_hash for i in first.answers.items}.__contains__))
        for first in control.first_answers
    }
    texts = [0.0] + [float(held[point.model.first]) for point in curve[1:]]
    models = [point.model for point in curve]
    found = measured.work_at(models, texts, Model(arm.dataset, policy))
    if isinstance(found, Unavailable):
        return found
    own = measured.trains[arm.dataset]
    answers = sum(own.form_of(item) == "binary" for item in own.items)
    whole = len(own) - answers
    if found.work <= whole:
        return Unavailable("its F1 is not above that of as many whole segments as it holds itself")
    # more whole segments in their place make each single span worth more
    low = None if found.high is None else answers / (found.high - whole)
    high = None if found.low is None or found.low <= whole else answers / (found.low - whole)
    return Rate(answers / (found.work - whole), low, high, answers, found.work - whole)
