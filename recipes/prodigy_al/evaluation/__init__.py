"""From counts and probabilities to numbers with intervals (numpy only)."""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "Assisted",
    "Caution",
    "Counts",
    "Difference",
    "Estimate",
    "Measure",
    "Scores",
    "Unavailable",
    "Weighted",
    "assisted_scores",
    "bootstrap_score",
    "count_matches",
    "difference_at_any_time",
    "estimate_at_any_time",
    "group_resamples",
    "holm",
    "lower_bounds",
    "mean_over_replicates",
    "mean_over_seeds",
    "paired_difference",
    "replicate_difference",
    "response_rates",
    "scores",
    "weighted_scores",
]

_MODULES = {
    "Assisted": "assisted",
    "Caution": "worth",
    "Counts": "counts",
    "Difference": "bootstrap",
    "Estimate": "estimators",
    "Measure": "estimators",
    "Scores": "counts",
    "Unavailable": "estimators",
    "Weighted": "estimators",
    "assisted_scores": "assisted",
    "bootstrap_score": "bootstrap",
    "count_matches": "counts",
    "difference_at_any_time": "looking",
    "estimate_at_any_time": "looking",
    "group_resamples": "bootstrap",
    "holm": "bootstrap",
    "lower_bounds": "reaching",
    "mean_over_replicates": "replicates",
    "mean_over_seeds": "bootstrap",
    "paired_difference": "bootstrap",
    "replicate_difference": "replicates",
    "response_rates": "response",
    "scores": "counts",
    "weighted_scores": "estimators",
}

if TYPE_CHECKING:
    from prodigy_al.evaluation.assisted import Assisted, assisted_scores
    from prodigy_al.evaluation.bootstrap import (
        Difference,
        bootstrap_score,
        group_resamples,
        holm,
        mean_over_seeds,
        paired_difference,
    )
    from prodigy_al.evaluation.counts import Counts, Scores, count_matches, scores
    from prodigy_al.evaluation.estimators import (
        Estimate,
        Measure,
        Unavailable,
        Weighted,
        weighted_scores,
    )
    from prodigy_al.evaluation.looking import difference_at_any_time, estimate_at_any_time
    from prodigy_al.evaluation.reaching import lower_bounds
    from prodigy_al.evaluation.replicates import mean_over_replicates, replicate_difference
    from prodigy_al.evaluation.response import response_rates
    from prodigy_al.evaluation.worth import Caution
else:  # where a type checker saw this, it would take every name for one of ours

    def __getattr__(name: str) -> object:
        """Import a name where it is first used, so that the package itself costs nothing."""
        if name not in _MODULES:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
