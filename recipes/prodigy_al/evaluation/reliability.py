"""Do probabilities keep what they promise? The expected calibration error and the Brier score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray
from prodigy_al.evaluation.estimators import Unavailable

BINS = 10


@dataclass(frozen=True)
class ReliabilityBin:
    """What was promised and what came true of the `n` items with p from `low` up to `high`.

    `p` is the weighted mean of the probabilities, `right` the weighted share that came true; their
    difference is the bin's calibration error. `weight` is its share of all weight.
    """

    low: float
    high: float
    p: float
    right: float
    n: int
    weight: float


@dataclass(frozen=True)
class Reliability:
    """Calibration of `n` items: `ece` and `brier` in [0, 1], 0 is best; bins that hold items.

    The Brier score is also small where nearly all items are easy: it compares scores of the same
    items, not of others.
    """

    ece: float
    brier: float
    n: int
    bins: tuple[ReliabilityBin, ...]


def measure_reliability(
    p: FloatArray, right: BoolArray, weights: FloatArray | None = None, *, bins: int = BINS
) -> Reliability | Unavailable:
    """Return the calibration of probabilities `p` (n,) of what turned out `right` (n,) or not.

    The expected calibration error is the mean, by weight, of |share right - mean p| over bins of
    equal width (Guo et al. 2017, "On calibration of modern neural networks", section 2), the Brier
    score the mean of (p - right)² (Brier 1950, "Verification of forecasts expressed in terms of
    probability", Monthly Weather Review 78(1)). `weights` (n,) above 0: how many items each stands
    for; one where left out.

    >>> found = measure_reliability(np.array([0.8, 0.8, 0.1]), np.array([True, False, False]))
    >>> round(found.ece, 4), round(found.brier, 4)
    (0.2333, 0.23)
    """
    if p.size == 0:
        return Unavailable("there is no probability to hold against what came true")
    share = np.full(p.size, 1 / p.size) if weights is None else weights / weights.sum()
    codes = np.minimum((p * bins).astype(np.int64), bins - 1)
    found = []
    for code in np.unique(codes).tolist():
        own = codes == code
        weight = float(share[own].sum())
        found.append(
            ReliabilityBin(
                low=code / bins,
                high=(code + 1) / bins,
                p=float(share[own] @ p[own]) / weight,
                right=float(share[own] @ right[own]) / weight,
                n=int(own.sum()),
                weight=weight,
            )
        )
    ece = sum(one.weight * abs(one.right - one.p) for one in found)
    return Reliability(ece, float(share @ (p - right) ** 2), p.size, tuple(found))
