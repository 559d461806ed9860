"""Intervals that hold however often one looks while answers come in: confidence sequences.

Who looks after every answer, and stops when an ordinary 95 % interval says so, is wrong far more
often than in 5 %. Let F̂_s and F̂_t be estimates of one number from the answers at two times, the
later with the smaller variance V_t. In the order of exponential keys whoever is in the earlier
sample is in the later one, so that Σ w y of the two have the covariance Σ y² (1/π_t - 1), which is
the variance of the later; and what new documents differ by is in both alike. So Cov(F̂_s, F̂_t) =
V_t, as it is for running means: in the time 1/V, the information, F̂/V is a Brownian motion with the
drift F where answers are many. Robbins' mixture boundary then holds at all times at once with
probability 1 - α (Robbins 1970, "Statistical methods related to the law of the iterated logarithm";
asymptotically with estimated variances: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024,
"Time-uniform central limit theory and asymptotic confidence sequences", theorem 2.2):

    |F̂_t - F| < √V_t · √((1 + 1/x) (log(1 + x) - 2 log α)),     x = (v/V_t) · best(α),

tightest, at 3.0 standard errors for α = .05, where V_t = v. With few documents the tails are those
of Student's t at the same probability. How often it holds: docs/looking.md.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np
from scipy import special

from prodigy_al.evaluation.bootstrap import LEVEL, Difference
from prodigy_al.evaluation.estimators import MIN_GROUPS, Estimate, Unavailable
from prodigy_al.evaluation.paired import Side

TIGHTEST = 0.04
"""The standard error at which the sequence is tightest: that of F1 from some 200 dev answers."""


def standard_errors(error: float, *, level: float = LEVEL, tightest: float = TIGHTEST) -> float:
    """Return how many standard errors `error` an estimate may be off at any time.

    Raises `ZeroDivisionError` for an error of 0.

    >>> [round(standard_errors(e), 2) for e in (0.16, 0.08, 0.04, 0.02, 0.01)]
    [4.39, 3.26, 3.04, 3.13, 3.31]
    """
    from_level = -2 * log(level)
    x = (tightest / error) ** 2 * (from_level + log(1 + from_level))
    return sqrt((1 + 1 / x) * (log(1 + x) + from_level))


def level_of(model: int) -> float:
    """Return the share of 5 % that the sequence of the `model`-th model, from 1, may spend.

    Where models are refitted and each is measured on all answers so far, every one has a sequence
    of its own; α/(n (n + 1)) adds up to α over all of them.

    >>> round(sum(level_of(n) for n in range(1, 1000)), 4)
    0.05
    """
    return LEVEL / (model * (model + 1))


def estimate_at_any_time(found: Estimate, *, groups: int, level: float = LEVEL) -> Estimate:
    """Return a 95 % interval for new text, of `groups` documents, as one that holds at any time.

    `found` has the ordinary interval, symmetric on the logit scale.
    """
    if found.low == found.high:
        return found
    if found.low <= 0 or found.high >= 1:  # so wide that rounding made it infinite on that scale
        return Estimate(found.value, 0.0, 1.0)
    centre = special.logit(found.value)
    spread = float(special.logit(found.high) - special.logit(found.low)) / 2 / _usual(groups)
    error = spread * found.value * (1 - found.value)
    reach = _reach(error, groups, level) * spread
    low, high = special.expit(centre - reach), special.expit(centre + reach)
    return Estimate(found.value, float(low), float(high))


def differing_documents(a: Side, b: Side) -> int:
    """Return in how many documents two sides of the same answers differ, under any seed."""
    differs = np.zeros(len(a.groups), dtype=np.bool_)
    for ours, theirs in zip(a.counts_per_seed, b.counts_per_seed, strict=True):
        differs |= (ours.tp != theirs.tp) | (ours.predicted != theirs.predicted)
    return len({group for group, one in zip(a.groups, differs, strict=True) if one})


def difference_at_any_time(
    found: Difference, *, groups: int, differing: int, level: float = LEVEL
) -> Estimate | Unavailable:
    """Return the difference of two sides with an interval that holds at any time.

    `found` has an ordinary interval of Student's t, from `groups` documents on the side with fewer.
    `differing` is in how many of them the sides differ (`differing_documents`): where these are
    few, the variance says too little of itself, and under ten there is no interval.
    """
    if differing < MIN_GROUPS:
        return Unavailable(
            f"the two differ in {differing} documents; at least {MIN_GROUPS} are needed for an "
            "interval that holds at any time"
        )
    error = (found.high - found.low) / 2 / _usual(groups)
    reach = _reach(error, differing, level) * error
    return Estimate(found.difference, found.difference - reach, found.difference + reach)


def scaled_gain(found: Estimate, *, before: int, after: int, more: int) -> Estimate:
    """Return what `more` answers would bring, if F1 goes on to grow with their logarithm.

    `found` is what the model of `after` answers is above that of `before`, 0 < before < after.

    >>> gain = scaled_gain(Estimate(0.02, 0.0, 0.04), before=100, after=200, more=200)
    >>> gain == Estimate(0.02, 0.0, 0.04)
    True
    """
    factor = log(1 + more / after) / log(after / before)
    return Estimate(found.value * factor, found.low * factor, found.high * factor)


def _usual(groups: int) -> float:
    """Return the standard errors of the ordinary 95 % interval."""
    return float(special.stdtrit(groups - 1, 1 - LEVEL / 2))


def _reach(error: float, groups: int, level: float) -> float:
    """Return the standard errors at any time, the tails being those of Student's t."""
    tail = special.ndtr(-standard_errors(error, level=level))
    return -float(special.stdtrit(groups - 1, tail))
