"""Token entropies, margins and the probability of a parse, against spaCy's states one by one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.ner.pipelines import find_ner
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.steps import GreedySteps

MakeDocs = Callable[..., list[Doc]]


def walked(ner: Any, doc: Doc, temperature: float) -> np.ndarray[Any, Any]:
    """Walk with spaCy: (3, n_tokens) entropies, margins, log-probabilities of what it takes."""
    names = [ner.moves.get_class_name(i) for i in range(ner.moves.n_moves)]
    model = ner.model.predict([doc])
    (state,) = ner.moves.init_batch([doc])
    steps = []
    while not state.is_final():
        (scores,) = model.predict([state]).astype(np.float64) / temperature
        valid = [i for i, name in enumerate(names) if ner.moves.is_valid(state, name)]
        p = np.exp(scores[valid] - scores[valid].max())
        p /= p.sum()
        best, second = sorted([*p, 0.0])[-1:-3:-1]
        steps.append((-(p * np.log(p)).sum(), best - second, math.log(best)))
        ner.moves.apply_transition(state, names[valid[int(p.argmax())]])
    return np.array(steps).reshape(-1, 3).T


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_steps_are_those_of_the_states_that_spacy_passes(
    nlp: Language, generated: MakeDocs, word_salad: MakeDocs, temperature: float
) -> None:
    docs = [*generated(nlp, 40), *word_salad(nlp, [0, 1, 2, 9, 30])]
    scored = MarginalScorer(nlp, ["ORG"], temperature=temperature, steps=True).score(docs)
    for doc, one in zip(docs, scored, strict=True):
        wanted = walked(find_ner(nlp), doc, temperature)
        assert isinstance(one.steps, GreedySteps)
        np.testing.assert_allclose(one.steps.columns, wanted, atol=2e-6, err_msg=doc.text)
        assert one.steps.log_probability == pytest.approx(wanted[2].sum(), abs=1e-5)
    longest = max((one.ends - one.starts)[one.greedy].max(initial=0) for one in scored)
    assert longest > 2  # so that some states were open


def test_equally_likely_actions_have_the_largest_entropy_and_no_margin(undecided: Language) -> None:
    docs = [Doc(undecided.vocab, words=["a", "\n"])]
    (one,) = MarginalScorer(undecided, steps=True).score(docs)
    assert one.steps is not None
    # before "a": O, three U, three B; no entity begins on white space
    assert one.steps.entropies.tolist() == pytest.approx([math.log(7), 0])
    assert one.steps.margins.tolist() == [0, 1]
    assert one.steps.log_probability == pytest.approx(-math.log(7))


def test_steps_follow_the_parse_whatever_is_pruned(plain: Language, generated: MakeDocs) -> None:
    docs = generated(plain, 60)
    scorers = [
        MarginalScorer(plain, steps=True),
        MarginalScorer(plain, prune=0.9, max_length=1, steps=True),
    ]
    for wide, narrow in zip(*(scorer.score(docs) for scorer in scorers), strict=True):
        assert wide.steps is not None
        assert narrow.steps is not None
        np.testing.assert_array_equal(wide.steps.columns, narrow.steps.columns)


def test_a_pipeline_without_ner_is_sure_of_every_token() -> None:
    blank = spacy.blank("en")
    (one,) = MarginalScorer(blank, ["ORG"], steps=True).score([blank("Acme met Ann.")])
    assert one.steps is not None
    assert one.steps.entropies.tolist() == [0] * 4
    assert one.steps.log_probability == 0


def test_steps_are_given_only_where_they_are_asked_for(plain: Language) -> None:
    (one,) = MarginalScorer(plain).score([Doc(plain.vocab, words=["Acme"])])
    assert one.steps is None
