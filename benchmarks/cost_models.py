"""How the difference at equal seconds depends on what a token, a span and a decision cost.

The seconds of a simulation are a model's (`simulation/costs.py`). Under another one the same
answers take other seconds, so that another number of them takes as long as random's. To train from
each of those numbers would take days. F1 grows by about the same amount with every doubling of the
answers, so a difference that was measured at one number is moved along the curve of random
segments: by `slope` times the change of the logarithm of the number. The interval moves along; what
is uncertain about the slope is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from statistics import fmean
from typing import Any

from prodigy_al.simulation.costs import CostModel

Row = dict[str, Any]

# People who annotated actively chosen sentences read them at .79 of their speed on random ones
# (Wei et al. 2019, PMC6798575).
SLOWER_ON_CHOSEN = 0.79


@dataclass(frozen=True)
class Annotator:
    """Seconds for segments that chance draws, and for those that a model chooses."""

    random: CostModel
    chosen: CostModel


def _name(costs: CostModel) -> str:
    return f"{costs.per_token:.2f} s a token, {costs.per_span:g} s a span"


_GRID = [
    CostModel(per_token=per_token, per_span=per_span)
    for per_token in (0.15, 0.25, 0.4)
    for per_span in (1.0, 2.0, 5.0)
]
USUAL = _name(CostModel())
"""The name of the annotator whose seconds simulations report; it is one of these."""
ANNOTATORS: Mapping[str, Annotator] = {
    **{_name(costs): Annotator(costs, costs) for costs in _GRID},
    "slower on chosen text": Annotator(CostModel(), CostModel().on_chosen_text(SLOWER_ON_CHOSEN)),
}


def slope(whole: float, part: float, share: float) -> float:
    """Return what F1 gains when answers are multiplied by e; `part` is F1 from a share of them.

    >>> round(slope(0.70, 0.66, 1 / 2.718281828), 3)
    0.04
    """
    return (whole - part) / -log(share)


def moved(measured: Row, gain: float, bought: Sequence[int], at: Sequence[int]) -> Row:
    """Return the row at other numbers of answers than those `at` which it was measured."""
    by = gain * fmean(log(n) - log(m) for n, m in zip(bought, at, strict=True))
    ends = {key: measured[key] + by for key in ("value", "low", "high", "this_low", "this_high")}
    return {**measured, **ends, "answers_bought": fmean(bought)}
