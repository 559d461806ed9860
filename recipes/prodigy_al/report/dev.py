"""What a dataset's dev answers say of a model, beside F1 as usual and weighted."""

from __future__ import annotations

from dataclasses import asdict

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.gap import split_gap
from prodigy_al.comparison.measurements import Measurements, Model
from prodigy_al.evaluation.estimators import Measure, Unavailable
from prodigy_al.report.parts import Gap, Interval, Share, Within


def describe_ignored(model: Model, arm: Arm, measured: Measurements) -> Share | None:
    """Return the share of a model's predictions that the usual number of a binary arm ignores."""
    if arm.dev.form == "full":
        return None
    ignored, predictions = measured.ignored(model, arm)
    return Share(share=ignored / predictions if predictions else None, n=predictions)


def describe_candidates(
    model: Model, arm: Arm, measured: Measurements
) -> Within | Unavailable | None:
    """Return what a binary arm's own dev answers tell of a model; None for whole segments."""
    if arm.dev.form == "full":
        return None
    found = measured.within_candidates(model, arm)
    if isinstance(found, Unavailable):
        return found
    return Within(
        precision=_interval(found.precision),
        recall=_interval(found.recall),
        outside=found.outside,
        n=found.n,
    )


def describe_gap(model: Model, arm: Arm, measured: Measurements) -> Gap:
    """Return the parts of dev F1 as usual minus F1 on test."""
    selection, rest = (
        None if part is None else Interval(**asdict(part))
        for part in split_gap(model, arm, measured)
    )
    return Gap(selection=selection, rest=rest)


def _interval(measure: Measure) -> Interval:
    """Return a metric with its interval for new text."""
    found = measure.new_text
    if isinstance(found, Unavailable):
        return Interval(value=measure.value, low=None, high=None)
    return Interval(value=measure.value, low=found.low, high=found.high)
