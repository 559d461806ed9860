"""One colour and one shape for each way to annotate, the same in every figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prodigy_al.comparison.arms import CONTROLS
from prodigy_al.report.schema import Report

SHAPES = {  # matplotlib's markers, and what they are called
    "s": "square",
    "^": "triangle",
    "D": "diamond",
    "v": "triangle pointing down",
    "P": "cross",
    "X": "x",
}
CONTROL_COLOUR = len(SHAPES)


@dataclass(frozen=True)
class Mark:
    """How an arm is drawn: `colour` counts page.css's --arm-0, --arm-1, ...; `of` has this mark."""

    colour: int
    shape: str
    of: str


def find_marks(report: Report) -> Mapping[str, Mark]:
    """Return the mark of every dataset.

    Replicates of a strategy share one, since they are the same way to annotate; a random control is
    a grey circle. Datasets of no known strategy, or all of one, have each their own as far as there
    are shapes.
    """
    strategies = {name: arm.strategy for name, arm in report.arms.items()}
    if len(strategies) <= len(SHAPES):
        alone = len(set(strategies.values())) == 1 < len(strategies)
        groups = {n: n if alone or of == "unknown" else of for n, of in strategies.items()}
    else:
        groups = strategies
    coloured = list(dict.fromkeys(of for of in groups.values() if of not in CONTROLS))
    shapes = list(SHAPES)
    return {
        name: Mark(CONTROL_COLOUR, "o", of)
        if of in CONTROLS
        else Mark(coloured.index(of) % len(SHAPES), shapes[coloured.index(of) % len(SHAPES)], of)
        for name, of in groups.items()
    }
