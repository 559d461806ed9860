"""Reports made up number by number, to see what is said of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from scipy import stats

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.metrics import (
    Comparison,
    ControlComparison,
    Metric,
    SecondsComparison,
    TestMetric,
    WeightedMetric,
)
from prodigy_al.report.parts import Guard
from prodigy_al.report.reasons import Reason
from prodigy_al.report.schema import (
    Arm,
    Base,
    Dev,
    OtherLabels,
    Overlap,
    Reading,
    Report,
    Run,
    Spread,
    Strategy,
    TestSet,
)

ERROR = 0.01
UNSURE = {"p": None, "low": None, "high": None, "detectable": None}


def numbers(difference: float, error: float = ERROR) -> dict[str, Any]:
    """A difference of known standard error, as resampling finds it."""
    return {
        "difference": difference,
        "low": difference - 1.96 * error,
        "high": difference + 1.96 * error,
        "p": float(2 * stats.norm.sf(abs(difference) / error)),
        "detectable": 2.8 * error,
    }


def metric(f1: float | None, reach: float | None = 0.05, **more: Any) -> dict[str, Any]:
    ends = (None, None) if f1 is None or reach is None else (f1 - reach, f1 + reach)
    return {"f1": f1, "p": f1, "r": f1, "low": ends[0], "high": ends[1], "n": 200} | more


def weighted(f1: float, on: str) -> WeightedMetric:
    return WeightedMetric(
        **metric(f1),
        method="ht",
        interval="new-text",
        low_pool=f1 - 0.04,
        high_pool=f1 + 0.04,
        ess=200,
        worth=240,
        m=250,
        n_pool=4000,
        largest_weight=0.02,
        missing=0,
        on=on,
    )


@pytest.fixture(scope="session")
def made_arm() -> Callable[..., Arm]:
    """Make an arm: (strategy, vs_base, vs_random, at_seconds, guard, policies, **fields).

    Differences are numbers, dicts of their fields, or None.
    """
    return _arm


def _arm(
    strategy: str = "ranked",
    vs_base: float | dict[str, Any] = 0.05,
    vs_random: float | None = None,
    at_seconds: float | None = None,
    **fields: Any,
) -> Arm:
    against = fields.pop("against", "random")
    guard = Guard(
        outcome=fields.pop("guard", "better"), on=against, answers=250, needed=None,
        said=fields.pop("said", ""),
    )  # fmt: skip
    sides = {"against": against, "train": 750, "against_train": 760}
    sides |= {"binary_against_whole": strategy == "teach"}
    timed = {"seconds": 4000.0, "simulated": False, "cut": None}
    timed |= {"answers": 900, "against_answers": 1000}
    found = numbers(vs_base) if isinstance(vs_base, float) else vs_base
    run = Run(
        dev=Dev(
            usual=Metric(**metric(0.8)),
            weighted=fields.pop("weighted", weighted(0.7, against)),
        ),
        test=TestMetric(**metric(0.6 + (found["difference"] or 0)), per_seed=[0.6]),
        test_unseen_text=Metric(**metric(0.6)),
        vs_base=Comparison(**found),
        vs_random=None if vs_random is None else ControlComparison(**numbers(vs_random), **sides),
        vs_random_seconds=(
            None
            if at_seconds is None
            else SecondsComparison(**numbers(at_seconds), **sides, **timed)
        ),
        effort_to_random=None,
        others=OtherLabels(agreement_f1=None, per_label={}),
        guard=guard,
    )
    chosen: dict[str, Any] = {
        "strategy": strategy,
        "seed": 0,
        "fold_salt": "prodigy-al",
        "answers": {"accept": 1000, "reject": 0, "ignore": 0},
        "contradictions": 0,
        "reading": Reading(repeats=0, off_tokens=0, unasked=0, several_annotators=0),
        "segments": 1000,
        "tokens": 20_000,
        "entities": 900,
        "seconds": 4000.0,
        "seconds_per_answer": 4.0,
        "train": 750,
        "dev_answers": 250,
        "source": "news.jsonl",
        "runs": {policy: run for policy in fields.pop("policies", ("robust",))},
    }
    return Arm(**(chosen | fields))


@pytest.fixture(scope="session")
def made_report() -> Callable[..., Report]:
    """Make a report of arms by name: (arms, **fields)."""

    def make(arms: Mapping[str, Arm], **fields: Any) -> Report:
        policies = fields.pop("policies", ("robust",))
        base = Dev(usual=Metric(**metric(0.5)), weighted=fields.pop("dev", weighted(0.6, "random")))
        groups = fields.pop("groups", 80)
        overlap = Overlap(segments=0, short=0, trained_on_removed={})
        chosen: dict[str, Any] = {
            "answer": "",
            "next": "",
            "target": "F1 of ORG on text like gold.jsonl",
            "labels": ["ORG"],
            "model": {"name": "en_core_web_md", "version": "3.7.1"},
            "seeds": [0, 1, 2, 3, 4],
            "policies": policies,
            "test": TestSet(
                name="gold.jsonl", segments=1200, groups=groups, gold_spans=1500,
                unusable_spans=0, overlap=overlap,
            ),
            "base": Base(
                test=Metric(**metric(fields.pop("base", 0.6))),
                dev=dict.fromkeys(arms, base),
            ),
            "arms": arms,
            "strategies": _strategies(arms, policies),
            "matrix": [],
            "curves": [],
            "command": "prodigy al.compare 'news-*' en_core_web_md --test gold.jsonl --label ORG",
        }  # fmt: skip
        return Report(**(chosen | fields))

    return make


def _strategies(arms: Mapping[str, Arm], policies: Any) -> dict[str, dict[str, Strategy]]:
    """Every two datasets of a strategy are replicates, with the mean of their differences."""
    found: dict[str, dict[str, Strategy]] = {}
    for strategy in dict.fromkeys(arm.strategy for arm in arms.values()):
        own = {name: arm for name, arm in arms.items() if arm.strategy == strategy}
        several = len(own) > 1 and strategy != "unknown"
        compared = sum(
            arm.runs[policy].vs_random is not None
            for arm in own.values()
            for policy in policies[:1]
        )
        by_policy = {}
        for policy in policies:
            runs = [arm.runs[policy] for arm in own.values()]
            means = {
                field: _mean_of([getattr(run, field) for run in runs]) if several else None
                for field in ("vs_base", "vs_random", "vs_random_seconds")
            }
            by_policy[policy] = Strategy(
                datasets=list(own),
                replicates=len(own) if strategy != "unknown" else 0,
                compared=compared,
                left_out={},
                test=Metric(**metric(0.66, 0.02)),
                vs_random_this_test=None,
                no_comparison=None,
                sd=Spread(selection=None, training=None, test=None),
                **means,
            )
        found[strategy] = by_policy
    return found


def _mean_of(compared: list[Any]) -> Comparison | None:
    if not all(isinstance(one, Comparison) for one in compared):
        return None
    return Comparison(**numbers(sum(one.difference for one in compared) / len(compared), 0.005))


@pytest.fixture(scope="session")
def three_arms() -> dict[str, Arm]:
    """Random, ranked and binary answers, the second better than the first, the third worse."""
    return {
        "news-random": _arm("random", 0.04, against="news-random"),
        "news-ranked": _arm("ranked", 0.07, 0.03, 0.025, against="news-random"),
        "news-teach": _arm(
            "teach",
            -0.05,
            -0.09,
            -0.085,
            against="news-random",
            guard="worse",
            said="news-teach: worse than the base on 250 dev answers: do not ship.",
        ),
    }


@pytest.fixture(scope="session")
def made_reason() -> Callable[..., Reason]:
    """Make a verdict: (id, arm, word, number, **fields)."""

    def make(
        name: str = "noise", arm: str = "news-ranked", word: Any = "supported", **fields: Any
    ) -> Reason:
        value = fields.pop("number", 0.1)
        chosen: dict[str, Any] = {
            "number": value,
            "low": None if value is None else value - 0.05,
            "high": None if value is None else value + 0.05,
            "n": 1200,
            "unit": "of F1 on test",
            "p": 0.01,
            "policy": "robust",
            "why": "within chance",
            "next": "",
            "details": {},
        }
        return Reason(id=name, arm=arm, verdict=word, **(chosen | fields))

    return make


@pytest.fixture(scope="session")
def unavailable() -> Unavailable:
    return Unavailable("no probabilities were recorded")
