"""Where the difference between dev and test comes from: a waterfall per arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from prodigy_al.report.html.blocks import Figure
from prodigy_al.report.html.figures.drawing import (
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
from prodigy_al.report.html.figures.rows import LINE, title_above
from prodigy_al.report.html.marks import Mark
from prodigy_al.report.numbers import number, signed
from prodigy_al.report.schema import Report

PANEL, HEAD, FOOT, LEFT = 150, 30, 54, 40
MOST = 6
STEPS = ("dev as\nusual", "selection", "dev\nweighted", "the rest", "test")


@dataclass(frozen=True)
class _Fall:
    """F1 on dev as usual, weighted, and on test."""

    usual: float
    weighted: float
    test: float

    @property
    def selection(self) -> float:
        """Weighted minus usual."""
        return self.weighted - self.usual

    @property
    def rest(self) -> float:
        """Test minus weighted."""
        return self.test - self.weighted


def gap(report: Report, policy: str, marks: Mapping[str, Mark]) -> Figure | None:
    """Return the waterfalls under one policy, of at most six arms; None where nothing is known."""
    falls = _falls(report, policy)
    if not falls:
        return None
    shown, most = falls, ""
    if len(falls) > MOST:  # one for each mark
        widest = sorted(falls, key=lambda name: abs(falls[name].usual - falls[name].test))
        each = list({marks[name].of: name for name in widest}.values())[-MOST:]
        shown = {name: fall for name, fall in falls.items() if name in each}
        most = ", the arm of each strategy where they differ most"
    return make_figure(
        f"gap-{report.policies.index(policy)}",
        f"From F1 on dev to F1 on test{most}, training ‘{policy}’",
        lambda width: _paint(width, shown, marks),
        numbers=[
            f"{name}: dev as usual {number(fall.usual)}, selection {signed(fall.selection)}, "
            f"dev weighted {number(fall.weighted)}, the rest {signed(fall.rest)}, test "
            f"{number(fall.test)}"
            for name, fall in shown.items()
        ],
        sentence=_sentence(report, policy, shown),
    )


def _falls(report: Report, policy: str) -> dict[str, _Fall]:
    found = {}
    for name, one in report.arms.items():
        run = one.runs[policy]
        usual, test, rest = run.dev.usual.f1, run.test.f1, run.gap.rest
        # the parts are by the answers alone, which the weighted F1 beside them need not be
        if usual is not None and test is not None and rest is not None and rest.value is not None:
            found[name] = _Fall(usual, test + rest.value, test)
    return found


def _paint(width: int, shown: Mapping[str, _Fall], marks: Mapping[str, Mark]) -> Drawing:
    across = 1 if is_narrow(width) else min(2, len(shown))
    down = -(-len(shown) // across)
    titles = {name: broken(name, 36) for name in shown}
    head = HEAD + LINE * max(title.count("\n") for title in titles.values())
    drawing = new_drawing(NARROW if across == 1 else WIDE, down * (head + PANEL + FOOT))
    room = (NARROW if across == 1 else WIDE) / across
    top = max(max(fall.usual, fall.weighted, fall.test) for fall in shown.values())
    for at, (name, fall) in enumerate(shown.items()):
        box = (
            (at % across) * room + LEFT,
            (at // across) * (head + PANEL + FOOT) + head,
            room - LEFT - 12,
            PANEL,
        )
        axes = add_axes(drawing, box)
        _waterfall(axes, fall, arm(marks[name].colour))
        axes.set_ylim(0, min(1.12, top * 1.18))
        title_above(axes, titles[name])
    return drawing


def _waterfall(axes: Axes, fall: _Fall, colour: str) -> None:
    levels = (fall.usual, fall.weighted, fall.test)
    for column, level in zip((0, 2, 4), levels, strict=True):
        axes.bar(column, level, width=0.62, color=colour, alpha=0.9 if column == 4 else 0.45)
        _above(axes, column, level, number(level))
    for column, start, change in ((1, fall.usual, fall.selection), (3, fall.weighted, fall.rest)):
        axes.bar(
            column, change, bottom=start, width=0.62, color="none", edgecolor=INK, linewidth=1.2
        )
        _above(axes, column, max(start, start + change), signed(change))
    for column, level in ((0, fall.usual), (1, fall.weighted), (2, fall.weighted), (3, fall.test)):
        axes.plot([column + 0.31, column + 0.69], [level, level], color=MUTED, linewidth=0.9)
    axes.set_xticks(range(5), STEPS)
    axes.tick_params(axis="x", labelsize=10.5, colors=MUTED)
    axes.locator_params(axis="y", nbins=4)
    axes.yaxis.set_major_formatter(lambda value, _: tick(value))
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", color=RULE)
    axes.set_axisbelow(True)


def _above(axes: Axes, column: int, level: float, text: str) -> None:
    axes.annotate(
        text.replace("-", "−"),
        (column, level),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize=11,
    )


def _sentence(report: Report, policy: str, shown: Mapping[str, _Fall]) -> str:
    """Return which part is the larger for the arm with the largest difference, and how sure."""
    name = max(shown, key=lambda one: abs(shown[one].usual - shown[one].test))
    fall, run = shown[name], report.arms[name].runs[policy]
    total = fall.usual - fall.test
    way = "above" if total > 0 else "below"
    cause = "how its dev answers were chosen"
    if run.dev.ignored:
        cause = "how its dev answers were chosen and which predictions the usual number ignores"
    made = f"{cause} made {signed(-fall.selection)} of it, all the rest {signed(-fall.rest)}"
    sure = ""
    part = run.gap.selection
    if part and part.low is not None and part.high is not None:
        found = "is there" if part.low > 0 or part.high < 0 else "may be nothing"
        sure = f" The first part, {signed(part.low)} to {signed(part.high)}, {found}."
    return f"{name}: dev as usual was {number(abs(total))} {way} test; {made}.{sure}"
