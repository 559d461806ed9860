"""Where a learning curve is at the F1 of something else, and from which point on it surely is.

A curve of single trainings on one test set jumps about: where two true curves are equal, its first
passage through the other's final F1 mostly comes early, because it has several chances. So the
curve is smoothed, and for a claim only a point whose lower bound is there counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from prodigy_al.arrays import FloatArray
from prodigy_al.evaluation.bootstrap import LEVEL, expanded_tail
from prodigy_al.evaluation.counts import Counts, Metric
from prodigy_al.evaluation.curve_draws import draw_points
from prodigy_al.evaluation.estimators import Groups, Unavailable


@dataclass(frozen=True)
class Drawn:
    """A smoothed curve and what it is compared with, as measured and in each resample.

    `known` are the k points of the curve whose metric is defined, `values` (k,) it; `curve`
    (draws, k) and `other` (draws,) are resampled, NaN where undefined. `freedom` is the degrees of
    freedom that training seeds have.
    """

    known: Sequence[int]
    values: FloatArray
    other_value: float
    curve: FloatArray
    other: FloatArray
    freedom: int


@dataclass(frozen=True)
class Reached:
    """The work at which a curve is at something else's F1, with its 95 % interval.

    An end is None where it lies outside the curve: below its first point, or above its last.
    """

    work: float
    low: float | None
    high: float | None


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
    drawn = _draw(curve, other, groups=groups, draws=draws, rng=rng, metric=metric)
    if isinstance(drawn, Unavailable):
        return drawn
    bounds = np.full(len(curve), -np.inf)
    if drawn is None:
        return bounds
    errors = np.nanstd(drawn.curve - drawn.other[:, None], axis=0, ddof=1)
    reach = float(special.stdtrit(drawn.freedom, 1 - LEVEL / 2))
    bounds[drawn.known] = drawn.values - drawn.other_value - reach * errors
    return bounds


def work_to_match(
    curve: Sequence[Sequence[Counts]],
    work: Sequence[float],
    other: Sequence[Counts],
    *,
    groups: Groups,
    draws: int,
    rng: np.random.Generator,
    metric: Metric = "f1",
) -> Reached | Unavailable:
    """Return the work at which the smoothed `curve` is at the metric of `other`.

    `work` grows with the curve's points, between which it is linear. The other arguments are those
    of `lower_bounds`, the interval is by percentiles of the resamples of groups and seeds.
    """
    drawn = _draw(curve, other, groups=groups, draws=draws, rng=rng, metric=metric)
    if isinstance(drawn, Unavailable):
        return drawn
    if drawn is None:
        return Unavailable("F1 is undefined")
    spent = np.array([work[i] for i in drawn.known], dtype=np.float64)
    found = float(passage(spent, drawn.values[None], np.array([drawn.other_value]))[0])
    if found == -np.inf:
        return Unavailable("its F1 is not above that of the base")
    if found == np.inf:
        return Unavailable("its F1 is above the whole curve")
    passages = passage(spent, drawn.curve, drawn.other)
    tail = expanded_tail(len(set(groups)))
    if np.mean(np.isnan(passages)) > tail:
        return Unavailable(f"too few documents hold spans that {metric} could be computed from")
    # not interpolated: some may lie outside the curve
    ordered = np.sort(passages[~np.isnan(passages)])
    low = float(ordered[int(np.floor(tail * (ordered.size - 1)))])
    high = float(ordered[int(np.ceil((1 - tail) * (ordered.size - 1)))])
    return Reached(found, low if np.isfinite(low) else None, high if np.isfinite(high) else None)


def passage(work: FloatArray, curves: FloatArray, wanted: FloatArray) -> FloatArray:
    """Return (n,) the work at which each curve (n, points), which never falls, is at `wanted` (n,).

    -inf where it begins there or above, inf where it never comes there, NaN where one is undefined.

    >>> curve = np.array([0.2, 0.4, 0.4, 0.5])
    >>> passage(np.arange(4.0), np.tile(curve, (4, 1)), np.array([0.3, 0.45, 0.1, 0.6])).round(6)
    array([ 0.5,  2.5, -inf,  inf])
    """
    n, points = curves.shape
    at = np.sum(curves < wanted[:, None], axis=1)
    inner = np.clip(at, 1, points - 1)
    rows = np.arange(n)
    before, after = curves[rows, inner - 1], curves[rows, inner]
    rise = np.where(after > before, after - before, 1.0)
    share = (wanted - before) / rise
    found = work[inner - 1] + share * (work[inner] - work[inner - 1])
    found = np.where(at == 0, -np.inf, np.where(at == points, np.inf, found))
    undefined = np.isnan(curves).any(axis=1) | np.isnan(wanted)
    matched: FloatArray = np.where(undefined, np.nan, found)
    return matched


def _draw(
    curve: Sequence[Sequence[Counts]],
    other: Sequence[Counts],
    *,
    groups: Groups,
    draws: int,
    rng: np.random.Generator,
    metric: Metric,
) -> Drawn | Unavailable | None:
    """Return a curve and what it is compared with, resampled; None where a side is undefined."""
    found = draw_points([*curve, other], groups=groups, draws=draws, rng=rng, metric=metric)
    if isinstance(found, Unavailable):
        return found
    *values, other_value = found.values.tolist()
    known = [i for i, value in enumerate(values) if np.isfinite(value)]
    if not known or not np.isfinite(other_value):
        return None
    return Drawn(
        known=known,
        values=isotonic(found.values[known]),
        other_value=other_value,
        curve=isotonic(found.drawn[:, known]),
        other=found.drawn[:, -1],
        freedom=found.freedom,
    )


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
