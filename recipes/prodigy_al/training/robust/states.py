"""The states of spaCy's entity recogniser as rows of scores that can be trained.

The scores of any number of states (`prodigy_al.ner.states`) are one matrix, with one backward pass:
no oracle, and no parse to follow. That is what lets a loss speak about exactly those states that an
answer says something about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from spacy.tokens import Doc

from prodigy_al.arrays import Float32Array, IndexArray
from prodigy_al.ner.states import seen_tokens

STATE_DROPOUT = 0.1
"""Share of hidden units dropped per state, as in spaCy's own training."""


def score_states(
    model: Any, docs: Sequence[Doc], tokens: IndexArray, starts: IndexArray
) -> Float32Array:
    """Return (n, n_actions): the scores of the states at `tokens`, entities open since `starts`.

    Tokens are counted through the docs; a start of `NOTHING_OPEN` marks a closed state.
    """
    step_model = model.predict(docs)
    seen = seen_tokens(tokens, starts, step_model.state2vec.nF).astype(np.int32)
    scores: Float32Array = step_model.state2vec.predict(seen)
    if step_model.vec2scores is not None:
        scores = step_model.vec2scores.predict(scores)
    return scores


def begin_update_states(
    model: Any, docs: Sequence[Doc], tokens: IndexArray, starts: IndexArray, *, drop: float
) -> tuple[Float32Array, Callable[[Float32Array], None]]:
    """Return what `score_states` does, in training, and the function that takes the gradient.

    Gradients add up in the model until its `finish_update`. `drop` 0 turns all dropout off.
    """
    step_model, finish = model.begin_update(docs)
    seen = seen_tokens(tokens, starts, step_model.state2vec.nF).astype(np.int32)
    vectors, backprop_vectors = step_model.state2vec(seen, True)
    kept = model.ops.get_dropout_mask(vectors.shape, STATE_DROPOUT if drop else 0.0)
    scores, backprop_scores = vectors * kept, None
    if step_model.vec2scores is not None:
        scores, backprop_scores = step_model.vec2scores(scores, True)

    def backprop(gradient: Float32Array) -> None:
        by_vectors = gradient if backprop_scores is None else backprop_scores(gradient)
        step_model.backprop_step(seen, by_vectors * kept, backprop_vectors)
        finish(None)

    return scores, backprop
