"""A look half-way: the base on the dev answers so far, nothing trained, a test set or none."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.comparison.testset import no_test
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report import schema
from prodigy_al.report.files import to_json
from prodigy_al.report.metrics import WeightedMetric
from prodigy_al.report.tables import render_tables

NO_TEST = no_test(["ORG"])


@pytest.fixture
def arms(drawn: Any) -> list[Any]:
    return [drawn(f"news-{arm}-0", arm, seed) for seed, arm in enumerate(("ranked", "random"))]


def test_the_base_is_measured_on_every_dev_fold_as_a_full_comparison_measures_it(
    untrained: Any, arms: Any
):
    quick = untrained(*arms, policies=(), seeds=(), test=NO_TEST)
    full = untrained(*arms)
    for arm in arms:
        ours, theirs = quick.base.dev[arm.dataset], full.base.dev[arm.dataset]
        assert isinstance(ours.weighted, WeightedMetric)
        assert ours.weighted.m == theirs.weighted.m == len(arm.dev)
        assert ours.usual.n == theirs.usual.n


def test_without_a_test_set_nothing_of_it_is_said(untrained: Any, arms: Any):
    report = untrained(*arms, policies=(), seeds=(), test=NO_TEST)
    assert report.test.name is None
    assert (report.test.segments, report.base.test.f1, report.base.test.n) == (0, None, 0)
    assert {cell.kind for cell in report.matrix} == {"usual", "weighted"}
    assert report.health == []
    shown = render_tables(report)
    assert "on test" not in shown
    assert report.next == (
        "To learn what the answers bring, run al.compare without --quick and with --test."
    )


def test_with_a_test_set_the_base_is_measured_on_it(untrained: Any, arms: Any):
    report = untrained(*arms, policies=(), seeds=())
    assert report.base.test.f1 is not None
    assert [check["id"] for check in report.health] == [
        "test-groups",
        "test-gold",
        "overlap",
        "shared-documents",
    ]
    shown = render_tables(report)
    assert f"{report.base.test.f1:.3f}".lstrip("0") in shown.partition("F1 on test\n")[2]
    assert report.next == "To learn what the answers bring, run al.compare without --quick."


def test_the_answer_is_the_weighted_f1_of_the_base_with_its_interval(untrained: Any, arms: Any):
    report = untrained(*arms, policies=(), seeds=(), test=NO_TEST)
    assert report.answer.startswith("Nothing was trained (--quick).")
    weighted = report.base.dev["news-ranked-0"].weighted
    low, high = (f"{end:.3f}".lstrip("0") for end in (weighted.low, weighted.high))
    assert f"[{low}, {high}] ({weighted.m} dev answers)" in report.answer


def test_what_is_missing_for_a_comparison_stands_before_the_next_step(untrained: Any, drawn: Any):
    alone = untrained(drawn("x", "ranked"), policies=(), seeds=(), test=NO_TEST)
    assert alone.next.startswith("To tell selection from training, annotate a random control")


def test_binary_answers_have_what_they_tell_and_no_f1_of_their_own(untrained: Any, drawn: Any):
    report = untrained(drawn("spans", "teach"), policies=(), seeds=(), test=NO_TEST)
    dev = report.base.dev["spans"]
    assert isinstance(dev.weighted, Unavailable)
    assert dev.ignored is not None
    assert "Without a weighted F1, for reasons below: spans." in report.answer
    shown = render_tables(report)
    assert "spans: dev weighted is unavailable: binary dev answers cannot measure F1" in shown
    assert "spans, base within the candidates: " in shown
    assert "tuned" not in shown


def test_binary_answers_beside_whole_segments_say_on_whose_dev_they_are_measured(
    untrained: Any, drawn: Any
):
    arms = drawn("spans", "teach"), drawn("control", "random")
    report = untrained(*arms, policies=(), seeds=(), test=NO_TEST)
    assert f"({len(arms[1].dev)} dev answers of control)" in report.answer


def test_the_report_has_all_its_keys_and_no_runs(untrained: Any, arms: Any):
    written = to_json(untrained(*arms, policies=(), seeds=(), test=NO_TEST))
    assert set(written) == {field.name for field in fields(schema.Report)}
    assert json.loads(json.dumps(written, allow_nan=False)) == written
    assert (written["policies"], written["seeds"], written["curves"]) == ([], [], [])
    assert all(arm["runs"] == {} for arm in written["arms"].values())
    assert written["strategies"] == {"ranked": {}, "random": {}}


def test_nothing_is_trained_through_the_recipe(prodigy: Any, world: Path, tmp_path: Path):
    asked = ("-l", "ORG", "--budget", 60, "--arms", "ranked,random")
    prodigy("al.simulate", world / "pool.jsonl", world / "base", "news", *asked)
    done = prodigy("al.compare", "news-*", world / "base", "-l", "ORG", "--quick")
    assert done.returncode == 0, done.stderr
    assert "Nothing was trained (--quick)." in done.stdout
    assert "Each arm's model" not in done.stdout
    report = json.loads((tmp_path / "al-compare" / "quick.json").read_text(encoding="utf8"))
    assert report["base"]["dev"]["news-ranked-0"]["weighted"]["f1"] is not None
    assert not (tmp_path / "al-compare" / "arms").exists()
