"""The rows of a story's table, read off report.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prodigy_al.comparison.measurements import Measurements, Model
from prodigy_al.comparison.measurements import Row as TestRow
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.replicates import mean_over_replicates

Numbers = dict[str, Any]
"""The fields of a row that are numbers."""

NEW_TEXT, THIS_TEST = "other redraws and documents", "other redraws, these documents"


@dataclass(frozen=True)
class Row:
    """A number with its 95 % interval.

    name: of the row in stories.json, below the story's; `said`, what it is, for people
    interval: what it is about; `n`: segments of the test set, or what `said` says
    points: the same number of each redraw
    target: "> 0", "< 0", "> -.02" or "within .03", judged by the whole interval; "" for none
    """

    name: str
    said: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    redraws: int
    points: Sequence[float]
    interval: str = NEW_TEXT
    target: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return the row of a table."""
        met = {True: "met", False: "MISSED", None: ""}[meets(self)]
        numbers = (signed(self.value), f"[{signed(self.low)}, {signed(self.high)}]")
        return (self.said, *numbers, str(self.redraws), f"{self.n:,}", self.target, met)


def meets(row: Row) -> bool | None:
    """Return whether the whole interval is where the target wants it; None without a target."""
    if not row.target:
        return None
    word, bound = row.target.rsplit(" ", 1)
    if row.low is None or row.high is None:
        return False
    if word == ">":
        return row.low > float(bound)
    if word == "<":
        return row.high < float(bound)
    return -float(bound) < row.low and row.high < float(bound)


def signed(value: float | None) -> str:
    """Return a difference of F1.

    >>> signed(0.0214), signed(-0.3), signed(None)
    ('+.021', '-.300', '-')
    """
    return "-" if value is None else f"{value:+.3f}".replace("0.", ".", 1)


def against_random(
    report: Mapping[str, Any], strategy: str, *, policy: str = "robust", seconds: bool = False
) -> Numbers:
    """Return F1 on test minus that of random answers: the numbers of a row, for new text.

    At equal answers, or with `seconds` after as many seconds.
    """
    which = "vs_random_seconds" if seconds else "vs_random"
    return _of_strategy(report, report["strategies"][strategy][policy], which, policy)


def against_base(report: Mapping[str, Any], strategy: str, *, policy: str = "robust") -> Numbers:
    """Return F1 on test minus that of the pipeline before training, for new text."""
    return _of_strategy(report, report["strategies"][strategy][policy], "vs_base", policy)


def _of_strategy(
    report: Mapping[str, Any], whole: Mapping[str, Any], which: str, policy: str
) -> Numbers:
    single = [report["arms"][name]["runs"][policy][which] or {} for name in whole["datasets"]]
    points = [one["difference"] for one in single if one.get("difference") is not None]
    if whole[which] is None and len(points) > 1:  # a redraw has no random answers of its size
        return mean_of(points, report["test"]["segments"])
    found = whole[which] or {}
    return {
        "value": found.get("difference"),
        "low": found.get("low"),
        "high": found.get("high"),
        "n": report["test"]["segments"],
        "redraws": len(points),
        "points": points,
    }


def difference(measured: Measurements, pairs: Sequence[tuple[Model, Model]]) -> Numbers:
    """Return F1 on test over redraws, the second model of each pair subtracted, for new text."""
    found = measured.difference_over_replicates(pairs)
    ours, theirs = (
        [measured.score(TestRow(pair[i], "test")).f1 or 0.0 for pair in pairs] for i in (0, 1)
    )
    own = {
        "n": len(measured.plan.test.gold),
        "redraws": len(pairs),
        "points": [a - b for a, b in zip(ours, theirs, strict=True)],
    }
    if isinstance(found, Unavailable) or isinstance(found.new_text, Unavailable):
        return own | {"value": None, "low": None, "high": None}
    whole = found.new_text
    return own | {"value": whole.difference, "low": whole.low, "high": whole.high}


def mean_of(points: Sequence[float], n: int) -> Numbers:
    """Return the numbers of a row from a number of each redraw: Student's interval."""
    found = mean_over_replicates(points)
    return {
        "value": found.difference,
        "low": found.low,
        "high": found.high,
        "n": n,
        "redraws": len(points),
        "points": list(points),
        "interval": THIS_TEST,
    }
