"""Several replicates of one strategy: their mean, and what it says about the next one.

A replicate repeats the whole annotation with another seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

from scipy import stats

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.bootstrap import LEVEL, POWER, Difference


def mean_over_replicates(values: Sequence[float]) -> Difference:
    """Return the mean of `values`, one per replicate, with Student's t interval.

    Replicates have their own questions, answers and trainings, so that their spread holds
    everything that varies; training seeds are not replicates. `p` is for a mean of 0. Raises
    `EstimateError` where there are fewer than two.

    >>> mean_over_replicates([0.01, 0.03]).difference
    0.02
    """
    if len(values) < 2:
        raise EstimateError("one replicate does not tell how much another would differ; give two")
    mean, error = fmean(values), stdev(values) / sqrt(len(values))
    freedom = len(values) - 1
    reach = float(stats.t.ppf(1 - LEVEL / 2, freedom))
    # Without any spread there is nothing to divide by: the mean is 0 or it is not.
    p = float(2 * stats.t.sf(abs(mean) / error, freedom)) if error else float(mean == 0)
    power = float(stats.t.ppf(POWER, freedom))
    return Difference(mean, mean - reach * error, mean + reach * error, p, (reach + power) * error)
