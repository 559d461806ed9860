"""One table: what is measured is estimated once, whoever asks for it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prodigy_al.comparison import estimates, measurements
from prodigy_al.comparison.curves import learning_curve, work_to_reach
from prodigy_al.comparison.measurements import BASE, Measurements, Model, Row
from prodigy_al.comparison.measuring import measure
from prodigy_al.evaluation.counts import Counts, scores
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.report.build import build_report
from prodigy_al.report.tables import render_tables


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where runs are stored, so that this file trains them once."""
    return tmp_path_factory.mktemp("finished")


@pytest.fixture
def measured(plan: Any, arm: Any, examples: Any, finished: Path) -> Measurements:
    """Two arms with curves, one of them the other's control, two training seeds."""
    parts = {"ranked": examples(80), "random": examples(160)[80:]}
    arms = [
        replace(arm(name, part, curves=True), strategy=name, seed=0, fold_salt="salt")
        for name, part in parts.items()
    ]
    return measure(plan(arms, seeds=(0, 1), curves=True, output=finished))


def test_each_row_is_estimated_once_however_often_the_report_shows_it(
    measured: Measurements, monkeypatch: pytest.MonkeyPatch
):
    estimated: Counter[str] = Counter()

    def counting(name: str) -> Any:
        original = getattr(measurements, name)

        def count(*arguments: Any) -> Any:
            estimated[name] += 1
            return original(*arguments)

        return count

    for name in ("score", "weighted_score", "difference"):
        monkeypatch.setattr(measurements, name, counting(name))
    report = build_report(measured)
    render_tables(report)
    assert build_report(measured) == report
    rows = {
        # test and two dev folds of three models; unseen text of two; three points of two curves
        "score": 3 * (1 + 2) + 2 + 2 * 3,
        "weighted_score": 3 * 2,
        "difference": 2 + 1,  # both against the base, one against its control
    }
    assert estimated == rows


def test_the_effort_to_random_is_where_the_lower_bound_of_the_curve_is(measured: Measurements):
    ranked, random = (Model(name, "usual") for name in ("ranked", "random"))
    curve = learning_curve(measured.plan.arms[0], "usual", measured)
    lows = measured.lower_bounds([point.model for point in curve], random)
    assert not isinstance(lows, Unavailable)
    assert [point.model for point in (curve[0], curve[-1])] == [BASE, ranked]
    assert len(lows) == 5
    needed = work_to_reach([point.work for point in curve], lows.tolist())
    run = build_report(measured).arms["ranked"].runs["usual"]
    assert (needed and asdict(needed)) == (run.effort_to_random and asdict(run.effort_to_random))
    assert (run.no_effort is None) == (needed is not None)


def test_the_curves_differ_by_the_area_between_the_points_that_are_printed(measured: Measurements):
    report = build_report(measured)
    found = report.arms["ranked"].runs["usual"].curve_vs_random
    assert not isinstance(found, Unavailable | None)
    assert list(found) == ["answers", "tokens", "entities", "seconds"]
    for unit, one in found.items():
        curves = {}
        for name in ("ranked", "random"):
            points = [point for point in report.curves if point.dataset == name]
            curves[name] = ([getattr(p, unit) for p in points], [p.f1 for p in points])
        assert one.until == min(work[-1] for work, _ in curves.values())
        at = np.linspace(0, one.until, 20_001)
        gained = np.interp(at, *curves["ranked"]) - np.interp(at, *curves["random"])
        assert one.difference.value == pytest.approx(gained.mean(), abs=1e-4)
        assert one.difference.low < one.difference.value < one.difference.high
    shown = render_tables(report)
    assert "mean difference of F1" in shown
    assert re.search(r"(random|ranked), (all along|from [\d,]+ \[[\d,]+, ([\d,]+|never)\])", shown)


def test_a_point_value_takes_no_bootstrap(measured: Measurements, monkeypatch: pytest.MonkeyPatch):
    calls = []
    original = estimates.bootstrap_score

    def counting(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        return original(*args, **kwargs)

    monkeypatch.setattr(estimates, "bootstrap_score", counting)
    found = measured.score(Row(Model("ranked", "usual"), "test"))
    assert len(calls) == 1  # for the interval of F1: neither precision, recall nor a seed has one
    assert isinstance(found.interval, Estimate)
    assert found.f1 == pytest.approx(np.mean(found.per_seed))
    assert len(found.per_seed) == 2


def test_the_base_is_no_arm_even_where_a_dataset_is_called_base(plan: Any, arm: Any, examples: Any):
    measured = measure(plan([arm("base", examples(40))]))
    assert measured.models() == [BASE, Model("base", "usual")]
    ours, base = (measured.score(Row(model, "test")).f1 for model in (Model("base", "usual"), BASE))
    assert ours != base


def test_an_empty_set_has_no_score():
    found = estimates.score([Counts(*np.zeros((3, 0)))], [])
    assert isinstance(found.interval, Unavailable)
    assert found.f1 is None
    assert (found.n, found.precision, found.per_seed) == (0, None, (None,))


def test_precision_and_recall_are_means_over_seeds():
    counts = [
        Counts(np.array([1.0, 1.0]), np.array([2.0, 1.0]), np.array([1.0, 3.0])),
        Counts(np.array([0.0, 1.0]), np.array([1.0, 1.0]), np.array([1.0, 3.0])),
    ]
    found = estimates.score(counts, ["a", "b"])
    each = [scores(seed) for seed in counts]
    assert found.precision == pytest.approx((each[0].precision + each[1].precision) / 2)
    assert found.recall == pytest.approx((each[0].recall + each[1].recall) / 2)
    assert found.per_seed == (each[0].f1, each[1].f1)
