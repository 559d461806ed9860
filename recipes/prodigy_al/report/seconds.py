"""The difference to the control at equal seconds, in the report and in words."""

from __future__ import annotations

from dataclasses import asdict

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.equal_seconds import compare_at_seconds
from prodigy_al.comparison.measurements import Measurements
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.differences import against_whole, describe_comparison, differing_forms
from prodigy_al.report.metrics import SecondsComparison
from prodigy_al.report.schema import Report


def describe_at_seconds(
    arm: Arm, policy: str, measured: Measurements
) -> SecondsComparison | Unavailable | None:
    """Return `vs_random_seconds` of a run in report.json."""
    found = compare_at_seconds(arm.dataset, policy, measured)
    if found is None or isinstance(found, Unavailable):
        return found
    control = next(a for a in measured.plan.arms if a.dataset == found.cut.control)
    return SecondsComparison(
        **asdict(describe_comparison(found.compared)),
        against=found.cut.control,
        train=found.ours.train,
        against_train=found.theirs.train,
        binary_against_whole=against_whole(arm, control, "binary"),
        mixed_against_whole=against_whole(arm, control, "mixed"),
        seconds=found.cut.seconds,
        simulated=found.cut.simulated,
        cut=found.cut.longer,
        answers=found.ours.answers,
        against_answers=found.theirs.answers,
    )


def at_seconds(report: Report, policy: str) -> dict[str, SecondsComparison]:
    """Return the comparisons at equal seconds that there are under one policy, by dataset."""
    found = {name: arm.runs[policy].vs_random_seconds for name, arm in report.arms.items()}
    return {name: one for name, one in found.items() if isinstance(one, SecondsComparison)}


def sizes_at_seconds(found: SecondsComparison) -> str:
    """Return the seconds, where they are from, and what each side held then."""
    by = "simulated" if found.simulated else "by time stamps"
    return (
        f"{found.seconds:,.0f} s {by}: {found.answers:,} answers against "
        f"{found.against_answers:,}{differing_forms(found)}"
    )
