"""How many segments an answer stands for: w from its probability, its round and its block."""

from __future__ import annotations

import numpy as np

from prodigy_al.arrays import FloatArray, IntArray
from prodigy_al.errors import EstimateError


def round_shares(rounds: IntArray, size: int | None = None) -> tuple[FloatArray, FloatArray]:
    """Return per answer (M,) the share ω of its round, and the sum of ω over all later rounds.

    After round ρ the total is estimated by Σ_{earlier} y + Σ_ρ y/π. Each of these is unbiased
    given the past, so any ω with sum 1 that does not look at labels keeps their mean unbiased.
    Without `size`, ω = answers in ρ / all answers. With `size`, the number of segments of the
    frame, ω is such that draws by plain chance get equal weights: for rounds of one answer this is
    LURE (Farquhar, Gal & Rainforth 2021), and once the whole frame is answered every weight is
    exactly 1. For a large frame both are the same. Raises `EstimateError` where `size` is less
    than the number of answers.

    >>> share, later = round_shares(np.array([0, 1, 1, 1]))
    >>> share.tolist(), later.tolist()
    ([0.25, 0.75, 0.75, 0.75], [0.75, 0.0, 0.0, 0.0])
    """
    _, codes, answers = np.unique(rounds, return_inverse=True, return_counts=True)
    if size is not None and size < rounds.size:
        raise EstimateError(
            f"a frame of {size} segments cannot have {rounds.size} answers; give its full size"
        )
    shares, later, tail = np.zeros(answers.size), np.zeros(answers.size), 0.0
    left = (size or 0) - np.cumsum(answers) + answers  # segments when each round began
    # From the last round backwards: what a round may take depends on the shares of later ones.
    for i in reversed(range(answers.size)):
        share = answers[i] / rounds.size
        if size is not None:
            share = (size / rounds.size - tail) * answers[i] / left[i]
        shares[i], later[i] = share, tail
        tail += share
    return shares[codes], later[codes]


def rounds_weights(
    pi: FloatArray, rounds: IntArray, scales: FloatArray | None = None, size: int | None = None
) -> FloatArray:
    """Return w (M,) = ω_ρ · scale/π + Σ_{later rounds} ω of answers drawn in several rounds.

    `pi` (M,) is conditional on the rounds before; alone, 1/π of the drawing round is biased,
    because an answer of a later round had to be left over by the earlier ones. `scales` (M,) >= 1:
    segments left when the round began per segment of the blocks it opened. `size` as in
    `round_shares`. Raises `EstimateError` where `round_shares` or `overall_inclusion` does.

    >>> rounds_weights(np.array([0.2, 0.5]), np.array([0, 1])).tolist()
    [3.0, 1.0]
    """
    share, later = round_shares(rounds, size)
    return share / overall_inclusion(pi, scales) + later


def effective_size(weights: FloatArray) -> float:
    """Return (Σw)²/Σw² (Kish 1965): how many equally weighted answers tell as much as these."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def overall_inclusion(pi: FloatArray, scales: FloatArray | None) -> FloatArray:
    """Return π/scale (M,), the chance that the block is opened and then the segment drawn.

    With it the variance of both stages takes the form of one: Σ (1-π/s)(s ê/π)² is the sum of the
    blocks' part, s(s-1) Σ ê²/π, and the draw's part within them, s² Σ (1-π) ê²/π². Raises
    `EstimateError` where a π is not in (0, 1] or a scale not at least 1 and finite.
    """
    usable = (pi > 0) & (pi <= 1)
    if not np.all(usable):
        raise EstimateError(
            f"{np.sum(~usable)} of {pi.size} inclusion probabilities are not above 0 and at most 1"
        )
    if scales is None:
        return pi
    if not np.all(np.isfinite(scales) & (scales >= 1)):
        raise EstimateError("some scales are below 1; a round cannot open more than what is left")
    return pi / scales
