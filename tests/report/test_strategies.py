"""What several datasets of one strategy say together."""

from __future__ import annotations

import pytest

from prodigy_al.report.schema import (
    Arm,
    Comparison,
    ControlComparison,
    Dev,
    Metric,
    OtherLabels,
    Reading,
    Run,
    TestMetric,
)
from prodigy_al.report.strategies import summarise_strategies


def arm(strategy: str, f1: float | None, against: float | None) -> Arm:
    low, high = (None, None) if f1 is None else (f1 - 0.1, f1 + 0.1)
    metric = Metric(f1=f1, p=f1, r=f1, low=low, high=high, n=10)
    interval = {"low": None, "high": None, "p": None, "detectable": None}
    control = ControlComparison(
        difference=against,
        **interval,
        against="control",
        train=9,
        against_train=9,
        binary_against_whole=False,
    )
    run = Run(
        dev=Dev(usual=metric, weighted=metric),
        test=TestMetric(**vars(metric), per_seed=[f1, f1]),
        test_unseen_text=metric,
        vs_base=Comparison(difference=None, **interval),
        vs_random=None if against is None else control,
        effort_to_random=None,
        others=OtherLabels(agreement_f1=None, per_label={}),
    )
    return Arm(
        strategy=strategy,
        seed=0,
        fold_salt="salt",
        answers={},
        contradictions=0,
        reading=Reading(repeats=0, off_tokens=0, unasked=0, several_annotators=0),
        segments=0,
        tokens=0,
        entities=0,
        seconds=None,
        seconds_per_answer=None,
        train=0,
        dev_answers=0,
        runs={"usual": run},
    )


def test_a_strategy_needs_two_replicates_for_an_interval():
    arms = {"a": arm("ranked", 0.7, 0.03), "b": arm("ranked", 0.6, 0.01)}
    found = summarise_strategies(arms | {"c": arm("random", 0.6, None)}, ["usual"])
    ranked, random = found["ranked"]["usual"], found["random"]["usual"]
    assert ranked.vs_random is not None
    assert ranked.vs_random.difference == pytest.approx(0.02)
    # t of one degree of freedom: 12.706 · .01
    assert ranked.vs_random.low == pytest.approx(0.02 - 12.706 * 0.01, abs=1e-4)
    assert random.vs_random is None
    assert random.test.low is None


def test_a_dataset_whose_f1_cannot_be_had_leaves_the_others_alone():
    arms = {"a": arm("ranked", 0.7, 0.03), "b": arm("ranked", None, None)}
    found = summarise_strategies(arms, ["usual"])["ranked"]["usual"]
    assert found.test.f1 == 0.7
    assert found.test.n == 1
    assert found.sd.test == pytest.approx(0.2 / (2 * 1.96))
