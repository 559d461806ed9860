"""How well a number tells two groups of items apart: the area under the ROC curve (AUC).

It is the chance that the number is larger for an item of the first group than for one of the
second, ties counted half (Hanley & McNeil 1982, Radiology 143(1)): .5 where it tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from prodigy_al.arrays import BoolArray, FloatArray, IntArray
from prodigy_al.evaluation.counts import TINY
from prodigy_al.evaluation.estimators import Unavailable

FEWEST_ITEMS = 10  # of each group; fewer do not tell how much others would differ


@dataclass(frozen=True)
class Auc:
    """An AUC with its 95 % interval, `p` two-sided against .5, from `n` items of the first group
    and `others` of the second.
    """

    value: float
    low: float
    high: float
    p: float
    n: int
    others: int


def auc(
    numbers: FloatArray,
    first: BoolArray,
    *,
    groups: IntArray | None = None,
    parts: IntArray | None = None,
    least_error: float = 0.0,
) -> Auc | Unavailable:
    """Return how well `numbers` (n,) tell the items that are `first` (n,) from the others.

    `groups` (n,) are codes of documents, which the interval takes as random; each item is its own
    where left out (DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44(3); by groups: Obuchowski
    1997, Biometrics 53(2)). `parts` (n,) are codes of parts within which numbers can be compared,
    such as folds with a classifier each: only pairs within one part count. `least_error` is a
    standard error that one of .5 is known to have. The interval is symmetrical on the logit scale.

    >>> auc(np.arange(40.0), np.arange(40) % 2 == 0).value
    0.475
    """
    counted = np.zeros(len(numbers), np.int64) if parts is None else parts
    above, below, pairs = _placements(numbers, first, counted)
    own, others = int(first.sum()), int((~first).sum())
    if min(own, others) < FEWEST_ITEMS or pairs == 0:
        return Unavailable(
            f"there are {own} items on one side and {others} on the other; at least "
            f"{FEWEST_ITEMS} of each are needed"
        )
    value = float(above.sum()) / pairs
    # an item's part of the AUC, less what it would be if it told nothing of the others
    residual = np.where(first, above, below) / pairs - value * _shares(first, counted, pairs)
    codes = np.arange(len(numbers)) if groups is None else groups
    # on the logit scale, so that it shrinks towards 0 and 1
    least = least_error * 4 * value * (1 - value)
    error = max(least, float(np.linalg.norm(np.bincount(codes, residual))))
    return _with_interval(value, error, own, others)


def _placements(
    numbers: FloatArray, first: BoolArray, parts: IntArray
) -> tuple[FloatArray, FloatArray, int]:
    """Return for each item of the first group how many others it exceeds, for each other item how
    many of the first group exceed it (0 elsewhere), and the number of pairs.
    """
    above, below = np.zeros(len(numbers)), np.zeros(len(numbers))
    pairs = 0
    for part in np.unique(parts):
        own, rest = (
            np.flatnonzero((parts == part) & first),
            np.flatnonzero((parts == part) & ~first),
        )
        pairs += own.size * rest.size
        above[own] = _exceeded(numbers[own], numbers[rest])
        below[rest] = own.size - _exceeded(numbers[rest], numbers[own])
    return above, below, pairs


def _exceeded(numbers: FloatArray, others: FloatArray) -> FloatArray:
    """Return how many of `others` each number exceeds, ties counted half."""
    ordered = np.sort(others)
    low, high = (np.searchsorted(ordered, numbers, side=side) for side in ("left", "right"))
    return np.asarray((low + high) / 2, dtype=np.float64)


def _shares(first: BoolArray, parts: IntArray, pairs: int) -> FloatArray:
    """Return each item's share of all pairs."""
    own, rest = (np.bincount(parts, side, parts.max() + 1) for side in (first, ~first))
    return np.asarray(np.where(first, rest[parts], own[parts]) / pairs, dtype=np.float64)


def _with_interval(value: float, error: float, own: int, others: int) -> Auc | Unavailable:
    if error < TINY or not 0 < value < 1:
        # complete separation: half a pair on the other side bounds it
        bound = 0.5 ** (1 / min(own, others)) if value in (0.0, 1.0) else value
        if value == 1:
            return Auc(1.0, bound, 1.0, 2 * 0.5 ** min(own, others, 1000), own, others)
        if value == 0:
            return Auc(0.0, 0.0, 1 - bound, 2 * 0.5 ** min(own, others, 1000), own, others)
        return Auc(value, value, value, 1.0, own, others)
    z = float(special.ndtri(0.975))
    centre, spread = special.logit(value), error / (value * (1 - value))
    low, high = special.expit(centre - z * spread), special.expit(centre + z * spread)
    p = float(2 * special.ndtr(-abs(value - 0.5) / error))
    return Auc(value, float(low), float(high), p, own, others)
