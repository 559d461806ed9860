"""Acquisition functions: what each of them prefers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_al.arrays import AnyFloatArray
from prodigy_al.scoring.acquisition import (
    ACQUISITIONS,
    expected_entities,
    expected_errors,
    most_uncertain,
    span_entropy,
)

Acquisition = Callable[[AnyFloatArray], float]
UNCERTAINTIES = [expected_errors, most_uncertain, span_entropy]
marginals = st.lists(st.floats(0, 1), max_size=12).map(np.array)


@pytest.mark.parametrize("score", ACQUISITIONS.values())
@given(p=marginals)
def test_scores_are_finite_and_never_negative(score: Acquisition, p: AnyFloatArray) -> None:
    assert 0 <= score(p) < np.inf


@pytest.mark.parametrize("score", ACQUISITIONS.values())
@given(p=marginals)
def test_the_order_of_the_spans_does_not_matter(score: Acquisition, p: AnyFloatArray) -> None:
    assert score(p[::-1]) == pytest.approx(score(p))


@pytest.mark.parametrize("score", ACQUISITIONS.values())
def test_a_segment_without_candidates_scores_zero(score: Acquisition) -> None:
    assert score(np.zeros(0)) == 0.0


@pytest.mark.parametrize("score", UNCERTAINTIES)
def test_certain_spans_add_nothing(score: Acquisition) -> None:
    assert score(np.array([0.0, 1.0, 1.0])) == pytest.approx(0.0)
    assert score(np.array([0.4, 1.0])) == pytest.approx(score(np.array([0.4])))


@pytest.mark.parametrize("score", UNCERTAINTIES)
def test_a_span_as_likely_as_not_is_the_most_uncertain(score: Acquisition) -> None:
    others = np.linspace(0, 1, 101)
    scores = [score(np.array([p])) for p in others]
    assert others[np.argmax(scores)] == 0.5


def test_sums_prefer_two_doubtful_spans_and_the_maximum_one_more_doubtful_span() -> None:
    two, one = np.array([0.4, 0.4]), np.array([0.5])
    assert expected_errors(two) > expected_errors(one)
    assert span_entropy(two) > span_entropy(one)
    assert most_uncertain(two) < most_uncertain(one)


def test_expected_entities_grow_with_certainty() -> None:
    assert expected_entities(np.array([0.9])) > expected_entities(np.array([0.5]))


def test_expected_errors_come_first_as_the_default() -> None:
    assert next(iter(ACQUISITIONS.values())) is expected_errors
