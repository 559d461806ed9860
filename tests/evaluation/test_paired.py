"""The difference of two weighted F1: paired where both were measured on the same documents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.counts import Counts, scores
from prodigy_al.evaluation.estimators import MIN_GROUPS, Unavailable, weighted_scores
from prodigy_al.evaluation.paired import Side, side_difference

GROUPS, PER_GROUP = 40, 6


def two_models(rng: np.random.Generator, groups: int = GROUPS) -> tuple[Counts, Counts]:
    """Counts of two models on the same documents, which are easy or hard for both.

    The second finds what the first finds, and half of the rest.
    """
    n = groups * PER_GROUP
    ease = np.repeat(rng.beta(2, 2, groups), PER_GROUP)
    gold = rng.poisson(np.repeat(rng.gamma(2, 1, groups), PER_GROUP)).astype(np.float64)
    first = rng.binomial(gold.astype(np.int64), ease).astype(np.float64)
    second = first + rng.binomial((gold - first).astype(np.int64), 0.5)
    extra = rng.poisson(0.5, n)
    return Counts(first, first + extra, gold), Counts(second, second + extra, gold)


def names(groups: int = GROUPS, prefix: str = "d") -> list[str]:
    return [f"{prefix}{i}" for i in np.repeat(np.arange(groups), PER_GROUP)]


def drawn(rng: np.random.Generator) -> tuple[Side, Side]:
    """Both models on answers that were drawn with unequal probabilities."""
    pi = np.clip(rng.beta(2, 3, GROUPS * PER_GROUP), 0.1, 1)
    served = rng.random(pi.size) < pi
    groups = [name for name, kept in zip(names(), served, strict=True) if kept]
    a, b = (Side([c.take(served)], groups, 1 / pi[served]) for c in two_models(rng))
    return b, a


@pytest.fixture(scope="module")
def truth() -> float:
    first, second = two_models(np.random.default_rng(99), 60_000)
    return scores(second).f1 - scores(first).f1


def coverage(truth: float, change: object) -> tuple[float, float]:
    """Return how often the interval holds the truth in 1,000 draws, and its mean width."""
    rng = np.random.default_rng(5)
    found = [side_difference(*map(change, drawn(rng))) for _ in range(1000)]
    assert all(isinstance(one, Difference) for one in found)
    covers = [one.low <= truth <= one.high for one in found]
    return float(np.mean(covers)), float(np.mean([one.high - one.low for one in found]))


def test_the_paired_interval_covers_as_often_as_it_says(truth: float):
    """Twins: both sides as if of different documents, and every answer its own document."""
    share, width = coverage(truth, lambda side: side)
    assert 0.93 <= share <= 0.97
    mark = iter("ab" * 1000)

    def apart(side: Side) -> Side:
        prefix = next(mark)
        return replace(side, groups=[prefix + group for group in side.groups])

    def by_answer(side: Side) -> Side:
        return replace(side, groups=[str(i) for i in range(len(side.groups))])

    apart_share, apart_width = coverage(truth, apart)
    assert apart_share > 0.99
    assert apart_width > 1.5 * width
    assert coverage(truth, by_answer)[0] < 0.93


def test_the_difference_is_that_of_the_weighted_scores():
    b, a = drawn(np.random.default_rng(1))
    expected = [
        weighted_scores(side.counts_per_seed[0], pi=1 / side.weights).f1.value for side in (b, a)
    ]
    found = side_difference(b, a)
    assert found.difference == pytest.approx(expected[0] - expected[1])
    assert side_difference(a, b).difference == pytest.approx(-found.difference)


def test_against_nothing_that_varies_it_is_the_interval_of_one_side():
    """Half the width on the scale of F1 is t times the jackknife's standard error."""
    rng = np.random.default_rng(2)
    side, _ = drawn(rng)
    counts, groups = side.counts_per_seed[0], np.array(side.groups)
    values = []
    for name in np.unique(groups):
        rest = groups != name
        values.append(scores(counts.take(rest), side.weights[rest]).f1)
    k = len(values)
    error = np.sqrt((k - 1) / k * np.sum((np.array(values) - np.mean(values)) ** 2))
    constant = Counts(*(np.ones(len(groups)),) * 3)
    found = side_difference(side, Side([constant], side.groups))
    assert (found.high - found.low) / 2 == pytest.approx(2.0227 * error, rel=0.02)


def test_independent_sides_add_their_variances():
    rng = np.random.default_rng(3)
    a, b = (Side([two_models(rng)[0]], names(prefix=prefix)) for prefix in ("dev", "test"))

    def width(side: Side, other: Side) -> float:
        found = side_difference(side, other)
        return found.high - found.low

    alone = [
        width(side, Side([Counts(*(np.ones(len(side.groups)),) * 3)], side.groups))
        for side in (a, b)
    ]
    assert width(a, b) == pytest.approx(np.hypot(*alone))


def test_weights_times_seven_and_another_order_change_nothing():
    b, a = drawn(np.random.default_rng(4))
    order = np.random.default_rng(0).permutation(len(a.groups))

    def changed(side: Side) -> Side:
        return Side(
            [side.counts_per_seed[0].take(order)],
            [side.groups[i] for i in order],
            7 * side.weights[order],
        )

    expected, found = side_difference(b, a), side_difference(changed(b), changed(a))
    assert vars(found) == pytest.approx(vars(expected))


def test_seeds_are_averaged():
    rng = np.random.default_rng(6)
    first, second = two_models(rng)
    base = Side([first], names())
    one, other = Side([first], names()), Side([second], names())
    both = side_difference(replace(other, counts_per_seed=[first, second]), base)
    assert both.difference == pytest.approx(side_difference(other, base).difference / 2)
    assert isinstance(side_difference(one, base), Unavailable)


def test_under_ten_groups_there_is_no_interval():
    few = two_models(np.random.default_rng(7), MIN_GROUPS - 1)
    a, b = (Side([counts], names(MIN_GROUPS - 1)) for counts in few)
    found = side_difference(a, b)
    assert isinstance(found, Unavailable)
    assert "9 documents; at least 10" in found.reason


def test_without_spans_there_is_no_difference():
    first, _ = two_models(np.random.default_rng(8))
    none = Counts(*np.zeros((3, len(first))))
    assert isinstance(side_difference(Side([none], names()), Side([first], names())), Unavailable)


def test_lengths_that_differ_are_refused():
    first, _ = two_models(np.random.default_rng(9))
    with pytest.raises(EstimateError, match="give as many of each"):
        side_difference(Side([first], names()), Side([first], names(20)))
