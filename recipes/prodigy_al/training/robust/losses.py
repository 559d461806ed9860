"""The losses of partly annotated text, as functions of scores: each returns (loss, gradient).

All are sums, not means: a state about which nothing is known adds nothing. Gradients are with
respect to the first argument and have its shape. Probabilities are those of the recogniser, a
softmax over the allowed actions of a state.
"""

from __future__ import annotations

import numpy as np

from prodigy_al.arrays import AnyFloatArray, BoolArray, FloatArray, IndexArray
from prodigy_al.ner.probabilities import masked_softmax, sigmoid

UNKNOWN = -2
"""Target of a closed state about which nothing is known."""
NO_START = -1
"""Target of a closed state where no entity of an asked label starts."""

TINY = 1e-12
"""Probabilities are taken as at least this before their logarithm."""

LARGEST_REJECT_FACTOR = 1.0
"""Cap on P / (1 - P), by which a rejected span of probability P pulls: one answer that the model
finds absurd shall not outweigh a batch."""


def start_loss(
    scores: AnyFloatArray, allowed: BoolArray, starts: IndexArray, target: IndexArray
) -> tuple[float, FloatArray]:
    """Return -log P of what is known of closed states: an entity's start, or that none starts.

    scores: (n, actions); starts: the places of the asked labels' starting actions; target: (n,)
    the place of the known start, `NO_START` or `UNKNOWN`. The gradient is 0 outside `starts`.

    >>> loss, gradient = start_loss(
    ...     np.zeros((1, 2)), np.ones((1, 2), bool), np.array([1]), np.array([NO_START])
    ... )
    >>> round(loss, 4), gradient.tolist()
    (0.6931, [[0.0, 0.5]])
    """
    p = masked_softmax(scores, allowed)
    gradient = np.zeros_like(p)
    # with S the sum of p over `starts`, -log(1 - S) has the slope p (1 - S) / (1 - S) = p there; a
    # known start has p too, less 1 at its own action
    gradient[:, starts] = p[:, starts]
    at_start = np.flatnonzero(target >= 0)
    gradient[at_start, target[at_start]] -= 1.0
    gradient[target == UNKNOWN] = 0.0
    gradient[~allowed] = 0.0  # an action that is never taken need not be learnt
    none = 1.0 - p[target == NO_START][:, starts].sum(axis=1)
    likelihoods = np.concatenate([p[at_start, target[at_start]], none])
    return float(-_log(likelihoods).sum()), gradient


def imitation_loss(
    scores: AnyFloatArray, model: AnyFloatArray, allowed: BoolArray
) -> tuple[float, FloatArray]:
    """Return the cross-entropy of the scores' distribution to that of another model.

    scores, model: (n, actions), alike in shape with `allowed`, over which both are normalised.
    """
    p, wanted = masked_softmax(scores, allowed), masked_softmax(model, allowed)
    return float(-(wanted * _log(p)).sum()), p - wanted


def closing_loss(lead: AnyFloatArray, target: FloatArray) -> tuple[float, FloatArray]:
    """Return the cross-entropy of whether open entities end here.

    lead: (n,) score(L-X) - score(I-X); target: (n,) in [0, 1], the probability wanted of L-X.
    """
    p = sigmoid(lead)
    return float(target @ -_log(p) + (1 - target) @ -_log(1 - p)), p - target


def reject_loss(
    start_log_p: FloatArray, lead: AnyFloatArray, of: IndexArray, closes: BoolArray
) -> tuple[float, FloatArray, FloatArray]:
    """Return -log(1 - P) of spans known not to be entities, P given that their start is reached.

    start_log_p: (n_spans,) log probability of the starting action; lead: (m,) as in
    `closing_loss`, at the later tokens; of: (m,) whose span's; closes: (m,) whether it is the
    span's last token. Returns the loss and the gradients by `start_log_p` and by `lead`, with
    P / (1 - P) capped.
    """
    # log P of a span: its starting action, then going on, token by token, then ending or not
    p_last = sigmoid(lead)
    steps = _log(np.where(closes, p_last, 1 - p_last))
    log_p = start_log_p + np.bincount(of, steps, minlength=len(start_log_p))
    p = np.exp(log_p)
    # the slope of -log(1 - P) by log P, which every step's own slope is multiplied by
    factor = np.minimum(p / np.maximum(1 - p, TINY), LARGEST_REJECT_FACTOR)
    return float(-_log(1 - p).sum()), factor, factor[of] * (closes - p_last)


def _log(p: FloatArray) -> FloatArray:
    logarithm: FloatArray = np.log(np.maximum(p, TINY))
    return logarithm
