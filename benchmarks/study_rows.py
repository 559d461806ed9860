"""Rows of the study: a mean over replicates with its intervals, and whether its target is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.replicates import ReplicateDifference, mean_over_replicates

Row = dict[str, Any]
NEW_TEXT, THIS_TEST = "new text", "this test set"


def row(
    values: Sequence[float],
    bounds: tuple[float, float, str],
    target: float | None,
    mean: float,
) -> Row:
    """Return one row: met where `low` is above `target` and the mean at least `mean`."""
    low, high, interval = bounds
    value = fmean(values)
    return {
        "value": value,
        "low": low,
        "high": high,
        "interval": interval,
        "smallest": min(values),
        "largest": max(values),
        "n": len(values),
        "target": "" if target is None else f"low > {target:g}, mean >= {mean:g}",
        "met": target is None or (low > target and value >= mean),
    }


def difference_row(
    found: ReplicateDifference | Unavailable,
    values: Sequence[float],
    target: float | None = None,
    *,
    mean: float = 0.0,
) -> Row:
    """Return the row of a difference that was `found` over replicates with these `values`."""
    if isinstance(found, Unavailable) or isinstance(found.new_text, Unavailable):
        raise EstimateError(f"no interval for new text: {found}")
    new, this = found.new_text, found.this_test
    result = row(values, (new.low, new.high, NEW_TEXT), target, mean)
    result |= {"this_low": this.low, "this_high": this.high, "p": new.p}
    met = row(values, (this.low, this.high, THIS_TEST), target, mean)["met"]
    return result if met == result["met"] else {**result, "met_this_test": met}


def level(values: Sequence[float], target: float | None = None, *, mean: float = 0.0) -> Row:
    """Return the row of what is no difference: its interval is for this test set."""
    found = mean_over_replicates(values)
    return row(values, (found.low, found.high, THIS_TEST), target, mean)


def table_lines(found: Mapping[str, Row]) -> list[tuple[object, ...]]:
    """Return a line per row: name, mean, both intervals, range, n, target, whether it is met."""
    return [_line(name, r) for name, r in found.items()]


def _line(name: str, r: Row) -> tuple[object, ...]:
    new = f"[{r['low']:+.3f}, {r['high']:+.3f}]"
    this = f"[{r['this_low']:+.3f}, {r['this_high']:+.3f}]" if "this_low" in r else new
    return (
        name, f"{r['value']:+.3f}", new if r["interval"] == NEW_TEXT else "", this,
        f"{r['smallest']:+.3f} to {r['largest']:+.3f}", r["n"], r["target"],
        ("met" if r["met"] else "MISSED") if r["target"] else "",
    )  # fmt: skip
