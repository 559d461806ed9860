"""Several replicates of one strategy: their mean, and what it says about the next one.

A replicate repeats the whole annotation with another seed. Its difference to its own control holds
everything that varies between replicates: questions, answers and trainings. Which documents the
test set happens to hold is common to all of them, so that it is a second source of chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev, variance

import numpy as np
from scipy import special

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.bootstrap import (
    LEVEL,
    POWER,
    Difference,
    Side,
    few_groups,
    group_resamples,
)
from prodigy_al.evaluation.counts import Counts, Metric
from prodigy_al.evaluation.estimators import Groups, Unavailable


@dataclass(frozen=True)
class ReplicateDifference:
    """A mean difference over replicates, with an interval for each of two questions.

    `new_text`: how would other replicates do on other documents? `this_test`: how would other
    replicates do on just this test set?
    """

    new_text: Difference | Unavailable
    this_test: Difference


def mean_over_replicates(values: Sequence[float]) -> Difference:
    """Return the mean of `values`, one per replicate, with Student's t interval.

    Replicates have their own questions, answers and trainings, so that their spread holds
    everything that varies but the test set: the interval is for just this one. Training seeds are
    not replicates. `p` is for a mean of 0. Raises `EstimateError` where there are fewer than two.

    >>> mean_over_replicates([0.01, 0.03]).difference
    0.02
    """
    if len(values) < 2:
        raise EstimateError("one replicate does not tell how much another would differ; give two")
    error = stdev(values) / sqrt(len(values))
    return _student(fmean(values), error, freedom=len(values) - 1)


def replicate_difference(
    ours: Sequence[Sequence[Counts]],
    theirs: Sequence[Sequence[Counts]],
    *,
    groups: Groups,
    draws: int,
    rng: np.random.Generator,
    metric: Metric = "f1",
) -> ReplicateDifference | Unavailable:
    """Compare replicates with a control each on the same segments (n,) of `groups` (n,).

    `ours` and `theirs`: one sequence of Counts per training seed for each replicate, paired by
    place. Replicates whose metric is undefined are left out. Raises `EstimateError` where lengths
    differ.

    For new text, two variances are added: that between replicates at their values on the whole
    test set, and that of their mean under resampled groups. Resampling both at once would count
    their interaction three times (Owen 2007). Student's t takes degrees of freedom from both
    (Satterthwaite 1946), and the interval is at least as wide as that for this test set.
    """
    if len(ours) != len(theirs):
        raise EstimateError(f"there are {len(ours)} replicates but {len(theirs)} controls")
    pairs = [(Side(a, groups), Side(b, groups)) for a, b in zip(ours, theirs, strict=True)]
    pairs = [(a, b) for a, b in pairs if np.isfinite(a.value(metric) - b.value(metric))]
    values = [a.value(metric) - b.value(metric) for a, b in pairs]
    if len(values) < 2:
        return Unavailable(f"fewer than two replicates have an {metric}")
    this_test = mean_over_replicates(values)
    resamples = group_resamples(groups, draws, rng)
    size = resamples.shape[1]
    if few := few_groups(size):
        return ReplicateDifference(few, this_test)
    means = np.mean(
        [a.means(metric, resamples) - b.means(metric, resamples) for a, b in pairs], axis=0
    )
    # resampling K groups shows (K-1)/K of the variance
    by_groups = float(np.nanvar(means, ddof=1)) * size / (size - 1)
    by_replicates = variance(values) / len(values)
    both = by_groups + by_replicates
    spread = by_replicates**2 / (len(values) - 1) + by_groups**2 / (size - 1)
    new_text = _student(this_test.difference, sqrt(both), freedom=both**2 / spread if spread else 1)
    wider = max(new_text, this_test, key=lambda found: found.high - found.low)
    return ReplicateDifference(wider, this_test)


def _student(mean: float, error: float, *, freedom: float) -> Difference:
    """Return a mean with Student's t interval, p of 0 and what would have been detectable."""
    reach = float(special.stdtrit(freedom, 1 - LEVEL / 2))
    # Without any spread there is nothing to divide by: the mean is 0 or it is not.
    p = float(2 * special.stdtr(freedom, -abs(mean) / error)) if error else float(mean == 0)
    power = float(special.stdtrit(freedom, POWER))
    return Difference(mean, mean - reach * error, mean + reach * error, p, (reach + power) * error)
