"""Confidence sequences: wider than an interval for one look, and held at all looks at once."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy import special

from prodigy_al.arrays import FloatArray
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.evaluation.looking import (
    TIGHTEST,
    difference_at_any_time,
    differing_documents,
    estimate_at_any_time,
    level_of,
    scaled_gain,
    standard_errors,
)
from prodigy_al.evaluation.paired import Side

MANY = 100_000  # documents, so that Student's t is normal


def interval(difference: float, error: float, groups: int = MANY) -> Difference:
    reach = float(special.stdtrit(groups - 1, 0.975)) * error
    return Difference(difference, difference - reach, difference + reach, p=0.5, detectable=0.1)


def test_the_boundary_is_robbins_mixture():
    """P(|W(t)| >= √((t + r) (log((t + r) / r) + 2 log(1/α))) at some t) = α, in its own terms."""
    level = 0.05
    r = (1 / TIGHTEST**2) / (-2 * log(level) + log(1 - 2 * log(level)))
    for error in (0.1, 0.03, 0.004):
        t = 1 / error**2
        boundary = ((t + r) * (log((t + r) / r) + 2 * log(1 / level))) ** 0.5
        # W(t) / t is off by the boundary over t, in standard errors of 1/√t
        assert standard_errors(error) == pytest.approx(boundary / t / error)


def test_it_is_tightest_at_the_error_that_was_chosen():
    errors = np.geomspace(0.004, 0.2, 200)
    best = errors[np.argmin([standard_errors(error) for error in errors])]
    assert best == pytest.approx(TIGHTEST, rel=0.1)
    assert standard_errors(TIGHTEST) == pytest.approx(3.035, abs=0.001)


def walks(runs: int, looks: int, rng: np.random.Generator) -> FloatArray:
    """Running means (runs, looks) of normal observations around 0, of standard deviation 1/2."""
    steps = rng.normal(0, 0.5, (runs, looks))
    return np.cumsum(steps, axis=1) / np.arange(1, looks + 1)


def test_running_means_stay_inside_and_leave_an_ordinary_interval():
    means = walks(2000, 1500, np.random.default_rng(0))
    errors = 0.5 / np.sqrt(np.arange(1, 1501))
    reach = np.array([standard_errors(error) for error in errors]) * errors
    held = np.mean((np.abs(means) <= reach).all(axis=1))
    ordinary = np.mean((np.abs(means) <= 1.96 * errors).all(axis=1))
    assert held >= 0.95
    assert ordinary < 0.6


def test_a_sequence_for_each_refitted_model_holds_for_all_of_them():
    """Each is measured anew on the same answers, as in a run that learns."""
    rng = np.random.default_rng(1)
    outside = np.zeros(1500, dtype=bool)
    for model in range(1, 9):
        means = walks(1500, 600, rng)[:, 60 * model :]
        errors = 0.5 / np.sqrt(np.arange(60 * model + 1, 601))
        reach = np.array([standard_errors(e, level=level_of(model)) for e in errors]) * errors
        outside |= (np.abs(means) > reach).any(axis=1)
    assert outside.mean() <= 0.05


def test_few_documents_have_the_tails_of_students_t():
    few, many = (
        difference_at_any_time(interval(0.1, 0.04, g), groups=g, differing=g) for g in (10, MANY)
    )
    assert isinstance(few, Estimate)
    assert isinstance(many, Estimate)
    assert few.high - few.low > 1.3 * (many.high - many.low)
    assert many.high == pytest.approx(0.1 + standard_errors(0.04) * 0.04, rel=1e-3)


def test_models_that_hardly_differ_have_no_interval_yet():
    """The variance of a few differences is too small where the next one would be the first."""
    found = difference_at_any_time(interval(0.1, 0.04, 60), groups=60, differing=9)
    assert isinstance(found, Unavailable)
    assert "the two differ in 9 documents" in found.reason
    ten, sixty = (
        difference_at_any_time(interval(0.1, 0.04, 60), groups=60, differing=n) for n in (10, 60)
    )
    assert isinstance(ten, Estimate)
    assert isinstance(sixty, Estimate)
    assert ten.high > sixty.high > 0.1


def test_documents_differ_where_one_of_their_answers_does():
    def side(tp: list[float], predicted: list[float]) -> Side:
        counts = Counts(np.array(tp), np.array(predicted), np.array([2.0, 2.0, 2.0, 2.0]))
        return Side([counts], ["a", "a", "b", "c"])

    ours = side([1, 1, 2, 0], [1, 1, 2, 0])
    assert differing_documents(ours, ours) == 0
    assert differing_documents(ours, side([1, 0, 2, 0], [1, 1, 2, 0])) == 1
    assert differing_documents(ours, side([1, 1, 2, 0], [2, 2, 2, 1])) == 2


def test_f1_stays_between_0_and_1_and_inside_its_own_interval():
    usual = Estimate(0.9, 0.72, 0.97)
    ever = estimate_at_any_time(usual, groups=12)
    assert 0 < ever.low < usual.low
    assert usual.high < ever.high < 1
    assert ever.value == usual.value


def test_what_was_asked_of_everything_is_known_at_any_time():
    known = Estimate(0.8, 0.8, 0.8)
    assert estimate_at_any_time(known, groups=12) == known


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.2, 1.0), (0.0, 0.7)])
def test_an_interval_that_rounding_has_closed_tells_nothing(low: float, high: float):
    """As where one document holds nearly all spans: on the logit scale its end is infinite."""
    assert estimate_at_any_time(Estimate(0.5, low, high), groups=12) == Estimate(0.5, 0.0, 1.0)


def test_a_gain_grows_with_the_logarithm_of_answers():
    gain = Estimate(0.02, -0.01, 0.05)
    doubled = scaled_gain(gain, before=200, after=400, more=400)
    assert (doubled.value, doubled.low, doubled.high) == pytest.approx((0.02, -0.01, 0.05))
    assert scaled_gain(gain, before=200, after=400, more=100).value == pytest.approx(
        0.02 * log(500 / 400) / log(2)
    )
