"""Learning curves: F1 on test by effort, and how they do against the curve of a control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import isfinite

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.estimates import Score
from prodigy_al.comparison.measurements import BASE, Measurements, Model, Row
from prodigy_al.evaluation.curve_difference import CurveDifference, compare_curves
from prodigy_al.evaluation.estimators import Unavailable


@dataclass(frozen=True)
class Work:
    """How much was annotated, in four units; None where a unit is not known."""

    answers: float | None
    tokens: float | None
    entities: float | None
    seconds: float | None


@dataclass(frozen=True)
class Point:
    """The score of a model on the test set, which was trained after so much work."""

    model: Model
    work: Work
    score: Score


def learning_curve(arm: Arm, policy: str, measured: Measurements) -> list[Point]:
    """Return one arm's points by growing work; [] where no curves were asked for.

    The first is the base, the last the arm as it is, of all training seeds; those between were
    trained on the dataset's first answers, by the first seed if nothing else needs them.
    """
    if not measured.plan.curves:
        return []
    whole = Work(
        sum(arm.train.counts.values()),
        arm.effort.tokens,
        arm.effort.entities,
        arm.effort.seconds,
    )
    models = [(BASE, Work(0, 0, 0, 0))]
    for first in arm.first_answers:
        effort = first.effort
        work = Work(first.count, effort.tokens, effort.entities, effort.seconds)
        models.append((Model(arm.dataset, policy, first.count), work))
    models.append((Model(arm.dataset, policy), whole))
    return [
        Point(model, work, measured.score(Row(model, "test")))
        for model, work in models
        if model in measured
    ]


def effort_to_reach(
    curve: Sequence[Point], control: Model, measured: Measurements
) -> Work | Unavailable:
    """Return the work from which on an arm is surely at the F1 on test that its control ends with.

    Unavailable where no point of the curve is, or where nothing can be told.
    """
    lows = measured.lower_bounds([point.model for point in curve], control)
    if isinstance(lows, Unavailable):
        return lows
    return work_to_reach([point.work for point in curve], lows.tolist()) or Unavailable(
        "no point of the curve is surely there"
    )


def compare_with(
    curve: Sequence[Point], control: Sequence[Point], measured: Measurements
) -> dict[str, CurveDifference] | Unavailable:
    """Return a curve minus its control's by each unit of work that is known of both.

    Unavailable where nothing can be told.
    """
    if not control:
        return Unavailable("its control has no curve")
    drawn = measured.draw_curves(
        [point.model for point in curve], [point.model for point in control]
    )
    if isinstance(drawn, Unavailable):
        return drawn
    found: dict[str, CurveDifference] = {}
    for unit in fields(Work):
        ours, theirs = (_known_work(points, unit.name) for points in (curve, control))
        if ours is None or theirs is None:
            continue
        compared = compare_curves(drawn, ours, theirs)
        if isinstance(compared, Unavailable):
            return compared
        found[unit.name] = compared
    return found


def _known_work(points: Sequence[Point], unit: str) -> list[float] | None:
    """Return the work of each point in one unit; None where it is not known of all."""
    work = [getattr(point.work, unit) for point in points]
    return None if None in work else work


def work_to_reach(work: Sequence[Work], lows: Sequence[float]) -> Work | None:
    """Return the work at which a lower bound first comes to 0, linear between points.

    `work` grows. The lower bound between two points is at least what is linear between theirs,
    since the spread of a mixture is at most the mixture of the spreads. None where no point comes
    there; a unit that is not known at either point stays so.

    >>> work_to_reach([Work(0, 0, 0, 0), Work(100, 900, 50, None)], [-0.1, 0.1])
    Work(answers=50.0, tokens=450.0, entities=25.0, seconds=None)
    """
    before: tuple[Work, float] | None = None
    for here in zip(work, lows, strict=True):
        if here[1] >= 0:
            return _between(before or here, here)
        if isfinite(here[1]):
            before = here
    return None


def _between(low: tuple[Work, float], high: tuple[Work, float]) -> Work:
    """Return the work between two points, (work, lower bound) each, where the bound is 0."""
    rise = high[1] - low[1]
    share = -low[1] / rise if rise else 0.0
    units = {}
    for field in fields(Work):
        start, end = getattr(low[0], field.name), getattr(high[0], field.name)
        known = start is not None and end is not None
        units[field.name] = float(start + share * (end - start)) if known else None
    return Work(**units)
