"""The points of learning curves, drawn again over documents and training seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.evaluation.bootstrap import Side, few_groups, group_resamples
from prodigy_al.evaluation.counts import Counts, Metric
from prodigy_al.evaluation.estimators import Groups, Unavailable


@dataclass(frozen=True)
class DrawnPoints:
    """A metric of k trained models and the one that they began with, NaN where it is undefined.

    values: (k,) as measured; drawn: (draws, k) in each resample of groups and seeds; freedom: the
    degrees of freedom that training seeds have.
    """

    values: FloatArray
    drawn: FloatArray
    freedom: int


def draw_points(
    points: Sequence[Sequence[Counts]],
    *,
    groups: Groups,
    draws: int,
    rng: np.random.Generator,
    metric: Metric = "f1",
) -> DrawnPoints | Unavailable:
    """Draw all `points` on the same resamples of `groups` (n,).

    Each point is Counts of the same segments (n,) per training seed; the first is the model that
    training starts from and has no seed. Points of a single seed borrow the spread between the
    seeds of those that have several. Raises `EstimateError` where lengths differ.
    """
    sides = [Side(counts, groups) for counts in points]
    resamples = group_resamples(groups, draws, rng)
    if few := few_groups(resamples.shape[1]):
        return few
    spreads = [spread for side in sides[1:] if len(spread := side.deviations(metric)) > 1]
    if not spreads:
        return Unavailable("one training seed does not tell how much another would differ")
    pooled = np.concatenate(spreads)
    values = np.array([side.value(metric) for side in sides])
    drawn = np.full((draws, len(sides)), np.nan)
    for i, side in enumerate(sides):
        if not np.isfinite(values[i]):
            continue
        drawn[:, i] = side.means(metric, resamples)
        if i:
            drawn[:, i] += rng.choice(pooled, size=(draws, side.seeds)).mean(axis=1)
    return DrawnPoints(values, drawn, sum(len(spread) - 1 for spread in spreads))
