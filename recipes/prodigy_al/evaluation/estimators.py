"""From answers that were drawn with known probabilities to F1, precision and recall with intervals.

Each answer stands for w = 1/π segments. All three metrics are ratios of weighted sums,

    F̂ = Σ w c num / Σ w c den,      residual ê = c (num - F̂ den),

so one linearised variance serves them (Särndal, Swensson & Wretman 1992, section 5.6).
Each residual is divided by 1 - h, h its share of Σ w c den, which turns it into the change of F̂
when its answer is left out: the linearised jackknife (Yung & Rao 1996). Without that, intervals
from 50 or 100 unequally weighted answers are too short. There are two questions with an interval
for each, and neither stands in for the other:

- `pool`: how far is F̂ from the F1 of exactly the segments that were drawn from? Nothing but the
  draw is random, so it shrinks to a point when everything was answered.
- `new_text`: how far from the F1 of more text like it? Whole groups (documents) are random as
  well. This is the one to compare with a test set.

Sums are unbiased, the ratio is consistent with a bias of order 1/M.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import special

from prodigy_al.arrays import FloatArray, IntArray
from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.counts import METRICS, TINY, Counts, Metric
from prodigy_al.evaluation.documents import inflate_between
from prodigy_al.evaluation.worth import Caution, effective_size, find_cautions, worth_in_answers

Groups: TypeAlias = Sequence[str] | Sequence[int] | IntArray

MIN_GROUPS = 10  # fewer do not tell how much groups differ


@dataclass(frozen=True)
class Unavailable:
    """What stands where a number cannot be had. `reason` tells the reader why, as a message."""

    reason: str


@dataclass(frozen=True)
class Estimate:
    """A number and its interval, low <= value <= high, all in [0, 1] for a metric."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Measure:
    """One metric: its value, None where undefined, and the interval for each of two targets."""

    value: float | None
    new_text: Estimate | Unavailable
    pool: Estimate | Unavailable


@dataclass(frozen=True)
class Weighted:
    """Weighted metrics and how far to trust them.

    `m` answers from `groups` groups; `worth` of how many uniform answers (`worth_in_answers`) as to
    F1, None where it cannot be had; `ess` = (Σw)²/Σw², Kish's effective size, which looks at the
    weights alone and so misleads where they go with the errors; `largest_share` of the sum of
    weights that a single answer holds.
    """

    f1: Measure
    precision: Measure
    recall: Measure
    m: int
    groups: int
    worth: float | None
    ess: float
    largest_share: float
    cautions: tuple[Caution, ...]


@dataclass(frozen=True)
class Sample:
    """What the intervals need of each answer, all (M,).

    `weights` w, on any common scale; `pi` π; `codes` 0..K-1 of the groups. `inflation` >= 1: by
    what factor the groups of these answers understate the variance between groups.
    """

    weights: FloatArray
    pi: FloatArray
    codes: IntArray
    confidence: float
    inflation: float = 1.0


def weighted_scores(
    counts: Counts,
    *,
    pi: FloatArray | Sequence[float | None],
    copies: FloatArray | None = None,
    groups: Groups | None = None,
    inflation: float = 1.0,
    confidence: float = 0.95,
) -> Weighted | Unavailable:
    """Estimate F1, precision and recall from `counts` (M,) of answers drawn with `pi` (M,).

    `pi` holds a segment's π, or π_ij = π_i r_{j|i} where the answers are about single candidates
    (whose matches, predictions and gold spans are 0 or 1), times the chance that its block was
    opened and the item answered where these are not 1; NaN or None where it is not known, and then
    nothing is estimated. `copies` (M,): how often the segment stands in the source. `groups` (M,):
    its document; each segment its own where left out. `inflation`: see `documents`; 1 where nothing
    is known of other documents. Raises `EstimateError` where lengths differ or a number is out of
    its range.
    """
    m, known = len(counts), np.array(pi, dtype=np.float64)
    parts: dict[str, Sized | None] = {"pi": known, "groups": groups}
    for name, part in parts.items():
        if part is not None and len(part) != m:
            raise EstimateError(f"`{name}` holds {len(part)} values for {m} answers; give {m}")
    if m == 0:
        return Unavailable("there are no answers")
    if missing := int(np.isnan(known).sum()):
        return Unavailable(f"{missing} of {m} answers carry no inclusion probability")
    usable = (known > 0) & (known <= 1)
    if not np.all(usable):
        raise EstimateError(
            f"{np.sum(~usable)} of {m} inclusion probabilities are not above 0 and at most 1"
        )
    sample = Sample(
        # on a scale of at most 1, equal weights are exactly 1 and give the plain metric to the bit
        weights=known.min() / known,
        pi=known,
        codes=np.arange(m) if groups is None else np.unique(groups, return_inverse=True)[1],
        confidence=confidence,
        inflation=inflation,
    )
    return _summary(counts if copies is None else counts.weighted(copies), sample)


def _summary(counts: Counts, sample: Sample) -> Weighted:
    w = sample.weights
    worth = worth_in_answers(counts, sample.pi)
    return Weighted(
        **{metric: _measure(metric, counts, sample) for metric in METRICS},
        m=w.size,
        groups=int(sample.codes.max()) + 1,
        worth=worth,
        ess=effective_size(w),
        largest_share=float(w.max() / w.sum()),
        cautions=find_cautions(worth, w),
    )


def _measure(metric: Metric, counts: Counts, sample: Sample) -> Measure:
    numerator, denominator = counts.parts(metric)
    total = float((sample.weights * denominator).sum())
    if total == 0:
        reason = Unavailable(f"the answers hold no span that {metric} could be computed from")
        return Measure(None, reason, reason)
    value = float((sample.weights * numerator).sum()) / total
    residual = (numerator - value * denominator) / total
    leverage = sample.weights * denominator / total
    return Measure(
        value,
        new_text=new_text_interval(
            value,
            Changes(
                residual,
                sum_by_group(sample.codes, sample.weights * residual),
                sum_by_group(sample.codes, leverage),
            ),
            sample,
            groups=int(sample.codes.max()) + 1,
        ),
        pool=pool_interval(value, residual, leverage, sample),
    )


def sum_by_group(codes: IntArray, values: FloatArray, size: int = 0) -> FloatArray:
    """Return (K,) sums of `values` (n,) over the groups that `codes` (n,) numbers; K >= `size`."""
    return np.bincount(codes, values, size).astype(np.float64)


def pool_interval(
    value: float, residual: FloatArray, leverage: FloatArray, sample: Sample
) -> Estimate | Unavailable:
    """Take the draw as random: V̂ = Σ (1-π) (w ê / (1-h))², by answer.

    `residual` ê and `leverage` h, each answer's share of Σ w c den, both (M,).
    """
    if np.all(sample.pi == 1):  # everything was asked: nothing is random
        return Estimate(value, value, value)
    freedom = effective_size(sample.weights) - 1
    changes = np.sqrt(1 - sample.pi) * sample.weights * residual
    return _interval(value, changes, leverage, confidence=sample.confidence, freedom=freedom)


@dataclass(frozen=True)
class Changes:
    """What the interval for new text is made of.

    `residual` ê (M,) of the answers; `sums` Σ w ê and `shares` h of Σ w c den of the groups, both
    (K,).
    """

    residual: FloatArray
    sums: FloatArray
    shares: FloatArray


def too_few(groups: int) -> Unavailable:
    """Return why answers from so many groups say nothing of new text.

    >>> too_few(1).reason.partition(";")[0]
    'the answers come from 1 document'
    """
    counted = "1 document" if groups == 1 else f"{groups} documents"
    return Unavailable(
        f"the answers come from {counted}; at least {MIN_GROUPS} are needed to tell how much new "
        "text would differ"
    )


def new_text_interval(
    value: float, changes: Changes, sample: Sample, *, groups: int
) -> Estimate | Unavailable:
    """Take groups as random, with all that is drawn from them; `groups` of them hold answers.

    V̂ = (K-1)/K Σ_k (Σ_{i in k} w ê / (1-h_k))². Its part between groups, what is left without
    Σ (w ê)², the variance of unrelated answers, is multiplied by the sample's inflation.
    """
    if groups < MIN_GROUPS:
        return too_few(groups)
    freedom = groups - 1
    sums = changes.sums * (freedom / groups) ** 0.5
    within = float(((sample.weights * changes.residual) ** 2).sum())
    if variance := float((sums**2).sum()):
        sums *= (inflate_between(variance, within, sample.inflation) / variance) ** 0.5
    return _interval(value, sums, changes.shares, confidence=sample.confidence, freedom=freedom)


def _interval(
    value: float,
    changes: FloatArray,
    leverage: FloatArray,
    *,
    confidence: float,
    freedom: float,
) -> Estimate | Unavailable:
    """Return value ± t · sqrt(Σ (change / (1-h))²), symmetric on the logit scale.

    There it stays inside (0, 1) and allows for a spread that goes with the value, which would cost
    a point of coverage. `freedom`: degrees of freedom of Student's t.
    """
    if leverage.max() > 1 - TINY:
        return Unavailable("one answer or group holds all spans that count; more are needed")
    quantile = float(special.stdtrit(freedom, (1 + confidence) / 2))
    half = quantile * float(np.linalg.norm(changes / (1 - leverage)))
    if half < TINY or not 0 < value < 1:
        return Unavailable("all answers agree, so they do not show how much others would differ")
    centre, spread = special.logit(value), half / (value * (1 - value))
    low, high = special.expit(centre - spread), special.expit(centre + spread)
    return Estimate(value, float(low), float(high))
