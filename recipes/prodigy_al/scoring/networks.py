"""The layers of a recogniser that score its states: one network, or two that share nothing.

What *robust* training leaves behind (`training.robust.merge`) holds two networks side by side: of
the weights between the two halves all are 0, and each action reads one half. Scored as two they
take half of the multiplications, and the scores are the same to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from thinc.api import NumpyOps

from prodigy_al.arrays import BoolArray, Float32Array, IndexArray
from prodigy_al.ner.actions import Actions
from prodigy_al.ner.states import seen_tokens

# Hidden layers that are worked on at once, in floats: a megabyte, which stays in a core's cache.
BLOCK = 2**18


@dataclass(frozen=True, eq=False)
class Network:
    """The hidden layer and what scores actions by it.

    shares: (1 + n_tokens, features, hidden, pieces), each token's share in the hidden layer for
        each position that it can be shown in; row 0 is the share of no token, so token i has 1 + i
    bias: (hidden, pieces)
    closed, opened: what scores the actions of closed states, and I-X and L-X of all labels at once:
        a state does not say which label is open
    """

    shares: Float32Array
    bias: Float32Array
    closed: Classifier
    opened: Classifier

    def score_closed(self, scores: Float32Array) -> None:
        """Write the scores of its own actions with no entity open, of all tokens."""
        # only the current token differs between closed states: all else is added up once
        rest = self.shares[0, 1:].sum(axis=0) + self.bias
        for rows in self._blocks(len(scores)):
            self.closed.score(self.shares[1:][rows, 0] + rest, scores[rows])

    def score_open(self, starts: IndexArray, tokens: IndexArray, scores: Float32Array) -> None:
        """Write the scores of its own actions at `tokens` in entities open since `starts`."""
        for rows in self._blocks(len(starts)):
            self.opened.score(self._hidden(starts[rows], tokens[rows]), scores[rows])

    def _hidden(self, starts: IndexArray, tokens: IndexArray) -> Float32Array:
        """Return (n, hidden, pieces) of open states."""
        features = self.shares.shape[1]
        if features == 3:
            hidden: Float32Array = self._without_start[tokens]
            hidden += self.shares[1 + starts, 1]
            return hidden
        seen = seen_tokens(tokens, starts, features)
        hidden = self.shares[1 + tokens, 0] + self.bias
        for position in range(1, features):
            hidden += self.shares[1 + seen[:, position], position]
        return hidden

    @cached_property
    def _without_start(self) -> Float32Array:
        """The hidden layer (n_tokens, hidden, pieces) of open states but for the entity's start.

        The current token and the one before it are the same whichever token the entity began with.
        """
        hidden: Float32Array = self.shares[1:, 0] + self.bias
        hidden += self.shares[:-1, 2]  # no entity is open before the first token of a doc
        return hidden

    def _blocks(self, n: int) -> Iterator[slice]:
        size = max(BLOCK // self.bias.size, 1)
        return (slice(low, low + size) for low in range(0, n, size))


@dataclass(frozen=True, eq=False)
class Classifier:
    """What scores some actions by the hidden layer.

    columns: (n,) the actions' columns; places: (n,) where their scores go, None: they are all that
    there are; upper: their weights (hidden, n) and bias (n,), None where the hidden layer itself
    holds the scores.
    """

    columns: IndexArray
    upper: tuple[Float32Array, Float32Array] | None
    places: IndexArray | None = None

    def score(self, hidden: Float32Array, scores: Float32Array) -> None:
        """Write the scores that hidden layers (m, hidden, pieces) lead to into (m, n_actions)."""
        # far faster than a maximum over an axis of two or three
        pooled: Float32Array = hidden[..., 0]
        for piece in range(1, hidden.shape[-1]):
            pooled = np.maximum(pooled, hidden[..., piece])
        if self.upper is None:
            scores[:] = pooled[:, self.columns]
            return
        weights, bias = self.upper
        if self.places is None:
            np.matmul(pooled, weights, out=scores)
            scores += bias
        else:
            scores[:, self.places] = pooled @ weights + bias


def read_networks(model: Any, vectors: Any, actions: Actions) -> list[Network]:
    """Return the networks of a recogniser for the token vectors of a batch."""
    to_numpy, lower = model.ops.to_numpy, model.get_ref("lower")
    closed, opened = actions.closed, np.concatenate([actions.inside, actions.last])
    bias: Float32Array = to_numpy(lower.get_param("b"))
    if not model.attrs["has_upper"]:
        shares = to_numpy(lower.predict(vectors))
        return [Network(shares, bias, Classifier(closed, None), Classifier(opened, None))]
    upper = tuple(to_numpy(model.get_ref("upper").get_param(name)) for name in ("W", "b"))
    reads_second = _find_halves(model, upper[0])
    if reads_second is None:
        shares = to_numpy(lower.predict(vectors))
        return [Network(shares, bias, *(_classifier(upper, one) for one in (closed, opened)))]
    hidden, inputs = (lower.get_dim(name) // 2 for name in ("nO", "nI"))
    networks = []
    for number in range(2):
        units = slice(number * hidden, (number + 1) * hidden)
        own = vectors[:, number * inputs : (number + 1) * inputs]
        weights = lower.get_param("W")[:, units, :, number * inputs : (number + 1) * inputs]
        pad = lower.get_param("pad")[0, :, units]
        classifiers = (
            _classifier(upper, one, units=units, reads=reads_second == number)
            for one in (closed, opened)
        )
        networks.append(Network(_shares(lower.ops, own, weights, pad), bias[units], *classifiers))
    return networks


def has_halves(model: Any) -> bool:
    """Return whether a recogniser is scored as two networks."""
    if not model.attrs["has_upper"]:
        return False
    weights: Any = model.ops.to_numpy(model.get_ref("upper").get_param("W"))
    return _find_halves(model, weights) is not None


def _find_halves(model: Any, weights: Float32Array) -> BoolArray | None:
    """Return (n_actions,): which actions read the second half; None where there are no halves."""
    lower = model.get_ref("lower")
    hidden, inputs = (lower.get_dim(name) for name in ("nO", "nI"))
    if not isinstance(lower.ops, NumpyOps) or hidden % 2 or inputs % 2:
        return None
    w, half, middle = lower.get_param("W"), hidden // 2, inputs // 2
    # one unit first: to look at all weights takes time
    across = (w[:, :1, :, middle:], w[:, :half, :, middle:], w[:, half:, :, :middle])
    if any(part.any() for part in across):
        return None
    of_first, of_second = (
        np.asarray(part.any(axis=1)) for part in (weights[:, :half], weights[:, half:])
    )
    return None if np.any(of_first & of_second) else of_second


def _shares(ops: Any, vectors: Any, weights: Any, pad: Any) -> Float32Array:
    """Return what spaCy's hidden layer returns for a part of its weights."""
    features, hidden, pieces, inputs = weights.shape
    shares = ops.alloc2f(len(vectors) + 1, features * hidden * pieces, zeros=False)
    ops.gemm(
        np.ascontiguousarray(vectors),
        np.ascontiguousarray(weights).reshape(-1, inputs),
        trans2=True,
        out=shares[1:],
    )
    shares = shares.reshape(-1, features, hidden, pieces)
    shares[0] = pad
    found: Float32Array = shares
    return found


def _classifier(
    upper: tuple[Any, ...],
    columns: IndexArray,
    *,
    units: slice = slice(None),
    reads: BoolArray | None = None,
) -> Classifier:
    """Return what scores the actions of some columns by some hidden units, where they `reads`."""
    places = None
    if reads is not None:
        places = np.flatnonzero(reads[columns])
        columns = columns[places]
    weights, bias = (part[columns] for part in upper)
    return Classifier(columns, (np.ascontiguousarray(weights[:, units].T), bias), places)
