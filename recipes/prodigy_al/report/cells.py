"""Cells that several tables of the terminal have in common, and a table with its title."""

from __future__ import annotations

from collections.abc import Sequence

from wasabi.tables import table

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.metrics import Comparison, Metric, WeightedMetric
from prodigy_al.report.numbers import interval, number, signed
from prodigy_al.report.parts import Interval

TERMS = (
    "Weighted: as if drawn at random from the source. For new text: on other documents too. For "
    "this pool: on the texts of the source alone. Answers worth: as many random ones. Within the "
    "candidates: among spans that the base proposed."
)


def titled(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table below its title, each column as wide as its widest cell."""
    widest = max(len(cell) for row in (header, *rows) for cell in row)
    return f"{title}\n{table(rows, header=header, divider=True, max_col=widest)}"


def f1_of(metric: Metric | Unavailable) -> str:
    """Return F1 alone; a dash where it cannot be had."""
    return "-" if isinstance(metric, Unavailable) else number(metric.f1)


def with_interval(metric: Metric) -> str:
    """Return F1 and its interval, if it has one."""
    bounds = interval(metric.low, metric.high)
    return number(metric.f1) if bounds == "-" else f"{number(metric.f1)} {bounds}"


def precision_recall(metric: Metric) -> str:
    """Return precision and recall."""
    return f"{number(metric.p)}/{number(metric.r)}"


def difference(found: Comparison | None) -> str:
    """Return a difference and its interval, if it has one."""
    if found is None:
        return "-"
    return signed_with_ends(Interval(value=found.difference, low=found.low, high=found.high))


def signed_with_ends(found: Interval) -> str:
    """Return a signed number and its interval, if it has one."""
    if found.value is None:
        return "-"
    if found.low is None or found.high is None:
        return signed(found.value)
    return f"{signed(found.value)} [{signed(found.low)}, {signed(found.high)}]"


def worth(metric: WeightedMetric) -> str:
    """Return how many weighted answers there are, and as how many uniform ones they tell."""
    return f"{metric.m:,} as {'-' if metric.worth is None else f'{metric.worth:,.0f}'}"
