"""Replicates: F1 on test of every dataset of a strategy, and their mean."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure as Drawing

from prodigy_al.report.html.blocks import Figure
from prodigy_al.report.html.figures.drawing import (
    BASE,
    INK,
    NARROW,
    WIDE,
    add_axes,
    arm,
    is_narrow,
    make_figure,
    new_drawing,
    tick,
)
from prodigy_al.report.html.figures.rows import LEFT, rows_of, small_note
from prodigy_al.report.html.marks import Mark
from prodigy_al.report.numbers import counted, number
from prodigy_al.report.schema import Report, Strategy

HEAD, FOOT = 10, 44


def replicated(report: Report, policy: str) -> dict[str, Strategy]:
    """Return the strategies with a replicate, where one has more than one dataset; else none."""
    found = {name: by_policy[policy] for name, by_policy in report.strategies.items()}
    if not any(len(one.datasets) > 1 for one in found.values()):
        return {}
    return {name: one for name, one in found.items() if one.replicates}


def replicates(report: Report, policy: str, marks: Mapping[str, Mark]) -> Figure | None:
    """Return the figure under one policy; None where nothing was repeated."""
    found = replicated(report, policy)
    if not found:
        return None
    points = {
        name: {
            dataset: f1
            for dataset in one.datasets
            if dataset not in one.left_out
            and (f1 := report.arms[dataset].runs[policy].test.f1) is not None
        }
        for name, one in found.items()
    }
    return make_figure(
        f"replicates-{report.policies.index(policy)}",
        f"F1 on test of every replicate, training ‘{policy}’",
        lambda width: _paint(width, found, points, base=report.base.test.f1, marks=marks),
        numbers=[
            f"{name}: mean {number(found[name].test.f1)} of "
            f"{', '.join(number(f1) for f1 in own.values())}"
            for name, own in points.items()
        ],
        sentence=_sentence(found),
    )


def _paint(
    width: int,
    found: Mapping[str, Strategy],
    points: Mapping[str, Mapping[str, float]],
    *,
    base: float | None,
    marks: Mapping[str, Mark],
) -> Drawing:
    narrow = is_narrow(width)
    left = 8 if narrow else LEFT
    rows = rows_of(list(found), narrow=narrow)
    drawing = new_drawing(NARROW if narrow else WIDE, HEAD + rows.down + FOOT)
    axes = add_axes(drawing, (left, HEAD, width - left - 10, rows.down))
    for row, (name, one) in enumerate(found.items()):
        mark = marks[next(iter(one.datasets))]
        own = list(points[name].values())
        if one.test.low is not None and one.test.high is not None:
            ends = [one.test.low, one.test.high]
            axes.plot(ends, [row, row], color=arm(mark.colour), linewidth=9, alpha=0.22)
        axes.plot(own, [row] * len(own), mark.shape, color=arm(mark.colour), markersize=6)
        if one.test.f1 is not None:
            axes.plot([one.test.f1], [row], "|", color=INK, markersize=16, markeredgewidth=2)
    if base is not None:
        axes.axvline(base, color=BASE, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
    axes.xaxis.set_major_formatter(lambda value, _: tick(value))
    axes.margins(x=0.06)
    rows.set_up(axes)
    small_note(axes, "F1; bar and band: mean and its interval" + ("; dashed: base" if base else ""))
    return drawing


def _sentence(found: Mapping[str, Strategy]) -> str:
    """Return how far replicates differ, which is what one dataset alone cannot tell."""
    spreads = {
        name: one.sd.selection for name, one in found.items() if one.sd.selection is not None
    }
    if not spreads:
        return "How much the next dataset of a strategy would differ is not known here."
    most = max(spreads, key=lambda name: spreads[name])
    count = counted(found[most].replicates, "replicate")
    return (
        f"Annotating again the same way would change F1 on test: the {count} of {most} have a "
        f"standard deviation of {number(spreads[most])}, so one dataset's rank is partly luck."
    )
