"""Two learning curves held against each other: their mean difference, and who leads from when."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import trapezoid

from prodigy_al.evaluation.bootstrap import Side
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.curve_difference import (
    CurveDifference,
    ahead_from,
    compare_curves,
    draw_curves,
)
from prodigy_al.evaluation.estimators import Unavailable

WORLDS = 400
DOCUMENTS, SPANS, SEEDS = 40, 40, 4
WORK = (0, 250, 500, 750, 1000)
RISING = (0.45, 0.60, 0.635, 0.647, 0.65)
SOONER = (0.45, 0.68, 0.70, 0.68, 0.65)  # ahead early, and at the end no more
LATER = (0.45, 0.50, 0.58, 0.68, 0.74)  # behind until some 600 answers
BETWEEN_SEEDS, BETWEEN_DOCUMENTS, NOISE = 0.015, 0.08, 0.06


def counts(f1):
    every = np.full(DOCUMENTS, float(SPANS))
    return Counts(np.clip(f1, 0, 1) * SPANS, every, every)


def exactly(curve):
    """Return a curve without chance: the same F1 on every document, two seeds at its end."""
    points = [[counts(np.full(DOCUMENTS, f1))] for f1 in curve]
    return [*points[:-1], points[-1] * 2]


def world(rng, *curves):
    """Return curves as al.compare trains them, on one test set, from one base."""
    document = rng.normal(0, BETWEEN_DOCUMENTS, DOCUMENTS)

    def trained(f1, seeds):
        spread = rng.normal(0, BETWEEN_SEEDS, (seeds, 1))
        found = f1 + document + spread + rng.normal(0, NOISE, (seeds, DOCUMENTS))
        return [counts(seed) for seed in found]

    base = [counts(curves[0][0] + document + rng.normal(0, NOISE, DOCUMENTS))]
    return [
        [base, *(trained(f1, 1) for f1 in curve[1:-1]), trained(curve[-1], SEEDS)]
        for curve in curves
    ]


def compared(first, second, rng, first_work=WORK, second_work=WORK, groups=None, draws=80):
    groups = np.arange(DOCUMENTS) if groups is None else groups
    drawn = draw_curves(first, second, groups=groups, draws=draws, rng=rng)
    if isinstance(drawn, Unavailable):
        return drawn
    return compare_curves(drawn, first_work, second_work)


@cache
def repeated(first, second, worlds=WORLDS):
    """Return, for each of many worlds, the comparison of two true curves."""
    rng = np.random.default_rng(0)
    return [compared(*world(rng, first, second), rng) for _ in range(worlds)]


def true_mean(first, second):
    return trapezoid(np.subtract(first, second), WORK) / WORK[-1]


@pytest.mark.parametrize(("first", "second"), [(RISING, RISING), (SOONER, RISING), (LATER, RISING)])
def test_the_interval_of_the_mean_difference_holds_the_true_one(first, second):
    truth = true_mean(first, second)
    held = [one.mean.low <= truth <= one.mean.high for one in repeated(first, second)]
    # 400 worlds: a coverage of .95 is seen as less than .91 once in some thousand times
    assert 0.91 <= np.mean(held) <= 0.995


def test_an_interval_without_training_seeds_holds_it_too_seldom(monkeypatch):
    monkeypatch.setattr(Side, "deviations", lambda side, _: np.zeros(side.seeds))
    found = repeated.__wrapped__(RISING, RISING)
    assert np.mean([one.mean.low <= 0 <= one.mean.high for one in found]) < 0.9


def test_who_is_sooner_is_ahead_on_the_whole_though_not_at_the_end():
    assert np.mean([one.mean.low > 0 for one in repeated(SOONER, RISING)]) > 0.5
    assert true_mean(SOONER, RISING) > 0.02


def test_a_curve_that_crosses_is_ahead_from_there_on():
    found = repeated(LATER, RISING)
    crossing = ahead_from(np.array(WORK, float), np.subtract([LATER], [RISING]))[0]
    assert 600 < crossing < 700
    assert all(one.lead.first for one in found)
    held = [one.lead.low <= crossing <= (one.lead.high or np.inf) for one in found]
    assert np.mean(held) >= 0.9


def test_equal_curves_are_not_said_to_lead_by_less_than_never():
    leads = [one.lead for one in repeated(RISING, RISING)]
    assert np.mean([lead.high is None for lead in leads if lead]) > 0.9


def test_without_chance_the_mean_is_the_area():
    found = compared(exactly(SOONER), exactly(RISING), np.random.default_rng(2))
    assert found.mean.value == pytest.approx(true_mean(SOONER, RISING))
    assert found.mean.low == pytest.approx(found.mean.high)
    assert found.until == 1000


def test_only_the_work_that_both_cover_is_compared():
    rng = np.random.default_rng(3)
    short = [0, 100, 200, 300, 400]
    found = compared(exactly(RISING), exactly(RISING), rng, first_work=short)
    assert found.until == 400
    at = np.linspace(0, 400, 4001)
    gained = np.interp(at, short, RISING) - np.interp(at, WORK, RISING)
    assert found.mean.value == pytest.approx(gained.mean(), abs=1e-4)
    assert found.lead.first
    assert found.lead.start == 0


def test_the_second_curve_leads_where_the_first_is_behind_at_the_end():
    found = compared(exactly(RISING), exactly(LATER), np.random.default_rng(4))
    crossing = ahead_from(np.array(WORK, float), np.subtract([LATER], [RISING]))[0]
    assert not found.lead.first
    assert found.lead.start == pytest.approx(crossing)
    same = compared(exactly(RISING), exactly(RISING), np.random.default_rng(4))
    assert same == CurveDifference(1000, same.mean, None)
    assert same.mean.value == 0


def test_what_tells_nothing_has_its_reason():
    rng = np.random.default_rng(5)
    first, second = world(rng, RISING, LATER)
    one_seed = [point[:1] for point in first], [point[:1] for point in second]
    assert "one training seed" in compared(*one_seed, rng).reason
    few = np.arange(DOCUMENTS) % 6
    assert "6 documents" in compared(first, second, rng, groups=few).reason
    nothing = np.zeros(DOCUMENTS)
    broken = [*first[:2], [Counts(nothing, nothing, nothing)], *first[3:]]
    assert "undefined" in compared(broken, second, rng).reason
    assert "no work" in compared(first, second, rng, first_work=[0] * 5).reason


@given(st.lists(st.floats(-1, 1).filter(lambda d: abs(d) > 1e-6), min_size=1, max_size=6))
def test_from_there_on_it_stays_above(values):
    differences = np.array([[0.0, *values]])
    work = np.arange(len(values) + 1.0)
    found = ahead_from(work, differences)[0]
    if values[-1] <= 0:
        assert found == np.inf
        return
    after = np.linspace(found, work[-1], 50)[1:]
    assert np.all(np.interp(after, work, differences[0]) > 0) or found == work[-1]
    if found > 0:
        assert np.interp(found, work, differences[0]) == pytest.approx(0, abs=1e-9)
