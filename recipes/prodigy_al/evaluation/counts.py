"""Exact span matches, and F1, precision and recall as ratios of their sums.

A span counts as found when start, end and label agree. With t matches, n predicted and g gold
spans, F1 = 2Σt / Σ(n + g), precision = Σt / Σn and recall = Σt / Σg: three ratios of sums over
segments, so whatever weighs or resamples segments serves all three. A ratio without a denominator
is undefined (None), never 0.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray, IndexArray
from prodigy_al.errors import EstimateError

Span: TypeAlias = tuple[int, int, str]  # start, end, label
Metric: TypeAlias = Literal["f1", "precision", "recall"]

METRICS: tuple[Metric, ...] = get_args(Metric)
TINY = 1e-12  # what rounding leaves of a zero


def fraction(
    metric: Metric, tp: FloatArray, predicted: FloatArray, gold: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the numerator and the denominator whose sums make up `metric`.

    All five arrays have the same shape, whichever it is.
    """
    if metric == "f1":
        return 2 * tp, predicted + gold
    return tp, predicted if metric == "precision" else gold


@dataclass(frozen=True)
class Counts:
    """Per segment, each (n,): matches, predicted spans, gold spans.

    Not always whole numbers: a segment that several people answered holds its mean counts, a
    weighted one holds multiples. Raises `EstimateError` where lengths differ, a count is negative
    or not finite, or there are more matches than spans.
    """

    tp: FloatArray
    predicted: FloatArray
    gold: FloatArray

    def __post_init__(self) -> None:
        arrays = {"tp": self.tp, "predicted": self.predicted, "gold": self.gold}
        lengths = {name: array.size for name, array in arrays.items()}
        if len(set(lengths.values())) > 1:
            raise EstimateError(f"counts need one number per segment each, but there are {lengths}")
        for name, array in arrays.items():
            if not np.all(np.isfinite(array) & (array >= 0)):
                raise EstimateError(f"some counts in `{name}` are negative or not finite")
        # Mean counts are rounded, so that equal ones may differ in their last digits.
        if np.any(self.tp > np.minimum(self.predicted, self.gold) * (1 + 1e-9)):
            raise EstimateError("some segments have more matches than predicted or gold spans")

    def __len__(self) -> int:
        return self.tp.size

    def take(self, index: BoolArray | IndexArray | slice) -> Counts:
        """Return the counts of the segments that a mask, positions or a slice select."""
        return Counts(self.tp[index], self.predicted[index], self.gold[index])

    def weighted(self, weights: FloatArray) -> Counts:
        """Return the counts times `weights` (n,), each finite and at least 0.

        Raises `EstimateError` where they are not, or where their number differs.
        """
        if weights.shape != self.tp.shape or not np.all(np.isfinite(weights) & (weights >= 0)):
            raise EstimateError(
                f"weights must be {len(self)} finite numbers of at least 0, one for each segment"
            )
        return Counts(self.tp * weights, self.predicted * weights, self.gold * weights)

    def parts(self, metric: Metric) -> tuple[FloatArray, FloatArray]:
        """Return the numerator and the denominator of `metric`, both (n,)."""
        return fraction(metric, self.tp, self.predicted, self.gold)


@dataclass(frozen=True)
class Scores:
    """F1, precision and recall, each in [0, 1], or None where it is undefined."""

    f1: float | None
    precision: float | None
    recall: float | None


def count_matches(
    gold: Sequence[Collection[Span]], predicted: Sequence[Collection[Span]]
) -> Counts:
    """Count exact matches per segment; a span that is listed twice in a segment counts once.

    Raises `EstimateError` where `gold` and `predicted` differ in length.

    >>> counts = count_matches([[(0, 4, "ORG"), (5, 9, "PER")]], [[(0, 4, "ORG"), (5, 9, "LOC")]])
    >>> counts.tp.tolist(), counts.predicted.tolist(), counts.gold.tolist()
    ([1.0], [2.0], [2.0])
    """
    if len(gold) != len(predicted):
        raise EstimateError(
            f"there are gold spans for {len(gold)} segments but predictions for {len(predicted)}; "
            "both must describe the same segments in the same order"
        )
    pairs = [(set(g), set(p)) for g, p in zip(gold, predicted, strict=True)]
    sizes = [(len(g & p), len(p), len(g)) for g, p in pairs]
    tp, n, g = np.array(sizes, dtype=np.float64).reshape(-1, 3).T
    return Counts(tp, n, g)


def mean_counts(counts: Counts, segments: IndexArray, size: int) -> Counts:
    """Return (size,) the mean counts of each segment from `counts` (n,), one per annotator of it.

    `segments` (n,) says which segment, 0..size-1; each has at least one.

    >>> both = Counts(np.array([1.0, 0.0]), np.array([1.0, 1.0]), np.array([1.0, 2.0]))
    >>> mean_counts(both, np.array([0, 0]), 1).gold.tolist()
    [1.5]
    """
    annotators = np.bincount(segments, minlength=size)
    parts = (counts.tp, counts.predicted, counts.gold)
    return Counts(*(np.bincount(segments, part, size) / annotators for part in parts))


def scores(counts: Counts, weights: FloatArray | None = None) -> Scores:
    """Return F1, precision and recall over all segments, each segment weighted by `weights` (n,).

    >>> scores(Counts(np.array([1.0, 0.0]), np.array([2.0, 0.0]), np.array([1.0, 1.0])))
    Scores(f1=0.5, precision=0.5, recall=0.5)
    """
    weighted = counts if weights is None else counts.weighted(weights)
    return Scores(**{metric: ratio(*weighted.parts(metric)) for metric in METRICS})


def ratio(numerator: FloatArray, denominator: FloatArray) -> float | None:
    """Return the ratio of two sums, None where the denominator's is 0."""
    total = float(denominator.sum())
    return float(numerator.sum()) / total if total > 0 else None
