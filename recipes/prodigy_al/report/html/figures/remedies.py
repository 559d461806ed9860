"""How much of each gap was closed by what was tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from prodigy_al.diagnosis.trained_ledger import DEV_UP
from prodigy_al.report.html.blocks import Figure
from prodigy_al.report.html.figures.drawing import (
    BAND,
    MUTED,
    NARROW,
    WIDE,
    add_axes,
    arm,
    is_narrow,
    make_figure,
    new_drawing,
    tick,
)
from prodigy_al.report.html.figures.rows import ABOVE, rows_of, small_note
from prodigy_al.report.html.marks import Mark
from prodigy_al.report.metrics import Comparison
from prodigy_al.report.numbers import signed
from prodigy_al.report.reasons import Complaint, Remedy
from prodigy_al.report.schema import Report
from prodigy_al.report.why_lines import closed

LEFT, HEAD, FOOT, EDGE = 266, 8, 44, 10  # pixels
LONGEST = 35  # columns of a name beside its row


@dataclass(frozen=True)
class _Row:
    """One remedy, and the gap that it was to close."""

    name: str
    of: str
    gap: float
    remedy: Remedy
    value: float
    mark: Mark

    @property
    def found(self) -> Comparison:
        """What it closed."""
        return self.remedy.closed


def remedies(report: Report, policy: str, marks: Mapping[str, Mark]) -> Figure | None:
    """Return what was closed under one policy; None where nothing was tried."""
    rows = _rows(report, policy, marks)
    if not rows:
        return None
    return make_figure(
        f"remedies-{report.policies.index(policy)}",
        f"How much of each gap was closed, training ‘{policy}’",
        lambda width: _paint(width, rows),
        numbers=[
            f"{row.of}, gap {signed(row.gap)}: {row.name} {closed(row.remedy)}" for row in rows
        ],
        sentence=_sentence(rows),
    )


def _rows(report: Report, policy: str, marks: Mapping[str, Mark]) -> list[_Row]:
    """Return a row per complaint and remedy, the gap as F1 that is missing."""
    return [
        _Row(
            name=f"{one.arm}: {remedy.what}",
            of=f"{one.arm}, {one.said}",
            gap=_missing(one),
            remedy=remedy,
            value=remedy.closed.difference,
            mark=marks[one.arm],
        )
        for one in (report.why.ledger if report.why else ())
        if one.policy == policy
        for remedy in one.remedies
        if remedy.closed.difference is not None
    ]


def _missing(complaint: Complaint) -> float:
    """Return what is to be closed: dev is too high, an arm too low."""
    value = complaint.gap.value or 0.0
    return max(value if complaint.id == DEV_UP else -value, 0.0)


def _paint(width: int, rows: Sequence[_Row]) -> Drawing:
    narrow = is_narrow(width)
    names = rows_of([row.name for row in rows], narrow=narrow, columns=ABOVE if narrow else LONGEST)
    drawing = new_drawing(NARROW if narrow else WIDE, HEAD + names.down + FOOT)
    left = EDGE if narrow else LEFT
    across = (NARROW if narrow else WIDE) - left - EDGE
    axes = add_axes(drawing, (left, HEAD, across, names.down))
    axes.axvline(0, color=MUTED, linewidth=1.2, zorder=1)
    for at, row in enumerate(rows):
        _paint_row(axes, at, row)
    axes.xaxis.set_major_formatter(lambda value, _: tick(value, sign=True))
    names.set_up(axes)
    small_note(axes, "F1 that was closed; grey: the gap")
    return drawing


def _paint_row(axes: Axes, at: int, row: _Row) -> None:
    found, colour = row.found, arm(row.mark.colour)
    axes.barh(at, row.gap, height=0.9, color=BAND, linewidth=0, zorder=0)
    if found.low is not None and found.high is not None:
        axes.plot([found.low, found.high], [at, at], color=colour, linewidth=2.4, zorder=3)
    axes.plot([row.value], [at], row.mark.shape, color=colour, markersize=7.5, zorder=4)


def _sentence(rows: Sequence[_Row]) -> str:
    """Return what closed most, and what that is of the gap."""
    clear = [row for row in rows if row.found.low is not None and row.found.low > 0]
    if not clear:
        return "Nothing that was tried closed any of these gaps beyond chance."
    best = max(clear, key=lambda row: row.value)
    enough = "at least all" if best.value >= best.gap else f"{best.value / best.gap:.0%}"
    return (
        f"{len(clear)} of {len(rows)} closed something beyond chance, most of it "
        f"{best.remedy.what} ({best.of}): {closed(best.remedy)}, {enough} of the gap. What two of "
        "them close may be the same, so they do not add up."
    )
