"""Figures with a row per arm: its name on the left of a wide drawing, above it on a narrow one."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from prodigy_al.report.html.figures.drawing import INK, MUTED, RULE, short

LEFT = 176
"""Pixels for the names on a wide drawing."""


def row_height(*, narrow: bool) -> int:
    """Return the pixels of a row, which on a phone has the name in it."""
    return 42 if narrow else 26


def set_up_rows(
    axes: Axes, names: Sequence[str], *, narrow: bool, longest: int | None = None
) -> None:
    """Make row 0 the uppermost, name the rows, and leave nothing but a grid across."""
    longest = longest or (38 if narrow else 23)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=5)
    axes.grid(axis="x", color=RULE)
    axes.set_axisbelow(True)
    for row, name in enumerate(names):
        axes.annotate(
            short(name, longest),
            (0, row),
            xycoords=("axes fraction", "data"),
            xytext=(0, 14) if narrow else (-12, 0),
            textcoords="offset points",
            ha="left" if narrow else "right",
            va="center",
            color=INK,
        )


def title_above(axes: Axes, title: str) -> None:
    """Name a panel."""
    axes.set_title(title, loc="left", color=INK, pad=9)


def small_note(axes: Axes, text: str) -> None:
    """Say below the axis what it shows."""
    axes.set_xlabel(text, color=MUTED)
