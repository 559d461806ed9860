"""The difference of two F1, each of weighted answers, whatever the two have in common.

F̂ = Σ w num / Σ w den changes by Σ_{i in k} w (num - F̂ den) / Σ w den / (1 - h_k) when group k is
left out, h_k its share of Σ w den: the linearised jackknife (Yung & Rao 1996). The changes of two
sides in one group (document) are subtracted before they are squared,

    V̂ = Σ_k (change_k of one side - change_k of the other)²,

so that what makes a document hard for both cancels out where both were measured on it. Where the
sides have no group in common they are independent, and the same sum is that of both variances.
Where a side understates the variance between documents (`documents`), its part of V̂ that lies
between groups is inflated.

A side may have been measured under several training seeds: its value and its changes are means over
them. The interval is for new text and holds for these trained models; how much another training
would differ is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from prodigy_al.arrays import FloatArray, IntArray
from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.bootstrap import LEVEL, POWER, Difference, mean_over_seeds
from prodigy_al.evaluation.counts import TINY, Counts, Metric
from prodigy_al.evaluation.documents import inflate_between
from prodigy_al.evaluation.estimators import MIN_GROUPS, Unavailable, too_few


@dataclass(frozen=True)
class Side:
    """What one F1 is computed from.

    `counts_per_seed`: the same segments (n,) under the model of each training seed; `groups` (n,)
    names of their documents, which are equal on both sides where the document is the same;
    `weights` (n,) >= 0 on any scale, None where all are equal; `inflation` >= 1: by what factor the
    groups understate the variance between groups.
    """

    counts_per_seed: Sequence[Counts]
    groups: Sequence[str]
    weights: FloatArray | None = None
    inflation: float = 1.0


@dataclass(frozen=True)
class _Changes:
    """A side's value and its changes by each group (K,) and each answer (n,), means over seeds."""

    value: float
    groups: FloatArray
    answers: FloatArray


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
        return too_few(fewest)
    first, second = _changes(a, names, metric), _changes(b, names, metric)
    if first is None or second is None:
        return Unavailable(f"too few documents hold spans that {metric} could be computed from")
    difference = first.value - second.value
    error = _standard_error(a, b, first, second)
    if error < TINY:
        return Unavailable("the two agree on every answer, which does not show how others differ")
    reach = float(special.stdtrit(fewest - 1, 1 - LEVEL / 2))
    power = float(special.stdtrit(fewest - 1, POWER))
    return Difference(
        difference,
        low=difference - reach * error,
        high=difference + reach * error,
        p=float(2 * special.stdtr(fewest - 1, -abs(difference) / error)),
        detectable=(reach + power) * error,
    )


def _standard_error(a: Side, b: Side, first: _Changes, second: _Changes) -> float:
    """Return the standard error of the difference, what lies between groups inflated.

    Sides of the same answers differ answer by answer; others are independent within groups.
    """
    together = first.groups - second.groups
    variance = float(together @ together)
    if list(a.groups) == list(b.groups):
        own = first.answers - second.answers
        variance = inflate_between(variance, float(own @ own), max(a.inflation, b.inflation))
        return float(variance**0.5)
    for side, one in ((a, first), (b, second)):
        alone, within = float(one.groups @ one.groups), float(one.answers @ one.answers)
        variance += inflate_between(alone, within, side.inflation) - alone
    return float(variance**0.5)


def _changes(side: Side, names: IntArray, metric: Metric) -> _Changes | None:
    """Return a side's value and its changes, by the groups in `names` (K,) and by its answers.

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
    values, by_group, by_answer = [], [], []
    for counts in side.counts_per_seed:
        numerator, denominator = counts.weighted(weights).parts(metric)
        total = float(denominator.sum())
        shares = np.bincount(codes, denominator, names.size) / total if total else np.ones(1)
        if shares.max() > 1 - TINY:
            return None
        value = float(numerator.sum()) / total
        residual = (numerator - value * denominator) / total
        values.append(value)
        by_answer.append(residual)
        by_group.append(np.bincount(codes, residual, names.size) / (1 - shares))
    own = len(set(side.groups))
    return _Changes(
        float(np.mean(values)),
        np.mean(by_group, axis=0) * ((own - 1) / own) ** 0.5,
        np.mean(by_answer, axis=0),
    )
