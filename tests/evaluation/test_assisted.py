"""Weighted answers helped by the model's own expectations, over many generated pools.

As in test_coverage, every draw makes a new pool of documents from one world and asks by score. A
model that knows something of itself expects about what is there, one that knows nothing expects
what another segment holds.
"""

from functools import cache

import numpy as np
import pytest

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.assisted import assisted_scores
from prodigy_al.evaluation.counts import METRICS, Counts, scores
from prodigy_al.evaluation.estimators import Estimate, Unavailable, weighted_scores
from prodigy_al.sampling.keys import inclusion_probabilities, sampling_keys, threshold
from prodigy_al.sampling.proposal import selection_probabilities

DOCUMENTS, LENGTH = 60, 16
SCORES = np.array([0.02, 0.1, 0.3, 0.8, 1.6])
SHARES = np.array([0.35, 0.25, 0.2, 0.12, 0.08])
EASE = np.array([-0.12, 0.0, 0.12])


def rates(u, ease):
    """Return gold spans, the chance that one is found, and spurious spans of a segment."""
    return 0.3 + 1.2 * u, 0.85 - 0.25 * u + ease, 0.1 + 0.3 * u - 0.2 * ease


def metrics_of_all_text():
    u, ease = np.meshgrid(SCORES, EASE)
    gold, found, spurious = rates(u, ease)
    whole = Counts(*(x.ravel() for x in (gold * found, gold * found + spurious, gold)))
    return scores(whole, np.tile(SHARES, EASE.size))


def generate_pool(rng):
    """Return scores, documents, counts, and what a model that knows something expects."""
    groups = np.repeat(np.arange(DOCUMENTS), rng.integers(LENGTH // 2, LENGTH * 3 // 2, DOCUMENTS))
    u = rng.choice(SCORES, groups.size, p=SHARES)
    gold_rate, found, spurious_rate = rates(u, rng.choice(EASE, DOCUMENTS)[groups])
    gold, spurious = rng.poisson(gold_rate), rng.poisson(spurious_rate)
    tp = rng.binomial(gold, found)
    predicted = tp + spurious
    counts = Counts(*np.array([tp, predicted, gold], dtype=float))
    # overconfident, and blind to how hard the document is
    sure = rng.beta(8, 2, groups.size)
    hits = predicted * (0.5 * sure + 0.5 * tp / np.maximum(predicted, 1))
    return u, groups, counts, Counts(hits, counts.predicted, hits + 0.4 * gold_rate)


def ask(u, size, rng):
    """Serve `size` segments in the order of their keys: (which, their π)."""
    p = selection_probabilities(u, 0.3)
    keys = sampling_keys(p, rng.exponential(size=u.size))
    order = np.argsort(keys)
    tau = threshold([keys[order[size]] if size < u.size else None])
    return order[:size], inclusion_probabilities(p[order[:size]], tau)


@cache
def simulated(knows, draws):
    """Return arrays (draws, 3 metrics): estimates, targets, whether intervals hold, and widths."""
    rng, text, rows = np.random.default_rng(0), metrics_of_all_text(), []
    for _ in range(draws):
        u, groups, counts, expected = generate_pool(rng)
        if not knows:
            expected = expected.take(rng.permutation(u.size))
        at, pi = ask(u, 250, rng)
        both = assisted_scores(counts.take(at), expected, at, pi=pi, groups=groups)
        pool = scores(counts)
        rows.append([row(getattr(pool, m), getattr(text, m), m, both) for m in METRICS])
    names = ("value", "plain", "pool", "text", "pool_in", "text_in", "narrower", "text_narrower")
    return dict(zip(names, np.moveaxis(np.array(rows), 2, 0), strict=True))


def row(pool, text, metric, both):
    found, plain = getattr(both.found, metric), getattr(both.plain, metric)
    return [
        found.value,
        plain.value,
        pool,
        text,
        found.pool.low <= pool <= found.pool.high,
        found.new_text.low <= text <= found.new_text.high,
        width(found.pool) / width(plain.pool),
        width(found.new_text) / width(plain.new_text),
    ]


def width(interval):
    return interval.high - interval.low


def off_by(errors):
    """Return the mean error in its standard errors, per metric."""
    return np.abs(errors.mean(axis=0)) / (errors.std(axis=0) / np.sqrt(len(errors)))


def test_what_the_model_expects_leaves_the_estimate_right_on_average():
    draws = simulated(knows=True, draws=1_000)
    for target in ("pool", "text"):
        assert np.all(off_by(draws["value"] - draws[target]) < 3)


def test_each_interval_covers_its_own_target_as_often_as_it_says():
    draws = simulated(knows=True, draws=1_000)
    for interval in ("pool_in", "text_in"):
        covered = draws[interval].mean(axis=0)
        assert np.all((covered >= 0.93) & (covered <= 0.97))


def test_a_model_that_knows_something_makes_the_estimate_surer_and_the_intervals_say_so():
    draws = simulated(knows=True, draws=1_000)
    plain = (draws["plain"] - draws["pool"]).std(axis=0)
    spread = (draws["value"] - draws["pool"]).std(axis=0)
    assert np.all(spread < 0.85 * plain)
    said = draws["narrower"].mean(axis=0)
    assert said == pytest.approx(spread / plain, rel=0.1)
    assert np.all(draws["text_narrower"].mean(axis=0) < 0.95)


@pytest.mark.parametrize(("knows", "draws"), [(True, 1_000), (False, 300)])
def test_no_interval_is_ever_wider_than_the_plain_one(knows, draws):
    found = simulated(knows, draws)
    assert found["narrower"].max() <= 1
    assert found["text_narrower"].max() <= 1


def test_a_model_that_knows_nothing_changes_next_to_nothing():
    draws = simulated(knows=False, draws=300)
    assert np.all(off_by(draws["value"] - draws["pool"]) < 3)
    assert np.all(draws["narrower"].mean(axis=0) > 0.98)
    assert np.median(np.abs(draws["value"] - draws["plain"])) == 0


def drawn(size=250, seed=1):
    rng = np.random.default_rng(seed)
    u, groups, counts, expected = generate_pool(rng)
    at, pi = ask(u, size, rng)
    return groups, counts, expected, at, pi


def test_a_constant_scorer_leaves_exactly_the_plain_ratio():
    groups, counts, _, at, pi = drawn()
    same = np.ones(len(groups))
    both = assisted_scores(
        counts.take(at), Counts(0.4 * same, 0.6 * same, 0.7 * same), at, pi=pi, groups=groups
    )
    assert both.coefficient == 0
    assert both.found == both.plain
    assert both.plain == weighted_scores(counts.take(at), pi=pi, groups=groups[at])


def test_a_scorer_that_is_nearly_right_leaves_the_draw_little_to_say():
    groups, counts, _, at, pi = drawn()
    tenth_missing = counts.weighted(np.full(len(counts), 0.9))
    both = assisted_scores(counts.take(at), tenth_missing, at, pi=pi, groups=groups)
    assert both.coefficient == 1
    assert width(both.found.f1.pool) < 0.2 * width(both.plain.f1.pool)


def test_everything_asked_gives_the_metrics_of_the_pool_exactly():
    groups, counts, expected, at, pi = drawn(size=10_000)
    both = assisted_scores(counts.take(at), expected, at, pi=pi, groups=groups)
    for metric in METRICS:
        value = getattr(scores(counts), metric)
        assert getattr(both.found, metric).pool == Estimate(*[pytest.approx(value)] * 3)


def test_answers_that_the_model_helps_are_worth_more():
    groups, counts, expected, at, pi = drawn()
    both = assisted_scores(counts.take(at), expected, at, pi=pi, groups=groups)
    gain = (width(both.plain.f1.pool) / width(both.found.f1.pool)) ** 2
    assert both.plain.worth < both.found.worth < gain * both.plain.worth * 1.1


def test_the_order_of_the_answers_and_of_the_pool_changes_nothing():
    groups, counts, expected, at, pi = drawn()
    rng = np.random.default_rng(0)
    there = assisted_scores(counts.take(at), expected, at, pi=pi, groups=groups)
    answers, pool = rng.permutation(at.size), rng.permutation(groups.size)
    back = assisted_scores(
        counts.take(at[answers]),
        expected.take(pool),
        np.argsort(pool)[at[answers]],
        pi=pi[answers],
        groups=groups[pool],
    )
    assert vars(there.found.f1.pool) == pytest.approx(vars(back.found.f1.pool), abs=1e-12)
    assert vars(there.found.f1.new_text) == pytest.approx(vars(back.found.f1.new_text), abs=1e-12)


def test_two_copies_count_as_the_segment_twice():
    groups, counts, expected, at, pi = drawn()
    copies = np.where(np.arange(groups.size) % 3 == 0, 2.0, 1.0)
    short = assisted_scores(counts.take(at), expected, at, pi=pi, copies=copies, groups=groups)
    doubled = expected.weighted(copies)
    long = assisted_scores(counts.take(at).weighted(copies[at]), doubled, at, pi=pi, groups=groups)
    assert short == long


def test_where_the_plain_ratio_has_no_interval_there_is_none():
    groups, counts, expected, at, pi = drawn()
    few = assisted_scores(counts.take(at), expected, at, pi=pi, groups=groups % 9)
    assert "9 documents; at least 10" in few.found.f1.new_text.reason
    assert isinstance(few.found.f1.pool, Estimate)
    unknown = assisted_scores(counts.take(at), expected, at, pi=[None] * at.size, groups=groups)
    assert isinstance(unknown, Unavailable)


@pytest.mark.parametrize(
    ("at", "others", "message"),
    [
        ([0, 1], {}, "2 places for 3 answers"),
        ([0, 1, 1], {}, "different places in a pool of 5"),
        ([0, 1, 5], {}, "different places in a pool of 5"),
        ([0, 1, 2], {"groups": ["a"]}, "1 groups and 5 numbers of copies for 5 pool"),
    ],
)
def test_what_does_not_fit_together_is_refused(at, others, message):
    some = Counts(*np.ones((3, 5)))
    with pytest.raises(EstimateError, match=message):
        assisted_scores(some.take(slice(3)), some, np.array(at), pi=[0.5] * 3, **others)
