"""Calibration errors of probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.reliability import Reliability, measure_reliability


def measured(p: list[float], right: list[bool], weights: list[float] | None = None) -> Reliability:
    found = measure_reliability(
        np.array(p), np.array(right), None if weights is None else np.array(weights)
    )
    assert isinstance(found, Reliability)
    return found


def test_probabilities_that_come_true_as_often_as_they_say_have_no_calibration_error() -> None:
    p, right = [0.25] * 4 + [0.75] * 4, [True, False, False, False, True, True, True, False]
    found = measured(p, right)
    assert found.ece == pytest.approx(0.0)
    assert found.brier == pytest.approx(0.1875)
    assert [(one.p, one.right, one.n) for one in found.bins] == [(0.25, 0.25, 4), (0.75, 0.75, 4)]


def test_a_sure_and_wrong_probability_is_the_largest_error() -> None:
    assert (measured([1.0], [False]).ece, measured([1.0], [False]).brier) == (1.0, 1.0)
    assert (measured([0.0], [False]).ece, measured([1.0], [True]).brier) == (0.0, 0.0)


def test_errors_of_one_bin_cancel_and_those_of_two_do_not() -> None:
    assert measured([0.42, 0.48], [True, False]).ece == pytest.approx(0.05)
    assert measured([0.35, 0.48], [True, False]).ece == pytest.approx((0.65 + 0.48) / 2)


def test_a_weight_of_two_is_an_item_twice() -> None:
    p, right = [0.2, 0.55, 0.9], [False, True, True]
    twice = measured([*p, 0.9], [*right, True])
    weighted = measured(p, right, [1.0, 1.0, 2.0])
    assert weighted.ece == pytest.approx(twice.ece)
    assert weighted.brier == pytest.approx(twice.brier)
    assert [one.n for one in weighted.bins] == [1, 1, 1]


def test_nothing_is_said_of_no_probability() -> None:
    assert isinstance(measure_reliability(np.zeros(0), np.zeros(0, np.bool_)), Unavailable)
