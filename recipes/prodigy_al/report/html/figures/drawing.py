"""From matplotlib to SVG inside a page: the page's own colours and font, names of its own.

Everything that is drawn gets one of `INK`, `MUTED`, ... or `arm(n)` as its colour. These are only
names: the SVG refers to the custom properties of page.css, so that one drawing serves light, dark
and paper.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from prodigy_al.report.html.blocks import Figure
from prodigy_al.report.html.marks import CONTROL_COLOUR

WIDE, NARROW = 660, 340
"""Widths in CSS pixels; a drawing is never stretched beyond its own, so text keeps its size."""

_VARIABLES = ("ink", "muted", "rule", "band", "page", "base")
INK, MUTED, RULE, BAND, PAGE, BASE = (f"#0000{n:02x}" for n in range(1, len(_VARIABLES) + 1))
_NAMES = {f"#0000{n:02x}": f"var(--{name})" for n, name in enumerate(_VARIABLES, 1)}
_NAMES |= {f"#0001{n:02x}": f"var(--arm-{n})" for n in range(CONTROL_COLOUR + 1)}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be searched, copied and read aloud
    "svg.hashsalt": "prodigy-al",  # the same report gives the same bytes
    "text.parse_math": False,  # a dollar sign in a dataset's name is one
    "font.family": "sans-serif",
    # measured with a wide font, shown in the page's, which is narrower
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 12,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "lines.solid_capstyle": "butt",
}
_FONT = re.compile(r"(font: [^;\"]*?px|font-family:) 'DejaVu Sans'[^;\"]*")
_REFERENCE = re.compile(r'(\bid="|href="#|url\(#)')
_PROLOGUE = re.compile(r"^.*?<svg[^>]*?viewBox=\"([^\"]*)\"[^>]*>", re.DOTALL)
# what matplotlib says of itself, and a style that would hold for the whole page
_UNWANTED = re.compile(r"\s*<metadata>.*?</metadata>|\s*<style.*?</style>", re.DOTALL)


def arm(colour: int) -> str:
    """Return the colour of a mark."""
    return f"#0001{colour:02x}"


def make_figure(
    slug: str,
    title: str,
    paint: Callable[[int], Drawing],
    *,
    numbers: Sequence[str],
    sentence: str,
) -> Figure:
    """Return a figure of the page, painted for both widths.

    `paint` makes the drawing for a width in pixels; `numbers` say in words what is drawn, for those
    who do not see it.
    """
    described = f"{'; '.join(numbers)}."

    def svg(width: int, kind: str) -> str:
        # names may hold letters that the measuring font lacks; the page's fonts have them
        with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            return _inline(paint(width), f"{slug}-{kind}", (title, described))

    return Figure(
        slug=slug,
        title=title,
        wide=svg(WIDE, "wide"),
        narrow=svg(NARROW, "narrow"),
        sentence=sentence,
    )


def _inline(drawing: Drawing, slug: str, said: tuple[str, str]) -> str:
    """Return a drawing as SVG to stand in a page, each of its ids beginning with `slug`."""
    written = io.StringIO()
    metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    drawing.savefig(written, format="svg", metadata=metadata)
    text = _UNWANTED.sub("", written.getvalue())
    text = _REFERENCE.sub(rf"\g<1>{slug}-", text)
    text = _FONT.sub(r"\1 var(--font)", text)
    for colour, name in _NAMES.items():
        text = text.replace(f": {colour}", f": {name}")
    width, height = drawing.get_size_inches() * 72
    title, description = (escape(one) for one in said)
    opening = (
        rf'<svg role="img" aria-labelledby="{slug}-title {slug}-desc" viewBox="\1" '
        f'width="{width:.0f}" height="{height:.0f}">'
    )
    labels = f'<title id="{slug}-title">{title}</title><desc id="{slug}-desc">{description}</desc>'
    return _PROLOGUE.sub(opening, text, count=1).replace(">", f">{labels}", 1).strip()


def new_drawing(width: int, height: float) -> Drawing:
    """Return an empty drawing of so many pixels."""
    drawing = Drawing(figsize=(width / 72, height / 72), dpi=72)
    drawing.patch.set_alpha(0)
    return drawing


def add_axes(drawing: Drawing, box: tuple[float, float, float, float]) -> Axes:
    """Return axes at (left, top, width, height) in pixels from the drawing's upper left corner."""
    width, height = (float(size) * 72 for size in drawing.get_size_inches())
    left, top, across, down = box
    axes = drawing.add_axes(
        (left / width, 1 - (top + down) / height, across / width, down / height)
    )
    axes.patch.set_alpha(0)
    return axes


def tick(value: float, *, sign: bool = False) -> str:
    """Return a number of an axis of F1.

    >>> tick(0.25), tick(-0.1, sign=True), tick(0.0, sign=True), tick(1.0)
    ('.25', '−.1', '0', '1')
    """
    shown = f"{abs(value):.3f}".rstrip("0").rstrip(".").removeprefix("0") or "0"
    before = "" if shown == "0" else "−" if value < 0 else "+" if sign else ""
    return before + shown


def is_narrow(width: int) -> bool:
    """Return whether a drawing is for a phone."""
    return width <= NARROW
