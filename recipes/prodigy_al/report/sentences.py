"""The sentence that answers the question, and the one that says what to do next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from prodigy_al.comparison.whole_dev import NOT_F1
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.numbers import number, signed
from prodigy_al.report.schema import Comparison, Report

FEWEST_REPLICATES = 5


def answer_sentence(report: Report) -> str:
    """Return what these answers show on the test set, arm by arm.

    Trained robustly if they were, else under the first policy.
    """
    policy = "robust" if "robust" in report.policies else report.policies[0]
    runs = {dataset: arm.runs[policy] for dataset, arm in report.arms.items()}
    by_control: dict[str, dict[str, Comparison]] = defaultdict(dict)
    for dataset, run in runs.items():
        if run.vs_random:
            by_control[run.vs_random.against][dataset] = run.vs_random
    found = [f"Against {name}, {_listed(arms)}." for name, arms in by_control.items()]
    base = {dataset: run.vs_base for dataset, run in runs.items()}
    found.append(f"Against the model as it was, {_listed(base)}.")
    return f"F1 on test, training '{policy}'. " + " ".join(found)


def _listed(comparisons: Mapping[str, Comparison]) -> str:
    return "; ".join(f"{name} {_verdict(found)}" for name, found in comparisons.items())


def _verdict(found: Comparison) -> str:
    value, low, high = found.difference, found.low, found.high
    if value is None or low is None or high is None:
        return "cannot be compared"
    interval = f"[{signed(low)}, {signed(high)}]"
    if low > 0:
        return f"is better by {number(abs(value))} {interval}"
    if high < 0:
        return f"is worse by {number(abs(value))} {interval}"
    return (
        f"shows no difference: {signed(value)} {interval}, "
        f"{number(found.detectable)} would have been detectable"
    )


def next_sentence(report: Report) -> str:
    """Return what would settle more."""
    unmeasured = _without_whole_segments(report)
    if unmeasured:
        return unmeasured
    replicates = {
        name: len(next(iter(by_policy.values())).datasets)
        for name, by_policy in report.strategies.items()
        if name != "unknown"
    }
    if not any(name.startswith("random") for name in replicates):
        return "To tell selection from training, annotate a random control with al.random."
    few = [name for name, n in replicates.items() if n < FEWEST_REPLICATES]
    if few:
        return (
            "This holds for these answers; for a claim about "
            f"{' or '.join(few)} as a strategy, annotate or simulate "
            f"{FEWEST_REPLICATES} replicates, each with a seed of its own."
        )
    return "Each strategy has replicates enough: read `strategies` for claims about them."


def _without_whole_segments(report: Report) -> str:
    """Return what to annotate where nothing measures a binary arm's F1; empty without such."""
    for dataset, arm in report.arms.items():
        weighted = report.base.dev[dataset].weighted
        unmeasured = isinstance(weighted, Unavailable) and weighted.reason.startswith(NOT_F1)
        if unmeasured and arm.fold_salt is not None:
            return (
                f"To measure F1 on the dev fold of {dataset}, annotate whole segments of the same "
                f"source with al.random (--fold-salt {arm.fold_salt}) and compare the two together."
            )
    return ""
