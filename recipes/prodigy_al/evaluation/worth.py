"""What weighted answers are worth, and what their weights warn of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prodigy_al.arrays import FloatArray
from prodigy_al.evaluation.counts import TINY, Counts

LOW_WORTH_SHARE = 0.5
HEAVY_WEIGHT_SHARE = 0.1


@dataclass(frozen=True)
class Caution:
    """A property of weighted answers beyond its limit, 0 <= `limit` <= 1.

    ``low-worth``: `value` is how many uniform answers an answer is worth. ``heavy-weight``: the
    share of the sum of weights that one answer holds.
    """

    kind: Literal["low-worth", "heavy-weight"]
    value: float
    limit: float


def worth_in_answers(
    counts: Counts, pi: FloatArray, unexplained: FloatArray | None = None
) -> float | None:
    """Return how many answers drawn uniformly from the same pool tell as much about its F1.

    `counts` and `pi` (M,) of the answers; the result lies above 0 and at most at the pool's size.
    With N = Σ w items in the pool and residuals e, the draw's variance V = Σ (1-π) w² e² / D² is
    set equal to that of m uniform answers, (1/m - 1/N) N Σ w e² / D², both estimated from these
    answers. So m uniform answers are worth m, and everything asked is worth N. N is estimated too,
    because how many candidates a pool holds is not recorded. `unexplained` (M,) stands for e in V
    where part of e is known without the draw. None where no answer differs from the others.
    """
    matched, spans = counts.parts("f1")
    w = 1 / pi
    total = float((w * spans).sum())
    if total == 0:
        return None
    residual = matched - float((w * matched).sum()) / total * spans
    of_pool = float((w * residual**2).sum())
    if of_pool < TINY:
        return None
    drawn = residual if unexplained is None else unexplained
    of_draw = float(((1 - pi) * (w * drawn) ** 2).sum())
    return float(w.sum()) * of_pool / (of_pool + of_draw)


def find_cautions(worth: float | None, weights: FloatArray) -> tuple[Caution, ...]:
    """Return what is to be said of answers with these weights (M,) that are worth so many."""
    cautions = []
    if worth is not None and worth / weights.size < LOW_WORTH_SHARE:
        cautions.append(Caution("low-worth", worth / weights.size, LOW_WORTH_SHARE))
    largest = float(weights.max() / weights.sum())
    if largest > HEAVY_WEIGHT_SHARE:
        cautions.append(Caution("heavy-weight", largest, HEAVY_WEIGHT_SHARE))
    return tuple(cautions)


def effective_size(weights: FloatArray) -> float:
    """Return (Σw)²/Σw² (Kish 1965): how many equally weighted answers tell as much as these."""
    return float(weights.sum() ** 2 / (weights**2).sum())
