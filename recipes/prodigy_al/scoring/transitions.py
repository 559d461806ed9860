"""The scores of all states that spaCy's entity recogniser can reach in a batch of docs, as tables.

What a state shows the model, and so why tables hold all of them: see `prodigy_al.ner.states`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from spacy.tokens import Doc

from prodigy_al.arrays import BoolArray, Float32Array, IndexArray
from prodigy_al.ner.actions import Actions
from prodigy_al.ner.states import TokenConstraints, seen_tokens

# Hidden layers that are worked on at once, in floats: a megabyte, which stays in a core's cache.
BLOCK = 2**18


class TransitionTable:
    """Scores of the states of one batch. Tokens are counted through the batch, 0 to `n_tokens`-1.

    Attributes
        actions: `closed` are the columns of `closed_scores`, `labels` those of every label axis
        bounds: (n_docs + 1,) first token of each doc, then the end of the last one
        must_close: (n_tokens,) whether an entity cannot go on after this token
        prefers_last: (n_labels,) whether L-X wins a tie against I-X
    """

    def __init__(self, ner: Any, docs: Sequence[Doc]) -> None:
        # the first of equal scores wins a greedy step, so the columns keep the model's order
        self.actions = Actions.of(ner, by_column=True)
        self.prefers_last: BoolArray = self.actions.last < self.actions.inside
        lengths = np.array([len(doc) for doc in docs], dtype=np.intp)
        self.bounds: IndexArray = np.concatenate([[0], np.cumsum(lengths)])
        self.n_tokens = int(self.bounds[-1])
        constraints = TokenConstraints.of(docs)
        self.must_close = constraints.must_close
        unseen = np.isin(self.actions.closed, sorted(ner.model.attrs["unseen_classes"]))
        self._allowed = constraints.allow_closed(self.actions) & ~unseen
        self._read_model(ner.model, docs)

    def _read_model(self, model: Any, docs: Sequence[Doc]) -> None:
        lower, to_numpy = model.get_ref("lower"), model.ops.to_numpy
        vectors = model.get_ref("tok2vec").predict(docs)
        self._vectors = np.asarray(to_numpy(vectors), dtype=np.float32)
        # (1 + n_tokens, features, hidden, pieces): each token's share in the hidden layer for each
        # position that it can be shown in; row 0 is the share of no token, so token i has row 1 + i
        self._shares: Float32Array = to_numpy(lower.predict(vectors))
        self._bias: Float32Array = to_numpy(lower.get_param("b"))
        upper = model.get_ref("upper") if model.attrs["has_upper"] else None
        inside, last = self.actions.inside, self.actions.last
        # I-X and L-X of all labels at once: a state does not say which label is open
        self._closed = _Classifier.of(upper, self.actions.closed, to_numpy)
        self._open = _Classifier.of(upper, np.concatenate([inside, last]), to_numpy)

    def mean_vectors(self) -> Float32Array:
        """Return (n_docs, width): the mean of each doc's token vectors, 0 for one without tokens.

        They are those that the model computes once per token, before it knows any state.
        """
        sums = np.zeros((len(self.bounds) - 1, self._vectors.shape[1]), dtype=np.float32)
        lengths = np.diff(self.bounds)
        np.add.at(sums, np.repeat(np.arange(len(sums)), lengths), self._vectors)
        return np.asarray(sums / np.maximum(lengths, 1)[:, None], dtype=np.float32)

    @cached_property
    def closed_scores(self) -> Float32Array:
        """The scores (n_tokens, 1 + 2 n_labels) of O, B-X and U-X with no entity open.

        -inf where the action is not allowed: no entity begins on white space, none of several
        tokens where it must close, and none with a label that the model was never trained on.
        """
        # only the current token differs between closed states: all else is added up once
        rest = self._shares[0, 1:].sum(axis=0) + self._bias
        scores = np.empty(self._allowed.shape, dtype=np.float32)
        for rows in self._blocks(self.n_tokens):
            scores[rows] = self._closed.score(self._shares[1:][rows, 0] + rest)
        scores[~self._allowed] = -np.inf
        return scores

    def open_scores(
        self, starts: IndexArray, tokens: IndexArray
    ) -> tuple[Float32Array, Float32Array]:
        """Return the scores of I-X and of L-X at `tokens` in entities open since `starts`.

        Both (n, n_labels). I-X is not allowed where the token must close; the caller knows.
        """
        n_labels = len(self.actions.labels)
        scores = np.empty((len(starts), 2 * n_labels), dtype=np.float32)
        for rows in self._blocks(len(starts)):
            scores[rows] = self._open.score(self._hidden(starts[rows], tokens[rows]))
        return scores[:, :n_labels], scores[:, n_labels:]

    def _hidden(self, starts: IndexArray, tokens: IndexArray) -> Float32Array:
        """Return (n, hidden, pieces) of open states."""
        features = self._shares.shape[1]
        if features == 3:
            hidden: Float32Array = self._without_start[tokens]
            hidden += self._shares[1 + starts, 1]
            return hidden
        seen = seen_tokens(tokens, starts, features)
        hidden = self._shares[1 + tokens, 0] + self._bias
        for position in range(1, features):
            hidden += self._shares[1 + seen[:, position], position]
        return hidden

    @cached_property
    def _without_start(self) -> Float32Array:
        """The hidden layer (n_tokens, hidden, pieces) of open states but for the entity's start.

        The current token and the one before it are the same whichever token the entity began with.
        """
        hidden: Float32Array = self._shares[1:, 0] + self._bias
        hidden += self._shares[:-1, 2]  # no entity is open before the first token of a doc
        return hidden

    def _blocks(self, n: int) -> Iterator[slice]:
        size = max(BLOCK // self._bias.size, 1)
        return (slice(low, low + size) for low in range(0, n, size))


class _Classifier:
    """What scores some of the actions by the hidden layer."""

    def __init__(
        self, columns: IndexArray, upper: tuple[Float32Array, Float32Array] | None
    ) -> None:
        self._columns, self._upper = columns, upper

    @classmethod
    def of(cls, upper: Any, columns: IndexArray, to_numpy: Any) -> _Classifier:
        """Read the actions' own columns of the upper layer, None where there is none."""
        if upper is None:
            return cls(columns, None)
        weights, bias = (to_numpy(upper.get_param(name))[columns] for name in ("W", "b"))
        return cls(columns, (np.ascontiguousarray(weights.T), bias))

    def score(self, hidden: Float32Array) -> Float32Array:
        """Return (n, n_columns): the scores that hidden layers (n, hidden, pieces) lead to."""
        # far faster than a maximum over an axis of two or three
        pooled: Float32Array = hidden[..., 0]
        for piece in range(1, hidden.shape[-1]):
            pooled = np.maximum(pooled, hidden[..., piece])
        if self._upper is None:
            return pooled[:, self._columns]
        weights, bias = self._upper
        scores: Float32Array = pooled @ weights
        scores += bias
        return scores
