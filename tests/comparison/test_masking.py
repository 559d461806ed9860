"""Whole segments as single spans, and answers without their selection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.masking import draw_questions, mask
from prodigy_al.comparison.thinning import FEWEST, cut, undo_selection
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.inputs.questions import find_questions, find_remedy
from prodigy_al.ner.pipelines import load_pipeline
from prodigy_al.sampling.inclusion import inclusion
from prodigy_al.sampling.proposal import candidate_probabilities
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.training.answers import Answer, Answers
from prodigy_al.training.policies import POLICIES, to_docs
from prodigy_al.training.truths import TokenSpan

Drawn = Callable[..., Arm]
SPANS = [(a, b, "ORG") for a in range(5) for b in range(a + 1, 6)]


def whole(*accepted: tuple[TokenSpan, ...]) -> Answers:
    items = tuple(Answer(i, ("w",) * 6, (True,) * 6, own) for i, own in enumerate(accepted))
    return Answers("news", "full", ("ORG",), items, {"accept": len(items)})


@settings(deadline=None)
@given(
    truths=st.lists(st.sets(st.sampled_from([(0, 1, "ORG"), (1, 3, "ORG"), (3, 6, "ORG")]))),
    asked=st.dictionaries(st.integers(0, 9), st.sampled_from(SPANS)),
)
def test_masking_turns_each_answer_into_one_statement_that_is_true_of_it(
    truths: list[set[TokenSpan]], asked: dict[int, TokenSpan]
):
    answers = whole(*(tuple(sorted(own)) for own in truths))
    masked = mask(answers, asked)
    assert masked.form == "binary"
    assert [one.input_hash for one in masked.items] == [i for i in range(len(truths)) if i in asked]
    for one in masked.items:
        span = asked[one.input_hash]
        assert (one.accepted, one.rejected) == (
            ((span,), ()) if span in truths[one.input_hash] else ((), (span,))
        )
        assert one.truths == ((one.accepted, one.rejected),)


def test_what_was_masked_is_trained_on_as_an_answer_about_one_span():
    masked = mask(whole(((0, 1, "ORG"), (3, 4, "ORG"))), {0: (3, 4, "ORG")})
    (doc,) = to_docs(masked, POLICIES["usual"], spacy.blank("xx").vocab)
    assert [token.ent_iob_ or "missing" for token in doc] == ["missing"] * 3 + ["B"] + [
        "missing"
    ] * 2


def test_spans_are_asked_about_as_often_as_al_teach_would(world: Path):
    """One text under many names: its candidates come up in the shares r."""
    nlp = load_pipeline(str(world / "base"))
    doc = nlp.make_doc("Shares of Avelor Group and Brintec Bank fell , Mara Corvax said")
    (spans,) = MarginalScorer(nlp, ["ORG"]).score([doc])
    assert len(spans) > 2
    n = 2000
    drawn = Counter(draw_questions(((i, spans) for i in range(n)), [0])[0].values())
    r = candidate_probabilities(spans.probabilities, 0.3)
    for start, end, label, share in zip(spans.starts, spans.ends, spans.labels, r, strict=True):
        seen = drawn[int(start), int(end), label] / n
        assert abs(seen - share) < 4 * np.sqrt(share * (1 - share) / n)


def test_every_arm_asks_the_same_of_one_text_and_nothing_without_a_candidate(
    drawn: Drawn, world: Path
):
    nlp = load_pipeline(str(world / "base"))
    arms = [drawn("a", "random"), drawn("b", "ranked", number=200), drawn("c", "teach")]
    (found,) = find_questions(arms, ["ORG"], nlp, [3]).values()
    assert found == {
        **find_questions(arms[:1], ["ORG"], nlp, [3])[3],
        **find_questions(arms[1:], ["ORG"], nlp, [3])[3],
    }
    texts = {one.input_hash for arm in arms[:2] for one in arm.train.items}
    assert found.keys() < texts
    assert not find_questions(arms[2:], ["ORG"], nlp, [3])[3]
    assert not find_questions(arms, ["ORG"], spacy.blank("xx"), [3])[3]
    assert find_remedy(nlp, "base") == "robust"


def test_each_training_seed_asks_anew(drawn: Drawn, world: Path):
    """Of the same segments, so that another draw of spans is in the spread over seeds."""
    nlp = load_pipeline(str(world / "base"))
    first, second = find_questions([drawn("a", "random")], ["ORG"], nlp, [0, 1]).values()
    assert first.keys() == second.keys()
    assert first != second


def test_thinned_answers_are_drawn_evenly(drawn: Drawn, world: Path):
    """Short texts are asked about more often; of what is left they are as many as of the pool."""
    lengths: dict[str, list[int]] = {"asked": [], "left": []}
    for seed in range(20):
        arm = drawn("news", "ranked", seed, number=150, explore=0.02)
        left = undo_selection(arm, arm.train)
        assert isinstance(left, Answers)
        records = [one for one in arm.records.items() if one[1].fold == "train"]
        pi = inclusion(records)
        expected = float((pi.min() / pi).sum())
        assert FEWEST <= len(left) < len(arm.train)
        assert abs(len(left) - expected) < 4 * np.sqrt(expected)
        for name, own in (("asked", arm.train), ("left", left)):
            lengths[name] += [len(one.words) for one in own.items]
    everything = drawn("all", "random", number=10_000)
    pool = np.array([len(one.words) for one in everything.train.items])
    asked, kept = (np.array(lengths[name]) for name in ("asked", "left"))
    error = kept.std() / np.sqrt(kept.size)
    assert pool.mean() - asked.mean() > 6 * error
    assert abs(kept.mean() - pool.mean()) < 3 * error


def test_without_probabilities_no_selection_is_undone(drawn: Drawn):
    strict = drawn("news", "ranked-strict", strict=True)
    found = undo_selection(strict, strict.train)
    assert isinstance(found, Unavailable)
    assert "strict order" in found.reason
    elsewhere = replace(strict, records={})
    assert "no sampling probabilities" in undo_selection(elsewhere, strict.train).reason
    few = drawn("news", "ranked", number=24)
    assert "at least 20" in undo_selection(few, few.train).reason
    teach = drawn("news", "teach")
    assert isinstance(undo_selection(teach, teach.train), Unavailable)


@pytest.mark.parametrize("size", [0, 1, 3, 9])
def test_a_cut_is_the_same_every_time_and_nested(size: int):
    answers = whole(*[()] * 5)
    found = cut(answers, size)
    assert len(found) == min(size, 5)
    assert cut(answers, size) == found
    larger: Any = cut(answers, size + 1).items
    assert set(found.items) <= set(larger)
