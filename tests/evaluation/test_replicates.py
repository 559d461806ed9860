"""Replicates on a test set: both are drawn, and what is said holds for the next of both."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache

import numpy as np
import pytest

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.bootstrap import paired_difference
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.replicates import mean_over_replicates, replicate_difference

DRAWS = 1_000
REPLICATES, DOCUMENTS, SPANS = 5, 40, 50
BETWEEN_REPLICATES = 0.015  # standard deviations of F1
BETWEEN_DOCUMENTS = 0.12  # of one strategy against the other, document by document
NOISE = 0.05  # of one model on one document


def counts(found):
    """Return counts of one model: as many spans predicted as gold in each document."""
    every = np.full(found.shape, float(SPANS))
    return Counts(np.clip(found, 0, 1) * SPANS, every, every)


def world(rng, *, controls):
    """Return F1 of arms (R, K) and controls (C, K) per document, two strategies that are equal."""
    document = rng.normal(0.6, 0.05, DOCUMENTS)
    lead = rng.normal(0, BETWEEN_DOCUMENTS, DOCUMENTS)

    def replicates(number, f1):
        effect = rng.normal(0, BETWEEN_REPLICATES, (number, 1))
        return np.clip(f1 + effect + rng.normal(0, NOISE, (number, DOCUMENTS)), 0, 1)

    arms = replicates(REPLICATES, document + lead / 2)
    return arms, replicates(controls, document - lead / 2), lead.mean()


def compare(arms, controls, rng):
    return replicate_difference(
        [[counts(f1)] for f1 in arms],
        [[counts(f1)] for f1 in controls],
        groups=np.arange(DOCUMENTS),
        draws=150,
        rng=rng,
    )


@cache
def covered():
    """Return the share of DRAWS worlds in which an interval holds a target, by name."""
    rng, hits = np.random.default_rng(0), []
    for _ in range(DRAWS):
        arms, controls, on_this_test = world(rng, controls=REPLICATES)
        found = compare(arms, controls, rng)
        shared = mean_over_replicates(arms.mean(axis=1) - controls[0].mean())
        hits.append(
            {
                "new text": holds(found.new_text, 0),
                "this test": holds(found.this_test, on_this_test),
                "this test for new text": holds(found.this_test, 0),
                "one shared control": holds(shared, on_this_test),
                "one shared control, new text": holds(shared, 0),
            }
        )
    return {name: np.mean([hit[name] for hit in hits]) for name in hits[0]}


def holds(found, target):
    return found.low <= target <= found.high


@pytest.mark.parametrize("target", ["new text", "this test"])
def test_five_replicates_with_a_control_each_cover_as_often_as_they_say(target):
    assert 0.93 <= covered()[target] <= 0.98


def test_student_over_replicates_alone_says_too_much_of_new_text():
    assert covered()["this test for new text"] < 0.8


@pytest.mark.parametrize("target", ["one shared control", "one shared control, new text"])
def test_student_over_differences_to_one_shared_control_covers_far_too_seldom(target):
    assert covered()[target] < 0.8


def test_equal_documents_leave_the_spread_between_replicates():
    """Where the test set adds nothing, both intervals are one."""
    rng = np.random.default_rng(1)
    flat = np.repeat(rng.normal(0.6, 0.02, (2 * REPLICATES, 1)), DOCUMENTS, axis=1)
    found = compare(flat[:REPLICATES], flat[REPLICATES:], rng)
    assert asdict(found.new_text) == pytest.approx(asdict(found.this_test))
    differences = flat[:REPLICATES, 0] - flat[REPLICATES:, 0]
    assert found.this_test.difference == pytest.approx(differences.mean())


def test_equal_replicates_leave_the_spread_between_documents():
    """Then the interval is that of one paired comparison on test."""
    rng = np.random.default_rng(2)
    ours, theirs = rng.uniform(0.4, 0.8, (2, DOCUMENTS))
    found = compare([ours] * 3, [theirs] * 3, rng).new_text
    groups = np.arange(DOCUMENTS)
    one = paired_difference([counts(ours)], [counts(theirs)], groups=groups, draws=4_000, rng=rng)
    assert found.high - found.low == pytest.approx(one.high - one.low, rel=0.15)
    assert found.difference == pytest.approx(one.difference)


def test_few_groups_leave_the_interval_for_this_test():
    rng = np.random.default_rng(3)
    arms = rng.uniform(0.4, 0.8, (4, DOCUMENTS))
    found = replicate_difference(
        [[counts(f1)] for f1 in arms[:2]],
        [[counts(f1)] for f1 in arms[2:]],
        groups=np.arange(DOCUMENTS) % 6,
        draws=20,
        rng=rng,
    )
    assert found.new_text == Unavailable("there are 6 documents, at least 10 are needed")
    assert found.this_test.low < found.this_test.high


def test_a_replicate_without_f1_leaves_the_others_alone():
    rng, nothing = np.random.default_rng(4), np.zeros(DOCUMENTS)
    arms, controls, _ = world(rng, controls=3)
    empty = Counts(nothing, nothing, nothing)
    options = {"groups": np.arange(DOCUMENTS), "draws": 50}
    ours = [[counts(f1)] for f1 in arms[:2]]
    theirs = [[counts(f1)] for f1 in controls[:2]]
    whole = replicate_difference(ours, theirs, rng=np.random.default_rng(0), **options)
    more = [*ours, [empty]], [*theirs, [counts(controls[2])]]
    assert replicate_difference(*more, rng=np.random.default_rng(0), **options) == whole
    alone = replicate_difference(ours[:1], theirs[:1], rng=rng, **options)
    assert alone == Unavailable("fewer than two replicates have an f1")


def test_a_control_for_each_replicate_is_required():
    rng = np.random.default_rng(5)
    one = [counts(rng.uniform(size=DOCUMENTS))]
    with pytest.raises(EstimateError, match="2 replicates but 1 controls"):
        replicate_difference([one] * 2, [one], groups=np.arange(DOCUMENTS), draws=9, rng=rng)
    with pytest.raises(EstimateError, match="give two"):
        mean_over_replicates([0.1])
