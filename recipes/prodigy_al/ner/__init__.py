"""The entity recogniser of a spaCy pipeline: loaded, hashed and run; its actions and states."""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "Actions",
    "TokenConstraints",
    "describe_pipeline",
    "find_ner",
    "has_ner",
    "load_pipeline",
    "open_pipeline",
    "pipeline_sha256",
    "predict_entities",
    "seen_tokens",
    "set_blas",
    "stand_alone",
]

_MODULES = {
    "Actions": "actions",
    "TokenConstraints": "states",
    "describe_pipeline": "pipelines",
    "find_ner": "pipelines",
    "has_ner": "pipelines",
    "load_pipeline": "pipelines",
    "open_pipeline": "pipelines",
    "pipeline_sha256": "pipelines",
    "predict_entities": "entities",
    "seen_tokens": "states",
    "set_blas": "pipelines",
    "stand_alone": "pipelines",
}

if TYPE_CHECKING:
    from prodigy_al.ner.actions import Actions
    from prodigy_al.ner.entities import predict_entities
    from prodigy_al.ner.pipelines import (
        describe_pipeline,
        find_ner,
        has_ner,
        load_pipeline,
        open_pipeline,
        pipeline_sha256,
        set_blas,
        stand_alone,
    )
    from prodigy_al.ner.states import TokenConstraints, seen_tokens
else:  # where a type checker saw this, it would take every name for one of ours

    def __getattr__(name: str) -> object:
        """Import a name where it is first used, so that the package itself costs nothing."""
        if name not in _MODULES:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
