"""Learning curves: F1 on test after so many answers, tokens, entities, seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D

from prodigy_al.report.html.blocks import Figure
from prodigy_al.report.html.figures.drawing import (
    BASE,
    INK,
    MUTED,
    NARROW,
    RULE,
    WIDE,
    add_axes,
    arm,
    is_narrow,
    make_figure,
    new_drawing,
    tick,
)
from prodigy_al.report.html.figures.names import broken
from prodigy_al.report.html.figures.rows import LINE, small_note
from prodigy_al.report.html.marks import Mark
from prodigy_al.report.numbers import counted, number
from prodigy_al.report.schema import CurvePoint, Report

EFFORTS = ("answers", "tokens", "entities", "seconds")
PANEL, FOOT, LEFT = 170, 48, 40
SHORT, LONGEST = 20, 40  # characters of a label, of which two or one fit beside a panel
MOST_BANDS = 4  # more intervals than that would hide one another


def curves(report: Report, policy: str, marks: Mapping[str, Mark]) -> Figure | None:
    """Return the curves under one policy; None where none were asked for."""
    found: dict[str, list[CurvePoint]] = {}
    for point in report.curves:
        if point.policy == policy and point.f1 is not None:
            found.setdefault(point.dataset, []).append(point)
    efforts = [
        effort
        for effort in EFFORTS
        if any(getattr(point, effort) is not None for line in found.values() for point in line)
    ]
    if not efforts:
        return None

    def paint(width: int) -> Drawing:
        return _paint(width, found, report, efforts=efforts, marks=marks)

    return make_figure(
        f"curves-{report.policies.index(policy)}",
        f"F1 on test by {_listed(efforts)}, training ‘{policy}’",
        paint,
        numbers=[_spoken(name, line) for name, line in found.items()],
        sentence=_sentence(report, found, policy),
    )


def _paint(
    width: int,
    found: Mapping[str, Sequence[CurvePoint]],
    report: Report,
    *,
    efforts: Sequence[str],
    marks: Mapping[str, Mark],
) -> Drawing:
    across = 1 if is_narrow(width) else 2
    key = _key(found, marks)
    columns, head = _places([str(line.get_label()) for line in key], across)
    down = -(-len(efforts) // across)
    drawing = new_drawing(NARROW if across == 1 else WIDE, head + down * (PANEL + FOOT))
    room = width / across
    limits = _limits(found, report.base.test.f1)
    for at, effort in enumerate(efforts):
        box = (
            (at % across) * room + LEFT,
            head + (at // across) * (PANEL + FOOT),
            room - LEFT - 10,
            PANEL,
        )
        axes = add_axes(drawing, box)
        _panel(axes, found, effort, marks=marks)
        axes.set_ylim(*limits)
        if report.base.test.f1 is not None:
            axes.axhline(report.base.test.f1, color=BASE, linewidth=1.2, linestyle=(0, (4, 3)))
    handles = [*key, Line2D([], [], color=BASE, linewidth=1.2, linestyle=(0, (4, 3)), label="base")]
    drawing.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=((LEFT - 8) / width, 1),
        ncols=columns,
        frameon=False,
        fontsize=11,
        labelcolor=INK,
        handlelength=1.6,
        columnspacing=1.2,
        borderaxespad=0,
    )
    return drawing


def _panel(
    axes: Axes,
    found: Mapping[str, Sequence[CurvePoint]],
    effort: str,
    *,
    marks: Mapping[str, Mark],
) -> None:
    for name, line in found.items():
        points = [point for point in line if getattr(point, effort) is not None]
        if not points:
            continue
        colour, shape = arm(marks[name].colour), marks[name].shape
        spent = [getattr(point, effort) for point in points]
        low = [point.low for point in points if point.low is not None]
        high = [point.high for point in points if point.high is not None]
        if len(low) == len(high) == len(points) and len(found) <= MOST_BANDS:
            axes.fill_between(spent, low, high, color=colour, alpha=0.1, linewidth=0)
        scores = [point.f1 for point in points if point.f1 is not None]
        axes.plot(spent, scores, marker=shape, color=colour, linewidth=1.8, markersize=6)
    axes.set_xlim(left=0)
    axes.locator_params(nbins=4)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", color=RULE)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.yaxis.set_major_formatter(lambda value, _: tick(value))
    axes.tick_params(colors=MUTED)
    small_note(axes, effort)


def _key(found: Mapping[str, object], marks: Mapping[str, Mark]) -> list[Line2D]:
    """Return what explains the colours: an entry per mark, since replicates share one."""
    groups = {marks[name].of: marks[name] for name in found}
    named = {of: [name for name in found if marks[name].of == of] for of in groups}
    return [
        Line2D(
            [],
            [],
            color=arm(mark.colour),
            marker=mark.shape,
            linewidth=1.8,
            markersize=6,
            label=broken(named[of][0] if len(named[of]) == 1 else of, LONGEST),
        )
        for of, mark in groups.items()
    ]


def _places(labels: Sequence[str], across: int) -> tuple[int, int]:
    """Return in how many columns the key stands, and the pixels that it takes."""
    lines = [line for label in labels for line in label.split("\n")]
    room = SHORT if max(map(len, lines)) <= SHORT else LONGEST
    columns = across * (2 if room == SHORT else 1)
    rows = -(-(len(labels) + 1) // columns)
    more = max(label.count("\n") for label in labels)
    return columns, rows * (20 + LINE * more) + 14


def _limits(found: Mapping[str, Sequence[CurvePoint]], base: float | None) -> tuple[float, float]:
    bands = len(found) <= MOST_BANDS
    every = [
        value
        for line in found.values()
        for point in line
        for value in ((point.f1, point.low, point.high) if bands else (point.f1,))
        if value is not None
    ]
    every += [] if base is None else [base]
    return max(0.0, min(every) - 0.02), min(1.0, max(every) + 0.02)


def _spoken(name: str, line: Sequence[CurvePoint]) -> str:
    points = (
        f"{number(point.f1)} after {point.answers:,.0f} answers"
        for point in line
        if point.answers is not None
    )
    return f"{name}: {', '.join(points)}"


def _sentence(report: Report, found: Mapping[str, Sequence[CurvePoint]], policy: str) -> str:
    """Return what the last quarter of the answers brought, and who was sooner at its control."""
    said = []
    steps = {
        name: line[-1].f1 - line[-2].f1
        for name, line in found.items()
        if len(line) > 1 and line[-1].f1 is not None and line[-2].f1 is not None
    }
    if steps:
        most = max(steps, key=lambda name: steps[name])
        last = found[most][-1], found[most][-2]
        more = (last[0].answers or 0) - (last[1].answers or 0)
        if steps[most] > 0:
            said.append(
                f"The last {counted(round(more), 'answer')} still brought {most} "
                f"{number(steps[most])}, the most of all."
            )
        else:
            said.append("The last answers of no arm brought anything: none is still rising.")
    sooner = [
        f"{name} after {needed.answers:,.0f} of its {found[name][-1].answers:,.0f} answers"
        for name in found
        if (needed := report.arms[name].runs[policy].effort_to_random) and needed.answers
    ]
    if sooner:
        said.append(f"Surely at the F1 of its whole control: {'; '.join(sooner)}.")
    elif any(report.arms[name].runs[policy].vs_random for name in found):
        said.append("No arm was surely at the F1 of its whole control before its last answer.")
    return " ".join(said) or "With one point per arm there is no curve to read yet."


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
