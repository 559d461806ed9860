"""What a wanted difference would take: from what was measured, or why it cannot be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.comparison.needed import ONE_CURVE, ONE_POINT
from prodigy_al.comparison.testset import no_test
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.planning import Size
from prodigy_al.report.parts import ArmSizes
from prodigy_al.report.schema import Report
from prodigy_al.report.tables import render_tables

SEEDS = (0, 1, 2)


@pytest.fixture
def arms(drawn: Any) -> list[Any]:
    return [drawn("active", "ranked", 0), drawn("control", "random", 1)]


@pytest.fixture
def planned(untrained: Any, arms: Any) -> Callable[..., Report]:
    """Report on a ranked arm and its control with a plan: (wanted, **options)."""
    return lambda wanted, **options: untrained(*arms, wanted=wanted, **{"seeds": SEEDS} | options)


def sizes(report: Report, dataset: str = "active") -> ArmSizes:
    assert report.plan is not None
    return report.plan.arms[dataset]["usual"]


def test_without_the_option_nothing_is_planned(planned: Any):
    report = planned(None)
    assert report.plan is None
    assert "To find a difference" not in render_tables(report)


def test_an_arm_is_planned_against_its_control_and_a_control_against_the_base(planned: Any):
    report = planned(0.05)
    assert sizes(report).against == "control"
    assert sizes(report, "control").against is None


@pytest.mark.parametrize("dataset", ["active", "control"])
def test_what_is_detectable_now_needs_what_there_is_now(planned: Any, dataset: str):
    run = planned(None).arms[dataset].runs["usual"]
    detectable = (run.vs_random or run.vs_base).detectable
    found = sizes(planned(detectable), dataset)
    assert found.test_segments.now == 200
    assert found.test_segments.needed == pytest.approx(200, rel=0.2)
    # documents make most of the error, so that seeds are known better from a larger difference
    seeds = sizes(planned(1.3 * detectable), dataset).training_seeds
    assert seeds.now == len(SEEDS)
    assert seeds.needed <= len(SEEDS)


def test_a_smaller_difference_needs_more_test_segments(planned: Any):
    run = planned(None).arms["active"].runs["usual"]
    large, small = (
        sizes(planned(share * run.vs_random.detectable)).test_segments for share in (2, 0.9)
    )
    assert isinstance(large, Size)
    assert large.needed < 200
    assert isinstance(small, Unavailable) or small.needed > 200


def test_dev_answers_are_those_that_the_weighted_f1_is_measured_on(untrained: Any, drawn: Any):
    arms = drawn("spans", "teach"), drawn("whole", "random", number=160)
    report = untrained(*arms, wanted=0.3, seeds=SEEDS)
    found = sizes(report, "spans").dev_answers
    assert isinstance(found, Size)
    assert found.now == len(arms[1].dev)
    assert f"{found.now} -> {found.needed} (" in render_tables(report)
    assert " of whole" in render_tables(report)


def test_dev_answers_beyond_the_dev_fold_are_out_of_reach(planned: Any):
    found = sizes(planned(0.001)).dev_answers
    assert isinstance(found, Unavailable)
    assert "dev answers would be needed and the dev fold of active holds" in found.reason


def test_one_training_seed_plans_no_seeds(planned: Any):
    found = sizes(planned(0.05, seeds=(0,)))
    assert isinstance(found.training_seeds, Unavailable)
    assert found.training_seeds.reason.startswith("one training seed does not tell")
    assert isinstance(found.test_segments, Size)


def test_a_test_set_of_few_documents_plans_nothing_on_it(planned: Any, gold: Any):
    few = replace(gold, groups=tuple(str(i % 5) for i in range(len(gold.groups))))
    found = sizes(planned(0.05, test=few))
    reason = Unavailable("there are 5 documents, at least 10 are needed")
    assert found.test_segments == found.training_seeds == reason


def test_training_answers_are_not_planned(planned: Any):
    assert sizes(planned(0.05)).answers == Unavailable(ONE_POINT)
    assert sizes(planned(0.05, curves=True)).answers == Unavailable(ONE_CURVE)


def test_one_replicate_does_not_tell_how_many_are_needed(planned: Any):
    report = planned(0.05)
    for dataset, own in (("active", "and a control of its own"), ("control", "seed and a --fold")):
        found = sizes(report, dataset).replicates
        assert isinstance(found, Unavailable)
        assert found.reason.startswith("one replicate does not tell how much another would differ")
        assert own in found.reason


def test_replicates_with_a_control_each_tell_how_many_are_needed(untrained: Any, drawn: Any):
    arms = [
        drawn(f"{arm}-{seed}", arm, seed, salt=f"salt-{seed}")
        for arm in ("ranked", "random")
        for seed in range(3)
    ]
    report = untrained(*arms, wanted=0.2)
    active, control = (sizes(report, name).replicates for name in ("ranked-0", "random-0"))
    assert isinstance(active, Size)
    assert isinstance(control, Size)
    assert active.now == control.now == 3
    # every replicate of a strategy is told the same
    assert sizes(report, "ranked-1").replicates == active


def test_replicates_that_share_a_control_say_so(untrained: Any, drawn: Any):
    arms = [drawn("a", "ranked", 0), drawn("b", "ranked", 1), drawn("control", "random", 2)]
    found = sizes(untrained(*arms, wanted=0.2), "a").replicates
    assert isinstance(found, Unavailable)
    assert "2 replicates have 1 dev fold" in found.reason


def test_a_quick_look_plans_the_dev_answers_for_the_f1_of_the_base(
    untrained: Any, arms: Any, drawn: Any
):
    options = {"policies": (), "seeds": (), "test": no_test(["ORG"])}
    report = untrained(*arms, drawn("spans", "teach"), wanted=0.2, **options)
    assert report.plan is not None
    assert report.plan.arms == {"active": {}, "control": {}, "spans": {}}
    weighted = report.base.dev["active"].weighted
    half = (weighted.high - weighted.low) / 2
    found = untrained(*arms, wanted=half, **options).plan.base["active"]
    assert found.now == weighted.m
    assert found.needed == pytest.approx(weighted.m, rel=0.1)
    assert "reaches .200 to either side" in render_tables(report)


def test_what_cannot_be_planned_for_the_base_has_its_reason(untrained: Any, drawn: Any):
    options = {"policies": (), "seeds": (), "test": no_test(["ORG"])}
    report = untrained(drawn("spans", "teach"), wanted=0.2, **options)
    assert isinstance(report.plan.base["spans"], Unavailable)


def test_the_plan_is_printed_below_the_tables_it_comes_from(planned: Any):
    shown = render_tables(planned(0.05))
    assert shown.index("Every model on every set") < shown.index("To find a difference of .050")
    assert "Training answers are not planned: how F1 grows with training answers" in shown


def test_the_recipe_plans_what_it_measured(prodigy: Any, world: Path, tmp_path: Path):
    asked = ("-l", "ORG", "--budget", 60, "--arms", "ranked,random")
    prodigy("al.simulate", world / "pool.jsonl", world / "base", "news", *asked)
    done = prodigy(
        "al.compare", "news-*", world / "base", "-l", "ORG", "--test", world / "test.jsonl",
        "--seeds", 2, "--workers", 1, "--training", "usual", "--plan", ".1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "To find a difference of .100 in F1, training 'usual'" in done.stdout
    report = json.loads((tmp_path / "al-compare" / "report.json").read_text(encoding="utf8"))
    assert (report["plan"]["difference"], report["plan"]["power"]) == (0.1, 0.8)
    assert set(report["plan"]["arms"]["news-ranked-0"]) == {"usual"}
