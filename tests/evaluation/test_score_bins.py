"""Probabilities of answers that carry none: the answered share of the pool, by score."""

import numpy as np
import pytest

from prodigy_al.evaluation.counts import Counts, scores
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.score_bins import answered_shares


def test_every_bin_holds_enough_answers_and_its_share_is_answered_over_all():
    rng = np.random.default_rng(0)
    u = rng.gamma(0.5, size=2_000)
    answered = rng.random(2_000) < np.clip(u, 0.05, 0.6)
    shares = answered_shares(u, answered)
    for share in np.unique(shares):
        inside = shares == share
        assert answered[inside].sum() >= 20
        assert answered[inside].mean() == pytest.approx(share)
    assert np.sum(answered / shares) == pytest.approx(2_000)
    assert len(np.unique(shares)) > 10


def test_equal_scores_have_one_share():
    u = np.repeat([0.0, 0.5, 1.0], [700, 200, 100])
    answered = np.tile([True, False, False, False, False], 200)
    assert all(len(np.unique(answered_shares(u, answered)[u == value])) == 1 for value in (0, 0.5))


def test_scores_that_nobody_was_asked_about_are_said_and_not_guessed():
    u = np.linspace(0, 1, 1_000)
    top = u > 0.8
    found = answered_shares(u, top)
    assert isinstance(found, Unavailable)
    assert "80% of the pool's segments have a lower score than every answered one" in found.reason
    assert "higher score" in answered_shares(-u, top).reason


def test_too_few_answers_tell_nothing():
    answered = np.arange(500) % 50 == 0
    assert (
        "10 answered texts are in the pool; at least 20"
        in answered_shares(np.ones(500), answered).reason
    )


def test_estimated_probabilities_remove_most_of_what_selection_by_score_does():
    """The design is known here and unknown to the estimate, which sees scores and answers alone."""
    rng, plain, estimated = np.random.default_rng(1), [], []
    for _ in range(300):
        u = rng.gamma(0.5, size=2_000)
        gold = rng.poisson(0.3 + u)
        tp = rng.binomial(gold, np.clip(0.9 - 0.25 * u, 0.1, 1))
        counts = Counts(*np.array([tp, tp + rng.poisson(0.2, 2_000), gold], dtype=float))
        answered = rng.random(2_000) < 0.05 + 0.5 * np.clip(u, 0, 1)
        weights = 1 / answered_shares(u, answered)[answered]
        truth = scores(counts).f1
        plain.append(scores(counts.take(answered)).f1 - truth)
        estimated.append(scores(counts.take(answered), weights).f1 - truth)
    assert abs(np.mean(plain)) > 0.03
    assert abs(np.mean(estimated)) < 0.1 * abs(np.mean(plain))
