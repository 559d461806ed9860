"""Scores to probabilities: how likely each segment, and each candidate of it, is to come first.

A proposal mixes what the model is unsure about with plain chance. The share of chance, `explore`,
holds every probability above 0, so that the weights 1/π of an estimate stay finite.

    p_i = ε/R + (1 - ε) u_i / Σu      R segments in the block, u_i >= 0 the score of segment i

Scores may rank a whole kind of segments below all others, and a model that proposes nothing in
tables never asks about one. Within strata h of N_h segments each, the model tilts the share of
every stratum and cannot take it away:

    p_i = ε/R + (1 - ε) (N_h/R) u_i / Σ_h u

which sums to N_h/R over a stratum, so that the first draw meets it as often as a uniform one would.
Later draws do so the less the more of a block is asked: a stratum of like scores gains on one whose
best are used up. No stratum is left out. Where Σ_h u is 0, its share is spread evenly over it, and
p_i is 1/R.

A stored record holds (u, Σu, N_h, R, ε), the real ones of them as quantised numbers (see
`keys.quantise`), and they are quantised before anything is computed from them: so a record gives
the very same p, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray
from prodigy_al.errors import EstimateError, ParameterError
from prodigy_al.sampling.keys import FloatOrArray, quantise


@dataclass(frozen=True)
class Stratum:
    """The segments of a block among which scores are compared: all, or those of one kind.

    `total` is their Σu, None where no p depends on it; `name` and `size` are None for all.
    """

    total: float | None
    name: str | None = None
    size: int | None = None


def score_total(scores: FloatArray) -> float:
    """Return Σu over a block as it is stored: of quantised scores, summed without rounding."""
    return quantise(math.fsum(quantise(scores)))


def probability(
    u: FloatOrArray, total: float, size: int, explore: float, *, stratum_size: int | None = None
) -> FloatOrArray:
    """Return p of scores `u` in a block of `size` segments whose scores sum to `total`.

    With `stratum_size` they are those of one stratum, of so many segments, and `total` is its own.
    Takes one score or an array of them and gives the same bits for both, so that the numbers of
    one stored record recompute it. Every segment gets 1/size where `total` is 0: the model does not
    know anything yet, or with `explore` 1 nothing needed a score.

    >>> probability(0.5, total=2.0, size=4, explore=0.2)
    0.25
    >>> probability(0.5, total=2.0, size=4, explore=0.2, stratum_size=2)
    0.15000000000000002
    """
    u, total, explore = quantise(u), quantise(total), quantise(explore)
    uniform = 1 / size
    if total == 0:
        return u * 0 + uniform  # of the type and shape of u
    share = 1.0 if stratum_size is None else stratum_size / size
    return explore * uniform + (1 - explore) * share * (u / total)


def selection_probabilities(
    scores: FloatArray, explore: float, strata: Sequence[str] | None = None
) -> FloatArray:
    """Return p (R,) of the segments of a block, summing to 1, from their scores (R,).

    `strata` (R,) names the stratum of each, None where scores are compared over the whole block.

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
    u, p = quantise(scores), np.empty(scores.size)
    impossible = 0
    for stratum, members in _strata(scores, strata):
        total = stratum.total or 0.0
        p[members] = probability(u[members], total, u.size, explore, stratum_size=stratum.size)
        impossible += int(np.sum(u[members] == 0)) if total > 0 else 0
    if quantise(explore) == 0 and impossible:
        raise ParameterError(
            "explore",
            explore,
            f"{impossible} of {u.size} items score 0 and could never be asked, so that no estimate "
            "would hold for them; give a number above 0, or ask strictly in the order of the "
            "scores, without probabilities",
        )
    return p


def strata_of(scores: FloatArray, strata: Sequence[str] | None) -> list[Stratum]:
    """Return the stratum of each segment of a block, from their scores (R,) and its name (R,).

    >>> [one.total for one in strata_of(np.array([0.5, 1.0, 0.2]), ["a", "b", "a"])]
    [0.7, 1.0, 0.7]
    """
    found = [Stratum(None)] * scores.size
    for stratum, members in _strata(scores, strata):
        for i in np.flatnonzero(members):
            found[i] = stratum
    return found


def _strata(
    scores: FloatArray, strata: Sequence[str] | None
) -> Iterator[tuple[Stratum, BoolArray]]:
    """Yield each stratum of a block, and True (R,) where a segment belongs to it."""
    if strata is None:
        yield Stratum(score_total(scores)), np.ones(scores.size, dtype=np.bool_)
        return
    names = np.array(strata)
    for name in dict.fromkeys(strata):
        members = names == name
        yield Stratum(score_total(scores[members]), name, int(members.sum())), members


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
