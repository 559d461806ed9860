"""Whether a part of a pool has fewer answers than chance would give it."""

from __future__ import annotations

from scipy import special


def chance_of_so_few(found: int, answers: int, share: float) -> float:
    """Return the probability of at most `found` among `answers`, each in the part with `share`.

    The binomial distribution: drawn without replacement, so few would be less likely still.

    >>> round(chance_of_so_few(0, 10, 0.5), 6), chance_of_so_few(10, 10, 0.5)
    (0.000977, 1.0)
    """
    return float(special.bdtr(found, answers, share))
