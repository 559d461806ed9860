"""One figure per story: a line per row with its interval, and a dot for each redraw."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from stories.rows import Row, meets, signed

# Grey, blue and orange of a middle lightness, to be read on white and on black.
TEXT, RULE, MARK, MISSED = "#7d7d7d", "#9a9a9a66", "#3b82c4", "#d1701f"
WIDTH, HEAD, LINE, FOOT = 9.0, 0.5, 0.52, 0.5  # inches
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "stories",
    "font.family": "sans-serif",
    "font.size": 11,
}


def draw(title: str, rows: Sequence[Row]) -> str:
    """Return the SVG, without a background."""
    height = HEAD + LINE * len(rows) + FOOT
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height))
        figure.patch.set_alpha(0)
        axes = figure.add_axes((0.46, FOOT / height, 0.52, LINE * len(rows) / height))
        axes.patch.set_alpha(0)
        axes.axvline(0, color=TEXT, linewidth=1)
        for place, row in enumerate(rows):
            _draw_row(axes, place, row)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks(range(len(rows)), [row.said for row in rows], color=TEXT)
        axes.tick_params(length=0, colors=TEXT, labelsize=10)
        axes.grid(axis="x", color=RULE, linewidth=0.6)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("difference of F1: mean, 95 % interval, and each redraw", color=TEXT)
        figure.text(0.01, 1 - 0.3 / height, title, color=TEXT, weight="bold")
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Title": title})
    return written.getvalue()


def _draw_row(axes: matplotlib.axes.Axes, place: int, row: Row) -> None:
    colour = MISSED if meets(row) is False else MARK
    axes.plot(row.points, [place] * len(row.points), "o", color=colour, alpha=0.35, markersize=4)
    if row.value is None:
        return
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2.5)
    axes.plot([row.value], [place], "D", color=colour, markersize=6)
    axes.annotate(
        signed(row.value), (row.value, place), (0, 8), textcoords="offset points",
        ha="center", color=colour, fontsize=9,
    )  # fmt: skip
