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
    errors_per_root_token,
    expected_entities,
    expected_errors,
    most_uncertain,
    span_entropy,
    squared_errors,
)

Acquisition = Callable[[AnyFloatArray, int], float]
UNCERTAINTIES = [
    expected_errors,
    errors_per_root_token,
    squared_errors,
    most_uncertain,
    span_entropy,
]
marginals = st.lists(st.floats(0, 1), max_size=12).map(np.array)


@pytest.mark.parametrize("score", ACQUISITIONS.values())
@given(p=marginals, tokens=st.integers(0, 10_000))
def test_scores_are_finite_and_never_negative(
    score: Acquisition, p: AnyFloatArray, tokens: int
) -> None:
    assert 0 <= score(p, tokens) < np.inf


@pytest.mark.parametrize("score", ACQUISITIONS.values())
@given(p=marginals)
def test_the_order_of_the_spans_does_not_matter(score: Acquisition, p: AnyFloatArray) -> None:
    assert score(p[::-1], 7) == pytest.approx(score(p, 7))


@pytest.mark.parametrize("score", ACQUISITIONS.values())
def test_a_segment_without_candidates_scores_zero(score: Acquisition) -> None:
    assert score(np.zeros(0), 7) == 0.0


@pytest.mark.parametrize("score", UNCERTAINTIES)
def test_certain_spans_add_nothing(score: Acquisition) -> None:
    assert score(np.array([0.0, 1.0, 1.0]), 7) == pytest.approx(0.0)
    assert score(np.array([0.4, 1.0]), 7) == pytest.approx(score(np.array([0.4]), 7))


@pytest.mark.parametrize("score", UNCERTAINTIES)
def test_a_span_as_likely_as_not_is_the_most_uncertain(score: Acquisition) -> None:
    others = np.linspace(0, 1, 101)
    scores = [score(np.array([p]), 7) for p in others]
    assert others[np.argmax(scores)] == 0.5


@given(p=marginals, tokens=st.integers(1, 10_000))
def test_four_times_the_tokens_halve_the_errors_per_root_token_and_no_other_score(
    p: AnyFloatArray, tokens: int
) -> None:
    for score in ACQUISITIONS.values():
        share = 0.5 if score is errors_per_root_token else 1.0
        assert score(p, 4 * tokens) == pytest.approx(share * score(p, tokens))


def test_squares_keep_the_order_and_prefer_the_first_more() -> None:
    less, more = np.array([0.9]), np.array([0.5])
    assert squared_errors(more) / squared_errors(less) == pytest.approx(
        (expected_errors(more) / expected_errors(less)) ** 2
    )


def test_sums_prefer_two_doubtful_spans_and_the_maximum_one_more_doubtful_span() -> None:
    two, one = np.array([0.4, 0.4]), np.array([0.5])
    assert expected_errors(two) > expected_errors(one)
    assert span_entropy(two) > span_entropy(one)
    assert most_uncertain(two) < most_uncertain(one)


def test_expected_entities_grow_with_certainty() -> None:
    assert expected_entities(np.array([0.9])) > expected_entities(np.array([0.5]))


def test_expected_errors_come_first_as_the_default() -> None:
    assert next(iter(ACQUISITIONS.values())) is expected_errors
