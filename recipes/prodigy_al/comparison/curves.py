"""Learning curves: F1 on test by effort, and the effort until a given F1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.estimates import Score
from prodigy_al.comparison.measurements import BASE, Measurements, Model, Row


@dataclass(frozen=True)
class Work:
    """How much was annotated, in four units; None where a unit is not known."""

    answers: float | None
    tokens: float | None
    entities: float | None
    seconds: float | None


@dataclass(frozen=True)
class Point:
    """The score on the test set after so much work."""

    work: Work
    score: Score


def learning_curve(arm: Arm, policy: str, measured: Measurements) -> list[Point]:
    """Return one arm's points by growing work; [] where no curves were asked for.

    The first is the base, the last the arm as it is, of all training seeds; those between, of the
    first seed, were trained on the dataset's first answers.
    """
    if not measured.plan.curves:
        return []
    points = [Point(Work(0, 0, 0, 0), _on_test(measured, BASE))]
    for first in arm.first_answers:
        model = Model(arm.dataset, policy, first.count)
        if model in measured:
            effort = first.effort
            work = Work(first.count, effort.tokens, effort.entities, effort.seconds)
            points.append(Point(work, _on_test(measured, model)))
    answers = sum(arm.train.counts.values())
    whole = Work(answers, arm.effort.tokens, arm.effort.entities, arm.effort.seconds)
    return [*points, Point(whole, _on_test(measured, Model(arm.dataset, policy)))]


def work_to_reach(f1: float | None, curve: Sequence[Point]) -> Work | None:
    """Return the work at which a curve first comes to `f1`, linear between points.

    `curve` grows in work. None where it never comes there or the F1 to reach is not known; a unit
    that is not known at either point stays so.
    """
    before: tuple[Work, float] | None = None
    for point in curve:
        if point.score.f1 is None or f1 is None:
            continue
        here = point.work, point.score.f1
        if point.score.f1 >= f1:
            return _between(before or here, here, f1)
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
