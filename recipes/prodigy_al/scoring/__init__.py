"""From a model to how sure it is about which span (spaCy and numpy)."""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "ACQUISITIONS",
    "DEFAULT_TEMPERATURE",
    "GreedySteps",
    "MarginalScorer",
    "SpanMarginals",
    "expected_entities",
    "expected_errors",
    "make_doc",
    "most_uncertain",
    "score_pool",
    "segment_scorer",
    "span_entropy",
]

_MODULES = {
    "ACQUISITIONS": "acquisition",
    "DEFAULT_TEMPERATURE": "marginals",
    "GreedySteps": "steps",
    "MarginalScorer": "marginals",
    "SpanMarginals": "marginals",
    "expected_entities": "acquisition",
    "expected_errors": "acquisition",
    "make_doc": "segments",
    "most_uncertain": "acquisition",
    "score_pool": "pool",
    "segment_scorer": "segments",
    "span_entropy": "acquisition",
}

if TYPE_CHECKING:
    from prodigy_al.scoring.acquisition import (
        ACQUISITIONS,
        expected_entities,
        expected_errors,
        most_uncertain,
        span_entropy,
    )
    from prodigy_al.scoring.marginals import DEFAULT_TEMPERATURE, MarginalScorer, SpanMarginals
    from prodigy_al.scoring.pool import score_pool
    from prodigy_al.scoring.segments import make_doc, segment_scorer
    from prodigy_al.scoring.steps import GreedySteps
else:  # where a type checker saw this, it would take every name for one of ours

    def __getattr__(name: str) -> object:
        """Import a name where it is first used, so that the package itself costs nothing."""
        if name not in _MODULES:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
