"""What a learning curve may be said to have reached."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.reaching import isotonic, lower_bounds

WORLDS = 1_000
DOCUMENTS, SPANS, SEEDS = 40, 40, 4
RISING = (0.45, 0.60, 0.635, 0.647, 0.65)  # after nothing, a quarter, half, three quarters, all
FLAT = (0.45, 0.65, 0.65, 0.65, 0.65)
BETWEEN_SEEDS, BETWEEN_DOCUMENTS, NOISE = 0.015, 0.08, 0.06


def counts(f1):
    every = np.full(DOCUMENTS, float(SPANS))
    return Counts(np.clip(f1, 0, 1) * SPANS, every, every)


def trained(rng, f1, document, *, seeds):
    """Return F1 per seed and document of trainings whose true F1 is `f1`."""
    spread = rng.normal(0, BETWEEN_SEEDS, (seeds, 1))
    return f1 + document + spread + rng.normal(0, NOISE, (seeds, DOCUMENTS))


def world(rng, curve):
    """Return F1 of a curve, as al.compare trains it, and of a control: (seeds, documents) each."""
    document = rng.normal(0, BETWEEN_DOCUMENTS, DOCUMENTS)
    base = [curve[0] + document + rng.normal(0, NOISE, (1, DOCUMENTS))]
    between = [trained(rng, f1, document, seeds=1) for f1 in curve[1:-1]]
    last = trained(rng, curve[-1], document, seeds=SEEDS)
    return [*base, *between, last], trained(rng, RISING[-1], document, seeds=SEEDS)


def bounds(points, control, rng):
    return lower_bounds(
        [[counts(seed) for seed in point] for point in points],
        [counts(seed) for seed in control],
        groups=np.arange(DOCUMENTS),
        draws=80,
        rng=rng,
    )


@cache
def reached(curve, worlds=WORLDS):
    """Return how often a curve is said to reach the control, and how often early, both ways."""
    rng, found = np.random.default_rng(0), []
    for _ in range(worlds):
        points, other = world(rng, curve)
        surely = bounds(points, other, rng) >= 0
        first_passage = np.array([point.mean() for point in points]) >= other.mean()
        found.append((surely.any(), surely[:-1].any(), first_passage[:-1].any()))
    return dict(zip(("ever", "early", "first passage"), np.mean(found, axis=0), strict=True))


@pytest.mark.parametrize("curve", [RISING, FLAT], ids=["rising", "flat"])
def test_of_equal_curves_no_difference_is_said(curve):
    assert reached(curve)["ever"] <= 0.1


@pytest.mark.parametrize("curve", [RISING, FLAT], ids=["rising", "flat"])
def test_the_first_passage_of_equal_curves_mostly_says_reached_early(curve):
    assert reached(curve)["first passage"] > 0.5


def test_a_curve_that_is_there_early_is_said_to_be():
    ahead = (0.45, 0.66, 0.74, 0.75, 0.76)
    assert reached(ahead, worlds=200)["early"] > 0.9


def test_without_a_second_seed_nothing_is_reached():
    rng = np.random.default_rng(1)
    points, other = world(rng, RISING)
    found = bounds([point[:1] for point in points], other[:1], rng)
    assert found == Unavailable("one training seed does not tell how much another would differ")


def test_few_groups_tell_nothing():
    rng, one = np.random.default_rng(2), counts(np.full(DOCUMENTS, 0.5))
    few = np.arange(DOCUMENTS) % 6
    found = lower_bounds([[one], [one] * 2], [one] * 2, groups=few, draws=9, rng=rng)
    assert found == Unavailable("there are 6 documents, at least 10 are needed")


def test_an_undefined_point_is_never_there_and_leaves_the_others_alone():
    rng, nothing = np.random.default_rng(3), np.zeros(DOCUMENTS)
    low, high = counts(np.full(DOCUMENTS, 0.4)), counts(np.full(DOCUMENTS, 0.6))
    empty = Counts(nothing, nothing, nothing)
    groups = np.arange(DOCUMENTS)
    points = [[low], [empty], [high] * 2]
    found = lower_bounds(points, [low] * 2, groups=groups, draws=50, rng=rng)
    assert found == pytest.approx([0, -np.inf, 0.2])
    nowhere = lower_bounds(points, [empty] * 2, groups=groups, draws=50, rng=rng)
    assert np.all(nowhere == -np.inf)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=7))
def test_smoothing_never_falls_keeps_the_mean_and_what_rises_already(values):
    smooth = isotonic(np.array(values))
    assert np.all(np.diff(smooth) >= -1e-12)
    assert smooth.mean() == pytest.approx(np.mean(values))
    assert isotonic(np.sort(values)) == pytest.approx(np.sort(values))
