"""Intervals and comparisons on a test set that every model was run on, by resampling.

Two things are random: which groups (documents) the test set happens to hold, and the seeds of the
trainings. Both are resampled with replacement: the same groups for every model in the comparison
(Berg-Kirkpatrick, Burkett & Klein, EMNLP 2012), and each side's own seeds. A side is the mean over
its seeds. With a single seed, the result holds for that one model.

Seeds are resampled at their values on the whole test set and their deviations are added. Taking
seeds from resampled groups instead would count the interaction of the two three times (Owen 2007,
Annals of Applied Statistics 1(2)), up to 1.7 times the true standard deviation. Where nearly all
variance lies between 5 seeds, a 95 % interval covers about .91: few seeds say little of their own
spread.

Under 10 groups there is no interval: with 2 to 6 of them, 95 % intervals cover .47 to .92.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from prodigy_al.arrays import FloatArray
from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.counts import Counts, Metric, fraction, ratio
from prodigy_al.evaluation.estimators import MIN_GROUPS, Estimate, Groups, Unavailable

POWER = 0.80
LEVEL = 0.05  # two-sided


@dataclass(frozen=True)
class Difference:
    """First side minus second, with its 95 % interval; all but `p` on the scale of the metric.

    `p` in (0, 1] is two-sided, by resampling no less than 1/draws. `detectable` is the smallest
    true difference that this comparison would find (p < .05) four times out of five.
    """

    difference: float
    low: float
    high: float
    p: float
    detectable: float


def group_resamples(groups: Groups, draws: int, rng: np.random.Generator) -> FloatArray:
    """Return (draws, K): how often each of the K distinct groups, sorted, is in each resample.

    >>> group_resamples(["a", "b", "b"], 4, np.random.default_rng(0)).sum(axis=1).tolist()
    [2.0, 2.0, 2.0, 2.0]
    """
    size = np.unique(groups).size
    # Each draw gets numbers of its own, so that one bincount counts all draws.
    drawn = rng.integers(size, size=(draws, size)) + size * np.arange(draws)[:, None]
    multiplicities = np.bincount(drawn.ravel(), minlength=draws * size).reshape(draws, size)
    return multiplicities.astype(np.float64)


def bootstrap_score(
    counts_per_seed: Sequence[Counts],
    resamples: FloatArray,
    *,
    groups: Groups,
    rng: np.random.Generator,
    metric: Metric = "f1",
    confidence: float = 0.95,
) -> Estimate | Unavailable:
    """Return one metric's mean over training seeds with its interval.

    `counts_per_seed`: the same segments (n,) under the model of each seed; `groups` (n,) their
    documents; `resamples` (draws, K) from `group_resamples`. Raises `EstimateError` where lengths
    differ.
    """
    side = Side(counts_per_seed, groups)
    # The seeds' deviations are added and may lead out of the metric's range.
    drawn = np.clip(side.draws(metric, resamples, rng), 0, 1)
    bounds = _percentiles(drawn, confidence, resamples.shape[1], metric)
    if isinstance(bounds, Unavailable):
        return bounds
    return Estimate(side.value(metric), *bounds)


def mean_over_seeds(counts_per_seed: Sequence[Counts], metric: Metric) -> float | None:
    """Return one metric's mean over training seeds; None where it is undefined for one of them."""
    values = [ratio(*counts.parts(metric)) for counts in counts_per_seed]
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if len(defined) == len(values) else None


def paired_difference(
    a: Sequence[Counts],
    b: Sequence[Counts],
    *,
    groups: Groups,
    draws: int,
    rng: np.random.Generator,
    metric: Metric = "f1",
) -> Difference | Unavailable:
    """Compare two sides on the same segments (n,) of `groups` (n,), one Counts per training seed.

    Both sides meet the same resampled groups, so what makes a document hard for both cancels out.
    Raises `EstimateError` where lengths differ.
    """
    first, second = Side(a, groups), Side(b, groups)
    resamples = group_resamples(groups, draws, rng)
    drawn = first.draws(metric, resamples, rng) - second.draws(metric, resamples, rng)
    value = first.value(metric) - second.value(metric)
    return _difference(value, drawn, resamples.shape[1], metric)


def difference_to(
    counts_per_seed: Sequence[Counts],
    limit: float,
    *,
    groups: Groups,
    draws: int,
    rng: np.random.Generator,
    metric: Metric = "f1",
) -> Difference | Unavailable:
    """Compare one side with a fixed number: its mean over training seeds minus `limit`.

    The rest as in `paired_difference`.
    """
    side, resamples = Side(counts_per_seed, groups), group_resamples(groups, draws, rng)
    drawn = np.clip(side.draws(metric, resamples, rng), 0, 1) - limit
    return _difference(side.value(metric) - limit, drawn, resamples.shape[1], metric)


def _difference(
    value: float, drawn: FloatArray, size: int, metric: Metric
) -> Difference | Unavailable:
    """Return a difference of `value` from its draws over resamples of `size` groups."""
    bounds = _percentiles(drawn, 1 - LEVEL, size, metric)
    if isinstance(bounds, Unavailable):
        return bounds
    drawn = drawn[np.isfinite(drawn)]
    quantiles = float(special.ndtri(1 - LEVEL / 2) + special.ndtri(POWER))
    return Difference(
        value,
        *bounds,
        p=_two_sided(drawn, size),
        detectable=quantiles * float(drawn.std(ddof=1)),
    )


def holm(p_values: Sequence[float] | FloatArray) -> FloatArray:
    """Return Holm's (1979) adjusted p-values, in the order given; they bound the family's error.

    Raises `EstimateError` where a value is not in [0, 1].

    >>> holm([0.01, 0.04, 0.03]).round(6).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    if not np.all((p >= 0) & (p <= 1)):
        raise EstimateError("some p-values are not between 0 and 1")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    # The smallest is multiplied by n, the next by n - 1, and none falls below the one before it.
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


class Side:
    """The models of one side: sums of their counts per group, from which every draw is computed."""

    def __init__(self, counts_per_seed: Sequence[Counts], groups: Groups) -> None:
        names, codes = np.unique(groups, return_inverse=True)
        lengths = {len(counts) for counts in counts_per_seed}
        if lengths != {len(codes)}:
            raise EstimateError(
                f"there are {len(codes)} groups but counts of {sorted(lengths) or 'no'} segments; "
                "every seed needs counts of the same segments, with a group for each"
            )
        parts = [[c.tp, c.predicted, c.gold] for c in counts_per_seed]
        sums = [[np.bincount(codes, part, names.size) for part in seed] for seed in parts]
        self.sums = np.array(sums).transpose(1, 2, 0)  # (3, K, seeds)

    @property
    def seeds(self) -> int:
        """The number of training seeds."""
        return int(self.sums.shape[2])

    def value(self, metric: Metric) -> float:
        """Return the mean over seeds on the whole test set, NaN where one is undefined."""
        return float(self._values(metric).mean())

    def means(self, metric: Metric, resamples: FloatArray) -> FloatArray:
        """Return (draws,) means over these seeds on resampled groups; NaN where undefined."""
        means: FloatArray = self._values(metric, resamples).mean(axis=-1)
        return means

    def draws(self, metric: Metric, resamples: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Return (draws,) resampled means over seeds; NaN where the metric is undefined."""
        if resamples.shape[1] != self.sums.shape[1]:
            raise EstimateError(
                f"the resamples are of {resamples.shape[1]} groups but there are "
                f"{self.sums.shape[1]}; make them from the same groups"
            )
        picked = rng.choice(self.deviations(metric), size=(len(resamples), self.seeds))
        deviations: FloatArray = picked.mean(axis=1)
        return self.means(metric, resamples) + deviations

    def deviations(self, metric: Metric) -> FloatArray:
        """Return (seeds,) deviations from their mean on the whole test set; 0 for a single seed.

        They are stretched by sqrt(S/(S-1)): resampling alone shows (S-1)/S of their variance, a
        fifth too little with 5 seeds (Rao & Wu 1988).
        """
        values = self._values(metric)
        stretch = float(np.sqrt(values.size / max(values.size - 1, 1)))
        stretched: FloatArray = stretch * (values - values.mean())
        return stretched

    def _values(self, metric: Metric, resamples: FloatArray | None = None) -> FloatArray:
        """Return the metric per seed: (seeds,) on all groups, (draws, seeds) on resampled ones."""
        sums = self.sums.sum(axis=1) if resamples is None else resamples @ self.sums
        numerator, denominator = fraction(metric, *sums)
        undefined = np.full_like(numerator, np.nan)
        return np.divide(numerator, denominator, out=undefined, where=denominator > 0)


def few_groups(size: int) -> Unavailable | None:
    """Return why `size` groups tell no interval; None where they are enough.

    >>> few_groups(6)
    Unavailable(reason='there are 6 documents, at least 10 are needed')
    """
    if size >= MIN_GROUPS:
        return None
    counted = "there is 1 document" if size == 1 else f"there are {size} documents"
    return Unavailable(f"{counted}, at least {MIN_GROUPS} are needed")


def expanded_tail(size: int, confidence: float = 1 - LEVEL) -> float:
    """Return the share of draws to leave beyond either end of an interval, of `size` groups.

    The plain percentiles lie too close together: resampling K groups shows (K-1)/K of the
    variance, and its tails are normal ones. Percentiles further out make up for both, as
    Student's t does (Hesterberg 2015, The American Statistician 69(4), expanded percentiles).
    """
    expanded = special.stdtrit(size - 1, (1 - confidence) / 2) * np.sqrt(size / (size - 1))
    return float(special.ndtr(expanded))


def _percentiles(
    drawn: FloatArray, confidence: float, size: int, metric: Metric
) -> tuple[float, float] | Unavailable:
    """Return the interval's ends over resamples of `size` groups, by `expanded_tail`.

    There is no interval with few groups, nor where as many draws are undefined as lie beyond one
    end.
    """
    if few := few_groups(size):
        return few
    tail = expanded_tail(size, confidence)
    if np.mean(np.isnan(drawn)) > tail:
        return Unavailable(f"too few documents hold spans that {metric} could be computed from")
    low, high = np.nanquantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def _two_sided(drawn: FloatArray, size: int) -> float:
    """Return p of 0 among defined draws of `size` groups, the converse of `_percentiles`."""
    tail = min(float(np.mean(drawn <= 0)), float(np.mean(drawn >= 0)), 0.5)
    shrunk = special.ndtri(tail) * np.sqrt((size - 1) / size)
    return max(2 * float(special.stdtr(size - 1, shrunk)), 1 / drawn.size)
