"""The scores of all states that spaCy's entity recogniser can reach in a batch of docs, as tables.

What a state shows the model, and so why tables hold all of them: see `prodigy_al.ner.states`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from spacy.tokens import Doc

from prodigy_al.arrays import BoolArray, Float32Array, IndexArray
from prodigy_al.ner.actions import Actions
from prodigy_al.ner.states import TokenConstraints, seen_tokens


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
        self._upper: tuple[Float32Array, Float32Array] | None = None
        if model.attrs["has_upper"]:
            upper = model.get_ref("upper")
            self._upper = to_numpy(upper.get_param("W")), to_numpy(upper.get_param("b"))

    def mean_vectors(self) -> Float32Array:
        """Return (n_docs, width): the mean of each doc's token vectors, 0 for one without tokens.

        They are those that the model computes once per token, before it knows any state.
        """
        sums = np.zeros((len(self.bounds) - 1, self._vectors.shape[1]), dtype=np.float32)
        lengths = np.diff(self.bounds)
        np.add.at(sums, np.repeat(np.arange(len(sums)), lengths), self._vectors)
        return np.asarray(sums / np.maximum(lengths, 1)[:, None], dtype=np.float32)

    def closed_scores(self) -> Float32Array:
        """Return (n_tokens, 1 + 2 n_labels): the scores of O, B-X and U-X with no entity open.

        -inf where the action is not allowed: no entity begins on white space, none of several
        tokens where it must close, and none with a label that the model was never trained on.
        """
        # only the current token differs between closed states: all else is added up once
        rest = self._shares[0, 1:].sum(axis=0) + self._bias
        scores = self._classify(self._shares[1:, 0] + rest, self.actions.closed)
        scores[~self._allowed] = -np.inf
        return scores

    def open_scores(
        self, starts: IndexArray, tokens: IndexArray
    ) -> tuple[Float32Array, Float32Array]:
        """Return the scores of I-X and of L-X at `tokens` in entities open since `starts`.

        Both (n, n_labels). I-X is not allowed where the token must close; the caller knows.
        """
        seen = seen_tokens(tokens, starts, self._shares.shape[1])
        hidden = self._shares[1 + tokens, 0] + self._bias
        for position in range(1, seen.shape[1]):
            hidden += self._shares[1 + seen[:, position], position]
        # I-X and L-X of all labels at once: the state does not say which label is open
        inside, last = self.actions.inside, self.actions.last
        scores = self._classify(hidden, np.concatenate([inside, last]))
        return scores[:, : len(inside)], scores[:, len(inside) :]

    def _classify(self, hidden: Float32Array, columns: IndexArray) -> Float32Array:
        """Return (n, n_columns): the scores that hidden layers (n, hidden, pieces) lead to."""
        # far faster than a maximum over an axis of two or three
        pooled: Float32Array = reduce(np.maximum, np.moveaxis(hidden, -1, 0))
        if self._upper is None:
            return pooled[:, columns]
        weights, bias = self._upper
        scores: Float32Array = pooled @ weights[columns].T + bias[columns]
        return scores
