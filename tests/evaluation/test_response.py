from __future__ import annotations

import numpy as np

from prodigy_al.evaluation.response import response_rates


def test_everything_answered_is_rate_one():
    assert np.all(response_rates(np.arange(50.0), np.ones(50, bool)) == 1)


def test_rates_are_those_of_bins_of_like_score():
    scores = np.concatenate([np.zeros(20), np.ones(20)])
    answered = np.concatenate([np.arange(20) < 5, np.ones(20, bool)])
    assert np.allclose(response_rates(scores, answered), np.repeat([0.25, 1.0], 20))


def test_a_bin_without_answers_is_counted_with_a_neighbour():
    scores = np.repeat([0.0, 1.0, 2.0], 20)
    for silent in range(3):
        answered = np.repeat(np.arange(3) != silent, 20)
        rates = response_rates(scores, answered)
        assert np.all(rates > 0)
        # the answered stand for all: Σ 1/rate over answered is the number served
        assert np.isclose(np.sum(1 / rates[answered]), 60)


def test_weighting_by_the_rate_undoes_non_response_that_goes_with_the_score():
    rng = np.random.default_rng(0)
    scores = rng.random(400)
    wrong = rng.random(400) < scores
    unweighted, weighted = [], []
    for _ in range(1000):
        answered = rng.random(400) < 0.9 - 0.6 * scores
        weights = 1 / response_rates(scores, answered)[answered]
        unweighted.append(wrong[answered].mean())
        weighted.append(np.average(wrong[answered], weights=weights))
    assert abs(np.mean(weighted) - wrong.mean()) < 0.01
    assert abs(np.mean(unweighted) - wrong.mean()) > 0.05
