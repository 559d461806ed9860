"""The losses of partly annotated text against slow references and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span

from prodigy_al.ner.actions import Actions
from prodigy_al.ner.pipelines import find_ner, load_pipeline
from prodigy_al.ner.probabilities import masked_softmax
from prodigy_al.ner.states import NOTHING_OPEN
from prodigy_al.training.policies import INCORRECT_SPANS_KEY
from prodigy_al.training.robust.batches import IMITATION, Batch
from prodigy_al.training.robust.losses import (
    LARGEST_REJECT_FACTOR,
    NO_START,
    UNKNOWN,
    closing_loss,
    imitation_loss,
    reject_loss,
    start_loss,
)
from prodigy_al.training.robust.states import begin_update_states, score_states
from prodigy_al.training.robust.targets import read_targets

STEP = 1e-5


def slope(function, at):
    """The gradient by central differences."""
    found = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[place] += STEP
        down[place] -= STEP
        found[place] = (function(up) - function(down)) / (2 * STEP)
    return found


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="module")
def loaded(base):
    return load_pipeline(base)


@pytest.fixture(scope="module")
def actions(loaded):
    return Actions.of(find_ner(loaded))


def reference(words, *, ents=(), default="missing", rejected=()):
    doc = Doc(spacy.blank("en").vocab, words=words.split())
    doc.set_ents([Span(doc, *span) for span in ents], default=default)
    doc.spans[INCORRECT_SPANS_KEY] = [Span(doc, *span) for span in rejected]
    return doc


# Gradients


def test_the_gradient_of_starts_is_the_slope_of_their_loss_at_the_asked_actions(rng):
    scores, starts = rng.normal(size=(6, 5)), np.array([1, 3])
    allowed = np.ones((6, 5), dtype=bool)
    allowed[2, 4] = allowed[5, 2] = False
    target = np.array([1, 3, NO_START, NO_START, 1, NO_START])
    _, gradient = start_loss(scores, allowed, starts, target)
    expected = slope(lambda z: start_loss(z, allowed, starts, target)[0], scores)
    np.testing.assert_allclose(gradient[:, starts], expected[:, starts], atol=1e-7)
    assert not gradient[:, [0, 2, 4]].any()


def test_nothing_is_learnt_where_nothing_is_known(rng):
    loss, gradient = start_loss(
        rng.normal(size=(3, 4)), np.ones((3, 4), bool), np.array([1]), np.full(3, UNKNOWN)
    )
    assert loss == 0
    assert not gradient.any()


def test_the_gradient_of_imitation_is_the_slope_of_its_loss(rng):
    scores, model = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    allowed = np.array([[True, True, True], [True, False, True]] * 2)
    _, gradient = imitation_loss(scores, model, allowed)
    expected = slope(lambda z: imitation_loss(z, model, allowed)[0], scores)
    np.testing.assert_allclose(gradient, expected, atol=1e-7)


def test_the_gradient_of_closing_is_the_slope_of_its_loss(rng):
    lead, target = rng.normal(size=5), np.array([0, 1, 0.3, 0.8, 1])
    _, gradient = closing_loss(lead, target)
    expected = slope(lambda x: closing_loss(x, target)[0], lead)
    np.testing.assert_allclose(gradient, expected, atol=1e-7)


def test_the_gradients_of_rejecting_are_the_slopes_of_its_loss():
    start_log_p = np.log([0.5, 0.3, 0.2])
    lead, of = np.array([0.4, -0.2, 0.1]), np.array([0, 0, 2])
    closes = np.array([False, True, False])
    _, by_start, by_lead = reject_loss(start_log_p, lead, of, closes)
    np.testing.assert_allclose(
        by_start, slope(lambda x: reject_loss(x, lead, of, closes)[0], start_log_p), atol=1e-7
    )
    np.testing.assert_allclose(
        by_lead, slope(lambda x: reject_loss(start_log_p, x, of, closes)[0], lead), atol=1e-7
    )


@pytest.mark.parametrize("p", [0.9, 0.99, 1.0])
def test_an_absurd_rejected_span_pulls_no_harder_than_the_cap(p):
    loss, by_start, _ = reject_loss(
        np.log([p]), np.zeros(0), np.zeros(0, dtype=int), np.zeros(0, dtype=bool)
    )
    assert np.isfinite(loss)
    assert by_start.tolist() == [LARGEST_REJECT_FACTOR]


# What a reference says


def test_full_answers_know_every_token(loaded, actions):
    doc = reference("Zed Corvax Group fell", ents=[(1, 3, "ORG")], default="outside")
    text = read_targets(doc, loaded, actions, ["ORG"])
    begins = actions.start(actions.labels.index("ORG"), 2)
    assert text.target.tolist()[:2] == [NO_START, begins]
    assert text.target.tolist()[3] == NO_START
    assert text.reached.tolist() == [True, True, False, True]
    assert text.known.tokens.tolist() == [2]
    assert text.known.closing.tolist() == [1.0]
    assert len(text.rejected) == 0


def test_an_accepted_span_says_that_nothing_runs_into_it_and_no_more(loaded, actions):
    doc = reference("Zed Corvax Group fell", ents=[(1, 3, "ORG")])
    text = read_targets(doc, loaded, actions, ["ORG"])
    org = actions.labels.index("ORG")
    assert text.target[[0, 3]].tolist() == [UNKNOWN, UNKNOWN]
    assert text.rejected.tolist() == [[0, 1, org, 0]]


def test_a_rejected_span_says_that_it_is_none_and_no_more(loaded, actions):
    doc = reference("Zed Corvax Group fell", rejected=[(1, 3, "ORG")])
    text = read_targets(doc, loaded, actions, ["ORG"])
    assert set(text.target.tolist()) == {UNKNOWN}
    assert text.rejected.tolist() == [[1, 3, actions.labels.index("ORG"), 1]]
    assert len(text.known.tokens) == 0


def test_what_the_base_finds_is_imitated_unless_an_answer_conflicts(loaded, actions):
    words, firm = "Shares of Corvax Group fell", (2, 4, "ORG")
    kept = read_targets(reference(words), loaded, actions, ["PERSON"])
    assert (kept.imitated.tokens.tolist(), kept.imitated.starts.tolist()) == ([3], [2])
    assert not kept.reached[3]
    asked = read_targets(reference(words, ents=[firm]), loaded, actions, ["ORG"])
    assert len(asked.imitated.tokens) == 0
    other = reference(words, ents=[(3, 4, "PERSON")])
    conflict = read_targets(other, loaded, actions, ["PERSON"])
    assert len(conflict.imitated.tokens) == 0
    assert conflict.reached.all()


def test_no_entity_starts_on_white_space_or_goes_on_at_the_end(loaded, actions):
    doc = Doc(loaded.vocab, words=["Corvax", "\n", "fell"])
    text = read_targets(doc, loaded, actions, ["ORG"])
    n = len(actions.labels)
    assert text.allowed[0].all()
    assert not text.allowed[1, 1:].any()
    assert not text.allowed[2, 1 : 1 + n].any()
    assert text.allowed[2, 1 + n :].all()
    assert text.allowed[:, 0].all()


# The batch


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


def test_a_batch_loses_what_the_definition_says_state_by_state(loaded, actions):
    ner = find_ner(loaded)
    names = [ner.moves.get_class_name(i) for i in range(ner.moves.n_moves)]
    references = [
        reference("Shares of Corvax Group fell after Mara left .", ents=[(2, 4, "ORG")]),
        reference("Mara joined Avelor in spring .", default="outside", ents=[(2, 3, "ORG")]),
        reference("Tevin joined Brintec Group", rejected=[(0, 1, "ORG"), (2, 4, "ORG")]),
    ]
    texts = [read_targets(doc, loaded, actions, ["ORG"]) for doc in references]
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


def test_answers_about_one_label_give_no_gradient_to_what_ships_of_another(loaded, actions):
    doc = reference("Tevin joined Brintec Group", rejected=[(2, 4, "ORG")])
    text = read_targets(doc, loaded, actions, ["ORG"])
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


def test_the_weights_gradient_is_the_slope_of_the_loss(base, actions):
    nlp = load_pipeline(base)
    model = find_ner(nlp).model
    doc = reference("Shares of Corvax Group fell after Mara left .", ents=[(2, 4, "ORG")])
    text = read_targets(doc, nlp, actions, ["ORG"])
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
