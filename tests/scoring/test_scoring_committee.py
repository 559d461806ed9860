"""A committee: the recogniser itself, with some numbers of its token vectors left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.ner.pipelines import find_ner, load_pipeline
from prodigy_al.scoring import committee
from prodigy_al.scoring.committee import RATE, factors
from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals
from prodigy_al.scoring.networks import has_halves
from prodigy_al.training.robust.merge import merge

MakeDocs = Callable[..., list[Doc]]
LENGTHS = [0, 1, 2, 7, 30] * 4
# rounding, which processors differ in
CLOSE: dict[str, Any] = {"atol": 1e-4, "rtol": 0}


@pytest.fixture
def docs(nlp: Language, generated: MakeDocs, word_salad: MakeDocs) -> list[Doc]:
    return [*generated(nlp, 20), *word_salad(nlp, LENGTHS)]


def as_member(nlp: Language, member: int, folder: Path) -> Language:
    """Return the member as a pipeline of its own: what it does not read has weights of 0."""
    nlp.to_disk(folder)
    other = load_pipeline(str(folder))
    lower = find_ner(other).model.get_ref("lower")
    weights = lower.get_param("W")
    lower.set_param("W", weights * factors(member, weights.shape[-1]))
    return other


def by_span(one: SpanMarginals, values: np.ndarray) -> dict[tuple[int, int, str], float]:
    keys = zip(one.starts.tolist(), one.ends.tolist(), one.labels, strict=True)
    return dict(zip(keys, values.tolist(), strict=True))


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_a_member_says_what_a_pipeline_with_its_weights_says(
    nlp: Language, docs: list[Doc], tmp_path: Path, temperature: float
) -> None:
    exact: dict[str, Any] = {"floor": 0.0, "prune": 0.0, "max_length": None}
    settings: dict[str, Any] = {"temperature": temperature, "prune": 0.0, "max_length": None}
    scored = MarginalScorer(nlp, members=3, **settings).score(docs)
    apart = []
    for member in range(3):
        other = as_member(nlp, member, tmp_path / str(member))
        alone = MarginalScorer(other, temperature=temperature, **exact).score(docs)
        for one, own in zip(scored, alone, strict=True):
            assert one.members is not None
            wanted = by_span(own, own.probabilities)
            for span, p in by_span(one, one.members[:, member]).items():
                assert p == pytest.approx(wanted.get(span, 0.0), abs=CLOSE["atol"])
            apart.append(np.abs(one.members[:, member] - one.probabilities).max(initial=0))
    assert max(apart) > 0.05  # or nothing was left out


def test_members_that_leave_nothing_out_are_of_one_mind(
    nlp: Language, docs: list[Doc], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committee, "RATE", 0.0)
    for one in MarginalScorer(nlp, ["ORG"], members=2).score(docs):
        assert one.members is not None
        for member in one.members.T:
            np.testing.assert_allclose(member, one.probabilities, **CLOSE)


def test_two_networks_lose_each_their_part(
    plain: Language, generated: MakeDocs, tmp_path: Path
) -> None:
    """What robust training leaves behind is scored as two networks, and so are its members."""
    plain.to_disk(tmp_path / "base")
    student = find_ner(load_pipeline(str(tmp_path / "base")))
    for node in student.model.walk():
        for name in node.param_names:
            if node.has_param(name):
                node.set_param(name, node.get_param(name) * np.float32(1.1))
    merged = merge(str(tmp_path / "base"), student, student.labels[:1])
    assert has_halves(find_ner(merged).model)
    docs = generated(merged, 20)
    scored = MarginalScorer(merged, members=1, floor=0.0).score(docs)
    other = as_member(merged, 0, tmp_path / "member")
    for one, own in zip(scored, MarginalScorer(other, floor=0.0).score(docs), strict=True):
        assert one.members is not None
        wanted = by_span(own, own.probabilities)
        for span, p in by_span(one, one.members[:, 0]).items():
            assert p == pytest.approx(wanted.get(span, 0.0), abs=1e-3)  # .001 is not followed


def test_members_do_not_depend_on_what_is_scored_with_a_doc(nlp: Language, docs: list[Doc]) -> None:
    scorer = MarginalScorer(nlp, members=2)
    together = scorer.score(docs)
    for doc, one in zip(docs, together, strict=True):
        (alone,) = scorer.score([doc])
        assert alone.members is not None
        assert one.members is not None
        assert alone.members.shape == one.members.shape == (len(one), 2)
        np.testing.assert_allclose(alone.members, one.members, **CLOSE)


def test_nothing_else_is_changed_by_a_committee(nlp: Language, docs: list[Doc]) -> None:
    before = nlp.to_bytes()
    plainly = MarginalScorer(nlp, steps=True, embed=True).score(docs)
    with_members = MarginalScorer(nlp, steps=True, embed=True, members=2).score(docs)
    for one, other in zip(plainly, with_members, strict=True):
        assert one.members is None
        np.testing.assert_array_equal(one.probabilities, other.probabilities)
        np.testing.assert_array_equal(one.embedding, other.embedding)
        np.testing.assert_array_equal(one.steps.columns, other.steps.columns)
        assert one.expected == other.expected
    assert nlp.to_bytes() == before


def test_a_member_leaves_a_tenth_out_and_makes_up_for_it() -> None:
    drawn = np.array([factors(member, 96) for member in range(200)])
    assert np.mean(drawn == 0) == pytest.approx(RATE, abs=0.01)
    assert drawn.mean() == pytest.approx(1, abs=0.02)
    assert set(np.unique(drawn)) == {np.float32(0), np.float32(1 / (1 - RATE))}
    assert len({tuple(one) for one in drawn.tolist()}) == 200


def test_a_pipeline_without_a_recogniser_has_members_without_spans() -> None:
    import spacy

    blank = spacy.blank("en")
    (one,) = MarginalScorer(blank, ["ORG"], members=4).score([blank("Acme met Ann.")])
    assert one.members is not None
    assert one.members.shape == (0, 4)
