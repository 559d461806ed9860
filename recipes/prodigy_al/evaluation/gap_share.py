"""Which share of what there is to gain an arm gains, over replicates.

With a = F(arm) - F(control) and g = F(ceiling) - F(control) of one replicate, the share is the
ratio of means θ = ā / ḡ. Its interval holds every θ for which ā - θ ḡ may be 0 (Fieller 1954, "Some
problems in interval estimation", Journal of the Royal Statistical Society B 16(2)):

    (ā - θ ḡ)² <= t² (V_aa - 2 θ V_ag + θ² V_gg).

Variances and covariance are sums over replicates and over documents, as in `replicates`; degrees
of freedom those of ā - θ ḡ at the estimated θ (Satterthwaite 1946). Where ḡ itself may be 0, that
holds for values of any size: then there is no interval, since there may be no gap to close.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from scipy import special

from prodigy_al.arrays import FloatArray
from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.bootstrap import LEVEL, Side, few_groups, group_resamples
from prodigy_al.evaluation.counts import Counts, Metric
from prodigy_al.evaluation.estimators import Estimate, Groups, Unavailable

NO_GAP = "the ceiling is not shown to be above random order, so there may be no gap to close"


def share_of_gap(
    ours: Sequence[Counts],
    controls: Sequence[Counts],
    ceilings: Sequence[Counts],
    *,
    groups: Groups,
    draws: int,
    rng: np.random.Generator,
    metric: Metric = "f1",
) -> Estimate | Unavailable:
    """Return the share of the gap from control to ceiling that an arm closes, for new text.

    One Counts per replicate on the same segments (n,) of `groups` (n,), paired by place. The share
    may be below 0 or above 1. Raises `EstimateError` where lengths differ.
    """
    if not len(ours) == len(controls) == len(ceilings):
        raise EstimateError(
            f"there are {len(ours)} replicates, {len(controls)} controls and {len(ceilings)} "
            "ceilings; give as many of each"
        )
    if len(ours) < 2:
        return Unavailable("one replicate does not tell how much another would differ")
    resamples = group_resamples(groups, draws, rng)
    size = resamples.shape[1]
    if few := few_groups(size):
        return few
    sides = [[Side([one], groups) for one in part] for part in (ours, controls, ceilings)]
    values = np.array([[side.value(metric) for side in part] for part in sides])  # (3, R)
    drawn = np.array(
        [np.mean([side.means(metric, resamples) for side in part], axis=0) for part in sides]
    )
    if not np.isfinite(values).all() or not np.isfinite(drawn).all():
        return Unavailable(f"{metric} is undefined for one of the replicates")
    gains = np.array([values[0] - values[1], values[2] - values[1]])
    moved = np.array([drawn[0] - drawn[1], drawn[2] - drawn[1]])
    number = gains.shape[1]
    # resampling K groups shows (K-1)/K of the variance
    return _fieller(
        gains.mean(axis=1),
        (np.cov(gains) / number, number - 1),
        (np.cov(moved) * size / (size - 1), size - 1),
    )


def _fieller(means: FloatArray, *parts: tuple[FloatArray, int]) -> Estimate | Unavailable:
    """Return the ratio of two means (2,) by covariances (2, 2) with their degrees of freedom."""
    a, g = map(float, means)
    theta = a / g if g else np.inf
    weights = np.array([1.0, -theta])
    own = [(float(weights @ part @ weights), freedom) for part, freedom in parts]
    spread = sum(v**2 / freedom for v, freedom in own)
    freedom = sum(v for v, _ in own) ** 2 / spread if spread > 0 else 1.0
    t2 = float(special.stdtrit(max(freedom, 1.0), 1 - LEVEL / 2)) ** 2
    both = np.sum([part for part, _ in parts], axis=0)
    # (g² - t² V_gg) θ² - 2 (a g - t² V_ag) θ + (a² - t² V_aa) <= 0
    first = g**2 - t2 * float(both[1, 1])
    if g <= 0 or first <= 0:
        return Unavailable(NO_GAP)
    second = a * g - t2 * float(both[0, 1])
    third = a**2 - t2 * float(both[0, 0])
    reach = sqrt(max(0.0, second**2 - first * third))
    return Estimate(theta, (second - reach) / first, (second + reach) / first)
