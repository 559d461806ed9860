"""What the dev answers said, what they say weighted, and what test says: one bar per arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.html.blocks import Figure
from prodigy_al.report.html.figures.drawing import (
    BASE,
    INK,
    MUTED,
    NARROW,
    PAGE,
    WIDE,
    add_axes,
    arm,
    is_narrow,
    make_figure,
    new_drawing,
    tick,
)
from prodigy_al.report.html.figures.rows import CLEAR, LEFT, LINE, Rows, rows_of, small_note
from prodigy_al.report.html.marks import Mark
from prodigy_al.report.layout import width as columns_of
from prodigy_al.report.metrics import WeightedMetric
from prodigy_al.report.numbers import number, signed
from prodigy_al.report.schema import Report
from prodigy_al.report.summary import Summary

HEAD, FOOT = 30, 44
COLUMN = 66  # pixels of a column of numbers
KINDS = ("dev", "weighted", "test")
HEADS = {"dev": "○ dev", "weighted": "| weighted", "test": "● test"}
SHORT = 18  # columns of a name beside which the numbers fit on a phone


@dataclass(frozen=True)
class _Row:
    """F1 as usual on dev, weighted on dev, and on test; None where one cannot be had."""

    usual: float | None
    weighted: float | None
    test: float | None
    colour: int

    def known(self) -> list[float]:
        return [one for one in (self.usual, self.weighted, self.test) if one is not None]


def first_dev_and_test(summary: Summary, marks: Mapping[str, Mark]) -> Figure | None:
    """Return the figure for the lines of the answer; None where there is no number.

    Of the base on dev alone where nothing was trained.
    """
    rows = {
        arm.name: _Row(
            arm.usual.value,
            None if isinstance(arm.weighted, Unavailable) else arm.weighted.value,
            arm.test.value if arm.test else None,
            marks[arm.datasets[0]].colour,
        )
        for arm in summary.arms
    }
    return _figure("dev-test", rows, summary.policy, base=summary.base.value)


def dev_and_test(report: Report, policy: str, marks: Mapping[str, Mark]) -> Figure | None:
    """Return the figure for every dataset under one policy."""
    rows = {}
    for name, one in report.arms.items():
        run = one.runs[policy]
        weighted = run.dev.weighted.f1 if isinstance(run.dev.weighted, WeightedMetric) else None
        rows[name] = _Row(run.dev.usual.f1, weighted, run.test.f1, marks[name].colour)
    slug = f"dev-test-{report.policies.index(policy)}"
    return _figure(slug, rows, policy, base=report.base.test.f1)


def _figure(
    slug: str, rows: Mapping[str, _Row], policy: str | None, *, base: float | None
) -> Figure | None:
    rows = {name: row for name, row in rows.items() if row.known()}
    if not rows:
        return None
    kinds = KINDS if policy else KINDS[:2]
    title = f"F1 on dev, on dev weighted as if drawn at random, and on test, training ‘{policy}’"
    if policy is None:
        title = "F1 of the base on dev, and on dev weighted as if drawn at random"
    return make_figure(
        slug,
        title,
        lambda width: _paint(width, rows, base, kinds=kinds),
        numbers=[_spoken(name, row, kinds) for name, row in rows.items()],
        sentence=_sentence(rows) if policy else _of_the_base(rows),
    )


def _paint(
    width: int,
    rows: Mapping[str, _Row],
    base: float | None,
    *,
    kinds: Sequence[str],
) -> Drawing:
    narrow = is_narrow(width)
    columns = 0 if narrow else COLUMN * len(kinds) + 8
    left, right = (8, 8) if narrow else (LEFT, columns)
    lines = _rows(list(rows), narrow=narrow)
    head = HEAD + 14 if narrow else HEAD
    drawing = new_drawing(NARROW if narrow else WIDE, head + lines.down + FOOT)
    axes = add_axes(drawing, (left, head, width - left - right, lines.down))
    every = [value for row in rows.values() for value in row.known()]
    every += [] if base is None else [base]
    axes.set_xlim(max(0.0, min(every) - 0.06), min(1.0, max(every) + 0.06))
    if base is not None:
        axes.axvline(base, color=BASE, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
    for at, row in enumerate(rows.values()):
        _bar(axes, at, row, arm(row.colour))
    axes.xaxis.set_major_formatter(lambda value, _: tick(value))
    lines.set_up(axes)
    small_note(axes, "F1" + (f"; dashed: the base on test, {number(base)}" if base else ""))
    _columns(axes, rows, kinds, narrow=narrow)
    return drawing


def _rows(names: Sequence[str], *, narrow: bool) -> Rows:
    """Return the rows; on a phone the numbers stand beside short names, and below long ones."""
    rows = rows_of(names, narrow=narrow)
    beside = all(columns_of(name) <= SHORT for name in names)
    return rows if beside or not narrow else replace(rows, apart=LINE)


def _bar(axes: Axes, at: int, row: _Row, colour: str) -> None:
    """Paint one bar between its numbers: a ring for usual, a tick for weighted, a dot for test."""
    known = row.known()
    axes.plot([min(known), max(known)], [at, at], color=colour, linewidth=7, alpha=0.28, zorder=2)
    if row.weighted is not None:
        axes.plot([row.weighted], [at], "|", color=INK, markersize=15, markeredgewidth=2, zorder=3)
    if row.usual is not None:
        axes.plot(
            [row.usual],
            [at],
            "o",
            markerfacecolor=PAGE,
            markeredgecolor=colour,
            markeredgewidth=2,
            markersize=9,
            zorder=4,
        )
    if row.test is not None:
        axes.plot([row.test], [at], "o", color=colour, markersize=9, zorder=5)


def _columns(axes: Axes, rows: Mapping[str, _Row], kinds: Sequence[str], *, narrow: bool) -> None:
    """Write the numbers beside the rows, on a phone above them, under heads that show the marks."""
    for column, kind in enumerate(kinds):
        x = (column - len(kinds) + 1) * COLUMN if narrow else 12 + (column + 0.75) * COLUMN
        axes.annotate(
            HEADS[kind],
            (1, 1),
            xycoords="axes fraction",
            xytext=(x, 12),
            textcoords="offset points",
            ha="right",
            color=MUTED,
            fontsize=11,
        )
        for at, row in enumerate(rows.values()):
            value = (row.usual, row.weighted, row.test)[column]
            axes.annotate(
                number(value) if value is not None else "–",
                (1, at),
                xycoords=("axes fraction", "data"),
                xytext=(x, 14 if narrow else 0),
                textcoords="offset points",
                ha="right",
                va="center",
                color=INK,
                bbox=CLEAR if narrow else None,
            )


def _spoken(name: str, row: _Row, kinds: Sequence[str]) -> str:
    values = (row.usual, row.weighted, row.test)
    said = (
        f"{kind} {'unavailable' if value is None else number(value)}"
        for kind, value in zip(kinds, values, strict=False)
    )
    return f"{name}: {', '.join(said)}"


def _sentence(rows: Mapping[str, _Row]) -> str:
    """Return by how much dev as usual was off at most, and what weighting made of it."""
    gaps = {
        name: row.usual - row.test
        for name, row in rows.items()
        if row.usual is not None and row.test is not None
    }
    if not gaps:
        return "Dev as usual and test cannot be compared here: one of them has no number."
    worst = max(gaps, key=lambda name: abs(gaps[name]))
    row = rows[worst]
    way = "above" if gaps[worst] > 0 else "below"
    said = f"The dev answers of {worst} put F1 {number(abs(gaps[worst]))} {way} test"
    said += ", the largest gap of all arms" if len(gaps) > 1 else ""
    if row.weighted is None or row.test is None:
        return f"{said}; they could not be weighted."
    left = row.weighted - row.test
    said += "; weighted as if drawn at random, dev"
    if number(abs(left)) == ".000":
        return f"{said} agrees with it."
    return f"{said} puts it {number(abs(left))} {'above' if left > 0 else 'below'}."


def _of_the_base(rows: Mapping[str, _Row]) -> str:
    """Return how far weighting moves the base's number."""
    moved = {
        name: row.weighted - row.usual
        for name, row in rows.items()
        if row.usual is not None and row.weighted is not None
    }
    if not moved:
        return "No dev number could be weighted as if its answers had been drawn at random."
    most = max(moved, key=lambda name: abs(moved[name]))
    return (
        f"Weighting answers as if drawn at random moves the base's F1 most on {most}: by "
        f"{signed(moved[most])}."
    )
