"""A recogniser that robust training left behind is scored as two networks, to the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import find_ner, load_pipeline, pipeline_sha256, set_blas
from prodigy_al.scoring import networks
from prodigy_al.scoring.cache import ScoreCache
from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals
from prodigy_al.scoring.networks import has_halves
from prodigy_al.training.robust.merge import merge

LENGTHS = [0, 1, 2, 7, 30] * 8


@pytest.fixture(params=["plain", "extra_tokens"])
def merged(request: pytest.FixtureRequest, tmp_path: Path) -> Language:
    """Each kind of recogniser beside one that differs in every weight."""
    base: Language = request.getfixturevalue(request.param)
    base.to_disk(tmp_path / "base")
    student = find_ner(load_pipeline(str(tmp_path / "base")))
    rng = np.random.default_rng(0)
    for node in student.model.walk():
        for name in node.param_names:
            if node.has_param(name):
                weights = node.get_param(name)
                noise = rng.normal(0, 0.1, weights.shape).astype(weights.dtype)
                node.set_param(name, weights + noise)
    return merge(str(tmp_path / "base"), student, student.labels[:1])


def as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "_find_halves", lambda *_: None)


def assert_close(found: list[SpanMarginals], expected: list[SpanMarginals]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.labels == other.labels
        for column in ("starts", "ends", "greedy"):
            np.testing.assert_array_equal(getattr(one, column), getattr(other, column))
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=2e-6)


@pytest.mark.parametrize("use_blis", [False, True])
def test_two_networks_score_as_one(
    merged: Language,
    word_salad: Callable[..., list[Doc]],
    monkeypatch: pytest.MonkeyPatch,
    use_blis: bool,
) -> None:
    set_blas(merged, use_blis=use_blis)
    docs = word_salad(merged, LENGTHS)
    assert has_halves(find_ner(merged).model)
    exact = {"floor": 0.0, "prune": 0.0, "max_length": None}
    found = MarginalScorer(merged, **exact).score(docs)
    assert sum(map(len, found)) > 100
    as_one(monkeypatch)
    assert_close(found, MarginalScorer(merged, **exact).score(docs))


def test_its_greedy_parse_is_spacys(merged: Language, word_salad: Callable[..., list[Doc]]) -> None:
    docs = word_salad(merged, LENGTHS)
    scored = MarginalScorer(merged).score(docs)
    parses = [
        [
            (int(start), int(end), label)
            for start, end, label, taken in zip(
                one.starts, one.ends, one.labels, one.greedy, strict=True
            )
            if taken
        ]
        for one in scored
    ]
    assert any(parses)
    assert parses == list(predict_entities(merged, docs))


def test_a_weight_between_the_halves_makes_them_one(merged: Language) -> None:
    lower = find_ner(merged).model.get_ref("lower")
    weights = lower.get_param("W").copy()
    weights[-1, -1, -1, 0] = 1e-3
    lower.set_param("W", weights)
    assert not has_halves(find_ner(merged).model)


def test_an_action_that_reads_both_halves_makes_them_one(merged: Language) -> None:
    upper = find_ner(merged).model.get_ref("upper")
    upper.set_param("W", np.ones_like(upper.get_param("W")))
    assert not has_halves(find_ner(merged).model)


def test_scores_that_were_kept_of_it_as_one_network_are_not_read(
    merged: Language, plain: Language, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def key(nlp: Language) -> bytes | None:
        cache = ScoreCache(tmp_path / "scores.sqlite", pipeline_sha256(nlp))
        return cache.key(MarginalScorer(nlp), [{"text": "Acme"}], word_vectors=False)

    before = key(merged), key(plain)
    as_one(monkeypatch)
    assert key(merged) != before[0]
    assert key(plain) == before[1]  # all others are
