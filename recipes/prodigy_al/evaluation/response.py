"""Served but not answered: what the answers stand for besides themselves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prodigy_al.evaluation.counts import FloatArray

SMALLEST_BIN = 20


def response_rates(
    scores: FloatArray, answered: npt.NDArray[np.bool_], *, smallest: int = SMALLEST_BIN
) -> FloatArray:
    """Return (n,) the share answered among served items of a like score.

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
    pending: list[npt.NDArray[np.intp]] = []
    for chunk in np.array_split(order, bins):
        pending.append(chunk)
        members = np.concatenate(pending)
        if answered[members].any():
            rates[members] = answered[members].mean()
            last, pending = members, []
    if pending and answered.any():
        members = np.concatenate([last, *pending])
        rates[members] = answered[members].mean()
    return rates
