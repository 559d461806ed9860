"""Datasets of one strategy taken together: what may be said about the strategy itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean, stdev

from prodigy_al.evaluation.replicates import mean_over_replicates
from prodigy_al.report.schema import Arm, Comparison, Metric, Run, Spread, Strategy

NORMAL_WIDTH = 2 * 1.96  # standard deviations that a 95 % interval is wide


def summarise_strategies(
    arms: Mapping[str, Arm], policies: Sequence[str]
) -> dict[str, dict[str, Strategy]]:
    """Return `strategies` of report.json, by strategy and policy, from its `arms`.

    A strategy's difference to random is the mean over its datasets (replicates) with an interval
    of Student's t; with a single one there is no interval and it stays None.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for dataset, arm in arms.items():
        members[arm.strategy].append(dataset)
    return {
        strategy: {
            policy: _summary(datasets, [arms[name].runs[policy] for name in datasets])
            for policy in policies
        }
        for strategy, datasets in members.items()
    }


def _summary(datasets: Sequence[str], runs: Sequence[Run]) -> Strategy:
    tests = [run.test for run in runs]
    values = _known([test.f1 for test in tests])
    over = mean_over_replicates(values) if len(values) > 1 else None
    against = _known([run.vs_random.difference for run in runs if run.vs_random])
    per_seed = [_known(test.per_seed) for test in tests]
    return Strategy(
        datasets=list(datasets),
        test=Metric(
            f1=fmean(values) if values else None,
            p=_mean([test.p for test in tests]),
            r=_mean([test.r for test in tests]),
            low=over.low if over else None,
            high=over.high if over else None,
            n=len(values),
        ),
        vs_random=(
            Comparison(**asdict(mean_over_replicates(against))) if len(against) > 1 else None
        ),
        sd=Spread(
            selection=stdev(values) if len(values) > 1 else None,
            training=_mean([stdev(seeds) for seeds in per_seed if len(seeds) > 1]),
            test=_mean(
                [
                    (test.high - test.low) / NORMAL_WIDTH
                    for test in tests
                    if test.low is not None and test.high is not None
                ]
            ),
        ),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = _known(values)
    return fmean(known) if known else None


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]
