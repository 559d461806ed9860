"""Forest plot: the change of F1 on test against the base, and against the control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from prodigy_al.report.against import against_base, against_control
from prodigy_al.report.findings import Finding
from prodigy_al.report.folding import fold
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
from prodigy_al.report.html.figures.rows import (
    LEFT,
    rows_of,
    small_note,
    title_above,
)
from prodigy_al.report.html.marks import Mark
from prodigy_al.report.metrics import Comparison
from prodigy_al.report.numbers import counted, number, signed
from prodigy_al.report.schema import Report
from prodigy_al.report.seconds import at_seconds

HEAD, FOOT = 26, 44  # pixels above and below the rows of a panel
LEAST = 0.01  # how far the axis reaches to either side at least
GAP, EDGE = 22, 10  # between panels, and beside them


@dataclass(frozen=True)
class _Row:
    """A line of the answer; `own` are its replicates one by one, if it has several."""

    found: Finding
    value: float
    colour: int
    shape: str
    own: Sequence[Comparison]


@dataclass(frozen=True)
class _Panel:
    """Differences to one thing, by line; `zero` says what it is."""

    of: str
    zero: str
    rows: Mapping[str, _Row]


def forest(report: Report, policy: str, marks: Mapping[str, Mark]) -> Figure | None:
    """Return the forest plot under one policy; None where no difference is known."""
    panels = [panel for panel in _panels(report, policy, marks) if panel.rows]
    names = [name for name in fold(report, policy) if any(name in one.rows for one in panels)]
    if not names:
        return None

    def paint(width: int) -> Drawing:
        return _stacked(panels) if is_narrow(width) else _side_by_side(panels, names)

    return make_figure(
        f"forest-{report.policies.index(policy)}",
        f"Change of F1 on test, training ‘{policy}’",
        paint,
        numbers=[
            f"{panel.of}: {name} {_spoken(row.found)}"
            for panel in panels
            for name, row in panel.rows.items()
        ],
        sentence=_sentence(panels, wanted=report.plan.difference if report.plan else None),
    )


def _panels(report: Report, policy: str, marks: Mapping[str, Mark]) -> list[_Panel]:
    """Return what is drawn: against the base, and against random answers."""
    runs = {name: arm.runs[policy] for name, arm in report.arms.items()}
    base: dict[str, Comparison | None] = {name: run.vs_base for name, run in runs.items()}
    control: dict[str, Comparison | None] = {name: run.vs_random for name, run in runs.items()}
    control |= at_seconds(report, policy)
    lines = fold(report, policy)

    def rows(
        findings: Mapping[str, Finding], own: Mapping[str, Comparison | None]
    ) -> dict[str, _Row]:
        return {
            name: _Row(
                found,
                found.difference,
                marks[lines[name][0]].colour,
                marks[lines[name][0]].shape,
                [one for dataset in lines[name] if (one := own[dataset])],
            )
            for name, found in findings.items()
            if found.difference is not None
        }

    findings = against_control(report, policy)
    timed = {
        found.sizes is not None and found.sizes.seconds is not None for found in findings.values()
    }
    equal = (
        "seconds" if timed == {True} else "answers" if timed == {False} else "seconds or answers"
    )
    return [
        _Panel("against the base", "0: the base", rows(against_base(report, policy), base)),
        _Panel(f"against random, equal {equal}", "0: its random control", rows(findings, control)),
    ]


def _side_by_side(panels: Sequence[_Panel], names: Sequence[str]) -> Drawing:
    """Paint the panels beside one another with the names on the left."""
    rows = rows_of(names, narrow=False)
    drawing = new_drawing(WIDE, HEAD + rows.down + FOOT)
    across = (WIDE - LEFT - EDGE - GAP * (len(panels) - 1)) / len(panels)
    for at, panel in enumerate(panels):
        axes = add_axes(drawing, (LEFT + at * (across + GAP), HEAD, across, rows.down))
        _paint_panel(axes, panel, names)
        axes.set_xlim(*_limits(panels))
        rows.set_up(axes, named=at == 0)
    return drawing


def _stacked(panels: Sequence[_Panel]) -> Drawing:
    """Paint the panels below one another, each name above its interval."""
    blocks = [rows_of(list(panel.rows), narrow=True) for panel in panels]
    drawing = new_drawing(NARROW, sum(HEAD + rows.down + FOOT for rows in blocks))
    top = HEAD
    for panel, rows in zip(panels, blocks, strict=True):
        axes = add_axes(drawing, (EDGE, top, NARROW - 2 * EDGE, rows.down))
        _paint_panel(axes, panel, list(panel.rows))
        axes.set_xlim(*_limits(panels))
        rows.set_up(axes)
        top += rows.down + FOOT + HEAD
    return drawing


def _paint_panel(axes: Axes, panel: _Panel, names: Sequence[str]) -> None:
    axes.axvline(0, color=MUTED, linewidth=1.2, zorder=1)
    for at, name in enumerate(names):
        row = panel.rows.get(name)
        if row is None:
            continue
        found, colour = row.found, arm(row.colour)
        if reach := found.within:
            axes.barh(at, 2 * reach, left=-reach, height=1, color=BAND, linewidth=0, zorder=0)
        if len(row.own) > 1:
            _paint_replicates(axes, at, row)
        if found.low is not None and found.high is not None:
            axes.plot([found.low, found.high], [at, at], color=colour, linewidth=2.4, zorder=3)
        axes.plot([row.value], [at], row.shape, color=colour, markersize=7.5, zorder=4)
    axes.xaxis.set_major_formatter(lambda value, _: tick(value, sign=True))
    title_above(axes, panel.of)
    small_note(axes, panel.zero)


def _paint_replicates(axes: Axes, at: int, row: _Row) -> None:
    """Paint a fine interval per replicate, spread over the height of the row."""
    step = 0.7 / (len(row.own) - 1)
    for number_of, one in enumerate(row.own):
        y = at - 0.35 + number_of * step
        if one.low is not None and one.high is not None:
            ends = [one.low, one.high]
            axes.plot(ends, [y, y], color=arm(row.colour), linewidth=1, alpha=0.45, zorder=2)


def _limits(panels: Sequence[_Panel]) -> tuple[float, float]:
    """Return the ends of the axis, which all panels share: every interval, and the grey band."""
    rows = [row for panel in panels for row in panel.rows.values()]
    every: list[Finding | Comparison] = [row.found for row in rows]
    every += [one for row in rows for one in row.own]
    ends = [x for one in every for x in (one.low, one.high, one.difference) if x is not None]
    # where all models agree every end is 0, and the axis would have no width
    reach = max([row.found.within for row in rows if row.found.within is not None] + [LEAST])
    low, high = min([*ends, -reach]), max([*ends, reach])
    return low - 0.04 * (high - low), high + 0.04 * (high - low)


def _spoken(found: Finding) -> str:
    value = signed(found.difference) if found.difference is not None else "unknown"
    if found.low is None or found.high is None:
        return f"{found.word}: {value}, no interval"
    return f"{found.word}: {value}, 95 % interval {signed(found.low)} to {signed(found.high)}"


def _sentence(panels: Sequence[_Panel], *, wanted: float | None) -> str:
    """Return how many intervals lie where, and what could not have been found."""
    said = [_where(panel) for panel in panels]
    rows = [row.found for panel in panels for row in panel.rows.values()]
    reach = [found.within for found in rows if found.within is not None]
    if wanted is not None:
        said.append(f"Grey: changes of less than the {number(wanted)} that you asked about.")
    elif reach:
        ends = sorted({number(min(reach)), number(max(reach))})
        said.append(f"Grey (±{' to '.join(ends)}): changes so small would often be missed here.")
    return " ".join(said)


def _where(panel: _Panel) -> str:
    found = [row.found for row in panel.rows.values()]
    known = [one for one in found if one.low is not None and one.high is not None]
    of = panel.of[0].upper() + panel.of[1:]
    if not known and any(len(row.own) > 1 for row in panel.rows.values()):
        return f"{of}, no mean has an interval; fine lines are single replicates."
    if not known:
        return f"{of}, there is no interval, so nothing is decided."
    above = sum(one.low > 0 for one in known if one.low is not None)
    below = sum(one.high < 0 for one in known if one.high is not None)
    places = {"above 0": above, "below 0": below, "across 0": len(known) - above - below}
    where = [f"{count} {words}" for words, count in places.items() if count]
    return f"{of}, of {counted(len(known), 'interval')}: {', '.join(where)}."
