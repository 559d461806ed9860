"""Weighted answers helped by what the evaluated model itself expects of every pool segment.

With t~ and d~ the model's own expectations of the two counts whose sums make up a metric,

    T = λ Σ_pool t~ + Σ_s w (t - λ t~),      D = λ Σ_pool d~ + Σ_s w (d - λ d~),

and the metric is the ratio T/D (of 2T/D for F1). Both sums are unbiased for the pool's, whatever
the model expects and for any fixed λ: it is the answers that say how wrong the expectations are. λ
in [0, 1] is chosen to minimise the estimated variance of what the draw leaves open, Σ (1-π) w² (e -
λ e~)², e = t - F d and e~ = t~ - F d~ linearised at the plain weighted F. With λ = 0 nothing but
the plain ratio is left, which is what a model that knows nothing of its errors gets.

This is PPI++ (Angelopoulos, Duchi & Zrnic 2023, power tuning) for answers that were drawn by
unequal probabilities, as in active statistical inference (Zrnic & Candès 2024, ICML), and a
difference estimator with a tuned coefficient (Särndal, Swensson & Wretman 1992, chapter 6). The
intervals are those of `estimators`, of the residuals that are left. λ is chosen on the same
answers, which costs a bias and a loss of coverage of order 1/M.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from prodigy_al.arrays import FloatArray, IndexArray, IntArray
from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.counts import METRICS, TINY, Counts, Metric
from prodigy_al.evaluation.estimators import (
    Changes,
    Estimate,
    Groups,
    Measure,
    Sample,
    Unavailable,
    Weighted,
    new_text_interval,
    pool_interval,
    sum_by_group,
    weighted_scores,
)
from prodigy_al.evaluation.worth import find_cautions, worth_in_answers

HALVINGS = 3


@dataclass(frozen=True)
class Assisted:
    """A model-assisted estimate `found`, the `plain` one beside it, and λ of F1, `coefficient`.

    Where λ is 0 for all three metrics, `found` is `plain`.
    """

    found: Weighted
    plain: Weighted
    coefficient: float


def assisted_scores(
    counts: Counts,
    expected: Counts,
    at: IndexArray,
    *,
    pi: FloatArray | Sequence[float | None],
    copies: FloatArray | None = None,
    groups: Groups | None = None,
    inflation: float = 1.0,
    confidence: float = 0.95,
) -> Assisted | Unavailable:
    """Estimate F1, precision and recall from answers and from expected counts of the whole pool.

    `counts` and `pi` (M,) are of the answers, as `weighted_scores` takes them; here their scale
    matters: Σ 1/π estimates the number of pool segments. `expected`, `copies` and `groups` (N,) are
    of the pool, and `at` (M,) says where in it each answer's segment is. `inflation` as there.

    No interval is wider than the plain one: λ is halved, and at last 0, where one would be. There
    is no interval where the plain ratio has none. Raises `EstimateError` where lengths differ, a
    place is not in the pool or stands twice, or a number is out of its range.
    """
    size = len(expected)
    copies = np.ones(size) if copies is None else copies
    labels = np.arange(size) if groups is None else np.asarray(groups)
    _require_places(at, answers=len(counts), size=size, others=(len(labels), len(copies)))
    _, codes = np.unique(labels, return_inverse=True)
    plain = weighted_scores(
        counts,
        pi=pi,
        copies=copies[at],
        groups=codes[at],
        inflation=inflation,
        confidence=confidence,
    )
    if isinstance(plain, Unavailable):
        return plain
    chances = np.array(pi, dtype=np.float64)
    drawn = _Drawn(
        answers=counts.weighted(copies[at]),
        pool=expected.weighted(copies),
        at=at,
        codes=codes,
        groups=plain.groups,
        sample=Sample(chances.min() / chances, chances, codes[at], confidence, inflation),
    )
    found = {metric: _assist(metric, drawn, getattr(plain, metric)) for metric in METRICS}
    coefficient = found["f1"][1]
    worth = plain.worth
    if coefficient > 0:
        numerator, denominator = _differences("f1", drawn, coefficient)
        unexplained = numerator - (found["f1"][0].value or 0.0) * denominator
        worth = worth_in_answers(drawn.answers, chances, unexplained)
    assisted = replace(
        plain,
        f1=found["f1"][0],
        precision=found["precision"][0],
        recall=found["recall"][0],
        worth=worth,
        cautions=find_cautions(worth, drawn.sample.weights),
    )
    return Assisted(assisted, plain, coefficient)


def _require_places(at: IndexArray, *, answers: int, size: int, others: tuple[int, int]) -> None:
    if set(others) != {size}:
        raise EstimateError(
            f"there are {others[0]} groups and {others[1]} numbers of copies for {size} pool "
            "segments; give as many of each"
        )
    if len(at) != answers:
        raise EstimateError(f"`at` holds {len(at)} places for {answers} answers; give {answers}")
    if answers and not (at.min() >= 0 and at.max() < size and np.unique(at).size == at.size):
        raise EstimateError(f"`at` must hold different places in a pool of {size} segments")


@dataclass(frozen=True)
class _Drawn:
    """A pool and the answers from it, both already times their copies.

    `answers` (M,); `pool` (N,) what is expected; `at` (M,); `codes` (N,) 0..K-1 of the pool's
    groups, of which `groups` hold answers.
    """

    answers: Counts
    pool: Counts
    at: IndexArray
    codes: IntArray
    groups: int
    sample: Sample


def _assist(metric: Metric, drawn: _Drawn, plain: Measure) -> tuple[Measure, float]:
    """Return the measure with the λ at which no interval is wider than the plain one, and λ."""
    coefficient = 0.0 if plain.value is None else _tune(metric, drawn, plain.value)
    for _ in range(HALVINGS if coefficient > 0 else 0):
        measure = _measure(metric, drawn, coefficient, plain)
        if measure is not None:
            return measure, coefficient
        coefficient /= 2
    return plain, 0.0


def _tune(metric: Metric, drawn: _Drawn, value: float) -> float:
    """Return the λ in [0, 1] at which least of the residuals' variance is left to the draw."""
    expected, spans = drawn.pool.parts(metric)
    foreseen = expected - value * spans
    # The same for every segment, it tells none of them from another.
    if np.ptp(foreseen) < TINY:
        return 0.0
    matched, own_spans = drawn.answers.parts(metric)
    residual, foreseen = matched - value * own_spans, foreseen[drawn.at]
    left = (1 - drawn.sample.pi) * drawn.sample.weights**2
    spread = float((left * foreseen**2).sum())
    return float(np.clip((left * residual * foreseen).sum() / spread, 0, 1)) if spread > 0 else 0.0


def _measure(metric: Metric, drawn: _Drawn, coefficient: float, plain: Measure) -> Measure | None:
    """Return the assisted measure, None where an interval is wider than the plain one."""
    sample = drawn.sample
    numerator, denominator = _differences(metric, drawn, coefficient)
    # the scale of the weights, on which 1/π of the rarest answer is 1
    scale = coefficient * float(sample.pi.min())
    in_pool = [scale * part for part in drawn.pool.parts(metric)]
    total = float((sample.weights * denominator).sum() + in_pool[1].sum())
    if total <= 0:
        return None
    value = float((sample.weights * numerator).sum() + in_pool[0].sum()) / total
    residual = (numerator - value * denominator) / total
    leverage = sample.weights * denominator / total
    sums = sum_by_group(drawn.codes, (in_pool[0] - value * in_pool[1]) / total)
    shares = sum_by_group(drawn.codes, in_pool[1] / total)
    size = sums.size
    measure = Measure(
        value,
        new_text=new_text_interval(
            value,
            Changes(
                residual,
                sums + sum_by_group(sample.codes, sample.weights * residual, size),
                shares + sum_by_group(sample.codes, leverage, size),
            ),
            sample,
            groups=drawn.groups,
        ),
        pool=pool_interval(value, residual, leverage, sample),
    )
    narrower = _no_wider(measure.pool, plain.pool) and _no_wider(measure.new_text, plain.new_text)
    return measure if narrower else None


def _differences(
    metric: Metric, drawn: _Drawn, coefficient: float
) -> tuple[FloatArray, FloatArray]:
    """Return t - λ t~ and d - λ d~ of the answers, both (M,)."""
    numerator, denominator = drawn.answers.parts(metric)
    expected, spans = drawn.pool.take(drawn.at).parts(metric)
    return numerator - coefficient * expected, denominator - coefficient * spans


def _no_wider(ours: Estimate | Unavailable, plain: Estimate | Unavailable) -> bool:
    if isinstance(plain, Unavailable) or isinstance(ours, Unavailable):
        return isinstance(plain, Unavailable) and isinstance(ours, Unavailable)
    return ours.high - ours.low <= plain.high - plain.low
