"""From answers to a fine-tuned pipeline (spaCy)."""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "POLICIES",
    "ROBUST",
    "Answer",
    "Answers",
    "Policy",
    "TokenSpan",
    "UsualCounts",
    "fine_tune",
    "read_answers",
    "to_docs",
    "usual_counts",
    "write_training_folder",
]

_MODULES = {
    "POLICIES": "policies",
    "ROBUST": "policies",
    "Answer": "answers",
    "Answers": "answers",
    "Policy": "policies",
    "TokenSpan": "truths",
    "UsualCounts": "scorer",
    "fine_tune": "finetune",
    "read_answers": "answers",
    "to_docs": "policies",
    "usual_counts": "scorer",
    "write_training_folder": "finetune",
}

if TYPE_CHECKING:
    from prodigy_al.training.answers import Answer, Answers, read_answers
    from prodigy_al.training.finetune import fine_tune, write_training_folder
    from prodigy_al.training.policies import POLICIES, ROBUST, Policy, to_docs
    from prodigy_al.training.scorer import UsualCounts, usual_counts
    from prodigy_al.training.truths import TokenSpan
else:  # where a type checker saw this, it would take every name for one of ours

    def __getattr__(name: str) -> object:
        """Import a name where it is first used, so that the package itself costs nothing."""
        if name not in _MODULES:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
