"""The dict that a recipe returns, checked before the first question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recipe_host.errors import RecipeError
from recipe_host.stream import Stream

__all__ = ["Components"]

# Known to Prodigy and not to this host: ignoring them would give tasks to the wrong annotators.
UNCOVERED = ("task_router", "session_factory")
CALLBACKS = (
    "update",
    "progress",
    "on_load",
    "on_exit",
    "before_db",
    "validate_answer",
    "get_session_id",
)
Callback = Callable[..., Any] | None


@dataclass(frozen=True, slots=True)
class Components:
    """What one run consists of; None where the recipe leaves it to the host."""

    stream: Stream
    dataset: str | bool
    view_id: str | None
    config: Mapping[str, Any]
    exclude: tuple[str, ...]
    event_hooks: Mapping[str, Callable[..., Any]]
    db: Any = None
    update: Callback = None
    progress: Callback = None
    on_load: Callback = None
    on_exit: Callback = None
    before_db: Callback = None
    validate_answer: Callback = None
    get_session_id: Callback = None

    @classmethod
    def checked(cls, name: str, given: Mapping[str, Any]) -> Components:
        """Check what recipe `name` returned. Raises `RecipeError` for what cannot be used."""
        present = {key: value for key, value in given.items() if value is not None}
        for problem in _problems(present):
            raise RecipeError(f"recipe '{name}' {problem}")
        callbacks = {key: present[key] for key in CALLBACKS if key in present}
        return cls(
            stream=Stream.from_iterable(present["stream"]),
            # A recipe that asks for no database saves nothing, whatever the dataset.
            dataset=present.get("dataset", False) if present.get("db") is not False else False,
            view_id=present.get("view_id"),
            config=present.get("config", {}),
            exclude=tuple(present.get("exclude", ())),
            event_hooks=present.get("event_hooks", {}),
            db=present.get("db"),
            **callbacks,
        )

    def require_view(self, name: str, config: Mapping[str, Any]) -> str:
        """Return the view's id. Raises `RecipeError` where neither recipe nor config has one."""
        if view_id := self.view_id or config.get("view_id"):
            return str(view_id)
        raise RecipeError(f"recipe '{name}' has no view_id, such as 'ner' or 'text'")


def _problems(given: Mapping[str, Any]) -> Iterator[str]:
    if "stream" not in given:
        yield "has no stream"
    elif _is_single(given["stream"]):
        yield f"has a stream that is not an iterable: {given['stream']!r}"
    dataset = given.get("dataset", False)
    if dataset is not False and not (isinstance(dataset, str) and dataset):
        yield f"has dataset {dataset!r}, which is neither a name nor False"
    if _is_single(given.get("exclude", ())):
        yield f"excludes {given['exclude']!r}, which is not a list of datasets"
    for key in CALLBACKS:
        if key in given and not callable(given[key]):
            yield f"has a '{key}' that cannot be called"
    for key in UNCOVERED:
        if key in given:
            yield f"uses '{key}', which recipe-host does not cover"


def _is_single(value: Any) -> bool:
    return isinstance(value, str | Mapping) or not hasattr(value, "__iter__")
