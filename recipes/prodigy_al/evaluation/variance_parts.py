"""The parts that the variance of a difference of F1 is made of, each with what makes it smaller.

Documents of the test set, training seeds, or replicates of the whole annotation: each part falls
with the number of its own units. How surely a part is known stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import variance

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.evaluation.bootstrap import Side, few_groups
from prodigy_al.evaluation.counts import TINY, Counts, Metric, fraction
from prodigy_al.evaluation.estimators import Groups, Unavailable


@dataclass(frozen=True)
class Part:
    """One part of the variance of a difference: what it is with `size` of its units, such as seeds.

    `freedom` >= 1: degrees of freedom, how surely the variance is known.
    """

    variance: float
    size: int
    freedom: float

    def at(self, size: int) -> Part:
        """Return the same part with another number of units."""
        return replace(self, variance=self.variance * self.size / size, size=size)


def left_out(
    counts_per_seed: Sequence[Counts], groups: Groups, metric: Metric = "f1"
) -> FloatArray:
    """Return (K,) the metric, mean over seeds, when each of the K distinct groups is left out.

    `counts_per_seed`: the same segments (n,) under each model; `groups` (n,) their documents. NaN
    where it is undefined. Raises `EstimateError` where lengths differ.

    >>> counts = Counts(np.array([1.0, 0.0]), np.array([1.0, 1.0]), np.array([1.0, 1.0]))
    >>> left_out([counts], ["a", "b"]).tolist()
    [0.0, 1.0]
    """
    sums = Side(counts_per_seed, groups).sums
    numerator, denominator = fraction(metric, *(sums.sum(axis=1, keepdims=True) - sums))
    undefined = np.full_like(numerator, np.nan)
    values = np.divide(numerator, denominator, out=undefined, where=denominator > TINY)
    means: FloatArray = values.mean(axis=-1)
    return means


def document_part(without: FloatArray) -> Part | Unavailable:
    """Return the variance by documents of a number that is `without` (K,) when one is left out.

    The jackknife: V = (K-1)/K Σ (change)². What a few documents dominate has fewer degrees of
    freedom than K - 1: those of a sum of squares whose spread is seen.
    """
    size = without.size
    if few := few_groups(size):
        return few
    squares = (without - without.mean()) ** 2
    total = float(squares.sum())
    if not np.isfinite(total):
        return Unavailable("too few groups hold spans that F1 could be computed from")
    if total < TINY**2:
        return Unavailable("no document makes a difference, which does not show how others would")
    spread = size * float(squares.var(ddof=1))
    freedom = 2 * total**2 / spread if spread else np.inf
    return Part(total * (size - 1) / size, size, min(max(freedom, 1.0), size - 1.0))


def seed_part(ours: Sequence[float], theirs: Sequence[float]) -> Part | Unavailable:
    """Return the variance by training seeds of the difference of two means.

    `ours` and `theirs` hold the metric of each seed on the whole test set; a single one of `theirs`
    is of a model that was not trained. Degrees of freedom as Satterthwaite 1946 has them.
    """
    if len(ours) < 2:
        return Unavailable(
            "one training seed does not tell how much another would differ, and the test segments "
            "are for just these trainings: use --seeds 5"
        )
    sides = [side for side in (ours, theirs) if len(side) > 1]
    variances = [variance(side) / len(side) for side in sides]
    total = sum(variances)
    parts = zip(variances, sides, strict=True)
    spread = sum(own**2 / (len(side) - 1) for own, side in parts)
    freedom = total**2 / spread if spread else float(len(ours) - 1)
    return Part(total, len(ours), freedom)


def replicate_part(differences: Sequence[float]) -> Part:
    """Return the variance of the mean of differences, one per replicate (R >= 2)."""
    number = len(differences)
    return Part(variance(differences) / number, number, number - 1.0)
