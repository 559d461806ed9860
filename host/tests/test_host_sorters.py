"""Sorters: which tasks of a scored stream are asked."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_host.sorters import (
    ExpMovingAverage,
    Probability,
    prefer_high_scores,
    prefer_low_scores,
    prefer_uncertain,
)

PREFERENCES = (prefer_uncertain, prefer_high_scores, prefer_low_scores)
ALGORITHMS = ("ema", "probability")


def scored(scores: Iterable[float]) -> Iterable[tuple[float, dict[str, Any]]]:
    return ((score, {"score": score}) for score in scores)


def uniform(count: int) -> list[float]:
    rng = random.Random(0)
    return [rng.random() for _ in range(count)]


def asked(stream: Iterable[dict[str, Any]]) -> list[float]:
    return [task["score"] for task in stream]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_sorter_asks_about_what_it_prefers(algorithm: str) -> None:
    scores = uniform(5000)
    chosen = asked(prefer_uncertain(scored(scores), algorithm=algorithm))
    assert mean([abs(score - 0.5) for score in chosen]) < 0.19  # of all: .25
    assert mean(asked(prefer_high_scores(scored(scores), algorithm))) > 0.62
    assert mean(asked(prefer_low_scores(scored(scores), algorithm))) < 0.38


@pytest.mark.parametrize("prefer", PREFERENCES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_of_uniform_scores_about_half_are_asked_in_their_order(prefer: Any, algorithm: str) -> None:
    scores = uniform(5000)
    chosen = asked(prefer(scored(scores), algorithm=algorithm))
    assert 0.35 < len(chosen) / len(scores) < 0.55
    places = [scores.index(score) for score in chosen]
    assert places == sorted(places)


def test_bias_moves_what_is_uncertain() -> None:
    scores = uniform(5000)
    centres = [
        mean(asked(prefer_uncertain(scored(scores), bias=bias))) for bias in (-0.6, 0.0, 0.6)
    ]
    assert centres[0] < 0.35 < 0.45 < centres[1] < 0.55 < 0.65 < centres[2]
    assert mean(asked(prefer_uncertain(scored(scores), 1.0))) == pytest.approx(
        mean(asked(prefer_high_scores(scored(scores))))
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=300))
def test_the_moving_average_asks_soon_after_it_passed_over_tasks(scores: list[float]) -> None:
    chosen = asked(prefer_uncertain(scored(scores)))
    assert chosen[0] == scores[0]


def test_falling_scores_do_not_end_the_questions() -> None:
    falling = [0.5 * 0.999**place for place in range(3000)]
    numbered = ((score, {"score": place}) for place, score in enumerate(falling))
    places = asked(prefer_high_scores(numbered))
    assert max(after - before for before, after in itertools.pairwise(places)) < 40
    assert len(asked(prefer_high_scores(scored([0.3] * 100)))) == 100  # nothing is better


def test_scores_that_changed_are_judged_by_those_near_them() -> None:
    noise = uniform(2000)
    high = [0.8 + 0.2 * score for score in noise]
    low = [0.2 * score for score in noise]
    chosen = asked(prefer_high_scores(scored([*high, *low])))
    later = [score for score in chosen if score <= 0.2]
    assert 0.3 < len(later) / len(low) < 0.55
    assert mean(later) > 0.12


def test_no_task_is_read_before_it_is_needed() -> None:
    read = []

    def stream() -> Iterable[tuple[float, dict[str, Any]]]:
        for place in itertools.count():
            read.append(place)
            yield 0.5, {"score": place}

    assert next(iter(prefer_uncertain(stream()))) == {"score": 0}
    assert read == [0]


@pytest.mark.parametrize("sorter", [ExpMovingAverage, Probability])
def test_the_classes_take_scores_as_they_are(sorter: Any) -> None:
    assert mean(asked(sorter(scored(uniform(5000))))) > 0.62


def test_probability_never_takes_all_nor_nothing_and_repeats_with_its_generator() -> None:
    for score in (0.0, 1.0, -3.0, 7.0):
        chosen = asked(Probability(scored([score] * 1000), rng=random.Random(1)))
        assert chosen == asked(Probability(scored([score] * 1000), rng=random.Random(1)))
        assert 0 < len(chosen) < 1000


def test_what_cannot_be_used_is_named() -> None:
    with pytest.raises(ValueError, match="no algorithm is called 'median'"):
        prefer_uncertain([], algorithm="median")
    with pytest.raises(ValueError, match="bias 2 is out of range"):
        prefer_uncertain([], bias=2)
    with pytest.raises(ValueError, match="a number from 0 to 1, not nan"):
        list(prefer_low_scores(scored([float("nan")])))
