"""Datasets of one strategy taken together: what may be said about the strategy itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean, stdev
from typing import Any

from prodigy_al.evaluation.replicates import mean_over_replicates

NORMAL_WIDTH = 2 * 1.96  # standard deviations that a 95 % interval is wide


def summarise_strategies(
    arms: Mapping[str, Mapping[str, Any]], policies: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return `strategies` of report.json from its `arms`.

    A strategy's difference to random is the mean over redraws with an interval of Student's t;
    with a single redraw there is no interval and it stays null.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for dataset, arm in arms.items():
        members[arm["strategy"]].append(dataset)
    return {
        strategy: {policy: _summary(arms, datasets, policy) for policy in policies}
        for strategy, datasets in members.items()
    }


def _summary(
    arms: Mapping[str, Mapping[str, Any]], datasets: Sequence[str], policy: str
) -> dict[str, Any]:
    runs = [arms[dataset]["runs"][policy] for dataset in datasets]
    tests = [run["test"] for run in runs]
    values = [test["f1"] for test in tests if test["f1"] is not None]
    over = mean_over_replicates(values) if len(values) > 1 else None
    against = [run["vs_random"]["difference"] for run in runs if run["vs_random"]]
    seeds = [test["per_seed"] for test in tests if len(test["per_seed"]) > 1]
    return {
        "datasets": list(datasets),
        "test": {
            "f1": fmean(values) if values else None,
            "p": _mean([test["p"] for test in tests]),
            "r": _mean([test["r"] for test in tests]),
            "low": over.low if over else None,
            "high": over.high if over else None,
            "n": len(values),
        },
        "vs_random": asdict(mean_over_replicates(against)) if len(against) > 1 else None,
        "sd": {
            "selection": stdev(values) if len(values) > 1 else None,
            "training": _mean([stdev(per_seed) for per_seed in seeds]),
            "test": _mean([(test["high"] - test["low"]) / NORMAL_WIDTH for test in tests]),
        },
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
