"""Learning curves: F1 on test by effort, and the effort until a given F1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.measurements import BASE, Outcome
from prodigy_al.comparison.numbers import metric
from prodigy_al.comparison.plan import Plan

EFFORTS = ("answers", "tokens", "entities", "seconds")

Point = Mapping[str, Any]


def learning_curve(
    arm: Arm, policy: str, plan: Plan, outcomes: Mapping[tuple[str, str], Outcome]
) -> list[dict[str, Any]]:
    """Return one arm's rows of `curves` of report.json, by growing effort; [] if not asked for.

    The first is the base, the last the arm as it is, of all training seeds; those between, of the
    first seed, were trained on the dataset's beginnings.
    """
    if not plan.curves:
        return []
    ours = outcomes[arm.dataset, policy]
    nothing = dict.fromkeys(EFFORTS, 0)
    points = [(nothing, outcomes[BASE, ""].test)]
    for begun in arm.beginnings:
        if begun.answers in ours.begun:
            effort = {"answers": begun.answers, **asdict(begun.effort)}
            points.append((effort, [ours.begun[begun.answers]]))
    points.append(({"answers": sum(arm.train.counts.values()), **asdict(arm.effort)}, ours.test))
    return [
        {
            "dataset": arm.dataset,
            "policy": policy,
            **{key: effort[key] for key in EFFORTS},
            **{key: found[key] for key in ("f1", "low", "high")},
        }
        for effort, counts in points
        for found in [metric(counts, plan.test.groups)]
    ]


def effort_to_reach(f1: float | None, curve: Sequence[Point]) -> dict[str, float | None] | None:
    """Return the effort at which a curve first comes to `f1`, linear between its points.

    `curve` grows in effort. None where it never comes there or the F1 to reach is undefined; an
    effort that is not known (None) at either point stays so.

    >>> start = {"answers": 0, "tokens": 0, "entities": 0, "seconds": 0, "f1": 0.5}
    >>> end = {"answers": 100, "tokens": 900, "entities": 50, "seconds": None, "f1": 0.7}
    >>> effort_to_reach(0.6, [start, end])
    {'answers': 50.0, 'tokens': 450.0, 'entities': 25.0, 'seconds': None}
    """
    before: Point | None = None
    for point in curve:
        if point["f1"] is None or f1 is None:
            continue
        if point["f1"] >= f1:
            return _between(before or point, point, f1)
        before = point
    return None


def _between(low: Point, high: Point, f1: float) -> dict[str, float | None]:
    rise = high["f1"] - low["f1"]
    share = (f1 - low["f1"]) / rise if rise else 0.0
    return {
        key: None
        if low[key] is None or high[key] is None
        else float(low[key] + share * (high[key] - low[key]))
        for key in EFFORTS
    }
