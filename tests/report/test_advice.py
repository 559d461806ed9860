"""Which arm to go on with is said from what is shown, and from nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from prodigy_al.report.advice import go_on
from prodigy_al.report.schema import Arm, Report
from prodigy_al.report.summary import summarize

MadeArm = Callable[..., Arm]
MadeReport = Callable[..., Report]
BARE = {"difference": 0.03, "low": None, "high": None, "p": None, "detectable": None}
BARE |= {"no_interval": "there is 1 document, at least 10 are needed"}
HELPS, OPEN, HARMS = 0.1, 0.015, -0.1  # standard errors are .01


@pytest.fixture
def advice(made_arm: MadeArm, made_report: MadeReport) -> Callable[..., str]:
    """Say which of some arms to go on with: each is its strategy, change to base and to random."""

    def say(**arms: Any) -> str:
        made = {
            name: made_arm(strategy, to_base, to_random, against="random")
            for name, (strategy, to_base, to_random) in arms.items()
        }
        return go_on(summarize(made_report(made)))

    return say


@pytest.mark.parametrize(
    ("ranked", "teach", "said"),
    [
        (HELPS, HARMS, "ranked: ahead of random answers."),
        (HELPS, HELPS, "ranked or teach: ahead of random answers, not compared with each other."),
        (OPEN, HARMS, "random: ranked is not shown to be better, teach is behind."),
        (OPEN, OPEN, "random: ranked and teach are not shown to be better."),
        (HARMS, HARMS, "random: ranked and teach are behind."),
    ],
)
def test_an_arm_takes_the_place_of_random_answers_where_it_is_ahead_of_them(
    advice: Callable[..., str], ranked: float, teach: float, said: str
):
    arms = {
        "random": ("random", HELPS, None),
        "ranked": ("ranked", HELPS, ranked),
        "teach": ("teach", HELPS, teach),
    }
    assert advice(**arms) == f"Go on annotating with {said}"


def test_what_is_worse_than_the_base_is_not_gone_on_with(advice: Callable[..., str]):
    arms = {
        "random": ("random", HARMS, None),
        "ranked": ("ranked", OPEN, HELPS),
        "teach": ("teach", HARMS, HELPS),
    }
    assert advice(**arms) == "Go on annotating with ranked: ahead of random answers."
    arms["random"] = ("random", HELPS, None)
    arms["ranked"] = ("ranked", HELPS, OPEN)
    assert advice(**arms) == (
        "Go on annotating with random: ranked is not shown to be better, teach is worse than the "
        "base."
    )
    assert advice(random=("random", HARMS, None), ranked=("ranked", HARMS, OPEN)) == (
        "No arm to go on with as trained here: random and ranked are worse than the base."
    )
    assert advice(teach=arms["teach"]) == (
        "No arm to go on with as trained here: teach is worse than the base."
    )


def test_any_arm_will_do_where_nothing_is_shown(advice: Callable[..., str]):
    arms = {"random": ("random", OPEN, None), "ranked": ("ranked", OPEN, OPEN)}
    assert (
        advice(**arms) == "Go on annotating with random or ranked: neither is shown to be better."
    )
    many = {f"a{i}": (f"way-{i}", OPEN, None) for i in range(8)}
    assert (
        advice(**many) == "Go on annotating with a0, a1, a2 or 5 more: none is shown to be better."
    )
    arms["ranked"] = ("ranked", HELPS, OPEN)
    assert advice(**arms) == "Go on annotating with ranked: random is not shown to help."


def test_an_arm_alone_is_gone_on_with_where_it_helps(advice: Callable[..., str]):
    assert (
        advice(a=("ranked", HELPS, None)) == "Go on annotating with a: nothing else was compared."
    )
    assert advice(a=("ranked", OPEN, None)) == "Whether to go on with a is not decided."


def test_a_test_set_that_decides_nothing_is_said_to(
    made_report: MadeReport, made_arm: MadeArm, three_arms: dict[str, Arm]
):
    cannot = "Which arm to go on with, this test set cannot tell: "
    few = summarize(made_report({"a": made_arm("random", BARE), "b": made_arm("ranked", BARE)}))
    assert go_on(few) == f"{cannot}there is 1 document, at least 10 are needed."
    report = made_report(three_arms)
    broken = replace(report, test=replace(report.test, unusable_spans=300))
    assert go_on(summarize(broken)) == f"{cannot}much of the gold is unusable."


def test_replicates_that_are_too_few_for_a_strategy_are_any_of_them(
    made_report: MadeReport, made_arm: MadeArm
):
    arms = {}
    for seed in range(2):
        control = f"random-{seed}"
        arms[control] = made_arm("random", 0.04, against=control, seed=seed)
        arms[f"ranked-{seed}"] = made_arm("ranked", 0.07, 0.03, against=control, seed=seed)
    said = go_on(summarize(made_report(arms)))
    assert said == "Go on annotating with random ×2 or ranked ×2: neither is shown to be better."


def test_a_look_half_way_advises_nothing(made_report: MadeReport, three_arms: dict[str, Arm]):
    untrained = {name: replace(arm, runs={}) for name, arm in three_arms.items()}
    report = made_report(untrained, policies=(), strategies={"random": {}})
    assert go_on(summarize(report)) == ""
