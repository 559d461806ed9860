"""Several redraws of one strategy: the mean over them, and what it says about the next one."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

from scipy import stats

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.bootstrap import LEVEL, POWER, Difference


def mean_over_replicates(values: Sequence[float]) -> Difference:
    """Return the mean of one value a redraw, with Student's t interval over the redraws.

    Redraws are whole repetitions (their own questions, answers and trainings), so that their
    spread holds everything that varies; training seeds are not redraws. `p` is for a mean of 0.
    EstimateError for fewer than two.

    >>> mean_over_replicates([0.01, 0.03]).difference
    0.02
    """
    if len(values) < 2:
        raise EstimateError("One redraw does not tell how much another would differ; give two.")
    mean, error = fmean(values), stdev(values) / sqrt(len(values))
    freedom = len(values) - 1
    reach = float(stats.t.ppf(1 - LEVEL / 2, freedom))
    p = float(2 * stats.t.sf(abs(mean) / error, freedom)) if error else float(mean == 0)
    power = float(stats.t.ppf(POWER, freedom))
    return Difference(mean, mean - reach * error, mean + reach * error, p, (reach + power) * error)
