"""Learning curves: F1 on test by effort, and the effort until a given F1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.estimates import Score
from prodigy_al.comparison.measurements import BASE, Measurements, Model, Row
from prodigy_al.evaluation.estimators import Estimate, Unavailable


@dataclass(frozen=True)
class Work:
    """How much was annotated, in four units; None where a unit is not known."""

    answers: float | None
    tokens: float | None
    entities: float | None
    seconds: float | None


@dataclass(frozen=True)
class Point:
    """F1 on the test set after so much work."""

    work: Work
    f1: Estimate | Unavailable


def learning_curve(arm: Arm, policy: str, measured: Measurements) -> list[Point]:
    """Return one arm's points by growing work; [] where no curves were asked for.

    The first is the base, the last the arm as it is, of all training seeds; those between, of the
    first seed, were trained on the dataset's first answers.
    """
    if not measured.plan.curves:
        return []
    points = [Point(Work(0, 0, 0, 0), _on_test(measured, BASE).f1)]
    for first in arm.first_answers:
        model = Model(arm.dataset, policy, first.count)
        if model in measured:
            effort = first.effort
            work = Work(first.count, effort.tokens, effort.entities, effort.seconds)
            points.append(Point(work, _on_test(measured, model).f1))
    answers = sum(arm.train.counts.values())
    whole = Work(answers, arm.effort.tokens, arm.effort.entities, arm.effort.seconds)
    return [*points, Point(whole, _on_test(measured, Model(arm.dataset, policy)).f1)]


def work_to_reach(f1: Estimate | Unavailable, curve: Sequence[Point]) -> Work | None:
    """Return the work at which a curve first comes to the value of `f1`, linear between points.

    `curve` grows in work. None where it never comes there or the F1 to reach is not known; a unit
    that is not known at either point stays so.

    >>> start = Point(Work(0, 0, 0, 0), Estimate(0.5, 0.4, 0.6))
    >>> end = Point(Work(100, 900, 50, None), Estimate(0.7, 0.6, 0.8))
    >>> work_to_reach(Estimate(0.6, 0.5, 0.7), [start, end])
    Work(answers=50.0, tokens=450.0, entities=25.0, seconds=None)
    """
    before: tuple[Work, float] | None = None
    for point in curve:
        if isinstance(point.f1, Unavailable) or isinstance(f1, Unavailable):
            continue
        here = point.work, point.f1.value
        if point.f1.value >= f1.value:
            return _between(before or here, here, f1.value)
        before = here
    return None


def _on_test(measured: Measurements, model: Model) -> Score:
    return measured.score(Row(model, "test"))


def _between(low: tuple[Work, float], high: tuple[Work, float], f1: float) -> Work:
    rise = high[1] - low[1]
    share = (f1 - low[1]) / rise if rise else 0.0
    units = {}
    for field in fields(Work):
        start, end = getattr(low[0], field.name), getattr(high[0], field.name)
        known = start is not None and end is not None
        units[field.name] = float(start + share * (end - start)) if known else None
    return Work(**units)
