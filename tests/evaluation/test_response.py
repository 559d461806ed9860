from __future__ import annotations

import numpy as np

from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.response import bounds_of_missing, response_rates


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


def test_items_of_unknown_score_are_stood_for_by_all_others_of_their_block():
    scores = np.array([1.0, 2, np.nan, np.nan, 5, 6, 7, 8])
    answered = np.array([True, True, False, False, True, True, True, False])
    blocks = np.array([3, 3, 3, 3, 9, 9, 9, 9])
    rates = response_rates(scores, answered, blocks=blocks)
    of_bin = 5 / 6
    assert np.allclose(rates[:2], of_bin / 2)
    assert np.isnan(rates[2:4]).all()
    assert np.allclose(rates[4:], of_bin)


def test_bounds_take_missing_items_for_as_many_spans_as_the_answered_of_their_bin_hold():
    """Two bins, half of the first is missing: 4 spans by its answered, of which 2 are matched."""
    counts = Counts(
        tp=np.array([1.0, 3.0]), predicted=np.array([2.0, 3.0]), gold=np.array([2.0, 3.0])
    )
    wrong, right = bounds_of_missing(counts, np.array([0.5, 1.0]), np.array([0.5, 1.0]))
    # Σ w 2t = 2 * 2 + 6; Σ w' d = 4 * 4 + 6; the missing hold (4 - 2) * 4
    assert (wrong, right) == (10 / 22, 18 / 22)
    nothing = Counts(*np.zeros((3, 2)))
    assert bounds_of_missing(nothing, np.ones(2), np.ones(2)) == (None, None)
