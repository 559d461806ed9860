"""From a plan to the table of measurements: all runs of a comparison, one after the other."""

from __future__ import annotations

from collections.abc import Callable

from prodigy_al.comparison.measurements import Measurements
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.planned_runs import first_runs, whole_runs
from prodigy_al.comparison.runs import predict_all, say_nothing
from prodigy_al.comparison.testset import remove_overlap, why_no_interval
from prodigy_al.comparison.variants import variant_runs


def measure(
    plan: Plan,
    say: Callable[[str], object] = say_nothing,
    warn: Callable[[str], object] = say_nothing,
) -> Measurements:
    """Train every arm under every policy and seed, and measure each pipeline on every set.

    `say` is told in a sentence how many runs need not be repeated, if any; `warn`, before any
    training, what the test set cannot tell.
    """
    if problem := why_no_interval(plan.test):
        warn(problem)
    trains, overlap = remove_overlap(plan.arms, plan.test)
    measured = Measurements(plan, trains, overlap)
    predicted = predict_all(
        [
            *whole_runs(plan, measured.trains),
            *first_runs(plan, measured.trains),
            *variant_runs(plan, measured.variants),
        ],
        workers=plan.workers,
        cluster=plan.cluster,
        base_sha256=plan.model["sha256"],
        cache=plan.cache,
        say=say,
    )
    for run, result in predicted:
        measured.add(run, result.predictions, result.expected)
    return measured
