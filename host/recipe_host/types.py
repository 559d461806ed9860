"""The types that recipes and the host exchange, under the names that recipes import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypedDict

TaskType = dict[str, Any]
StreamType = Iterable[TaskType]
ScoredStreamType = Iterable[tuple[float, TaskType]]
PathInputType = str | Path
SourceType = str | Path | Iterable[TaskType]
LabelsType = list[str]
ViewId = str
RecipeSettingsType = dict[str, Any]


class ControllerComponentsDict(TypedDict, total=False):
    """What a recipe returns to have its questions asked; every key but `stream` may be absent."""

    dataset: str | bool
    view_id: str | None
    stream: StreamType
    update: Callable[[list[TaskType]], Any] | None
    progress: Callable[..., float | None] | None
    db: Any
    on_load: Callable[[Any], Any] | None
    on_exit: Callable[[Any], Any] | None
    before_db: Callable[[list[TaskType]], list[TaskType]] | None
    validate_answer: Callable[[TaskType], Any] | None
    get_session_id: Callable[[], str] | None
    exclude: list[str] | None
    config: RecipeSettingsType | None
    event_hooks: Mapping[str, Callable[..., Any]] | None


class RecipeEventHookProtocol(Protocol):
    """A callback that the annotation page can call by name."""

    def __call__(self, ctrl: Any, *, payload: Mapping[str, Any]) -> Any:  # noqa: D102
        ...
