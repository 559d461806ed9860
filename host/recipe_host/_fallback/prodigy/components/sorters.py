from recipe_host.sorters import (
    ExpMovingAverage,
    Probability,
    prefer_high_scores,
    prefer_low_scores,
    prefer_uncertain,
)
from recipe_host.uncovered_names import module_names

__all__ = [
    "ExpMovingAverage",
    "Probability",
    "prefer_high_scores",
    "prefer_low_scores",
    "prefer_uncertain",
]

__getattr__ = module_names(__name__)
