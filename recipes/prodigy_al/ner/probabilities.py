"""Scores to probabilities, as spaCy's recogniser is trained: a softmax over allowed actions."""

from __future__ import annotations

import numpy as np

from prodigy_al.arrays import AnyFloatArray, BoolArray, FloatArray


def softmax(scores: AnyFloatArray, temperature: float = 1.0) -> FloatArray:
    """Return row-wise probabilities; a score of -inf is an action that is not allowed.

    The row's largest score is subtracted in the type of `scores`, everything after that is done in
    double precision. `temperature` is above 0.

    >>> softmax(np.array([[0.0, 0.0, -np.inf]])).tolist()
    [[0.5, 0.5, 0.0]]
    """
    # converted by name: numpy 1 would stay in single precision
    shifted = (scores - scores.max(axis=1, keepdims=True)).astype(np.float64) / temperature
    exponentials = np.exp(shifted)
    normalised: FloatArray = exponentials / exponentials.sum(axis=1, keepdims=True)
    return normalised


def masked_softmax(scores: AnyFloatArray, allowed: BoolArray) -> FloatArray:
    """Return row-wise probabilities over the allowed places, 0 elsewhere, in double precision.

    >>> masked_softmax(np.array([[0.0, 0.0, 9.0]]), np.array([[True, True, False]])).tolist()
    [[0.5, 0.5, 0.0]]
    """
    return softmax(np.where(allowed, scores, -np.inf).astype(np.float64))


def sigmoid(x: AnyFloatArray) -> FloatArray:
    """Return the logistic function in double precision.

    >>> sigmoid(np.array([0.0, -1000.0])).tolist()
    [0.5, 0.0]
    """
    # the hyperbolic tangent saturates where an exponential overflows
    value: FloatArray = 0.5 + 0.5 * np.tanh(0.5 * x.astype(np.float64))
    return value
