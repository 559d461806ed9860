"""A logistic regression that begins at the model's own marginals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from prodigy_al.sampling.scored import Candidate
from prodigy_al.scoring.reranking import (
    FEATURES,
    LOGIT,
    candidate_features,
    fit_reranker,
    rerank,
)

TEXT = "In 2019 Acme Corp. left IBM for good"
ACME = Candidate(8, 18, "ORG", 0.5, greedy=True)
IBM = Candidate(24, 27, "ORG", 0.9, greedy=False)
YEAR = Candidate(3, 7, "DATE", 0.0, greedy=False)


def some(n: int, seed: int = 0, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Candidates whose logits are off by `shift`, and by 2 more where the first label is."""
    rng = np.random.default_rng(seed)
    spans = [
        Candidate(8, 18, "ORG" if one else "DATE", float(p), greedy=bool(p > 0.5))
        for one, p in zip(rng.random(n) < 0.5, rng.uniform(0.02, 0.98, n), strict=True)
    ]
    x = candidate_features(TEXT, spans, ["DATE", "ORG"])
    off = shift + 2 * x[:, len(FEATURES)]
    y = (rng.random(n) < 1 / (1 + np.exp(-(x[:, LOGIT] + off)))).astype(float)
    return x, y


def test_features_say_what_they_are_called():
    x = candidate_features(TEXT, [ACME, IBM, YEAR], ["DATE", "ORG"])
    seen = {name: x[:, i].tolist() for i, name in enumerate([*FEATURES, "DATE", "ORG"])}
    assert seen["constant"] == [1, 1, 1]
    assert seen["logit of the marginal"] == pytest.approx([0, np.log(9), np.log(1e-4 / 0.9999)])
    assert seen["log of the number of words"] == pytest.approx([np.log(2), 0, 0])
    assert seen["share of words with a capital"] == [1, 1, 0]
    assert seen["all capitals"] == [0, 1, 0]
    assert seen["holds a digit"] == [0, 0, 1]
    assert seen["in the greedy parse"] == [1, 0, 0]
    assert seen["begins the segment"] == [0, 0, 0]
    assert seen["capital before"] == [0, 0, 1]
    assert seen["capital after"] == [0, 0, 1]
    assert (seen["DATE"], seen["ORG"]) == ([0, 0, 1], [1, 1, 0])


def test_without_answers_a_reranked_candidate_keeps_its_marginal():
    x = candidate_features(TEXT, [ACME, IBM], ["ORG"])
    b = fit_reranker(x[:0], np.zeros(0))
    assert rerank(x, b) == pytest.approx([0.5, 0.9])


def test_the_fit_is_the_maximum_of_the_penalised_likelihood():
    x, y = some(300, shift=-1.0)
    centre = np.eye(x.shape[1])[LOGIT]

    def loss(b: np.ndarray) -> float:
        z = x @ b
        return float(np.sum(np.logaddexp(0, z) - y * z) + np.sum((b - centre) ** 2) / 2)

    found = minimize(loss, centre, method="BFGS", options={"gtol": 1e-7})
    assert fit_reranker(x, y) == pytest.approx(found.x, abs=1e-4)


def test_reranked_chances_are_calibrated_on_new_candidates_and_marginals_are_not():
    b = fit_reranker(*some(600, seed=1, shift=-1.0))
    x, y = some(5000, seed=2, shift=-1.0)
    for members in (x[:, len(FEATURES)] == 1, x[:, len(FEATURES)] == 0):
        marginals = 1 / (1 + np.exp(-x[members, LOGIT]))
        assert abs(rerank(x[members], b).mean() - y[members].mean()) < 0.05
        assert abs(marginals.mean() - y[members].mean()) > 0.1


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_answers_that_all_say_the_same_give_finite_coefficients(answer: float):
    x, _ = some(500)
    b = fit_reranker(x, np.full(len(x), answer))
    q = rerank(x, b)
    assert np.all(np.isfinite(b))
    assert np.all((q > 0) & (q < 1))
    assert abs(q.mean() - answer) < 0.05
