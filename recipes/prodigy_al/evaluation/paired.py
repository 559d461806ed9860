"""The difference of two F1, each of weighted answers, whatever the two have in common.

F̂ = Σ w num / Σ w den changes by Σ_{i in k} w (num - F̂ den) / Σ w den / (1 - h_k) when group k is
left out, h_k its share of Σ w den: the linearised jackknife (Yung & Rao 1996). The changes of two
sides in one group (document) are subtracted before they are squared,

    V̂ = Σ_k (change_k of one side - change_k of the other)²,

so that what makes a document hard for both cancels out where both were measured on it. Where the
sides have no group in common they are independent, and the same sum is that of both variances.

A side may have been measured under several training seeds: its value and its changes are means over
them. The interval is for new text and holds for these trained models; how much another training
would differ is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from prodigy_al.arrays import FloatArray, IntArray
from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.bootstrap import LEVEL, POWER, Difference, mean_over_seeds
from prodigy_al.evaluation.counts import Counts, Metric
from prodigy_al.evaluation.estimators import MIN_GROUPS, TINY, Unavailable


@dataclass(frozen=True)
class Side:
    """What one F1 is computed from.

    `counts_per_seed`: the same segments (n,) under the model of each training seed; `groups` (n,)
    names of their documents, which are equal on both sides where the document is the same;
    `weights` (n,) >= 0 on any scale, None where all are equal.
    """

    counts_per_seed: Sequence[Counts]
    groups: Sequence[str]
    weights: FloatArray | None = None


def side_value(side: Side, metric: Metric = "f1") -> float | None:
    """Return `metric` of one side as the mean over its seeds; None where one is undefined."""
    weighted = [
        counts if side.weights is None else counts.weighted(side.weights)
        for counts in side.counts_per_seed
    ]
    return mean_over_seeds(weighted, metric)


def side_difference(a: Side, b: Side, *, metric: Metric = "f1") -> Difference | Unavailable:
    """Return `metric` of the first side minus the second, with Student's t interval for new text.

    Degrees of freedom are one less than the groups of the side that has fewer. Raises
    `EstimateError` where a side has no seed, or other numbers of counts, groups and weights.
    """
    names = np.unique([*a.groups, *b.groups])
    fewest = min(len(set(a.groups)), len(set(b.groups)))
    if fewest < MIN_GROUPS:
        return Unavailable(
            f"the answers come from {fewest} groups; at least {MIN_GROUPS} are needed to tell how "
            "much new text would differ"
        )
    first, second = _changes(a, names, metric), _changes(b, names, metric)
    if first is None or second is None:
        return Unavailable(f"too few groups hold spans that {metric} could be computed from")
    difference = first[0] - second[0]
    error = float(np.linalg.norm(first[1] - second[1]))
    if error < TINY:
        return Unavailable("the two agree on every answer, which does not show how others differ")
    reach = float(stats.t.ppf(1 - LEVEL / 2, fewest - 1))
    power = float(stats.t.ppf(POWER, fewest - 1))
    return Difference(
        difference,
        low=difference - reach * error,
        high=difference + reach * error,
        p=float(2 * stats.t.sf(abs(difference) / error, fewest - 1)),
        detectable=(reach + power) * error,
    )


def _changes(side: Side, names: IntArray, metric: Metric) -> tuple[float, FloatArray] | None:
    """Return a side's value and its change by each group in `names` (K,), means over its seeds.

    None where the value is undefined, or would be without one of the groups.
    """
    n = len(side.groups)
    weights = np.ones(n) if side.weights is None else side.weights
    if not side.counts_per_seed or {weights.size, *map(len, side.counts_per_seed)} != {n}:
        raise EstimateError(
            f"there are {n} groups, {weights.size} weights and counts of "
            f"{[len(counts) for counts in side.counts_per_seed]} segments; give as many of each"
        )
    codes = np.searchsorted(names, np.asarray(side.groups))
    values, changes = [], []
    for counts in side.counts_per_seed:
        numerator, denominator = counts.weighted(weights).parts(metric)
        total = float(denominator.sum())
        shares = np.bincount(codes, denominator, names.size) / total if total else np.ones(1)
        if shares.max() > 1 - TINY:
            return None
        value = float(numerator.sum()) / total
        sums = np.bincount(codes, numerator - value * denominator, names.size) / total
        values.append(value)
        changes.append(sums / (1 - shares))
    own = len(set(side.groups))
    mean: FloatArray = np.mean(changes, axis=0) * ((own - 1) / own) ** 0.5
    return float(np.mean(values)), mean
