"""Served but not answered: what the answers stand for besides themselves."""

from __future__ import annotations

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray, IndexArray

SMALLEST_BIN = 20  # items; fewer would give rates that are mostly chance


def response_rates(
    scores: FloatArray, answered: BoolArray, *, smallest: int = SMALLEST_BIN
) -> FloatArray:
    """Return (n,) the share that was answered among served items with a similar score.

    `scores` (n,) and `answered` (n,) of all served items. Items in the order of their score form
    bins of at least `smallest`; within a bin, whether an item was answered is taken to say nothing
    about it (response homogeneity groups: Särndal, Swensson & Wretman 1992, section 15.6.2). A bin
    without any answer joins its neighbour below. π times the rate is the chance to be served and
    answered.

    >>> response_rates(np.array([1.0, 2, 3, 4]), np.array([True, False, True, True]), smallest=2)
    array([0.5, 0.5, 1. , 1. ])
    """
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
