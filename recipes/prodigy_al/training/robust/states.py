"""The states of spaCy's entity recogniser as rows of scores that can be trained.

The recogniser sees of a state only a few token positions, so a state is either *closed* at token i
or *open* at token i since token s (see `prodigy_al.scoring.transitions`). The scores of any number
of states are one matrix, with one backward pass: no oracle, and no parse to follow. That is what
lets a loss speak about exactly those states that an answer says something about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
Floats = NDArray[np.float32]

NOTHING_OPEN = -1
"""The start of an open entity, where there is none."""

STATE_DROPOUT = 0.1
"""Share of hidden units dropped per state, as in spaCy's own training."""


@dataclass(frozen=True)
class Actions:
    """Which column of a recogniser's scores is which action, for `labels` in sorted order.

    `closed` (1 + 2 n_labels,) are the columns of O, of all B-X and of all U-X; `inside` and `last`
    (n_labels,) those of I-X and L-X.
    """

    labels: tuple[str, ...]
    closed: IntArray
    inside: IntArray
    last: IntArray

    @classmethod
    def of(cls, ner: Any) -> Actions:
        """Read them from a recogniser."""
        column = {ner.moves.get_class_name(i): i for i in range(ner.moves.n_moves)}
        labels = tuple(sorted(ner.labels))

        def columns(action: str) -> list[int]:
            return [column[f"{action}-{label}"] for label in labels]

        closed = np.array([column["O"], *columns("B"), *columns("U")], dtype=np.intp)
        inside, last = (np.array(columns(action), dtype=np.intp) for action in "IL")
        return cls(labels, closed, inside, last)

    def starts(self, labels: Sequence[str]) -> IntArray:
        """Places in `closed` of the actions that start an entity of these labels."""
        places = np.array([self.labels.index(label) for label in labels], dtype=np.intp)
        return np.concatenate([1 + places, 1 + len(self.labels) + places])

    def start(self, label: int, length: int) -> int:
        """Place in `closed` of the action that starts an entity of this label and length."""
        return 1 + label + (len(self.labels) if length == 1 else 0)


def closed_actions_allowed(doc: Doc, actions: Actions) -> BoolArray:
    """(n_tokens, 1 + 2 n_labels): whether spaCy allows the closed actions at each token.

    No entity begins on white space, and none of several tokens at the end of a sentence.
    """
    space, sentence_start = doc.to_array(["IS_SPACE", "SENT_START"]).astype(np.int64).T
    must_close = np.append(sentence_start[1:] == 1, True)
    allowed = np.ones((len(doc), len(actions.closed)), dtype=np.bool_)
    n = len(actions.labels)
    allowed[space == 1, 1:] = False
    allowed[must_close, 1 : 1 + n] = False
    return allowed


def score_states(model: Any, docs: Sequence[Doc], tokens: IntArray, starts: IntArray) -> Floats:
    """(n, n_actions): the scores of the states at `tokens` with entities open since `starts`.

    Tokens are counted through the docs; `NOTHING_OPEN` marks closed states.
    """
    step_model = model.predict(docs)
    scores: Floats = step_model.state2vec.predict(_seen(step_model, tokens, starts))
    if step_model.vec2scores is not None:
        scores = step_model.vec2scores.predict(scores)
    return scores


def begin_update_states(
    model: Any, docs: Sequence[Doc], tokens: IntArray, starts: IntArray, *, drop: float
) -> tuple[Floats, Callable[[Floats], None]]:
    """The same for training: the scores, and the function that takes their gradient.

    Gradients add up in the model until its `finish_update`. `drop` 0 turns all dropout off.
    """
    step_model, finish = model.begin_update(docs)
    seen = _seen(step_model, tokens, starts)
    vectors, backprop_vectors = step_model.state2vec(seen, True)
    kept = model.ops.get_dropout_mask(vectors.shape, STATE_DROPOUT if drop else 0.0)
    scores, backprop_scores = vectors * kept, _unchanged
    if step_model.vec2scores is not None:
        scores, backprop_scores = step_model.vec2scores(scores, True)

    def backprop(gradient: Floats) -> None:
        step_model.backprop_step(seen, backprop_scores(gradient) * kept, backprop_vectors)
        finish(None)

    return scores, backprop


def _unchanged(gradient: Floats) -> Floats:
    return gradient


def _seen(step_model: Any, tokens: IntArray, starts: IntArray) -> NDArray[np.int32]:
    """(n, features): the tokens that the model sees of each state, -1 for none."""
    seen = np.full((len(tokens), step_model.state2vec.nF), -1, dtype=np.int32)
    seen[:, 0] = tokens
    is_open = starts != NOTHING_OPEN
    if seen.shape[1] == 3:
        seen[is_open, 1], seen[is_open, 2] = starts[is_open], tokens[is_open] - 1
        return seen
    for nth in range(seen.shape[1] - 1):  # with `extra_state_tokens`: the entity's first five
        shown = is_open & (starts + nth < tokens)
        seen[shown, 1 + nth] = starts[shown] + nth
    return seen
