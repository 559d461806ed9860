from recipe_host.schema import NerExample
from recipe_host.types import (
    LabelsType,
    PathInputType,
    RecipeSettingsType,
    ScoredStreamType,
    SourceType,
    StreamType,
    TaskType,
    ViewId,
)
from recipe_host.uncovered_names import module_names

__all__ = [
    "LabelsType",
    "NerExample",
    "PathInputType",
    "RecipeSettingsType",
    "ScoredStreamType",
    "SourceType",
    "StreamType",
    "TaskType",
    "ViewId",
]

__getattr__ = module_names(__name__)
