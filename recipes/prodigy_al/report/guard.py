"""Whether a model may ship, in words: in the report and on the terminal below the answer."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.estimates import SHARED_DOCUMENTS
from prodigy_al.comparison.gap import weighted_vs_base
from prodigy_al.comparison.guard import Guard, find_guard
from prodigy_al.comparison.measurements import BASE, Measurements, Model
from prodigy_al.comparison.needed import Planned
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report import parts
from prodigy_al.report.numbers import counted, signed
from prodigy_al.report.schema import Report, Run

# who asks the questions of whole segments again, by the strategy in their records
_RECIPES = {"random": "al.random", "ranked": "al.manual-ranked"}


def describe_guard(model: Model, arm: Arm, measured: Measurements) -> parts.Guard:
    """Return `guard` of a run in report.json."""
    found = find_guard(model, arm, measured)
    return parts.Guard(
        outcome=found.outcome,
        on=found.on.dev_part.dataset if found.on else None,
        answers=found.answers,
        needed=found.needed,
        said=_said(found, model, arm, measured),
    )


def guard_lines(report: Report, policy: str) -> Iterator[str]:
    """Yield a sentence per arm that is not shown to be better than its base under one policy."""
    for arm in report.arms.values():
        guard = arm.runs[policy].guard
        if guard is not None and guard.said:
            yield guard.said


def says_not_to_ship(run: Run) -> bool:
    """Return whether a run is marked."""
    return run.guard is not None and run.guard.outcome in ("worse", "not-shown")


def _said(found: Guard, model: Model, arm: Arm, measured: Measurements) -> str:
    """Return the sentence; empty for a model that is better than its base."""
    change = weighted_vs_base(model, arm, measured).found
    if found.outcome == "better":
        return ""
    if found.on is None or isinstance(change, Unavailable):
        return f"{arm.dataset}: not known to be better than its base: {_why(arm, measured, change)}"
    on = found.on.dev_part
    of = "" if on is arm else f" of {on.dataset}"
    by = f"{counted(found.answers, 'dev answer')}{of}, {_with_ends(change)}"
    if found.needed is None:
        return f"{arm.dataset}: worse than the base on {by}: do not ship."
    return (
        f"{arm.dataset}: not shown to be better than its base on {by}: do not ship yet. "
        f"If the change is as measured, {_what_decides(found.needed, on)}."
    )


def _what_decides(needed: Planned, on: Arm) -> str:
    """Return how many more answers would show a change as large as the measured one."""
    if isinstance(needed, Unavailable):
        return f"{needed.reason}; a larger test set may tell"
    more = max(needed.needed - needed.now, 1)
    answers = ceil(more * (len(on.train) + len(on.dev)) / len(on.dev))
    return (
        f"about {counted(more, 'more dev answer')} would show it: "
        f"{counted(answers, 'more answer')} in {on.dataset}{_how(on)}"
    )


def _why(arm: Arm, measured: Measurements, change: Difference | Unavailable) -> str:
    """Return why nothing is known of an arm, and what would make it known."""
    on = measured.weighted_dev[arm.dataset]
    reason = change.reason if isinstance(change, Unavailable) else ""
    if isinstance(on, Unavailable):
        return f"{reason}."
    if on.shares_documents:
        return f"{SHARED_DOCUMENTS}; draw from a source of more, named by --group-by."
    if not on.records:
        remedy = "" if measured.plan.pool else "; name their source with --pool"
    elif any(record.design == "strict" for record in on.records.values()):
        remedy = "; draw answers without --strict"
    elif isinstance(measured.weighted(BASE, arm), Unavailable):
        remedy = "; draw new answers"
    else:
        remedy = f"; go on in {on.dev_part.dataset}{_how(on.dev_part)}"
    return f"{reason}{remedy}."


def _how(on: Arm) -> str:
    """Return how to go on with a dataset of whole segments, as far as it is known."""
    if on.effort.simulated:
        return " (al.simulate with a larger --budget)"
    record = next(iter(on.records.values()), None)
    recipe = "al.trial" if record and record.trial else _RECIPES.get(on.strategy)
    return f" ({recipe}, as it was begun)" if recipe else ""


def _with_ends(change: Difference) -> str:
    return f"{signed(change.difference)} [{signed(change.low)}, {signed(change.high)}]"
