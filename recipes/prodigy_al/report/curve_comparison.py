"""An arm's learning curve against its control's: in the report and in its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodigy_al.comparison.curves import Point, compare_with
from prodigy_al.comparison.measurements import Measurements
from prodigy_al.evaluation.curve_difference import CurveDifference, Lead
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report import parts
from prodigy_al.report.numbers import interval, signed
from prodigy_al.report.schema import Report

HEADER = ("dataset", "control", "by", "up to", "mean difference of F1", "ahead at the end")
TITLE = (
    "Each learning curve minus its control's: the mean over the effort that both cover, and who "
    "is ahead at its end (smoothed), training {policy}"
)


def describe_curves(
    curve: Sequence[Point], control: Sequence[Point], measured: Measurements
) -> Mapping[str, parts.CurveComparison] | Unavailable:
    """Return `curve_vs_random` of report.json."""
    found = compare_with(curve, control, measured)
    if isinstance(found, Unavailable):
        return found
    return {unit: _describe(one) for unit, one in found.items()}


def curve_rows(report: Report, policy: str) -> list[tuple[str, ...]]:
    """Return the rows of `HEADER` under one policy, one per arm and unit of work."""
    rows: list[tuple[str, ...]] = []
    for name, arm in report.arms.items():
        run = arm.runs[policy]
        found = run.curve_vs_random
        if run.vs_random is None or found is None:
            continue
        start = name, run.vs_random.against
        if isinstance(found, Unavailable):
            rows.append((*start, f"not shown: {found.reason}", "-", "-", "-"))
            continue
        for unit, one in found.items():
            rows.append((*start, unit, f"{one.until:,.0f}", _told(one), _leader(one, *start)))
    return rows


def _describe(found: CurveDifference) -> parts.CurveComparison:
    lead, mean = found.lead, found.mean
    return parts.CurveComparison(
        until=found.until,
        difference=parts.Interval(value=mean.value, low=mean.low, high=mean.high),
        leads=None if lead is None else "arm" if lead.first else "control",
        since=_since(lead),
    )


def _since(lead: Lead | None) -> parts.Interval:
    if lead is None:
        return parts.Interval(value=None, low=None, high=None)
    return parts.Interval(value=lead.start, low=lead.low, high=lead.high)


def _told(found: parts.CurveComparison) -> str:
    mean = found.difference
    return "-" if mean.value is None else f"{signed(mean.value)} {interval(mean.low, mean.high)}"


def _leader(found: parts.CurveComparison, name: str, control: str) -> str:
    """Return who is ahead at the end, and since when."""
    since = found.since
    if found.leads is None or since.value is None or since.low is None:
        return "neither"
    who = name if found.leads == "arm" else control
    if since.high == 0:
        return f"{who}, all along"
    latest = "never" if since.high is None else f"{since.high:,.0f}"
    return f"{who}, from {since.value:,.0f} [{since.low:,.0f}, {latest}]"
