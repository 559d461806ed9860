"""From a model to how sure it is about which span (spaCy and numpy)."""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "ACQUISITIONS",
    "DEFAULT_TEMPERATURE",
    "GreedySteps",
    "MarginalScorer",
    "SegmentScores",
    "SpanMarginals",
    "acquisition_names",
    "expected_entities",
    "expected_errors",
    "find_acquisition",
    "fit_temperature",
    "make_doc",
    "most_uncertain",
    "score_pool",
    "segment_scorer",
    "span_entropy",
    "temper_spans",
]

_MODULES = {
    "ACQUISITIONS": "acquisition",
    "DEFAULT_TEMPERATURE": "marginals",
    "GreedySteps": "steps",
    "MarginalScorer": "marginals",
    "SegmentScores": "registry",
    "SpanMarginals": "marginals",
    "acquisition_names": "registry",
    "expected_entities": "acquisition",
    "expected_errors": "acquisition",
    "find_acquisition": "registry",
    "fit_temperature": "calibration",
    "make_doc": "segments",
    "most_uncertain": "acquisition",
    "score_pool": "pool",
    "segment_scorer": "segments",
    "span_entropy": "acquisition",
    "temper_spans": "calibration",
}

if TYPE_CHECKING:
    from prodigy_al.scoring.acquisition import (
        ACQUISITIONS,
        expected_entities,
        expected_errors,
        most_uncertain,
        span_entropy,
    )
    from prodigy_al.scoring.calibration import fit_temperature, temper_spans
    from prodigy_al.scoring.marginals import DEFAULT_TEMPERATURE, MarginalScorer, SpanMarginals
    from prodigy_al.scoring.pool import score_pool
    from prodigy_al.scoring.registry import (
        SegmentScores,
        acquisition_names,
        find_acquisition,
    )
    from prodigy_al.scoring.segments import make_doc, segment_scorer
    from prodigy_al.scoring.steps import GreedySteps
else:  # where a type checker saw this, it would take every name for one of ours

    def __getattr__(name: str) -> object:
        """Import a name where it is first used, so that the package itself costs nothing."""
        if name not in _MODULES:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
