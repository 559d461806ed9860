"""Shares of a whole: intervals, and whether a part has fewer answers than chance would give it."""

from __future__ import annotations

from scipy import special

from prodigy_al.evaluation.estimators import Estimate


def chance_of_so_few(found: int, answers: int, share: float) -> float:
    """Return the probability of at most `found` among `answers`, each in the part with `share`.

    The binomial distribution: drawn without replacement, so few would be less likely still.

    >>> round(chance_of_so_few(0, 10, 0.5), 6), chance_of_so_few(10, 10, 0.5)
    (0.000977, 1.0)
    """
    return float(special.bdtr(found, answers, share))


def chance_of_so_many(found: int, answers: int, share: float) -> float:
    """Return the probability of at least `found` among `answers`, each in the part with `share`.

    >>> round(chance_of_so_many(10, 10, 0.5), 6), chance_of_so_many(0, 10, 0.5)
    (0.000977, 1.0)
    """
    return 1.0 if found == 0 else float(special.bdtrc(found - 1, answers, share))


def share_interval(found: int, answers: int) -> Estimate:
    """Return the share that `found` of at least one are, with its exact 95 % interval.

    It holds the truth at least so often, whatever the share (Clopper & Pearson 1934, Biometrika
    26(4)).

    >>> found = share_interval(0, 100)
    >>> found.value, found.low, round(found.high, 4)
    (0.0, 0.0, 0.0362)
    """
    low = special.betaincinv(found, answers - found + 1, 0.025) if found else 0.0
    high = special.betaincinv(found + 1, answers - found, 0.975) if found < answers else 1.0
    return Estimate(found / answers, float(low), float(high))
