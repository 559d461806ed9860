"""From which point on a learning curve is surely at the F1 of something else.

A curve of single trainings on one test set jumps about: where two true curves are equal, its first
passage through the other's final F1 mostly comes early, because it has several chances. So the
curve is smoothed, and only a point whose lower bound is there counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from prodigy_al.arrays import FloatArray
from prodigy_al.evaluation.bootstrap import LEVEL, Side, few_groups, group_resamples
from prodigy_al.evaluation.counts import Counts, Metric
from prodigy_al.evaluation.estimators import Groups, Unavailable


def lower_bounds(
    curve: Sequence[Sequence[Counts]],
    other: Sequence[Counts],
    *,
    groups: Groups,
    draws: int,
    rng: np.random.Generator,
    metric: Metric = "f1",
) -> FloatArray | Unavailable:
    """Return (points,) lower ends of 95 % intervals of the smoothed `curve` minus `other`.

    `curve`: for each of its points, by growing work, Counts of the same segments (n,) per training
    seed; the first is the model that training starts from and has no seed. `groups` (n,) of the
    segments. -inf where the metric is undefined. Raises `EstimateError` where lengths differ.

    Every resample of groups gives a curve of its own, which is made monotone by isotonic regression
    (Barlow et al. 1972). Points of a single seed borrow the spread between the seeds of those that
    have several, and Student's t its degrees of freedom.
    """
    sides, control = [Side(counts, groups) for counts in curve], Side(other, groups)
    resamples = group_resamples(groups, draws, rng)
    if few := few_groups(resamples.shape[1]):
        return few
    spreads = [side.deviations(metric) for side in (*sides[1:], control)]
    freedom = sum(len(spread) - 1 for spread in spreads if len(spread) > 1)
    if not freedom:
        return Unavailable("one training seed does not tell how much another would differ")
    pooled = np.concatenate([spread for spread in spreads if len(spread) > 1])

    def trained(side: Side) -> FloatArray:
        seeds: FloatArray = rng.choice(pooled, size=(draws, side.seeds)).mean(axis=1)
        return side.means(metric, resamples) + seeds

    bounds = np.full(len(sides), -np.inf)
    known = [i for i, side in enumerate(sides) if np.isfinite(side.value(metric))]
    if not known or not np.isfinite(control.value(metric)):
        return bounds
    values = isotonic(np.array([sides[i].value(metric) for i in known]))
    drawn = isotonic(
        np.stack(
            [trained(sides[i]) if i else sides[0].means(metric, resamples) for i in known], axis=-1
        )
    )
    errors = np.nanstd(drawn - trained(control)[:, None], axis=0, ddof=1)
    reach = float(special.stdtrit(freedom, 1 - LEVEL / 2))
    bounds[known] = values - control.value(metric) - reach * errors
    return bounds


def isotonic(values: FloatArray) -> FloatArray:
    """Return the non-decreasing sequence nearest to `values` (..., n) in squares, along the last.

    The value at i is the largest, over starts a <= i, of the smallest mean of a..b over b >= i.

    >>> isotonic(np.array([0.1, 0.4, 0.2, 0.5])).round(6).tolist()
    [0.1, 0.3, 0.3, 0.5]
    """
    n = values.shape[-1]
    fitted = np.full_like(values, -np.inf)
    for start in range(n):
        means = np.cumsum(values[..., start:], axis=-1) / np.arange(1, n - start + 1)
        smallest = np.minimum.accumulate(means[..., ::-1], axis=-1)[..., ::-1]
        fitted[..., start:] = np.maximum(fitted[..., start:], smallest)
    return fitted
