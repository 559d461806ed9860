"""The effort until a given F1, and the curve that it is read from."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from prodigy_al.comparison.curves import Work, work_to_reach
from prodigy_al.comparison.effort import read_first_answers
from prodigy_al.comparison.measuring import measure
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.build import build_report, compare
from prodigy_al.report.tables import render_tables


def works(*answers: float) -> list[Work]:
    """A token costs a tenth of an answer, an entity two, seconds are unknown."""
    return [Work(n, 10 * n, n / 2, None) for n in answers]


RISING = [-0.4, -0.2, 0.2]


@pytest.mark.parametrize(
    ("lows", "answers"),
    [(RISING, 150), ([-0.4, 0, 0.2], 100), ([-0.1, 0.3, 0.3], 25), ([-0.3, -0.1, 0.0], 200)],
)
def test_between_two_points_the_effort_is_linear(lows: list[float], answers: float):
    found = work_to_reach(works(0, 100, 200), lows)
    assert found is not None
    assert found.answers == pytest.approx(answers)
    assert found.tokens == pytest.approx(10 * answers)
    assert found.entities == pytest.approx(answers / 2)
    assert found.seconds is None


def test_what_is_never_reached_has_no_effort():
    assert work_to_reach(works(0, 100, 200), [-0.4, -0.2, -0.01]) is None
    assert work_to_reach([], []) is None


def test_what_the_base_reaches_already_takes_nothing():
    for low in (0.0, 0.1):
        found = work_to_reach(works(0, 100), [low, 0.3])
        assert found is not None
        assert (found.answers, found.tokens, found.entities) == (0, 0, 0)


def test_points_without_a_value_are_passed_over():
    found = work_to_reach(works(0, 100, 200), [-0.1, -math.inf, 0.1])
    assert found is not None
    assert found.answers == pytest.approx(100)


def test_first_answers_are_nested_and_count_all_that_was_answered(arm: Any, examples: Any):
    answered = examples(80)
    whole = arm("news", answered)
    found = list(read_first_answers(answered, whole.train, tokenizer=None))
    assert len(found) == 3
    train = {item.input_hash for item in whole.train.items}
    before: set[int] = set()
    for share, first in zip((0.25, 0.5, 0.75), found, strict=True):
        texts = {item.input_hash for item in first.answers.items}
        assert texts == {e["_input_hash"] for e in answered[: first.count]}
        assert len(texts & train) == share * len(train)
        assert before < texts
        # ten seconds per answer, the first one too
        assert first.effort.seconds == 10 * first.count
        before = texts


def test_few_answers_have_fewer_parts(arm: Any, examples: Any):
    answered = examples(40)
    train = arm("news", answered).train
    one = train.take([0])
    (found,) = read_first_answers(answered, one, tokenizer=None)
    assert {item.input_hash for item in one.items} <= {i.input_hash for i in found.answers.items}


def test_curves_begin_at_the_base_end_at_the_arm_and_cost_three_runs_each(
    plan: Any, examples: Any, arm: Any
):
    answers = {"ranked": examples(80), "random": examples(160)[80:]}
    arms = [
        replace(arm(name, found, curves=True), strategy=name, seed=0, fold_salt="salt")
        for name, found in answers.items()
    ]
    asked = plan(arms, curves=True)
    measured = measure(asked)
    report = build_report(measured)
    assert len(list(asked.cache.folder.glob("*.json"))) == 1 + 2 + 2 * 3
    ranked = [point for point in report.curves if point.dataset == "ranked"]
    assert len(ranked) == 5
    assert [point.answers for point in ranked] == sorted(point.answers for point in ranked)
    assert (ranked[0].answers, ranked[0].f1) == (0, report.base.test.f1)
    run = report.arms["ranked"].runs["usual"]
    assert (ranked[-1].answers, ranked[-1].f1) == (80, run.test.f1)
    assert ranked[-1].tokens == report.arms["ranked"].tokens
    assert report.arms["random"].runs["usual"].effort_to_random is None
    assert run.effort_to_random is None
    assert run.no_effort == "one training seed does not tell how much another would differ"
    assert f"not shown: {run.no_effort}" in render_tables(report)
    assert run.curve_vs_random == Unavailable(run.no_effort)
    assert report.arms["random"].runs["usual"].curve_vs_random is None


def test_without_curves_nothing_more_is_trained(plan: Any, arm: Any, examples: Any):
    asked = plan([arm("news", examples(40))])
    report = compare(asked)
    assert report.curves == []
    assert len(list(asked.cache.folder.glob("*.json"))) == 2
