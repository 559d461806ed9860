"""From numbers to what is asked next, and with which probability (numpy only)."""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "Candidate",
    "Draw",
    "Frame",
    "SamplingDesign",
    "Scored",
    "Segment",
    "build_frame",
    "candidate_probabilities",
    "dev_fold",
    "draw_questions",
    "inclusion_probabilities",
    "sampling_keys",
    "selection_probabilities",
    "threshold",
    "verify_records",
]

_MODULES = {
    "Candidate": "scored",
    "Draw": "blocks",
    "Frame": "frame",
    "SamplingDesign": "design",
    "Scored": "scored",
    "Segment": "frame",
    "build_frame": "frame",
    "candidate_probabilities": "proposal",
    "dev_fold": "folds",
    "draw_questions": "drawing",
    "inclusion_probabilities": "keys",
    "sampling_keys": "keys",
    "selection_probabilities": "proposal",
    "threshold": "keys",
    "verify_records": "inclusion",
}

if TYPE_CHECKING:
    from prodigy_al.sampling.blocks import Draw
    from prodigy_al.sampling.design import SamplingDesign
    from prodigy_al.sampling.drawing import draw_questions
    from prodigy_al.sampling.folds import dev_fold
    from prodigy_al.sampling.frame import Frame, Segment, build_frame
    from prodigy_al.sampling.inclusion import verify_records
    from prodigy_al.sampling.keys import inclusion_probabilities, sampling_keys, threshold
    from prodigy_al.sampling.proposal import candidate_probabilities, selection_probabilities
    from prodigy_al.sampling.scored import Candidate, Scored
else:  # where a type checker saw this, it would take every name for one of ours

    def __getattr__(name: str) -> object:
        """Import a name where it is first used, so that the package itself costs nothing."""
        if name not in _MODULES:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
