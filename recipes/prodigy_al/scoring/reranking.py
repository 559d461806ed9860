"""How likely is a candidate span to be right? A logistic regression on what is seen of it.

The marginals of a model are calibrated over all texts at best. A few hundred answers tell more: on
which label, which lengths and which surroundings it is too sure of itself. The regression begins at
the model's own probability: all its coefficients are shrunk, that of the marginal's logit towards
1 and all others towards 0. Without an answer it gives back the marginal, and the more answers there
are the less it is held there (ridge: le Cessie & van Houwelingen 1992, "Ridge estimators in
logistic regression"; with the logit alone it is Platt's scaling, 1999).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.sampling.scored import Candidate

FEATURES = (
    "constant",
    "logit of the marginal",
    "log of the number of words",
    "log of the characters per word",
    "share of words with a capital",
    "all capitals",
    "holds a digit",
    "in the greedy parse",
    "begins the segment",
    "relative place in the segment",
    "capital before",
    "capital after",
)
"""What is seen of a candidate, beside its label. All lie within a few units, so one penalty does
for all."""
LOGIT = FEATURES.index("logit of the marginal")
PENALTY = 1.0
LEAST = 1e-4
"""Marginals are held this far from 0 and 1: a logit is finite."""
NEAR = 50
"""Characters to look for a neighbour in, so that a long text takes no longer."""
STEPS, TOLERANCE = 50, 1e-8


def candidate_features(
    text: str, candidates: Sequence[Candidate], labels: Sequence[str]
) -> FloatArray:
    """Return what is seen of the candidates of a segment (C, F): `FEATURES`, then one per label.

    Words are what white space separates. A candidate of a label that is not among `labels` has 0
    for all of them.

    >>> span = Candidate(8, 18, "ORG", 0.5, greedy=True)
    >>> candidate_features("She met Acme Corp.", [span], ["ORG"]).shape
    (1, 13)
    """
    rows = [
        [*_seen(text, span), *(float(span.label == label) for label in labels)]
        for span in candidates
    ]
    return np.array(rows, dtype=np.float64).reshape(len(candidates), len(FEATURES) + len(labels))


def _seen(text: str, span: Candidate) -> tuple[float, ...]:
    words = text[span.start : span.end].split() or [""]
    before = text[max(span.start - NEAR, 0) : span.start].split()
    after = text[span.end : span.end + NEAR].split()
    p = min(max(span.p, LEAST), 1 - LEAST)
    return (
        1.0,
        math.log(p / (1 - p)),
        math.log(len(words)),
        math.log(max(sum(map(len, words)), 1) / len(words)),
        sum(word[:1].isupper() for word in words) / len(words),
        float(all(word.isupper() for word in words)),
        float(any(char.isdigit() for word in words for char in word)),
        float(span.greedy),
        float(not before),
        span.start / max(len(text), 1),
        float(bool(before) and before[-1][:1].isupper()),
        float(bool(after) and after[0][:1].isupper()),
    )


def fit_reranker(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the coefficients (F,) for features `x` (n, F) and outcomes `y` (n,), 0 or 1.

    Newton's steps, each halved until the penalised likelihood does not fall: it is strictly
    concave, so there is one maximum.

    >>> fit_reranker(np.zeros((0, 13)), np.zeros(0)).tolist()[:3]
    [0.0, 1.0, 0.0]
    """
    centre = np.zeros(x.shape[1])
    centre[LOGIT] = 1.0
    b, loss = centre, _loss(x, y, centre, centre)
    for _ in range(STEPS):
        q = rerank(x, b)
        gradient = x.T @ (q - y) + PENALTY * (b - centre)
        curvature = (x.T * (q * (1 - q))) @ x + PENALTY * np.eye(b.size)
        step = np.linalg.solve(curvature, gradient)
        while (further := _loss(x, y, b - step, centre)) > loss and np.abs(step).max() > TOLERANCE:
            step = step / 2
        if np.abs(step).max() <= TOLERANCE:
            break
        b, loss = b - step, further
    return b


def rerank(x: FloatArray, b: FloatArray) -> FloatArray:
    """Return q (n,) in (0, 1) of candidates with features `x` (n, F) under coefficients `b` (F,).

    >>> rerank(np.array([[0.0, 0.0]]), np.array([1.0, 1.0])).tolist()
    [0.5]
    """
    # clipped where a float is 1 anyway, so that exp does not overflow
    return np.asarray(1 / (1 + np.exp(-np.clip(x @ b, -36.0, 36.0))))


def _loss(x: FloatArray, y: FloatArray, b: FloatArray, centre: FloatArray) -> float:
    """Return the negative log-likelihood, and the penalty."""
    z = x @ b
    return float(np.sum(np.logaddexp(0.0, z) - y * z) + PENALTY / 2 * np.sum((b - centre) ** 2))
