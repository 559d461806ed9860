"""Acquisition functions: the laws of all of them, and what each of them prefers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_al.scoring.acquisition import (
    ACQUISITIONS,
    balanced_errors,
    bald,
    count_entropy,
    diverse_errors,
    errors_per_root_token,
    expected_entities,
    expected_errors,
    form_novelty,
    form_quota,
    information_density,
    least_confidence,
    max_token_entropy,
    mean_token_entropy,
    min_margin,
    mnlp,
    most_uncertain,
    span_entropy,
    squared_errors,
    tag_count,
)
from prodigy_al.scoring.registry import SegmentScores, find_acquisition

ALL = list(ACQUISITIONS)
# How the score of a text written twice relates to that of the text.
GROWTH = {
    "expected-errors": 2.0,
    "most-uncertain": 1.0,
    "span-entropy": 2.0,
    "expected-entities": 2.0,
    "errors-per-root-token": math.sqrt(2),
    "squared-errors": 4.0,
    "mnlp": 1.0,
    "max-token-entropy": 1.0,
    "mean-token-entropy": 1.0,
    "min-margin": 1.0,
    "tag-count": 2.0,
    "form-novelty": 2.0,
    "balanced-errors": 2.0,
    "information-density": 2.0,
    "diverse-errors": 2.0,
    "form-quota": 2.0,
    "bald": 2.0,
    "random": 1.0,
}
GROWS_LESS_THAN_TWICE = ["count-entropy", "least-confidence"]
OF_SPANS = [
    "expected-errors",
    "most-uncertain",
    "span-entropy",
    "errors-per-root-token",
    "squared-errors",
    "count-entropy",
    "balanced-errors",
    "information-density",
    "diverse-errors",
    "form-quota",
]
"""The uncertainties about spans."""
OF_PARSE = ["least-confidence", "mnlp", "max-token-entropy", "mean-token-entropy", "min-margin"]
"""The uncertainties about the parse."""
ARRAYS = (
    *("marginals", "lengths", "greedy", "entropies", "margins"),
    *("members", "elsewhere", "balance", "room"),
)


@st.composite
def segments(draw: st.DrawFn, least: int = 0) -> SegmentScores:
    """Draw what may be known of a segment; a third of all numbers are as extreme as they can be."""
    spans, tokens = draw(st.integers(least, 12)), draw(st.integers(least, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def numbers(size: int, low: float, high: float) -> np.ndarray:
        return np.clip(
            rng.uniform(low - (high - low) / 4, high + (high - low) / 4, size), low, high
        )

    return SegmentScores(
        marginals=numbers(spans, 0, 1),
        tokens=tokens,
        lengths=rng.integers(1, 9, spans),
        greedy=rng.random(spans) < 0.5,
        entropies=numbers(tokens, 0, math.log(37)),
        margins=numbers(tokens, 0, 1),
        log_probability=float(numbers(1, -1000, 0)[0]) if tokens else 0.0,
        members=numbers(spans * 3, 0, 1).reshape(spans, 3).astype(np.float32),
        elsewhere=numbers(spans, 0, 1e6),
        balance=np.exp(numbers(spans, -5, 5)),
        density=float(numbers(1, -1, 1)[0]),
        apart=float(numbers(1, 0, 1)[0]),
        room=rng.integers(0, 2, spans).astype(float),
        chance=rng.uniform(0.01, 0.99),
    )


def score(name: str, scores: SegmentScores) -> float:
    return find_acquisition(name)(scores)


def twice(one: SegmentScores) -> SegmentScores:
    return SegmentScores(
        *(np.tile(one.marginals, 2), 2 * one.tokens, np.tile(one.lengths, 2)),
        *(np.tile(one.greedy, 2), np.tile(one.entropies, 2), np.tile(one.margins, 2)),
        log_probability=2 * one.log_probability,
        members=np.tile(one.members, (2, 1)),
        elsewhere=np.tile(one.elsewhere, 2),
        balance=np.tile(one.balance, 2),
        density=one.density,
        apart=one.apart,
        room=np.tile(one.room, 2),
        chance=one.chance,
    )


def with_span(one: SegmentScores, p: float) -> SegmentScores:
    """Add a span that is not in the greedy parse."""
    return replace(
        one,
        marginals=np.append(one.marginals, p),
        lengths=np.append(one.lengths, 1),
        greedy=np.append(one.greedy, False),
        members=np.vstack([one.members, np.full((1, 3), p)]),
        elsewhere=np.append(one.elsewhere, 0.0),
        balance=np.append(one.balance, 1.0),
        room=np.append(one.room, 1.0),
    )


NOTHING = SegmentScores(
    *(np.zeros(0), 0, np.zeros(0, np.intp), np.zeros(0, np.bool_)),
    *(np.zeros(0), np.zeros(0), 0.0, np.zeros((0, 3))),
    *(np.zeros(0), np.zeros(0), 0.5, 0.5, np.zeros(0), 0.5),
)


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=25)
@given(scores=segments())
def test_scores_are_finite_and_never_negative(name: str, scores: SegmentScores) -> None:
    assert 0 <= score(name, scores) < np.inf


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=25)
@given(scores=segments())
def test_the_order_of_spans_and_of_tokens_does_not_matter(name: str, scores: SegmentScores) -> None:
    backwards = replace(
        scores,
        **{field: getattr(scores, field)[::-1] for field in ARRAYS},
    )
    assert score(name, backwards) == pytest.approx(score(name, scores), abs=1e-12)


@pytest.mark.parametrize("name", [name for name in ALL if name != "random"])
def test_an_empty_segment_scores_zero(name: str) -> None:
    assert score(name, NOTHING) == 0.0


@pytest.mark.parametrize("name", [*OF_SPANS, "bald"])
@pytest.mark.parametrize("certain", [0.0, 1.0])
@settings(max_examples=25)
@given(scores=segments())
def test_a_certain_span_adds_nothing_to_an_uncertainty(
    name: str, certain: float, scores: SegmentScores
) -> None:
    assert score(name, with_span(scores, certain)) == pytest.approx(score(name, scores), abs=1e-9)


@pytest.mark.parametrize("name", OF_SPANS)
def test_a_span_as_likely_as_not_is_the_most_uncertain(name: str) -> None:
    others = np.linspace(0, 1, 101)
    one = replace(NOTHING, tokens=7, density=0.5)
    scores = [score(name, with_span(one, p)) for p in others]
    assert others[np.argmax(scores)] == 0.5


@pytest.mark.parametrize("name", OF_PARSE)
@settings(max_examples=25)
@given(scores=segments())
def test_a_certain_parse_scores_zero_whatever_its_length(name: str, scores: SegmentScores) -> None:
    certain = replace(
        scores,
        entropies=np.zeros(scores.tokens),
        margins=np.ones(scores.tokens),
        log_probability=0.0,
    )
    assert score(name, certain) == 0.0


@pytest.mark.parametrize("name", [*OF_PARSE, "tag-count", "random"])
@settings(max_examples=25)
@given(scores=segments(), p=st.floats(0, 1))
def test_spans_outside_the_parse_do_not_change_its_score(
    name: str, scores: SegmentScores, p: float
) -> None:
    assert score(name, with_span(scores, p)) == score(name, scores)


@pytest.mark.parametrize("name", GROWTH)
@settings(max_examples=25)
@given(scores=segments(least=1))
def test_a_text_written_twice_scores_as_documented(name: str, scores: SegmentScores) -> None:
    assert score(name, twice(scores)) == pytest.approx(GROWTH[name] * score(name, scores))


@pytest.mark.parametrize("name", GROWS_LESS_THAN_TWICE)
@settings(max_examples=25)
@given(scores=segments(least=1))
def test_a_text_written_twice_scores_more_and_less_than_twice_as_much(
    name: str, scores: SegmentScores
) -> None:
    once, both = score(name, scores), score(name, twice(scores))
    assert once - 1e-9 <= both <= 2 * once + 1e-9


def test_how_every_score_grows_is_documented() -> None:
    assert {*GROWTH, *GROWS_LESS_THAN_TWICE} == set(ALL)


def test_expected_errors_come_first_as_the_default() -> None:
    assert ALL[0] == "expected-errors"


def test_squares_keep_the_order_and_prefer_the_first_more() -> None:
    less, more = np.array([0.9]), np.array([0.5])
    assert squared_errors(more) / squared_errors(less) == pytest.approx(
        (expected_errors(more) / expected_errors(less)) ** 2
    )


def test_sums_prefer_two_doubtful_spans_and_the_maximum_one_more_doubtful_span() -> None:
    two, one = np.array([0.4, 0.4]), np.array([0.5])
    assert expected_errors(two) > expected_errors(one)
    assert span_entropy(two) > span_entropy(one)
    assert count_entropy(two) > count_entropy(one)
    assert most_uncertain(two) < most_uncertain(one)


def test_tokens_count_against_the_errors_per_root_token_alone() -> None:
    p = np.array([0.4, 0.7])
    assert errors_per_root_token(p, 36) == pytest.approx(expected_errors(p) / 6)


def test_expected_entities_grow_with_certainty() -> None:
    assert expected_entities(np.array([0.9])) > expected_entities(np.array([0.5]))


def test_the_entropy_of_the_count_is_that_of_every_outcome_added_up() -> None:
    p = np.array([0.1, 0.5, 0.8])
    chances = np.zeros(4)
    for outcome in np.ndindex(2, 2, 2):
        chances[sum(outcome)] += np.prod(np.where(outcome, p, 1 - p))
    assert count_entropy(p) == pytest.approx(-np.sum(chances * np.log(chances)))


def test_the_parse_as_a_whole_prefers_long_segments_and_its_mean_the_least_certain_tokens() -> None:
    doubtful_and_short, surer_and_long = (-2.0, 4), (-3.0, 30)
    assert least_confidence(-2.0) < least_confidence(-3.0) == pytest.approx(1 - math.exp(-3))
    assert mnlp(*doubtful_and_short) > mnlp(*surer_and_long) == pytest.approx(0.1)


def test_one_doubtful_token_counts_whole_in_the_maximum_and_little_in_the_mean() -> None:
    entropies = np.array([0.0, 0.0, 0.0, 0.8])
    assert max_token_entropy(entropies) == 0.8
    assert mean_token_entropy(entropies) == pytest.approx(0.2)


def test_the_closest_decision_makes_the_margin() -> None:
    assert min_margin(np.array([0.9, 0.1, 1.0])) == pytest.approx(0.9)


def test_tokens_of_the_greedy_parse_alone_are_counted() -> None:
    assert tag_count(np.array([2, 5, 1]), np.array([True, False, True])) == 3.0


def test_a_text_that_is_everywhere_is_no_novelty() -> None:
    p = np.array([0.8])
    assert form_novelty(p, np.array([0.0])) == pytest.approx(0.8)
    assert form_novelty(p, np.array([99.0])) == pytest.approx(0.008)


def test_doubt_about_a_rare_label_counts_more() -> None:
    p = np.array([0.5, 0.9])
    assert balanced_errors(p, np.ones(2)) == expected_errors(p)
    assert balanced_errors(p, np.array([0.5, 3.0])) == pytest.approx(0.125 + 0.27)


@settings(max_examples=25)
@given(scores=segments(), p=st.floats(0, 1))
def test_a_doubt_that_all_members_share_is_no_disagreement(scores: SegmentScores, p: float) -> None:
    assert score("bald", with_span(scores, p)) == pytest.approx(score("bald", scores), abs=1e-6)


def test_members_disagree_most_where_half_of_them_are_sure_of_it_and_half_of_the_opposite() -> None:
    halves, doubtful, near = [0.0, 0.0, 1.0, 1.0], [0.5] * 4, [0.4, 0.4, 0.6, 0.6]
    assert bald(np.array([halves])) == pytest.approx(math.log(2))
    assert bald(np.array([doubtful])) == 0.0
    assert 0 < bald(np.array([near])) < 0.05 * bald(np.array([halves]))


def test_a_segment_like_no_other_has_no_density() -> None:
    p = np.array([0.5])
    assert information_density(p, 0.8) == pytest.approx(0.2)
    assert information_density(p, -0.1) == 0.0


def test_a_segment_like_one_taken_before_adds_nothing() -> None:
    p = np.array([0.5, 0.9])
    assert diverse_errors(p, 1.0) == expected_errors(p)
    assert diverse_errors(p, 0.0) == 0.0


def test_spans_whose_text_was_asked_about_enough_count_for_nothing() -> None:
    p = np.array([0.5, 0.9])
    assert form_quota(p, np.ones(2)) == expected_errors(p)
    assert form_quota(p, np.array([0.0, 1.0])) == pytest.approx(0.09)
