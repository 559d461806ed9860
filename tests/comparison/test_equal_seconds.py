"""At equal seconds, who took longer is cut to the other's and trained once more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import spacy

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.cuts import Cut, find_cuts
from prodigy_al.comparison.effort import BREAK_SECONDS, cut_to_seconds, measure_effort
from prodigy_al.comparison.measurements import Measurements, Model, Row
from prodigy_al.comparison.measuring import measure
from prodigy_al.comparison.planned_runs import first_runs
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.records import SIMULATED
from prodigy_al.report.build import build_report
from prodigy_al.report.metrics import SecondsComparison
from prodigy_al.report.screen import render_screen
from prodigy_al.report.tables import render_tables

Examples = list[dict[str, Any]]
TOKENIZER = spacy.blank("en").make_doc


def timed(examples: Examples, seconds: float | None, **fields: Any) -> Examples:
    """Return the examples as if each had taken so many seconds."""
    found = [{**example, **fields} for example in examples]
    for i, example in enumerate(found):
        del example["_timestamp"]
        if seconds is not None:
            example["_timestamp"] = 5000 + seconds * i
    return found


@pytest.fixture
def cut_plan(plan: Any, arm: Any) -> Callable[..., Any]:
    """Plan a comparison at equal seconds of answers by strategy: (answers, **options)."""

    def make(answers: dict[str, Examples], **options: Any) -> Any:
        arms = [
            replace(
                arm(name, found, curves=options.get("curves", False)),
                strategy=name,
                seed=0,
                fold_salt="salt",
            )
            for name, found in answers.items()
        ]
        cuts = find_cuts(arms, answers, tokenizer=TOKENIZER)
        return plan(arms, cuts=cuts, **options)

    return make


@pytest.fixture
def answers(examples: Any) -> Callable[..., dict[str, Examples]]:
    """Eighty ranked answers and as many random ones: (seconds of each of either, **fields)."""

    def make(ranked: float | None, random: float | None, **fields: Any) -> dict[str, Examples]:
        return {
            "ranked": timed(examples(80), ranked, **fields),
            "random": timed(examples(160)[80:], random),
        }

    return make


@pytest.fixture
def unfitted(predicted: Any) -> Callable[[Any], Measurements]:
    """Measure a plan by what is predicted without training: fewer answers find fewer spans."""

    def make(plan: Any) -> Measurements:
        measured: Measurements = predicted(
            plan,
            lambda item: set(sorted(item.accepted)[:1]) if item.input_hash % 2 else set(),
            **{one.dataset: lambda item: set(item.accepted) for one in plan.arms},
        )
        for run in first_runs(plan, measured.trains):
            found = [frozenset(sorted(item.accepted)[:1]) for item in plan.test.gold.items]
            measured.add(run, [found])
        return measured

    return make


def at_seconds(measured: Measurements, name: str = "ranked") -> Any:
    return build_report(measured).arms[name].runs["usual"].vs_random_seconds


def test_the_cut_counts_seconds_as_the_effort_does(examples: Any, arm: Any):
    given = timed(examples(80), 12)
    for example in given[40:]:
        example["_timestamp"] += 3600  # a break
    read = arm("news", given).train
    assert measure_effort(read, given).seconds == 12 * 79 + BREAK_SECONDS
    assert cut_to_seconds(given, 12 * 30) == given[:30]
    assert cut_to_seconds(given, 12 * 40 + BREAK_SECONDS - 1) == given[:40]
    assert cut_to_seconds(given, 12 * 40 + BREAK_SECONDS) == given[:41]
    assert cut_to_seconds(given, 12 * 79 + BREAK_SECONDS) == given
    assert cut_to_seconds(given, 11) == []


def test_it_goes_by_the_time_of_answering_not_by_the_order_of_the_dataset(examples: Any):
    given = timed(examples(20), 10)
    assert cut_to_seconds(given[::-1], 50) == given[:5][::-1]


@pytest.mark.parametrize(("ranked", "random", "longer"), [(12, 10, "ranked"), (8, 10, "random")])
def test_who_took_longer_is_trained_on_what_it_held_then(
    cut_plan: Any, answers: Any, ranked: float, random: float, longer: str
):
    given = answers(ranked, random)
    asked = cut_plan(given, seeds=(0, 1))
    measured = measure(asked)
    seconds = 80 * min(ranked, random)
    first = given[longer][: int(seconds / max(ranked, random))]
    (arm,) = [one for one in asked.arms if one.dataset == longer]
    held = {example["_input_hash"] for example in first}
    trained = [item for item in arm.train.items if item.input_hash in held]
    runs = list(first_runs(asked, measured.trains))
    assert [(run.dataset, run.seed, run.first) for run in runs] == [
        (longer, seed, len(first)) for seed in (0, 1)
    ]
    assert {item.input_hash for run in runs for item in run.train.items} == {
        item.input_hash for item in trained
    }
    found = at_seconds(measured)
    assert isinstance(found, SecondsComparison)
    sides = [(found.answers, found.train), (found.against_answers, found.against_train)]
    cut, whole = sides if longer == "ranked" else sides[::-1]
    assert cut == (len(first), len(trained))
    assert whole[0] == 80
    assert (found.seconds, found.cut, found.simulated) == (seconds, longer, False)
    f1 = {
        name: measured.score(Row(Model(name, "usual", k), "test")).f1
        for name, k in (("ranked", None), ("random", None), (longer, len(first)))
    }
    assert found.difference == pytest.approx(f1["ranked"] - f1["random"])
    # whole runs of both, the base, and the cut one
    assert len(list(asked.cache.folder.glob("*.json"))) == 1 + 2 * 2 + 2


def test_within_five_percent_one_number_serves_for_both(cut_plan: Any, answers: Any, unfitted: Any):
    asked = cut_plan(answers(10.4, 10))
    measured = unfitted(asked)
    assert list(first_runs(asked, measured.trains)) == []
    report = build_report(measured)
    run = report.arms["ranked"].runs["usual"]
    assert run.vs_random_seconds.cut is None
    assert run.vs_random_seconds.difference == run.vs_random.difference
    assert "at equal seconds (800 s by time stamps: 80 answers to 80)" in report.answer


def test_equal_seconds_are_the_headline_and_equal_answers_stand_beside(
    cut_plan: Any, answers: Any, unfitted: Any
):
    report = build_report(unfitted(cut_plan(answers(20, 10))))
    assert "random at equal seconds (800 s by time stamps: 40 answers to 80)" in report.answer
    assert "training answers to" not in report.answer
    assert "Against random answers in as many seconds" in render_screen(report)
    run = report.arms["ranked"].runs["usual"]
    assert run.vs_random_seconds.difference < run.vs_random.difference == 0
    assert "vs random, equal seconds   equal answers" in render_tables(report)


def test_simulated_seconds_are_said_to_be(cut_plan: Any, answers: Any, unfitted: Any):
    report = build_report(unfitted(cut_plan(answers(20, 10, **{SIMULATED: True}))))
    assert "at equal seconds (800 s simulated: 40 answers to 80)" in report.answer
    assert "in as many simulated seconds" in render_screen(report)


def test_without_time_stamps_arms_are_compared_at_equal_answers(
    cut_plan: Any, answers: Any, unfitted: Any
):
    given = answers(20, 10)
    del given["ranked"][7]["_timestamp"]
    measured = unfitted(cut_plan(given))
    found = at_seconds(measured)
    assert found == Unavailable("79 of the 80 answers of ranked carry a time stamp")
    report = build_report(measured)
    assert re.search(r" against random \(\d+ training answers to \d+\) ", report.answer)
    assert "Against as many random answers" in render_screen(report)
    assert (
        f"ranked: not compared with random answers at equal seconds: {found.reason}."
        in render_tables(report)
    )
    # a control has no control
    assert at_seconds(measured, "random") is None


def test_a_control_of_another_size_is_one_at_equal_seconds(
    cut_plan: Any, examples: Any, unfitted: Any
):
    given = {"ranked": timed(examples(120), 5), "random": timed(examples(160)[120:], 10)}
    measured = unfitted(cut_plan(given))
    report = build_report(measured)
    run = report.arms["ranked"].runs["usual"]
    assert run.vs_random is None
    assert report.arms["ranked"].no_control is not None
    assert (run.vs_random_seconds.answers, run.vs_random_seconds.against_answers) == (80, 40)
    assert "(400 s by time stamps: 80 answers to 40)" in report.answer
    assert "about as many" not in report.next


def test_a_curve_point_at_the_cut_is_trained_once_per_seed(cut_plan: Any, answers: Any):
    asked = cut_plan(answers(20, 10), curves=True, seeds=(0, 1))
    (ranked, _) = asked.arms
    half = ranked.first_answers[1]
    cuts = {"ranked": replace(asked.cuts["ranked"], first=half)}
    trains = {one.dataset: one.train for one in asked.arms}
    runs = [str(run) for run in first_runs(replace(asked, cuts=cuts), trains)]
    assert len(runs) == len(set(runs)) == 2 + 2 + 3
    assert f"ranked, usual, seed 1, first {half.count} answers" in runs


def test_who_has_no_training_answer_by_then_is_not_compared(cut_plan: Any, examples: Any):
    given = {"ranked": timed(examples(80), 20), "random": timed(examples(160)[80:], 0.2)}
    found = cut_plan(given).cuts["ranked"]
    assert found == Unavailable("ranked had no training answer after 16 seconds")


def test_strategies_are_compared_at_equal_seconds_where_every_pair_is(
    plan: Any, drawn: Any, untrained: Any
):
    arms: list[Arm] = [
        drawn(f"{arm}-{seed}", arm, seed, salt=f"salt-{seed}")
        for arm in ("ranked", "random")
        for seed in range(3)
    ]
    cuts = {f"ranked-{seed}": Cut(f"random-{seed}", 100.0, simulated=True) for seed in range(3)}
    report = untrained(*arms, cuts=cuts)
    found = report.strategies["ranked"]["usual"]
    assert found.vs_random_seconds == found.vs_random
    assert "vs random, equal seconds, new text" in render_tables(report)
    missing = untrained(*arms, cuts={**cuts, "ranked-1": Unavailable("no time stamps")})
    assert missing.strategies["ranked"]["usual"].vs_random_seconds is None


def test_the_recipe_trains_once_more_unless_told_not_to(prodigy: Any, world: Path, tmp_path: Path):
    asked = ("-l", "ORG", "--budget", 60, "--arms", "teach,random")
    prodigy("al.simulate", world / "pool.jsonl", world / "base", "news", *asked)
    compare = (
        "al.compare", "news-*", world / "base", "-l", "ORG", "--test", world / "test.jsonl",
        "--seeds", 1, "--workers", 1, "--training", "usual",
    )  # fmt: skip
    refused = prodigy(*compare, "--equal", "minutes")
    assert "--equal minutes: give seconds, or answers" in refused.stdout + refused.stderr
    written = tmp_path / "al-compare" / "report.json"
    assert prodigy(*compare, "--equal", "answers").returncode == 0
    answers = json.loads(written.read_text(encoding="utf8"))["arms"]["news-teach-0"]["runs"]
    done = prodigy(*compare)
    assert "3 of 4 runs were finished before" in done.stdout + done.stderr
    seconds = json.loads(written.read_text(encoding="utf8"))["arms"]["news-teach-0"]["runs"]
    assert answers["usual"]["vs_random_seconds"] is None
    found = seconds["usual"]["vs_random_seconds"]
    assert found["simulated"]
    assert found["cut"] in ("news-teach-0", "news-random-0")
    assert "Against random answers in as many simulated seconds" in done.stdout
    assert seconds["usual"]["vs_random"] == answers["usual"]["vs_random"]
