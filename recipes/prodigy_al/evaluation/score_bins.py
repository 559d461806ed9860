"""Probabilities where none were recorded: the share of a pool that was answered, by score."""

from __future__ import annotations

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray, IntArray
from prodigy_al.evaluation.estimators import Unavailable, sum_by_group

SMALLEST_BIN = 20  # answers; fewer would give shares that are mostly chance
QUANTILES = 100
UNREACHED_LIMIT = 0.1  # share of the pool that scores lower, or higher, than every answer


def answered_shares(
    scores: FloatArray, answered: BoolArray, *, smallest: int = SMALLEST_BIN
) -> FloatArray | Unavailable:
    """Return (N,) the share in [0, 1] that was answered among pool segments with a similar score.

    `scores` and `answered` (N,) of the whole pool. Bins are made of hundredths of the pool in the
    order of the scores, from the highest down, each closed once it holds `smallest` answers; equal
    scores lie in one bin. Within a bin, which segments were answered is taken to say nothing about
    them: weighting by an estimated propensity in classes (Rosenbaum & Rubin 1984, JASA 79(387)).
    What was never asked at any chance cannot be weighted: where more than 10 % of the pool scores
    lower, or higher, than every answer, nothing is estimated; nor with fewer than `smallest`
    answers.

    >>> answered_shares(np.array([1.0, 2, 3, 4]), np.array([True, False, True, True]), smallest=1)
    array([0.5, 0.5, 1. , 1. ])
    """
    if answered.sum() < smallest:
        return Unavailable(
            f"{answered.sum()} answered texts are in the pool; at least {smallest} are needed to "
            "estimate probabilities"
        )
    for side, beyond in (
        ("lower", scores < scores[answered].min()),
        ("higher", scores > scores[answered].max()),
    ):
        if beyond.mean() > UNREACHED_LIMIT:
            return Unavailable(
                f"{beyond.mean():.0%} of the pool's segments have a {side} score than every "
                f"answered one (limit: {UNREACHED_LIMIT:.0%}), so no answer stands for them"
            )
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, QUANTILES + 1)[1:-1]))
    codes = np.searchsorted(edges, scores, side="left")
    bins = _merged(sum_by_group(codes, answered.astype(np.float64), edges.size + 1), smallest)[
        codes
    ]
    shares: FloatArray = (np.bincount(bins, answered) / np.bincount(bins))[bins]
    return shares


def _merged(answers: FloatArray, smallest: int) -> IntArray:
    """Return the bin (K,) of each hundredth from its number of answers (K,), 0 the highest one."""
    bins = np.zeros(answers.size, dtype=np.int64)
    current, held = 0, 0.0
    for k in range(answers.size - 1, -1, -1):
        bins[k] = current
        held += answers[k]
        if held >= smallest:
            current, held = current + 1, 0.0
    # what is left below has too few answers for a bin of its own
    if held < smallest and current > 0:
        bins[bins == current] = current - 1
    return bins
