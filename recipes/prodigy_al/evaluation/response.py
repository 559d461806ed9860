"""Served but not answered: what the answers stand for besides themselves, and how far that goes."""

from __future__ import annotations

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray, IndexArray, IntArray
from prodigy_al.evaluation.counts import Counts

SMALLEST_BIN = 20  # items; fewer would give rates that are mostly chance


def response_rates(
    scores: FloatArray,
    answered: BoolArray,
    *,
    blocks: IntArray | None = None,
    smallest: int = SMALLEST_BIN,
) -> FloatArray:
    """Return (n,) the share that was answered among served items with a similar score.

    `scores` (n,) and `answered` (n,) of all served items; a score that is not known is NaN, and so
    is its rate. Items in the order of their score form bins of at least `smallest`; within a bin,
    whether an item was answered is taken to say nothing about it (response homogeneity groups:
    Särndal, Swensson & Wretman 1992, section 15.6.2). A bin without any answer joins its neighbour
    below. π times the rate is the chance to be served and answered.

    Items without a known score, all unanswered, can stand in no bin. All others of their block
    (`blocks` (n,), numbers of any kind; one block where left out) stand for them: their rates are
    multiplied by the share of the block's items whose score is known.

    >>> response_rates(np.array([1.0, 2, 3, 4]), np.array([True, False, True, True]), smallest=2)
    array([0.5, 0.5, 1. , 1. ])
    """
    known = ~np.isnan(scores)
    rates = np.full(len(scores), np.nan)
    rates[known] = _rates_by_score(scores[known], answered[known], smallest)
    if not known.all():
        _, codes = np.unique(
            np.zeros_like(known) if blocks is None else blocks, return_inverse=True
        )
        rates *= (np.bincount(codes, known) / np.bincount(codes))[codes]
    return rates


def bounds_of_missing(
    counts: Counts, pi: FloatArray, rates: FloatArray
) -> tuple[float | None, float | None]:
    """Return F1 if all missing answers were wrong, and if all were right; None where undefined.

    `counts`, `pi` and `rates` (M,) of the answers. With w = 1/π and w' = w/rate, an answer stands
    for w'-w missing ones, which are taken to hold d spans as it does (predicted and gold ones
    together): so many as the answered of their bin hold on average. With t its matches,

        F_wrong = Σ w 2t / Σ w' d,    F_right = (Σ w 2t + Σ (w'-w) d) / Σ w' d.
    """
    matched, spans = counts.parts("f1")
    w = 1 / pi
    total = float((w / rates * spans).sum())
    if total == 0:
        return None, None
    found = float((w * matched).sum())
    return found / total, (found + float(((w / rates - w) * spans).sum())) / total


def _rates_by_score(scores: FloatArray, answered: BoolArray, smallest: int) -> FloatArray:
    order = np.argsort(scores, kind="stable")
    bins = max(1, len(scores) // smallest)
    rates = np.empty(len(scores))
    pending: list[IndexArray] = []  # bins so far without any answer
    for chunk in np.array_split(order, bins):
        pending.append(chunk)
        members = np.concatenate(pending)
        if answered[members].any():
            rates[members] = answered[members].mean()
            last, pending = members, []
    if pending and answered.any():  # the highest scores: no bin above is left to join
        members = np.concatenate([last, *pending])
        rates[members] = answered[members].mean()
    return rates
