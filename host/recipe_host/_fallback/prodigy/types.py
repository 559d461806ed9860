from recipe_host.coverage import module_names
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

__all__ = [
    "LabelsType",
    "PathInputType",
    "RecipeSettingsType",
    "ScoredStreamType",
    "SourceType",
    "StreamType",
    "TaskType",
    "ViewId",
]

__getattr__ = module_names(__name__)
