"""Scores to probabilities: how likely each segment, and each candidate of it, is to come first.

A proposal mixes what the model is unsure about with plain chance. The share of chance, `explore`,
holds every probability above 0, so that the weights 1/π of an estimate stay finite.

    p_i = ε/R + (1 - ε) u_i / Σu      R segments in the block, u_i >= 0 the score of segment i

A stored record holds (u, Σu, R, ε) as quantised numbers (see `keys.quantise`), and all of them are
quantised before anything is computed from them: so a record gives the very same p, bit for bit.
"""

from __future__ import annotations

import math

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.errors import EstimateError, ParameterError
from prodigy_al.sampling.keys import FloatOrArray, quantise


def score_total(scores: FloatArray) -> float:
    """Return Σu over a block as it is stored: of quantised scores, summed without rounding."""
    return quantise(math.fsum(quantise(scores)))


def probability(u: FloatOrArray, total: float, size: int, explore: float) -> FloatOrArray:
    """Return p of scores `u` in a block of `size` segments whose scores sum to `total`.

    Takes one score or an array of them and gives the same bits for both, so that the numbers of
    one stored record recompute it. Every segment gets 1/size where `total` is 0: the model does not
    know anything yet, or with `explore` 1 nothing needed a score.

    >>> probability(0.5, total=2.0, size=4, explore=0.2)
    0.25
    """
    u, total, explore = quantise(u), quantise(total), quantise(explore)
    uniform = 1 / size
    if total == 0:
        return u * 0 + uniform  # of the type and shape of u
    return explore * uniform + (1 - explore) * (u / total)


def selection_probabilities(scores: FloatArray, explore: float) -> FloatArray:
    """Return p (R,) of the segments of a block, summing to 1, from their scores (R,).

    Raises `EstimateError` for a negative or non-finite score, `ParameterError` for `explore`
    outside [0, 1], or for `explore` 0 where it would leave a segment without any chance.

    >>> selection_probabilities(np.array([3.0, 1.0, 0.0]), explore=0.3).round(3).tolist()
    [0.625, 0.275, 0.1]
    """
    if not 0 <= explore <= 1:
        raise ParameterError("explore", explore, "out of range; give a number from 0 to 1")
    if not np.all(np.isfinite(scores) & (scores >= 0)):
        raise EstimateError(
            f"{np.sum(~(scores >= 0) | np.isinf(scores))} of {scores.size} scores are negative or "
            "not finite; a score must be a finite number of at least 0"
        )
    u, total = quantise(scores), score_total(scores)
    impossible = int(np.sum(u == 0))
    if quantise(explore) == 0 and impossible and total > 0:
        raise ParameterError(
            "explore",
            explore,
            f"{impossible} of {u.size} items score 0 and could never be asked, so that no estimate "
            "would hold for them; give a number above 0, or ask strictly in the order of the "
            "scores, without probabilities",
        )
    return probability(u, total, u.size, explore)


def candidate_probabilities(p: FloatArray, explore: float) -> FloatArray:
    """Return r (C,) of the candidate spans of one segment from their marginals p (C,).

    r_j = ε/C + (1 - ε) p_j(1 - p_j) / Σ p(1 - p): the less certain a candidate, the likelier it is
    the one that is asked about; uniform where every candidate is certain. Raises what
    `selection_probabilities` does, and `EstimateError` for a marginal outside [0, 1].

    >>> candidate_probabilities(np.array([0.5, 1.0]), explore=0.4).tolist()
    [0.8, 0.2]
    """
    if not np.all((p >= 0) & (p <= 1)):
        raise EstimateError(
            f"{np.sum(~((p >= 0) & (p <= 1)))} of {p.size} span marginals are not probabilities; "
            "they must lie between 0 and 1"
        )
    return selection_probabilities(p * (1 - p), explore)
