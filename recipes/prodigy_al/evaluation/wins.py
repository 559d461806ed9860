"""How often one replicate beats its control: a share with its interval, and what a model adds.

A mean difference above 0 does not say how often a single annotation does better than random order,
and whoever annotates does it once. Of n replicates, w are ahead: the share w/n has an exact
interval (Clopper & Pearson 1934) that assumes nothing but that replicates are drawn alike. Few
replicates say little: five of five are [.478, 1].

Whoever takes differences for normal knows more: P(D > 0) = Φ(δ) with δ = mean / sd, and √n times
the estimated δ has a noncentral t distribution, whose noncentrality is √n δ. That gives δ, and so
the chance, an interval (Johnson & Welch 1940, "Applications of the non-central t-distribution",
Biometrika 31(3/4)). The chance itself is predicted by Student's t of the next difference, whose
variance is sd² (1 + 1/n).

Both are for this test set: another one would shift all replicates together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from scipy import special

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.bootstrap import LEVEL
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.evaluation.shares import share_interval

FARTHEST = 1000.0  # t


@dataclass(frozen=True)
class Wins:
    """Of `n` replicates, `won` have a difference above 0.

    `share` is won/n with its exact interval; `predicted` the chance of the next replicate where
    differences are normal, unavailable where they do not vary or are fewer than two.
    """

    won: int
    n: int
    share: Estimate
    predicted: Estimate | Unavailable


def count_wins(differences: Sequence[float]) -> Wins:
    """Return how often a difference, one per replicate, is above 0; a tie is not.

    Raises `EstimateError` where there is none.

    >>> wins = count_wins([0.01, 0.02, 0.03, 0.02, 0.01])
    >>> wins.won, wins.n, round(wins.share.low, 3)
    (5, 5, 0.478)
    """
    if not differences:
        raise EstimateError("there is no replicate, so nothing can be ahead of its control")
    won, n = sum(one > 0 for one in differences), len(differences)
    return Wins(won, n, share_interval(won, n), chance_of_next(differences))


def chance_of_next(differences: Sequence[float]) -> Estimate | Unavailable:
    """Return the chance that the difference of the next replicate is above 0, if all are normal."""
    n = len(differences)
    if n < 2:
        return Unavailable("one replicate does not tell how much another would differ")
    mean, spread = fmean(differences), stdev(differences)
    if spread == 0:
        return Unavailable("all replicates agree, which does not show how others would differ")
    t = sqrt(n) * mean / spread
    chance = float(special.stdtr(n - 1, mean / (spread * sqrt(1 + 1 / n))))
    # in the far tails noncentrality grows with t, and scipy's search for it does not end
    scale = max(1.0, abs(t) / FARTHEST)
    low, high = (
        float(special.ndtr(scale * special.nctdtrinc(n - 1, tail, t / scale) / sqrt(n)))
        for tail in (1 - LEVEL / 2, LEVEL / 2)
    )
    return Estimate(chance, min(low, chance), max(high, chance))
