"""How a number of report.json came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["usual", "weighted", "estimated", "test"]
"""How a set was counted: as spaCy's scorer does, weighted by 1/probability, weighted by estimated
probabilities where none were recorded, or in full."""

Method: TypeAlias = Literal["ht", "ppi", "estimated"]
"""How dev answers were weighted: by their probabilities alone; the same, helped by what the model
itself expects of the pool; or by probabilities that were not recorded but estimated."""


@dataclass(frozen=True, kw_only=True)
class PlainMetric:
    """Weighted F1 by the answers alone, where the model's expectations of the pool helped."""

    f1: float | None
    low: float | None
    high: float | None
    low_pool: float | None
    high_pool: float | None
