"""Figures with a row per arm: its name on the left of a wide drawing, above it on a narrow one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from prodigy_al.report.html.figures.drawing import INK, MUTED, PAGE, RULE
from prodigy_al.report.html.figures.names import broken

LEFT = 176
"""Pixels for the names on a wide drawing."""
BESIDE, ABOVE = 23, 44
"""Columns of a name on a wide drawing and on a narrow one."""
LINE = 15  # pixels
CLEAR = {"facecolor": PAGE, "edgecolor": "none", "boxstyle": "square,pad=0.05"}
"""What is below a text, so that no line of the drawing runs through it."""


@dataclass(frozen=True)
class Rows:
    """The rows of a drawing; `names` have the lines in which they are shown.

    On a narrow drawing, `apart` pixels are left between the name and what is drawn below it.
    """

    names: Sequence[str]
    narrow: bool
    apart: int = 0

    @property
    def height(self) -> int:
        """Pixels of a row, which on a phone has the name in it."""
        return 42 + self._more if self.narrow else max(26, LINE * self._lines + 8)

    @property
    def down(self) -> int:
        """Pixels of all rows."""
        return self.height * len(self.names)

    @property
    def _lines(self) -> int:
        return max((name.count("\n") + 1 for name in self.names), default=1)

    @property
    def _more(self) -> int:
        return LINE * (self._lines - 1) + self.apart

    def set_up(self, axes: Axes, *, named: bool = True) -> None:
        """Make row 0 the uppermost, name the rows, and leave nothing but a grid across."""
        middle = (21 + self._more) / self.height if self.narrow else 0.5
        axes.set_ylim(len(self.names) - middle, -middle)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="x", nbins=5)
        axes.grid(axis="x", color=RULE)
        axes.set_axisbelow(True)
        for row, name in enumerate(self.names if named else ()):
            axes.annotate(
                name,
                (0, row),
                xycoords=("axes fraction", "data"),
                xytext=(0, 7 + self.apart) if self.narrow else (-12, 0),
                textcoords="offset points",
                ha="left" if self.narrow else "right",
                va="bottom" if self.narrow else "center",
                color=INK,
                bbox=CLEAR if self.narrow else None,
            )


def rows_of(names: Sequence[str], *, narrow: bool, columns: int | None = None) -> Rows:
    """Return rows whose names have at most so many columns in a line."""
    columns = columns or (ABOVE if narrow else BESIDE)
    return Rows([broken(name, columns) for name in names], narrow)


def title_above(axes: Axes, title: str) -> None:
    """Name a panel."""
    axes.set_title(title, loc="left", color=INK, pad=9)


def small_note(axes: Axes, text: str) -> None:
    """Say below the axis what it shows."""
    axes.set_xlabel(text, color=MUTED)
