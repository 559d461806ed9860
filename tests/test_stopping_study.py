"""The rules of the study of stopping: when each says stop, and what that saves and loses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import kept
import stopping

from prodigy_al.training.answers import Answer, Answers


def seen(name: str, *values: float) -> list[stopping.Signs]:
    return [{name: value} for value in values]


@pytest.mark.parametrize(
    ("kappas", "place"),
    [((0.991, 0.99, 0.99), 3), ((0.9, 0.98, 1.0, 1.0), 4), ((0.98, 0.98, 0.98), None)],
)
def test_predictions_are_stable_by_the_mean_of_three_kappas(
    kappas: tuple[float, ...], place: int | None
):
    """The first model has none before it to agree with."""
    signs = [{}, *seen(stopping.KAPPA, *kappas)]
    assert stopping.stops_at(stopping.RULES["stable"], signs) == place


@pytest.mark.parametrize(
    ("expected", "place"),
    [((0.5, 0.503, 0.501), 2), ((0.5, 0.503, 0.6, 0.601, 0.602), 4), ((0.5, 0.501), None)],
)
def test_a_model_is_settled_after_two_small_steps_of_what_it_expects(
    expected: tuple[float, ...], place: int | None
):
    signs = seen(stopping.EXPECTED, *expected)
    assert stopping.stops_at(stopping.RULES["expected"], signs) == place


def test_dev_is_flat_where_the_whole_interval_is_and_not_where_there_is_none():
    wide = {stopping.LOW: -0.01, stopping.HIGH: 0.03}
    narrow = {stopping.LOW: -0.01, stopping.HIGH: 0.02}
    assert stopping.stops_at(stopping.RULES["flat"], [{}, wide, narrow]) == 2
    assert stopping.stops_at(stopping.RULES["ever-flat"], [{}, wide, narrow]) is None


def test_no_gain_needs_an_upper_end_below_a_hundredth():
    signs = [{}, *seen(stopping.GAIN_HIGH, 0.01, 0.009)]
    assert stopping.stops_at(stopping.RULES["no-gain"], signs) == 2


def test_half_of_the_answers_is_half():
    models = stopping.BUDGET // stopping.STEP
    assert stopping.stops_at(stopping.RULES["half"], [{}] * models) == models // 2 - 1


def model(tp: int, signs: stopping.Signs) -> kept.Tested:
    """F1 is tp / 10."""
    return kept.Tested([tp], [10], [10], 1.0, {}, {}, "", dict(signs))


def test_what_a_rule_saves_and_loses_is_counted_from_where_it_stopped():
    signs = seen(stopping.EXPECTED, 0.5, 0.5, 0.5, 0.9)
    run = [model(tp, one) for tp, one in zip((4, 5, 6, 8), signs, strict=True)]
    saved, lost, stopped = stopping.outcome(stopping.RULES["expected"], run)
    assert (saved, round(lost, 9), stopped) == (0.25, 0.2, True)
    assert stopping.outcome(stopping.RULES["stable"], run) == (0.0, 0.0, False)


def test_tokens_are_labelled_with_where_entities_begin_and_asked_labels_alone():
    item = Answer(1, ("a", "b", "c", "d"), (True,) * 4, (), ())
    texts = Answers("x", "full", ("ORG",), (item,), {})
    labels = stopping.token_labels(
        texts, [frozenset({(0, 1, "ORG"), (1, 3, "ORG"), (3, 4, "GPE")})]
    )
    assert labels == ["B-ORG", "B-ORG", "I-ORG", "O"]
