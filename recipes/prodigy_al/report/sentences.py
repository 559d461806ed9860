"""The sentence that answers the question, and the one that says what to do next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

FEWEST_REPLICATES = 5


def answer_sentence(report: Mapping[str, Any]) -> str:
    """Return what these answers show on the test set, arm by arm.

    Trained robustly if they were, else under the first policy.
    """
    policy = "robust" if "robust" in report["policies"] else report["policies"][0]
    runs = {dataset: arm["runs"][policy] for dataset, arm in report["arms"].items()}
    by_control: dict[str, dict[str, Any]] = defaultdict(dict)
    for dataset, run in runs.items():
        if run["vs_random"]:
            by_control[run["vs_random"]["against"]][dataset] = run["vs_random"]
    found = [f"Against {name}, {_listed(arms)}." for name, arms in by_control.items()]
    base = {dataset: run["vs_base"] for dataset, run in runs.items()}
    found.append(f"Against the model as it was, {_listed(base)}.")
    return f"F1 on test, training '{policy}'. " + " ".join(found)


def _listed(differences: Mapping[str, Mapping[str, Any]]) -> str:
    return "; ".join(f"{name} {_verdict(diff)}" for name, diff in differences.items())


def _verdict(diff: Mapping[str, Any]) -> str:
    value = diff["difference"]
    if value is None:
        return "cannot be compared"
    interval = f"[{signed(diff['low'])}, {signed(diff['high'])}]"
    if diff["low"] > 0:
        return f"is better by {unsigned(value)} {interval}"
    if diff["high"] < 0:
        return f"is worse by {unsigned(value)} {interval}"
    return (
        f"shows no difference: {signed(value)} {interval}, "
        f"{unsigned(diff['detectable'])} would have been detectable"
    )


def next_sentence(report: Mapping[str, Any]) -> str:
    """Return what would settle more."""
    redraws = {name: len(next(iter(s.values()))["datasets"]) for name, s in _known(report)}
    if not any(name.startswith("random") for name in redraws):
        return "To tell selection from training, annotate a random control with al.random."
    few = [name for name, n in redraws.items() if n < FEWEST_REPLICATES]
    if few:
        return (
            "This holds for these answers; for a claim about "
            f"{' or '.join(few)} as a strategy, annotate or simulate {FEWEST_REPLICATES} redraws."
        )
    return "Each strategy has redraws enough: read `strategies` for claims about them."


def _known(report: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from ((name, s) for name, s in report["strategies"].items() if name != "unknown")


def signed(value: float) -> str:
    """Return a difference without its leading zero.

    >>> signed(-0.0213), signed(0.004)
    ('-.021', '+.004')
    """
    return f"{value:+.3f}".replace("0.", ".", 1)


def unsigned(value: float | None) -> str:
    """Return a number's size without its leading zero, a dash where there is none.

    >>> unsigned(-0.0213), unsigned(None)
    ('.021', '-')
    """
    if value is None:
        return "-"
    return f"{abs(value):.3f}".replace("0.", ".", 1)
