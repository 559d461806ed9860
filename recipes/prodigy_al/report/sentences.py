"""The sentence that answers the question, and the one that says what to do next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from prodigy_al.report.metrics import Comparison, ControlComparison
from prodigy_al.report.numbers import number, signed
from prodigy_al.report.schema import Report

FEWEST_REPLICATES = 5


def answer_sentence(report: Report) -> str:
    """Return what these answers show on the test set, arm by arm.

    Trained robustly if they were, else under the first policy.
    """
    policy = "robust" if "robust" in report.policies else report.policies[0]
    runs = {dataset: arm.runs[policy] for dataset, arm in report.arms.items()}
    by_control: dict[str, dict[str, ControlComparison]] = defaultdict(dict)
    for dataset, run in runs.items():
        if run.vs_random:
            by_control[run.vs_random.against][dataset] = run.vs_random
    found = [
        f"Against {name} ({report.arms[name].train:,} training answers), {_listed_sizes(arms)}."
        for name, arms in by_control.items()
    ]
    if alone := [name for name, arm in report.arms.items() if arm.no_control]:
        found.append(f"Without a comparable random dataset: {', '.join(alone)}.")
    base = {dataset: run.vs_base for dataset, run in runs.items()}
    found.append(f"Against the model as it was, {_listed(base)}.")
    # said once: what keeps one comparison from an interval mostly keeps all
    reasons = dict.fromkeys(one.no_interval for one in base.values() if one.no_interval)
    found += [f"This cannot be decided: on this test set {reason}." for reason in reasons]
    return f"F1 on test, training '{policy}'. " + " ".join(found)


def _listed(comparisons: Mapping[str, Comparison]) -> str:
    return "; ".join(f"{name} {_verdict(found)}" for name, found in comparisons.items())


def _listed_sizes(comparisons: Mapping[str, ControlComparison]) -> str:
    """Return every arm with its size, and with its form where that is not the control's."""
    named = {}
    for name, found in comparisons.items():
        form = ", single spans against whole segments" if found.binary_against_whole else ""
        named[f"{name} ({found.train:,}{form})"] = found
    return _listed(named)


def _verdict(found: Comparison) -> str:
    value, low, high = found.difference, found.low, found.high
    if value is None:
        return "cannot be compared"
    if low is None or high is None:
        return f"{signed(value)} without an interval"
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
    replicates = {
        name: next(iter(by_policy.values())).replicates
        for name, by_policy in report.strategies.items()
        if name != "unknown"
    }
    if not any(name.startswith("random") for name in replicates):
        return "To tell selection from training, annotate a random control with al.random."
    if alone := [name for name, arm in report.arms.items() if arm.no_control]:
        return (
            f"To compare {', '.join(alone)} with random answers, annotate with al.random: the same "
            "source, label and --fold-salt, and about as many answers."
        )
    few = [name for name, n in replicates.items() if n < FEWEST_REPLICATES]
    if few:
        return (
            "This holds for these answers; for a claim about "
            f"{' or '.join(few)} as a strategy, annotate or simulate "
            f"{FEWEST_REPLICATES} replicates, each with a seed, a --fold-salt and a random control "
            "of its own."
        )
    return "Each strategy has replicates enough: read `strategies` for claims about them."
