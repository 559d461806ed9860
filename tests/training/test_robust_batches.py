"""The loss of a batch against its definition state by state, and its gradient."""

from __future__ import annotations

import numpy as np
import pytest

from prodigy_al.ner.pipelines import find_ner, load_pipeline
from prodigy_al.ner.probabilities import masked_softmax
from prodigy_al.ner.states import NOTHING_OPEN
from prodigy_al.training.robust.batches import IMITATION, Batch
from prodigy_al.training.robust.losses import NO_START
from prodigy_al.training.robust.states import begin_update_states, score_states
from prodigy_al.training.robust.targets import read_targets


def slow_loss(text, actions, asked, score):
    """The definition, state by state; `score(token, start)` gives a dict of action scores."""
    closed = [
        "O",
        *(f"B-{label}" for label in actions.labels),
        *(f"U-{label}" for label in actions.labels),
    ]
    wanted = [name[2:] in asked for name in closed]

    def chances(token):
        own = np.array([score(token, NOTHING_OPEN)[name] for name in closed])
        scores = np.where(wanted, own, text.base[token])[None]
        return own, masked_softmax(scores, text.allowed[token][None])[0]

    def ends(token, start, label):
        states = score(token, start)
        return 1 / (1 + np.exp(states[f"I-{label}"] - states[f"L-{label}"]))

    total = 0.0
    for token in np.flatnonzero(text.reached):
        own, p = chances(token)
        target = text.target[token]
        if target >= 0:
            total -= np.log(p[target])
            continue
        if target == NO_START:
            total -= np.log(1 - p[wanted].sum())
        others = ~np.array(wanted)
        allowed = text.allowed[token][others][None]
        q = masked_softmax(own[others][None], allowed)[0]
        model = masked_softmax(text.base[token][others][None], allowed)[0]
        total -= IMITATION * sum(m * np.log(x) for m, x in zip(model, q, strict=True) if m > 0)
    for weight, states in ((1.0, text.known), (IMITATION, text.imitated)):
        for token, start, label, closing in zip(
            states.tokens, states.starts, states.labels, states.closing, strict=True
        ):
            p_end = ends(token, start, actions.labels[label])
            total -= weight * (closing * np.log(p_end) + (1 - closing) * np.log(1 - p_end))
    for start, end, label, ends_there in text.rejected:
        name = actions.labels[label]
        unit = end - start == 1 and ends_there
        p = chances(start)[1][closed.index(f"{'U' if unit else 'B'}-{name}")]
        for token in range(start + 1, end):
            p_end = ends(token, start, name)
            p *= p_end if ends_there and token == end - 1 else 1 - p_end
        total -= np.log(1 - p)
    return total


def test_a_batch_loses_what_the_definition_says_state_by_state(loaded, actions, reference):
    ner = find_ner(loaded)
    names = [ner.moves.get_class_name(i) for i in range(ner.moves.n_moves)]
    references = [
        reference("Shares of Corvax Group fell after Mara left .", ents=[(2, 4, "ORG")]),
        reference("Mara joined Avelor in spring .", default="outside", ents=[(2, 3, "ORG")]),
        reference("Tevin joined Brintec Group", rejected=[(0, 1, "ORG"), (2, 4, "ORG")]),
    ]
    texts = read_targets(references, loaded, actions, ["ORG"])
    batch = Batch(texts, actions, ["ORG"])
    docs = [text.doc for text in texts]
    loss, _ = batch.loss(score_states(ner.model, docs, batch.tokens, batch.starts))

    def score(doc):
        def at(token, start):
            row = score_states(ner.model, [doc], np.array([token]), np.array([start]))[0]
            return dict(zip(names, row.tolist(), strict=True))

        return at

    expected = sum(slow_loss(s, actions, ["ORG"], score(s.doc)) for s in texts)
    assert loss == pytest.approx(expected, rel=1e-5)


def test_answers_about_one_label_give_no_gradient_to_what_ships_of_another(
    loaded, actions, reference
):
    doc = reference("Tevin joined Brintec Group", rejected=[(2, 4, "ORG")])
    (text,) = read_targets([doc], loaded, actions, ["ORG"])
    batch = Batch([text], actions, ["ORG"])
    model = find_ner(loaded).model
    _, gradient = batch.loss(score_states(model, [text.doc], batch.tokens, batch.starts))
    of_org = np.concatenate(
        [
            actions.closed[actions.starts(["ORG"])],
            actions.inside[[actions.labels.index("ORG")]],
            actions.last[[actions.labels.index("ORG")]],
        ]
    )
    # nothing is known of these tokens but for the rejected span's start and its later token
    silent = (batch.tokens < 2) & (batch.starts == NOTHING_OPEN)
    assert not gradient[np.ix_(silent, of_org)].any()
    assert gradient[:, of_org].any()


def test_the_weights_gradient_is_the_slope_of_the_loss(base, actions, reference):
    nlp = load_pipeline(base)
    model = find_ner(nlp).model
    doc = reference("Shares of Corvax Group fell after Mara left .", ents=[(2, 4, "ORG")])
    (text,) = read_targets([doc], nlp, actions, ["ORG"])
    batch = Batch([text], actions, ["ORG"])
    states = [text.doc], batch.tokens, batch.starts

    def loss():
        return batch.loss(score_states(model, *states))[0]

    scores, backprop = begin_update_states(model, *states, drop=0.0)
    backprop(batch.loss(scores)[1])
    # of actions whose frozen competitors lose nothing: those that end a known entity
    upper, last = model.get_ref("upper"), actions.last[actions.labels.index("ORG")]
    gradient = upper.get_grad("b")[last]
    before = upper.get_param("b").copy()
    values = []
    for step in (1e-2, -1e-2):
        moved = before.copy()
        moved[last] += step
        upper.set_param("b", moved)
        values.append(loss())
    upper.set_param("b", before)
    assert gradient == pytest.approx((values[0] - values[1]) / 2e-2, rel=1e-2)
    assert gradient != 0
