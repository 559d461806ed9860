"""What a reference doc says about the states of the recogniser, and what it leaves open.

A token is a known part of an entity, known to be outside, or unknown (spaCy's ``ent_iob`` 3 and 1,
2, 0); spans may be known not to be entities. `read_targets` turns this into targets for states,
next to what the frozen base predicts for the same text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from prodigy_al.ner.actions import Actions
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import find_ner
from prodigy_al.ner.probabilities import sigmoid
from prodigy_al.ner.states import NOTHING_OPEN, TokenConstraints
from prodigy_al.training.policies import INCORRECT_SPANS_KEY
from prodigy_al.training.robust.losses import NO_START, UNKNOWN
from prodigy_al.training.robust.states import score_states

LONGEST_CROSSING = 4
"""How many tokens before a known entity one that runs into it may start to be trained against."""

Entity = tuple[int, int, str]
"""First token, last token + 1, label."""


@dataclass(frozen=True)
class BasePrediction:
    """What the base says about one text.

    scores: (n_tokens, n_closed) of closed states, 0 for labels that the base does not know;
    entities: of labels that are not asked, as the base predicts them; closing: for each of these
    (length - 1,) the probability of ending at its second token, its third, ...
    """

    scores: Float32Array
    entities: tuple[Entity, ...]
    closing: tuple[FloatArray, ...]


@dataclass(frozen=True)
class OpenStates:
    """n states with an entity open: tokens, starts, labels (indices) and P(it ends here) wanted."""

    tokens: IndexArray
    starts: IndexArray
    labels: IndexArray
    closing: FloatArray


@dataclass(frozen=True)
class StateTargets:
    """What is known about the states of one text. Tokens count from 0; n are those it has.

    base: (n, n_closed) the base's scores; allowed: (n, n_closed)
    target: (n,) of the closed state at each token: a place in `Actions.closed`, `NO_START`,
    `UNKNOWN`; reached: (n,) whether a parse that agrees with what is known comes to that state
    known, imitated: open states of known entities, and of the base's where they do not conflict
    rejected: (k, 4) first token, end and label (index) of what is known not to be an entity, and
    whether that is an entity that ends there (1) or one that goes on (0)
    """

    doc: Doc
    base: Float32Array
    allowed: BoolArray
    target: IndexArray
    reached: BoolArray
    known: OpenStates
    imitated: OpenStates
    rejected: IndexArray


def read_targets(
    references: Sequence[Doc], base: Language, actions: Actions, asked: Sequence[str]
) -> list[StateTargets]:
    """Return what references say about the `asked` labels, with the predictions of `base`.

    `actions` are those of the student, which knows the base's labels and the asked ones.
    """
    docs = [_copy(reference, base) for reference in references]
    predictions = _predict(base, docs, actions, asked) if docs else []
    return [
        _targets(reference, doc, predicted, actions, asked)
        for reference, doc, predicted in zip(references, docs, predictions, strict=True)
    ]


def _copy(reference: Doc, base: Language) -> Doc:
    words, spaces = [t.text for t in reference], [bool(t.whitespace_) for t in reference]
    return Doc(base.vocab, words=words, spaces=spaces)


def _targets(
    reference: Doc, doc: Doc, predicted: BasePrediction, actions: Actions, asked: Sequence[str]
) -> StateTargets:
    known = [(e.start, e.end, e.label_) for e in reference.ents if e.label_ in asked]
    # where an answer and the base's entity overlap, the answer is right
    kept = [
        (entity, closing)
        for entity, closing in zip(predicted.entities, predicted.closing, strict=True)
        if not any(entity[0] < end and start < entity[1] for start, end, _ in known)
    ]
    target = np.full(len(doc), UNKNOWN)
    target[[token.ent_iob == 2 for token in reference]] = NO_START
    for start, end, label in known:
        target[start] = actions.start(actions.labels.index(label), end - start)
    # inside an entity the parse is in an open state: the closed one there is never scored
    reached = np.ones(len(doc), dtype=np.bool_)
    for start, end, _ in [*known, *(entity for entity, _ in kept)]:
        reached[start + 1 : end] = False
    asked_index = {label: actions.labels.index(label) for label in asked}
    return StateTargets(
        doc=doc,
        base=predicted.scores,
        allowed=TokenConstraints.of([doc]).allow_closed(actions),
        target=target,
        reached=reached,
        known=_open_states([(entity, _ends(entity)) for entity in known], actions),
        imitated=_open_states(kept, actions),
        rejected=_rejected(reference, known, target == UNKNOWN, asked_index),
    )


def _rejected(
    reference: Doc, known: Sequence[Entity], unknown: BoolArray, asked: Mapping[str, int]
) -> IndexArray:
    """Return `StateTargets.rejected`; `asked` are the labels and their indices."""
    rejected = [
        (span.start, span.end, asked[span.label_], 1)
        for span in reference.spans.get(INCORRECT_SPANS_KEY, ())
        if span.label_ in asked
    ]
    # where an entity starts, no other may still be open
    rejected += [
        (before, start, label, 0)
        for start, _, _ in known
        for before in range(max(0, start - LONGEST_CROSSING), start)
        for label in asked.values()
        if unknown[before]
    ]
    return np.array(rejected, dtype=np.intp).reshape(-1, 4)


def _predict(
    base: Language, docs: Sequence[Doc], actions: Actions, asked: Sequence[str]
) -> list[BasePrediction]:
    ner = find_ner(base)
    own = Actions.of(ner)
    entities = [
        tuple(entity for entity in found if entity[2] not in asked)
        for found in predict_entities(base, docs)
    ]
    first = np.cumsum([0, *map(len, docs)])
    n = int(first[-1])
    inside = join_states(
        [_open_states([(entity, _ends(entity)) for entity in found], own) for found in entities],
        first[:-1],
    )
    # one pass: all closed states first, then the open ones of the entities
    tokens = np.concatenate([np.arange(n), inside.tokens])
    starts = np.concatenate([np.full(n, NOTHING_OPEN), inside.starts])
    raw = score_states(ner.model, docs, tokens, starts)
    # the base may know fewer labels than the student, whose order of actions counts
    scores = np.zeros((n, len(actions.closed)), dtype=np.float32)
    scores[:, actions.outside] = raw[:n, own.closed[own.outside]]
    scores[:, actions.starts(own.labels)] = raw[:n, own.closed[own.starts(own.labels)]]
    rows = np.arange(n, len(tokens))
    closing = sigmoid(raw[rows, own.last[inside.labels]] - raw[rows, own.inside[inside.labels]])
    lengths = [end - start - 1 for found in entities for start, end, _ in found]
    by_entity = iter(np.split(closing, np.cumsum(lengths)[:-1]) if lengths else ())
    return [
        BasePrediction(own_scores, found, tuple(islice(by_entity, len(found))))
        for own_scores, found in zip(np.split(scores, first[1:-1]), entities, strict=True)
    ]


def join_states(parts: Sequence[OpenStates], first: IndexArray) -> OpenStates:
    """Return the states of all texts, tokens counted through them; `first` tokens of the texts."""
    return OpenStates(
        np.concatenate([part.tokens + a for part, a in zip(parts, first, strict=True)]),
        np.concatenate([part.starts + a for part, a in zip(parts, first, strict=True)]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.closing for part in parts]),
    )


def _ends(entity: Entity) -> FloatArray:
    """Return (length - 1,): 0 at the inner tokens after the first, 1 at the last."""
    length = entity[1] - entity[0]
    return np.eye(1, length, length - 1)[0, 1:]


def _open_states(entities: Sequence[tuple[Entity, FloatArray]], actions: Actions) -> OpenStates:
    """Return the open states of entities, each with its closing probabilities."""
    lengths = [end - start - 1 for (start, end, _), _ in entities]
    tokens = [np.arange(start + 1, end) for (start, end, _), _ in entities]
    starts = [start for (start, _, _), _ in entities]
    labels = [actions.labels.index(label) for (_, _, label), _ in entities]
    # of no entities, an empty array of the right type
    nothing = np.zeros(0, dtype=np.intp)
    return OpenStates(
        np.concatenate([nothing, *tokens]),
        np.repeat(np.array(starts, dtype=np.intp), lengths),
        np.repeat(np.array(labels, dtype=np.intp), lengths),
        np.concatenate([np.zeros(0), *(closing for _, closing in entities)]),
    )
