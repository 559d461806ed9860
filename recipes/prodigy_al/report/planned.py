"""What a wanted difference of F1 would take (``--plan``), in the report and on the terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from prodigy_al.comparison import needed
from prodigy_al.comparison.measurements import Measurements
from prodigy_al.evaluation.bootstrap import LEVEL, POWER
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.planning import Size, ends
from prodigy_al.report.cells import titled
from prodigy_al.report.metrics import WeightedMetric
from prodigy_al.report.numbers import number
from prodigy_al.report.parts import ArmSizes, Planned
from prodigy_al.report.schema import Report

SIZES = {
    "test_segments": "test segments",
    "training_seeds": "training seeds",
    "replicates": "replicates",
    "dev_answers": "dev answers",
}


def describe_plan(measured: Measurements) -> Planned | None:
    """Return `plan` of report.json; None where no difference is wanted."""
    plan, wanted = measured.plan, measured.plan.wanted
    if wanted is None:
        return None
    untrained = () if plan.policies else plan.arms
    return Planned(
        difference=wanted,
        power=POWER,
        level=LEVEL,
        arms={
            arm.dataset: {
                policy: _sizes(needed.find_needed(arm, policy, measured, wanted))
                for policy in plan.policies
            }
            for arm in plan.arms
        },
        base={arm.dataset: needed.dev_answers_for(arm, measured, wanted) for arm in untrained},
    )


def plan_tables(report: Report) -> str:
    """Return a table per policy, or of the base alone, with its reasons; empty without a plan."""
    plan = report.plan
    if plan is None:
        return ""
    if not report.policies:
        return _base_lines(plan, report)
    tables = [_table(plan, policy, report) for policy in report.policies]
    return "\n\n".join([*tables, _how_to_read(plan)])


def _table(plan: Planned, policy: str, report: Report) -> str:
    rows, reasons = [], defaultdict(list)
    for dataset, by_policy in plan.arms.items():
        sizes = by_policy[policy]
        rows.append((dataset, sizes.against or "base", *_cells(dataset, policy, sizes, report)))
        for field, name in SIZES.items():
            found = getattr(sizes, field)
            if isinstance(found, Unavailable):
                reasons[name, found.reason].append(dataset)
    title = (
        f"To find a difference of {number(plan.difference)} in F1, training '{policy}': now -> "
        "needed, each alone"
    )
    header = ("dataset", "against", *SIZES.values())
    lines = [
        f"{', '.join(own)}: {why if name in why else f'{name}: {why}'}."
        for (name, why), own in reasons.items()
    ]
    return "\n".join([titled(title, header, rows).rstrip("\n"), *lines])


def _cells(dataset: str, policy: str, sizes: ArmSizes, report: Report) -> Iterator[str]:
    for field in SIZES:
        found: Size | Unavailable = getattr(sizes, field)
        weighted = report.arms[dataset].runs[policy].dev.weighted
        on = ""
        if field == "dev_answers" and isinstance(weighted, WeightedMetric):
            on = "" if weighted.on == dataset else f" of {weighted.on}"
        yield "-" if isinstance(found, Unavailable) else _shown(found) + on


def _base_lines(plan: Planned, report: Report) -> str:
    """Return, per dataset, how many dev answers the base's weighted F1 needs."""
    rows = []
    lines = []
    for dataset, found in plan.base.items():
        weighted = report.base.dev[dataset].weighted
        on = weighted.on if isinstance(weighted, WeightedMetric) else "-"
        shown = "-" if isinstance(found, Unavailable) else _shown(found)
        rows.append((dataset, on, shown))
        if isinstance(found, Unavailable):
            lines.append(f"{dataset}: dev answers: {found.reason}.")
    title = (
        f"For an interval of the base's weighted F1 for new text that reaches "
        f"{number(plan.difference)} to either side"
    )
    shown = titled(title, ("dataset", "dev answers of", "now -> needed"), rows)
    return "\n".join([shown.rstrip("\n"), *lines, _documents("Dev answers")])


def _how_to_read(plan: Planned) -> str:
    why = {sizes.answers.reason for arm in plan.arms.values() for sizes in arm.values()}
    return (
        f"With that many, a true difference of {number(plan.difference)} is found four times out "
        "of five (p < .05 of this comparison alone). Each number stands by itself: all others stay "
        "as they are now. In brackets is its 95 % interval, since the variances behind it are "
        "estimates; 'or more' where they set no upper end. Replicates are for a claim about a "
        "strategy on new text, dev answers for a weighted dev F1 that differs from the base's. "
        f"{_documents('Test segments and dev answers')} Training answers are not planned: "
        f"{'; '.join(sorted(why))}."
    )


def _documents(what: str) -> str:
    return (
        f"{what} are taken to come from as many more documents: more of the same documents would "
        "tell less."
    )


def _shown(size: Size) -> str:
    """Return a size as the tables show it.

    >>> _shown(Size(now=5, needed=8, low=4, high=None))
    '5 -> 8 (4 or more)'
    """
    return f"{size.now:,} -> {size.needed:,} ({ends(size.low, size.high)})"


def _sizes(found: needed.Needed) -> ArmSizes:
    return ArmSizes(
        **{field: getattr(found, field) for field in SIZES},
        against=found.against,
        answers=found.answers,
    )
