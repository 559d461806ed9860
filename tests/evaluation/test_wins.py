"""How often one replicate is ahead of its control."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.evaluation.wins import chance_of_next, count_wins

WORLDS = 600


def test_the_share_has_the_exact_interval_of_so_many_replicates():
    wins = count_wins([0.02, -0.01, 0.01, 0.03, 0.01])
    assert (wins.won, wins.n, wins.share.value) == (4, 5, 0.8)
    # Clopper and Pearson of 4 of 5, as in any table
    assert (wins.share.low, wins.share.high) == pytest.approx((0.2836, 0.9949), abs=1e-4)


def test_a_tie_is_not_ahead():
    assert count_wins([0.0, 0.01]).won == 1


def test_without_a_replicate_nothing_is_counted():
    with pytest.raises(EstimateError, match="no replicate"):
        count_wins([])


@pytest.mark.parametrize("differences", [[0.02], [0.02, 0.02]])
def test_what_does_not_vary_predicts_nothing(differences: list[float]):
    assert isinstance(count_wins(differences).predicted, Unavailable)


def test_differences_that_hardly_vary_are_surely_ahead():
    """Where scipy's own search would not end."""
    (ahead, behind) = (chance_of_next([s * x for x in (0.02, 0.02 + 1e-15)]) for s in (1, -1))
    assert isinstance(ahead, Estimate)
    assert isinstance(behind, Estimate)
    assert ahead.low > 0.999
    assert behind.high < 0.001


def test_five_of_five_alone_do_not_say_that_it_wins_as_a_rule():
    assert count_wins([0.01] * 5).share.low < 0.5 < count_wins([0.01] * 6).share.low


@pytest.mark.parametrize("delta", [0.0, 0.8, 2.0])
def test_intervals_hold_the_chance_of_the_next_replicate_as_often_as_they_say(delta: float):
    rng = np.random.default_rng(7)
    chance = float(special.ndtr(delta))
    drawn = rng.normal(delta, 1.0, (WORLDS, 5))
    exact = [count_wins(list(row)).share for row in drawn]
    normal = [chance_of_next(list(row)) for row in drawn]
    assert np.mean([one.low <= chance <= one.high for one in exact]) >= 0.95
    known = [one for one in normal if isinstance(one, Estimate)]
    assert len(known) == WORLDS
    covered = np.mean([one.low <= chance <= one.high for one in known])
    assert 0.93 <= covered <= 0.97


def test_the_predicted_chance_is_right_on_average():
    """Of as many next replicates as are predicted to be ahead, as many are."""
    rng = np.random.default_rng(3)
    drawn = rng.normal(0.5, 1.0, (2000, 6))
    predicted = [chance_of_next(list(row[:5])) for row in drawn]
    values = np.array([one.value for one in predicted if isinstance(one, Estimate)])
    high = values > np.median(values)
    ahead = drawn[:, 5] > 0
    assert ahead.mean() == pytest.approx(special.ndtr(0.5), abs=0.03)
    assert values[high].mean() > values[~high].mean()
    assert values.mean() == pytest.approx(ahead.mean(), abs=0.05)
