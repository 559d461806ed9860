import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.bootstrap import (
    Difference,
    bootstrap_score,
    difference_to,
    group_resamples,
    holm,
    mean_over_seeds,
    paired_difference,
)
from prodigy_al.evaluation.counts import Counts, scores
from prodigy_al.evaluation.estimators import Unavailable


def documents(rng, n=60):
    """Return group codes of `n` documents of 8 to 24 segments."""
    return np.repeat(np.arange(n), rng.integers(8, 25, n))


def models(rng, difficulty, *, seeds, seed_spread=0.0, noise=0.1):
    """Return counts per seed of one arm; every segment holds a span, found where it is easy."""
    found = [
        difficulty + rng.normal(0, seed_spread) + rng.normal(0, noise, difficulty.size) < 0.5
        for _ in range(seeds)
    ]
    return [Counts(*np.array([f, f | (difficulty > 1), f | True], dtype=float)) for f in found]


def hard(rng, groups):
    return rng.normal(0, 1, groups.size) + rng.normal(0, 0.3, groups.max() + 1)[groups]


def test_a_resample_holds_as_many_groups_as_there_are():
    resamples = group_resamples(["b", "a", "b", "c"], 1_000, np.random.default_rng(0))
    assert resamples.shape == (1_000, 3)
    assert np.all(resamples.sum(axis=1) == 3)
    assert np.allclose(resamples.mean(axis=0), 1, atol=0.1)


def test_the_value_is_the_mean_of_the_seeds_on_the_whole_set():
    rng = np.random.default_rng(0)
    groups = documents(rng)
    seeds = models(rng, hard(rng, groups), seeds=3, seed_spread=0.1)
    resamples = group_resamples(groups, 200, rng)
    for metric in ("f1", "precision", "recall"):
        estimate = bootstrap_score(seeds, resamples, groups=groups, rng=rng, metric=metric)
        assert estimate.value == pytest.approx(np.mean([getattr(scores(c), metric) for c in seeds]))
        assert estimate.value == mean_over_seeds(seeds, metric)
        assert estimate.low < estimate.value < estimate.high


def test_a_side_is_compared_with_a_number_as_its_interval_says():
    """The interval of the metric, moved; p tells on which side of it the number lies."""
    rng = np.random.default_rng(1)
    groups = documents(rng)
    seeds = models(rng, hard(rng, groups), seeds=3, seed_spread=0.1)
    value = mean_over_seeds(seeds, "f1")

    def compared(limit):
        return difference_to(seeds, limit, groups=groups, draws=500, rng=np.random.default_rng(2))

    at = compared(value)
    assert (at.difference, at.p > 0.5) == (pytest.approx(0), True)
    again = np.random.default_rng(2)
    resamples = group_resamples(groups, 500, again)
    whole = bootstrap_score(seeds, resamples, groups=groups, rng=again)
    assert (at.low + value, at.high + value) == pytest.approx((whole.low, whole.high))
    for limit in (whole.low - 0.02, whole.high + 0.02):
        found = compared(limit)
        assert found.p < 0.05
        assert (found.difference > 0) == (limit < value)
    few = difference_to(seeds, 0.5, groups=groups % 5, draws=500, rng=rng)
    assert isinstance(few, Unavailable)


def test_a_metric_that_one_seed_leaves_undefined_has_no_mean():
    ones, nothing = np.ones(3), np.zeros(3)
    seeds = [Counts(ones, ones, ones), Counts(nothing, nothing, ones)]
    assert mean_over_seeds(seeds, "recall") == 0.5
    assert mean_over_seeds(seeds, "precision") is None


@pytest.mark.parametrize("size", [12, 60])
def test_interval_covers_the_score_on_all_text_as_often_as_it_says(size):
    rng = np.random.default_rng(1)
    many = documents(rng, 20_000)
    truth = scores(models(rng, hard(rng, many), seeds=1)[0]).f1
    covered = []
    for _ in range(1_500):
        groups = documents(rng, size)
        seeds = models(rng, hard(rng, groups), seeds=2)
        resamples = group_resamples(groups, 400, rng)
        f1 = bootstrap_score(seeds, resamples, groups=groups, rng=rng)
        covered.append(f1.low <= truth <= f1.high)
    assert 0.93 <= np.mean(covered) <= 0.97


def null_comparisons(*, paired, seed_spread, seeds):
    """Return (p, difference, detectable) of 1,000 comparisons of two arms that do not differ."""
    rng, results = np.random.default_rng(2), []
    for _ in range(1_000):
        groups = documents(rng)
        difficulty = hard(rng, groups)
        other = difficulty if paired else hard(rng, groups)
        a = models(rng, difficulty, seeds=seeds, seed_spread=seed_spread)
        b = models(rng, other, seeds=seeds, seed_spread=seed_spread)
        d = paired_difference(a, b, groups=groups, draws=300, rng=rng)
        results.append((d.p, d.difference, d.detectable))
    return np.array(results).T


@pytest.mark.parametrize(("seeds", "seed_spread"), [(1, 0.0), (5, 0.03)])
def test_two_equal_arms_differ_at_the_rate_of_the_level(seeds, seed_spread):
    p, differences, detectable = null_comparisons(paired=True, seed_spread=seed_spread, seeds=seeds)
    assert 0.03 <= np.mean(p < 0.05) <= 0.07
    assert abs(differences.mean()) < 3 * differences.std() / np.sqrt(1_000)
    assert detectable.mean() == pytest.approx((1.960 + 0.842) * differences.std(), rel=0.1)


def test_pairing_takes_the_difficulty_of_the_segments_out_of_the_comparison():
    paired = null_comparisons(paired=True, seed_spread=0, seeds=1)[2].mean()
    assert paired < null_comparisons(paired=False, seed_spread=0, seeds=1)[2].mean() / 3


def test_equal_predictions_differ_by_nothing():
    rng = np.random.default_rng(3)
    groups = documents(rng)
    same = models(rng, hard(rng, groups), seeds=1)
    result = paired_difference(same, same, groups=groups, draws=200, rng=rng)
    assert result == Difference(difference=0.0, low=0.0, high=0.0, p=1.0, detectable=0.0)


def test_p_is_two_sided_and_never_below_one_in_the_draws():
    rng = np.random.default_rng(4)
    groups = documents(rng)
    difficulty = hard(rng, groups)
    better, worse = (models(rng, difficulty + shift, seeds=2) for shift in (0, 1))
    there = paired_difference(better, worse, groups=groups, draws=200, rng=rng)
    back = paired_difference(worse, better, groups=groups, draws=200, rng=rng)
    assert there.p == back.p == 1 / 200
    assert there.difference == pytest.approx(-back.difference)
    assert there.low > 0 > back.high


def test_p_and_interval_agree_about_zero():
    rng = np.random.default_rng(8)
    for _ in range(200):
        groups = documents(rng, 12)
        difficulty = hard(rng, groups)
        a, b = (models(rng, difficulty + shift, seeds=1) for shift in (0, 0.02))
        d = paired_difference(a, b, groups=groups, draws=999, rng=rng)
        if abs(d.p - 0.05) > 0.005:  # an interpolated percentile may fall on either side
            assert (d.p < 0.05) == (not d.low <= 0 <= d.high)


def test_what_few_groups_leave_undefined_is_unavailable():
    spans = np.zeros(40)
    spans[:2] = 1
    counts, rng = Counts(spans, spans, spans), np.random.default_rng(5)
    groups = np.arange(40)
    result = bootstrap_score([counts], group_resamples(groups, 200, rng), groups=groups, rng=rng)
    reason = Unavailable("too few documents hold spans that f1 could be computed from")
    assert result == reason
    assert paired_difference([counts], [counts], groups=groups, draws=200, rng=rng) == reason


def test_counts_and_groups_of_different_segments_are_refused():
    ones, rng = Counts(np.ones(3), np.ones(3), np.ones(3)), np.random.default_rng(0)
    with pytest.raises(EstimateError, match="2 groups but counts of"):
        paired_difference([ones], [ones], groups=["a", "b"], draws=10, rng=rng)
    with pytest.raises(EstimateError, match="counts of no segments"):
        paired_difference([], [ones], groups=["a", "b", "c"], draws=10, rng=rng)
    with pytest.raises(EstimateError, match="from the same groups"):
        bootstrap_score([ones], np.ones((5, 2)), groups=["a", "b", "c"], rng=rng)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p):
    adjusted = holm(p)
    assert np.all(adjusted >= np.array(p))
    assert adjusted.max() <= 1
    assert np.all(np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0)
    assert adjusted.min() == pytest.approx(min(1, len(p) * min(p)))


def test_holm_bounds_the_error_of_the_family():
    rng = np.random.default_rng(6)
    p = rng.uniform(size=(2_000, 6))
    wrong = np.mean([holm(row).min() < 0.05 for row in p])
    assert wrong < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2_000)
    assert np.mean(p.min(axis=1) < 0.05) > 0.2  # without it


def test_holm_refuses_what_is_not_a_p_value():
    with pytest.raises(EstimateError, match="between 0 and 1"):
        holm([0.5, np.nan])
