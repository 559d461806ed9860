"""Two recognisers merged into one ordinary ``ner``, which needs nothing of this package.

The merged network holds both side by side: the token vectors of both are concatenated, the hidden
layers are block-diagonal, and each action's score reads one half. So it scores the asked labels as
the student does and everything else as the base does, to rounding.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.arrays import Float32Array
from prodigy_al.ner.actions import Actions
from prodigy_al.ner.pipelines import NER, find_ner, has_ner, open_pipeline, stand_alone

_NOT_SETTINGS = ("factory", "source", "component")


def merge(base: str, student: Any, asked: Iterable[str]) -> Language:
    """Return the pipeline `base` with a ``ner`` that takes `asked` labels from the student.

    `student` is a recogniser of the base's architecture that knows the base's labels and may know
    more; both are left as they are. A base without ``ner`` is given the student's, with score 0
    for O, against which it was trained.
    """
    nlp = open_pipeline(base)
    if not has_ner(nlp):
        merged: Any = nlp.add_pipe(NER)
        _ready(merged, student)
        merged.model.from_bytes(student.model.to_bytes())
        _forget_outside(merged)
        return nlp
    stand_alone(nlp)
    frozen = find_ner(nlp)
    merged = nlp.replace_pipe(NER, "ner", config=_side_by_side(nlp.get_pipe_config(NER)))
    _ready(merged, student)
    _copy_token_vectors(frozen.model, student.model, merged.model)
    _copy_states(frozen.model, student.model, merged.model)
    _copy_scores(frozen, student, merged, frozenset(asked))
    return nlp


def _ready(merged: Any, student: Any) -> None:
    """Give a new recogniser the student's actions, in the same order, and weights to overwrite."""
    # everything but the weights, which the caller fills in
    merged.from_bytes(student.to_bytes(exclude=["model", "vocab"]), exclude=["model", "vocab"])
    merged.set_output(merged.moves.n_moves)
    # spaCy draws hidden weights at length unless there are some, and all are overwritten anyway
    lower = merged.model.get_ref("lower")
    shape = tuple(lower.get_dim(name) for name in ("nF", "nO", "nP", "nI"))
    lower.set_param("W", lower.ops.alloc(shape) + 1)
    lower.set_param("b", lower.ops.alloc(shape[1:3]))
    lower.set_param("pad", lower.ops.alloc((1, *shape[:3])))
    merged.model.initialize([Doc(merged.vocab, words=["word"])])
    merged.model.attrs["unseen_classes"] = set()


def _forget_outside(ner: Any) -> None:
    """Set the score of O to 0, whatever the state."""
    upper = ner.model.get_ref("upper")
    actions = Actions.of(ner)
    outside = actions.closed[actions.outside]
    for name in ("W", "b"):
        weights = upper.get_param(name).copy()
        weights[outside] = 0.0
        upper.set_param(name, weights)


def _side_by_side(config: dict[str, Any]) -> dict[str, Any]:
    """Return the component's config, twice as wide."""
    wide = deepcopy({key: value for key, value in config.items() if key not in _NOT_SETTINGS})
    tok2vec = wide["model"]["tok2vec"]
    wide["model"]["hidden_width"] *= 2
    wide["model"]["tok2vec"] = {
        "@layers": "concatenate.v1",
        "*": {"base": tok2vec, "asked": deepcopy(tok2vec)},
    }
    return wide


def _copy_token_vectors(base: Any, student: Any, merged: Any) -> None:
    both, _, reduce = merged.get_ref("tok2vec").layers
    parts = [model.get_ref("tok2vec").layers for model in (base, student)]
    # each network's token vectors end in a linear layer to its hidden layer's inputs
    for half, (vectors, *_) in zip(both.layers, parts, strict=True):
        half.from_bytes(vectors.to_bytes())
    first, second = (layers[-1].get_param("W") for layers in parts)
    outputs, inputs = first.shape
    weights = np.zeros_like(reduce.get_param("W"))
    weights[:outputs, :inputs], weights[outputs:, inputs:] = first, second
    _set(reduce, "W", weights)
    _set(reduce, "b", np.concatenate([layers[-1].get_param("b") for layers in parts]))


def _copy_states(base: Any, student: Any, merged: Any) -> None:
    """Copy the hidden layer (features, hidden, pieces, inputs), one block per network."""
    lower = [model.get_ref("lower") for model in (base, student)]
    target = merged.get_ref("lower")
    # off the blocks 0: neither network's hidden units read the other's inputs
    weights = np.zeros_like(target.get_param("W"))
    hidden, inputs = lower[0].get_dim("nO"), lower[0].get_dim("nI")
    weights[:, :hidden, :, :inputs] = lower[0].get_param("W")
    weights[:, hidden:, :, inputs:] = lower[1].get_param("W")
    _set(target, "W", weights)
    _set(target, "b", np.concatenate([layer.get_param("b") for layer in lower]))
    _set(target, "pad", np.concatenate([layer.get_param("pad") for layer in lower], axis=2))


def _copy_scores(base: Any, student: Any, merged: Any, asked: frozenset[str]) -> None:
    """Copy each action's weights, from the student for the asked labels, else from the base."""
    ours, theirs = student.model.get_ref("upper"), base.model.get_ref("upper")
    hidden = ours.get_dim("nI")
    upper = merged.model.get_ref("upper")
    weights, bias = (np.zeros_like(upper.get_param(name)) for name in ("W", "b"))
    # the student may have more actions than the base, and so other columns for the same ones
    place = {base.moves.get_class_name(i): i for i in range(base.moves.n_moves)}
    for i in range(merged.moves.n_moves):
        name = merged.moves.get_class_name(i)
        if name[2:] in asked:
            weights[i, hidden:] = ours.get_param("W")[i]
            bias[i] = ours.get_param("b")[i]
        else:
            weights[i, :hidden] = theirs.get_param("W")[place[name]]
            bias[i] = theirs.get_param("b")[place[name]]
    _set(upper, "W", weights)
    _set(upper, "b", bias)


def _set(layer: Any, name: str, values: Float32Array) -> None:
    layer.set_param(name, layer.ops.asarray(values))
