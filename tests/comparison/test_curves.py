"""The effort until a given F1, and the curve that it is read from."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from prodigy_al.comparison.curves import Point, Work, learning_curve, work_to_reach
from prodigy_al.comparison.effort import read_first_answers
from prodigy_al.comparison.estimates import Score
from prodigy_al.comparison.measurements import Model, Row, measure
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.build import build_report, compare
from prodigy_al.report.terminal import render


def known(f1: float | None) -> Score:
    nothing = Unavailable("no interval")
    return Score(f1, nothing, precision=None, recall=None, per_seed=(f1,), n=1)


def curve(*points: tuple[float, float | None]) -> list[Point]:
    """(answers, F1); a token costs a tenth of an answer, an entity two, seconds are unknown."""
    return [Point(Work(n, 10 * n, n / 2, None), known(f1)) for n, f1 in points]


RISING = curve((0, 0.4), (100, 0.5), (200, 0.7))


@pytest.mark.parametrize(("f1", "answers"), [(0.45, 50), (0.5, 100), (0.6, 150), (0.7, 200)])
def test_between_two_points_the_effort_is_linear(f1: float, answers: float):
    found = work_to_reach((f1), RISING)
    assert found is not None
    assert found.answers == pytest.approx(answers)
    assert found.tokens == pytest.approx(10 * answers)
    assert found.entities == pytest.approx(answers / 2)
    assert found.seconds is None


def test_what_is_never_reached_has_no_effort():
    assert work_to_reach((0.71), RISING) is None
    assert work_to_reach((None), RISING) is None
    assert work_to_reach((0.1), []) is None


def test_what_the_base_reaches_already_takes_nothing():
    for f1 in (0.3, 0.4):
        found = work_to_reach((f1), RISING)
        assert found is not None
        assert (found.answers, found.tokens, found.entities) == (0, 0, 0)


def test_the_first_crossing_counts_where_a_curve_falls_again():
    falling = curve((0, 0.4), (100, 0.6), (200, 0.3), (300, 0.8))
    found = work_to_reach((0.5), falling)
    assert found is not None
    assert found.answers == pytest.approx(50)


def test_points_without_a_value_are_passed_over():
    found = work_to_reach((0.5), curve((0, 0.4), (100, None), (200, 0.6)))
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
    target = measured.score(Row(Model("random", "usual"), "test")).f1
    needed = work_to_reach(target, learning_curve(arms[0], "usual", measured))
    assert (needed and asdict(needed)) == (run.effort_to_random and asdict(run.effort_to_random))
    expected = "never of 80" if needed is None else f"{needed.answers:.0f} of 80"
    assert expected in render(report)


def test_without_curves_nothing_more_is_trained(plan: Any, arm: Any, examples: Any):
    asked = plan([arm("news", examples(40))])
    report = compare(asked)
    assert report.curves == []
    assert len(list(asked.cache.folder.glob("*.json"))) == 2
