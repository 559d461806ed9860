"""Two learning curves held against each other over the work that both cover.

The mean difference over that work is the area between the curves divided by their length; summed
up by trapezoids, it is what comparisons of active learning print as the difference of two areas
under learning curves (Settles & Craven 2008, "An analysis of active learning strategies for
sequence labeling tasks").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from prodigy_al.arrays import FloatArray
from prodigy_al.evaluation.bootstrap import LEVEL, expanded_tail
from prodigy_al.evaluation.counts import Counts, Metric
from prodigy_al.evaluation.curve_draws import DrawnPoints, draw_points
from prodigy_al.evaluation.estimators import Estimate, Groups, Unavailable
from prodigy_al.evaluation.reaching import isotonic

Curve = Sequence[Sequence[Counts]]


@dataclass(frozen=True)
class Lead:
    """Which of two smoothed curves is ahead at the end, `first` or not, and from which work on.

    start: 0 where it is ahead all along; low, high: the 95 % interval of `start`, `high` None where
    it may never be ahead.
    """

    first: bool
    start: float
    low: float
    high: float | None


@dataclass(frozen=True)
class CurveDifference:
    """First curve minus second, up to the work `until` where the shorter one ends.

    mean: the mean difference of the metric over that work; lead: None where the curves end alike.
    """

    until: float
    mean: Estimate
    lead: Lead | None


@dataclass(frozen=True)
class DrawnCurves:
    """Two curves that begin with the same model, drawn together by `draw_curves`."""

    points: DrawnPoints
    split: int  # points of the first curve
    groups: int

    def columns(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the points of either curve, (..., k), from those of both."""
        first, second = values[..., : self.split], values[..., self.split :]
        return first, np.concatenate([first[..., :1], second], axis=-1)

    @cached_property
    def smoothed(self) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
        """Both curves as they never fall: as measured, (k,) each, and drawn, (draws, k) each."""
        measured, drawn = (
            tuple(isotonic(curve) for curve in self.columns(values))
            for values in (self.points.values, self.points.drawn)
        )
        return (measured[0], measured[1]), (drawn[0], drawn[1])


def draw_curves(
    first: Curve,
    second: Curve,
    *,
    groups: Groups,
    draws: int,
    rng: np.random.Generator,
    metric: Metric = "f1",
) -> DrawnCurves | Unavailable:
    """Draw two curves on the same resamples of `groups` and on their own training seeds.

    Each point is Counts of the same segments (n,) per training seed; both curves begin with the
    model that training starts from. Raises `EstimateError` where lengths differ.
    """
    points = draw_points([*first, *second[1:]], groups=groups, draws=draws, rng=rng, metric=metric)
    if isinstance(points, Unavailable):
        return points
    if not np.isfinite(points.values).all():
        return Unavailable(f"{metric} is undefined at a point of the curves")
    return DrawnCurves(points, len(first), len(set(groups)))


def compare_curves(
    drawn: DrawnCurves, first_work: Sequence[float], second_work: Sequence[float]
) -> CurveDifference | Unavailable:
    """Return the difference of two curves, each linear between its points by growing work.

    `first_work` and `second_work` begin with 0. The interval of the mean is Student's t with the
    degrees of freedom of training seeds, that of the lead is by percentiles of the resamples.
    """
    works = [np.array(work, dtype=np.float64) for work in (first_work, second_work)]
    until = float(min(work[-1] for work in works))
    if until <= 0:
        return Unavailable("one of the curves takes no work")
    grid = np.unique(np.concatenate(works))
    grid = grid[grid <= until]
    weights = [_mean_weights(grid, work) for work in works]
    at_grid = [_interpolation(grid, work).T for work in works]

    def means(values: FloatArray) -> FloatArray:
        ours, theirs = drawn.columns(values)
        difference: FloatArray = ours @ weights[0] - theirs @ weights[1]
        return difference

    points = drawn.points
    if np.mean(np.isnan(points.drawn).any(axis=1)) > expanded_tail(drawn.groups):
        return Unavailable("too few documents hold spans that F1 could be computed from")
    value = float(means(points.values))
    half = float(special.stdtrit(points.freedom, 1 - LEVEL / 2))
    half *= float(np.nanstd(means(points.drawn), ddof=1))
    measured, resampled = (
        ours @ at_grid[0] - theirs @ at_grid[1] for ours, theirs in drawn.smoothed
    )
    lead = _find_lead(grid, measured, resampled, tail=expanded_tail(drawn.groups))
    return CurveDifference(until, Estimate(value, value - half, value + half), lead)


def ahead_from(work: FloatArray, differences: FloatArray) -> FloatArray:
    """Return (n,) the work from which on each of `differences` (n, points) stays above 0.

    They are linear between the points and count from the second one, since both curves begin with
    the same model. 0 where a difference is above 0 all along, inf where it is not at the end.

    >>> differences = np.array([[0.0, -0.1, 0.1], [0.0, 0.1, 0.1], [0.0, 0.1, 0.0]])
    >>> ahead_from(np.array([0.0, 100.0, 200.0]), differences).tolist()
    [150.0, 0.0, inf]
    """
    below = differences <= 0
    below[:, 0] = True
    points = below.shape[1]
    last = points - 1 - np.argmax(below[:, ::-1], axis=1)
    after, rows = np.minimum(last + 1, points - 1), np.arange(len(below))
    low, high = differences[rows, last], differences[rows, after]
    rise = np.where(high > low, high - low, 1.0)
    found: FloatArray = work[last] - low / rise * (work[after] - work[last])
    found[last == 0] = 0.0
    found[last == points - 1] = np.inf
    return found


def _find_lead(
    grid: FloatArray, measured: FloatArray, drawn: FloatArray, *, tail: float
) -> Lead | None:
    """Return who is ahead at the end of the smoothed differences `measured` (points,)."""
    if measured[-1] == 0:
        return None
    sign = np.sign(measured[-1])
    start = float(ahead_from(grid, sign * measured[None])[0])
    defined = sign * drawn[np.isfinite(drawn).all(axis=1)]
    # not interpolated: some may never be ahead
    ordered = np.sort(ahead_from(grid, defined))
    low = float(ordered[int(np.floor(tail * (ordered.size - 1)))])
    high = float(ordered[int(np.ceil((1 - tail) * (ordered.size - 1)))])
    low, high = min(low, start), max(high, start)
    return Lead(bool(sign > 0), start, low, high if np.isfinite(high) else None)


def _interpolation(grid: FloatArray, work: FloatArray) -> FloatArray:
    """Return (grid, points): what each of a curve's points counts at each place of `grid`."""
    return np.stack([np.interp(grid, work, row) for row in np.eye(len(work))], axis=1)


def _mean_weights(grid: FloatArray, work: FloatArray) -> FloatArray:
    """Return (points,): what each of a curve's points counts in its mean over `grid`."""
    steps = np.diff(grid)
    trapezoids = np.zeros(len(grid))
    trapezoids[:-1] += steps / 2
    trapezoids[1:] += steps / 2
    weights: FloatArray = trapezoids @ _interpolation(grid, work) / grid[-1]
    return weights
