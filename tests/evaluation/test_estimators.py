import numpy as np
import pytest

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.counts import METRICS, Counts, scores
from prodigy_al.evaluation.estimators import Estimate, Unavailable, weighted_scores
from prodigy_al.sampling.keys import inclusion_probabilities, sampling_keys, threshold
from prodigy_al.sampling.proposal import selection_probabilities

POOL = 120


def generated_counts(size=POOL, seed=0):
    rng = np.random.default_rng(seed)
    gold = rng.poisson(1.5, size)
    tp = rng.binomial(gold, 0.7)
    return Counts(*np.array([tp, tp + rng.poisson(0.4, size), gold], dtype=float))


def drawn(keys, p, size):
    """Return the `size` segments with the smallest keys and their inclusion probabilities."""
    order = np.argsort(keys)
    served = order[:size]
    tau = threshold([keys[order[size]] if size < keys.size else None])
    return served, inclusion_probabilities(p[served], tau)


def active_draw(size, explore=0.3, seed=0):
    rng = np.random.default_rng(seed)
    p = selection_probabilities(rng.gamma(0.5, size=POOL), explore)
    return drawn(sampling_keys(p, rng.exponential(size=POOL)), p, size)


def values(weighted):
    return [getattr(weighted, metric).value for metric in METRICS]


def test_all_by_chance_gives_equal_weights_and_the_plain_metric_exactly():
    counts = generated_counts()
    served, pi = active_draw(40, explore=1)
    weighted, plain = weighted_scores(counts.take(served), pi=pi), scores(counts.take(served))
    assert values(weighted) == [plain.f1, plain.precision, plain.recall]
    assert (weighted.ess, weighted.m) == (40, 40)
    assert weighted.largest_share == 1 / 40


def test_a_pool_that_was_served_whole_gives_its_metric_exactly():
    counts = generated_counts()
    served, pi = active_draw(POOL)
    weighted, plain = weighted_scores(counts.take(served), pi=pi), scores(counts.take(served))
    for metric in METRICS:
        value = getattr(plain, metric)
        assert getattr(weighted, metric).pool == Estimate(value, value, value)


def test_permuting_the_answers_changes_nothing():
    served, pi = active_draw(40)
    groups = served % 15
    order = np.random.default_rng(1).permutation(40)
    counts = generated_counts().take(served)
    there = weighted_scores(counts, pi=pi, groups=groups)
    back = weighted_scores(counts.take(order), pi=pi[order], groups=groups[order])
    for metric in METRICS:
        one, other = getattr(there, metric), getattr(back, metric)
        assert vars(one.pool) == pytest.approx(vars(other.pool), abs=1e-12)
        assert vars(one.new_text) == pytest.approx(vars(other.new_text), abs=1e-12)


def test_exchanging_two_keys_changes_the_estimate():
    rng, counts = np.random.default_rng(2), generated_counts()
    p = selection_probabilities(rng.gamma(0.5, size=POOL), 0.3)
    keys = sampling_keys(p, rng.exponential(size=POOL))
    last, first_left = np.argsort(keys)[39:41]
    swapped = keys.copy()
    swapped[[last, first_left]] = keys[[first_left, last]]
    results = [drawn(k, p, 40) for k in (keys, swapped)]
    before, after = (values(weighted_scores(counts.take(i), pi=pi)) for i, pi in results)
    assert before != after


@pytest.mark.parametrize("missing", [None, np.nan])
def test_a_missing_probability_makes_it_unavailable_and_is_never_weight_one(missing):
    result = weighted_scores(generated_counts(3), pi=[0.5, missing, 1.0])
    assert result == Unavailable("1 of 3 answers carry no inclusion probability")


def test_no_answers_are_unavailable():
    assert isinstance(weighted_scores(generated_counts(0), pi=[]), Unavailable)


def test_a_metric_without_spans_is_undefined_and_has_no_interval():
    spans = np.ones(20)
    weighted = weighted_scores(Counts(spans * 0, spans, spans * 0), pi=spans / 2)
    assert values(weighted) == [0.0, 0.0, None]
    assert isinstance(weighted.recall.new_text, Unavailable)
    assert isinstance(weighted.recall.pool, Unavailable)


def test_weights_times_seven_change_nothing():
    counts = generated_counts()
    served, pi = active_draw(60)
    taken = counts.take(served)
    once, often = (weighted_scores(taken, pi=pi / scale) for scale in (1, 7))
    plain = scores(taken, 7 / pi)
    assert values(often) == pytest.approx([plain.f1, plain.precision, plain.recall], abs=1e-12)
    assert values(often) == pytest.approx(values(once), abs=1e-12)
    assert often.ess == pytest.approx(once.ess)
    assert vars(often.f1.new_text) == pytest.approx(vars(once.f1.new_text), abs=1e-12)


def test_two_copies_count_as_the_segment_twice():
    served, pi = active_draw(60)
    counts, groups = generated_counts().take(served), served % 20
    copies = np.where(np.arange(60) % 3 == 0, 2, 1)
    twice = np.repeat(np.arange(60), copies)
    short = weighted_scores(counts, pi=pi, groups=groups, copies=copies.astype(float))
    long = weighted_scores(counts.take(twice), pi=pi[twice], groups=groups[twice])
    for metric in METRICS:
        one, other = getattr(short, metric).new_text, getattr(long, metric).new_text
        assert vars(one) == pytest.approx(vars(other), abs=1e-12)


def test_fewer_than_ten_groups_say_nothing_about_new_text():
    weighted = weighted_scores(generated_counts(40), pi=np.full(40, 0.2), groups=np.arange(40) % 9)
    assert weighted.groups == 9
    assert "9 documents; at least 10" in weighted.f1.new_text.reason
    assert isinstance(weighted.f1.pool, Estimate)


@pytest.mark.parametrize("hits", [1, 39])
def test_intervals_stay_inside_zero_and_one_and_reach_further_to_the_middle(hits):
    tp = (np.arange(40) < hits).astype(float)
    f1 = weighted_scores(Counts(tp, np.ones(40), np.ones(40)), pi=np.full(40, 0.2)).f1
    for interval in (f1.pool, f1.new_text):
        assert 0 < interval.low < interval.value < interval.high < 1
        reach = interval.high - interval.value, interval.value - interval.low
        assert (reach[0] > reach[1]) == (hits == 1)


def test_answers_that_all_agree_have_no_interval():
    ones = np.ones(40)
    f1 = weighted_scores(Counts(ones, ones, ones), pi=ones / 2).f1
    assert f1.value == 1
    assert "agree" in f1.pool.reason
    assert "agree" in f1.new_text.reason


def test_one_answer_that_holds_all_spans_has_no_interval():
    one = np.eye(1, 20)[0]
    f1 = weighted_scores(Counts(one * 0.5, one, one), pi=np.full(20, 0.5)).f1
    assert "holds all spans" in f1.pool.reason


def test_uniform_answers_are_worth_their_number_and_everything_asked_the_pool():
    for chance in (0.1, 0.6, 1.0):
        weighted = weighted_scores(generated_counts(40), pi=np.full(40, chance))
        assert weighted.worth == pytest.approx(40)


def test_answers_that_all_agree_have_no_worth():
    ones = np.ones(40)
    assert weighted_scores(Counts(ones, ones, ones), pi=ones / 2).worth is None
    assert weighted_scores(Counts(ones * 0, ones * 0, ones * 0), pi=ones / 2).worth is None


def test_uneven_weights_are_cautioned_about():
    pi = np.full(40, 0.9)
    pi[0] = 0.01
    weighted = weighted_scores(generated_counts(40), pi=pi)
    cautions = {caution.kind: caution.value for caution in weighted.cautions}
    assert cautions["heavy-weight"] == pytest.approx(100 / (100 + 39 / 0.9))
    assert cautions["low-worth"] == weighted.worth / 40 < 0.5
    assert weighted_scores(generated_counts(40), pi=np.full(40, 0.9)).cautions == ()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pi": [0.5, 0.0, 0.5]}, "1 of 3 inclusion"),
        ({"pi": [0.5, 1.5, 0.5]}, "1 of 3 inclusion"),
        ({"pi": [0.5]}, "`pi` holds 1 values for 3"),
        ({"groups": ["a"]}, "`groups` holds 1 values for 3"),
        ({"copies": np.array([1.0, -1.0, 1.0])}, "finite numbers of at least 0"),
    ],
)
def test_numbers_out_of_range_are_refused(wrong, message):
    with pytest.raises(EstimateError, match=message):
        weighted_scores(generated_counts(3), **{"pi": [0.5, 0.5, 0.5], **wrong})
