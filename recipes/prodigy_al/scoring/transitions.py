"""The scores of all steps that spaCy's entity recogniser can take over a batch of docs, as tables.

The recogniser reads tokens from left to right and takes one action a token: O (outside), U-X (an
entity X of one token), B-X (begin X), I-X (inside), L-X (last token). What the model sees of a
state is a handful of token positions: the current token, the first token of the open entity, the
token before the current one (or, with ``extra_state_tokens``, the first five tokens of the open
entity). It sees neither the label of the open entity nor anything that came before it. So a state
is either *closed* at token i or *open* at token i since token s, and the scores of all states fit
in two tables: this is what makes exact marginals possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
Scores = NDArray[np.float32]


class TransitionTable:
    """Scores of the states of one batch. Tokens are counted through the batch, 0 to `n_tokens`-1.

    Attributes
        labels: the entity labels, sorted; all label axes below are in this order
        outside, begin, unit: columns of `closed_scores` (one; one a label; one a label)
        bounds: (n_docs + 1,) first token of each doc, then the end of the last one
        must_close: (n_tokens,) whether an entity cannot go on after this token
        prefers_last: (n_labels,) whether L-X wins a tie against I-X
    """

    def __init__(self, ner: Any, docs: Sequence[Doc]) -> None:
        self._read_actions(ner)
        self._read_tokens(docs)
        self._read_model(ner.model, docs)

    def _read_actions(self, ner: Any) -> None:
        classes = {ner.moves.get_class_name(i): i for i in range(ner.moves.n_moves)}
        # spaCy keeps one unit action without a label, for blocked spans; fresh docs have none
        self.labels = tuple(sorted(name[2:] for name in classes if name[:2] == "B-" and name[2:]))

        def of(action: str) -> IntArray:
            return np.array([classes[f"{action}-{label}"] for label in self.labels], dtype=np.intp)

        begin, unit = of("B"), of("U")
        self._inside, self._last = of("I"), of("L")
        self.prefers_last: BoolArray = self._last < self._inside
        # the columns keep the order of the classes: the first of equal scores wins a greedy step
        self._closed = np.sort(np.concatenate([[classes["O"]], begin, unit]))
        self.outside = int(np.searchsorted(self._closed, classes["O"]))
        self.begin = np.searchsorted(self._closed, begin)
        self.unit = np.searchsorted(self._closed, unit)
        unseen = np.isin(self._closed, sorted(ner.model.attrs["unseen_classes"]))
        self._untrained = np.flatnonzero(unseen)

    def _read_tokens(self, docs: Sequence[Doc]) -> None:
        lengths = np.array([len(doc) for doc in docs], dtype=np.intp)
        self.bounds: IntArray = np.concatenate([[0], np.cumsum(lengths)])
        self.n_tokens = int(self.bounds[-1])
        rows = [doc.to_array(["IS_SPACE", "SENT_START"]) for doc in docs if len(doc)]
        space, sentence_start = np.concatenate(rows).astype(np.int64).T
        self._is_space = space == 1
        # an entity neither leaves its doc nor crosses into a sentence that is marked as such
        self.must_close: BoolArray = np.append(sentence_start[1:] == 1, True)
        self.must_close[self.bounds[1:][lengths > 0] - 1] = True

    def _read_model(self, model: Any, docs: Sequence[Doc]) -> None:
        lower, to_numpy = model.get_ref("lower"), model.ops.to_numpy
        vectors = model.get_ref("tok2vec").predict(docs)
        # (1 + n_tokens, features, hidden, pieces): each token's share in each role; row 0: no token
        self._shares: Scores = to_numpy(lower.predict(vectors))
        self._bias: Scores = to_numpy(lower.get_param("b"))
        self._upper: tuple[Scores, Scores] | None = None
        if model.attrs["has_upper"]:
            upper = model.get_ref("upper")
            self._upper = to_numpy(upper.get_param("W")), to_numpy(upper.get_param("b"))

    def closed_scores(self) -> Scores:
        """(n_tokens, 1 + 2 n_labels): the scores of O, B-X and U-X with no entity open.

        -inf where the action is not allowed: no entity begins on white space, none of several
        tokens where it must close, and none with a label that the model was never trained on.
        """
        nobody = self._shares[0, 1:].sum(axis=0) + self._bias
        scores = self._classify(self._shares[1:, 0] + nobody, self._closed)
        scores[np.ix_(self._is_space, self.unit)] = -np.inf
        scores[np.ix_(self._is_space | self.must_close, self.begin)] = -np.inf
        scores[:, self._untrained] = -np.inf
        return scores

    def open_scores(self, starts: IntArray, tokens: IntArray) -> tuple[Scores, Scores]:
        """The scores of I-X and of L-X at `tokens` in entities open since `starts`.

        Both (n, n_labels). I-X is not allowed where the token must close; the caller knows.
        """
        hidden = self._shares[1 + tokens, 0] + self._bias
        for role in range(1, self._shares.shape[1]):
            hidden += self._shares[1 + self._seen(role, starts, tokens), role]
        scores = self._classify(hidden, np.concatenate([self._inside, self._last]))
        return scores[:, : len(self.labels)], scores[:, len(self.labels) :]

    def _seen(self, role: int, starts: IntArray, tokens: IntArray) -> IntArray:
        """The token that an open state shows in this role, -1 for none."""
        if self._shares.shape[1] == 3:
            return starts if role == 1 else tokens - 1
        nth = starts + role - 1
        return np.where(nth < tokens, nth, -1)

    def _classify(self, hidden: Scores, classes: IntArray) -> Scores:
        # far faster than a maximum over an axis of two or three
        pooled: Scores = reduce(np.maximum, np.moveaxis(hidden, -1, 0))
        if self._upper is None:
            return pooled[:, classes]
        weights, bias = self._upper
        scores: Scores = pooled @ weights[classes].T + bias[classes]
        return scores
