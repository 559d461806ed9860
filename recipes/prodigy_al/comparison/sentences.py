"""The sentence that answers the question, and the one that says what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

FEWEST_REDRAWS = 5


def answer_sentence(report: Mapping[str, Any]) -> str:
    """Return what these answers show on the test set, arm by arm, first policy first."""
    parts = list(_findings(report))
    return "; ".join(parts) + "." if parts else "There is nothing to compare."


def _findings(report: Mapping[str, Any]) -> Iterator[str]:
    policy = report["policies"][0]
    for dataset, arm in report["arms"].items():
        run, what = arm["runs"][policy], f"{sum(arm['answers'].values()):,} answers of {dataset}"
        against = run["vs_random"]
        if against and against["difference"] is not None:
            yield f"{what} {_verdict(against, against['against'])}"
        yield f"{what} {_verdict(run['vs_base'], 'the base model')}"


def _verdict(diff: Mapping[str, Any], other: str) -> str:
    value = diff["difference"]
    if value is None:
        return f"cannot be compared with {other}"
    interval = f"[{signed(diff['low'])}, {signed(diff['high'])}]"
    if diff["low"] > 0:
        return f"beat {other} by {unsigned(value)} {interval} on test"
    if diff["high"] < 0:
        return f"lose to {other} by {unsigned(value)} {interval} on test"
    return (
        f"show no difference from {other} on test: {signed(value)} {interval}, and "
        f"{unsigned(diff['detectable'])} would have been detectable"
    )


def next_sentence(report: Mapping[str, Any]) -> str:
    """Return what would settle more."""
    redraws = {name: len(next(iter(s.values()))["datasets"]) for name, s in _known(report)}
    if not any(name.startswith("random") for name in redraws):
        return "To tell selection from training, annotate a random control with al.random."
    few = [name for name, n in redraws.items() if n < FEWEST_REDRAWS]
    if few:
        return (
            "This holds for these answers; for a claim about "
            f"{' or '.join(few)} as a strategy, annotate or simulate {FEWEST_REDRAWS} redraws."
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
