"""The scores of all states that spaCy's entity recogniser can reach in a batch of docs, as tables.

What a state shows the model, and so why tables hold all of them: see `prodigy_al.ner.states`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
from spacy.tokens import Doc

from prodigy_al.arrays import BoolArray, Float32Array, IndexArray
from prodigy_al.ner.actions import Actions
from prodigy_al.ner.states import TokenConstraints
from prodigy_al.scoring.networks import read_networks
from prodigy_al.scoring.token_vectors import token_vectors


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
        self._model: Any = ner.model
        self._read_vectors(token_vectors(ner.model.get_ref("tok2vec"), docs))

    def _read_vectors(self, vectors: Any) -> None:
        self._given = vectors  # where the model computes
        self._vectors = np.asarray(self._model.ops.to_numpy(vectors), dtype=np.float32)
        self._networks = read_networks(self._model, vectors, self.actions)

    @property
    def width(self) -> int:
        """The number of numbers in a token vector."""
        return int(self._vectors.shape[1])

    def multiplied(self, factors: Float32Array) -> TransitionTable:
        """Return the scores of the same states, had all token vectors been multiplied so.

        `factors`: (width,).
        """
        other = copy(self)
        vars(other).pop("closed_scores", None)
        other._read_vectors(self._given * self._model.ops.asarray(factors))
        return other

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
        scores = np.empty(self._allowed.shape, dtype=np.float32)
        for network in self._networks:
            network.score_closed(scores)
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
        for network in self._networks:
            network.score_open(starts, tokens, scores)
        return scores[:, :n_labels], scores[:, n_labels:]
