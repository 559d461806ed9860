"""The dict that a recipe returns, checked before the first question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from recipe_host.errors import RecipeError
from recipe_host.stream import Stream

__all__ = ["Components"]

# Known to Prodigy and not to this host: ignoring them would deal tasks to the wrong annotators.
UNCOVERED = ("task_router", "session_factory")
CALLABLES = (
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
        """Check the components of recipe `name`; raises RecipeError for what cannot be used."""
        present = {key: value for key, value in given.items() if value is not None}
        _refuse(name, "has no stream", wrong="stream" not in present)
        stream, dataset = present["stream"], present.get("dataset", False)
        exclude = present.get("exclude", ())
        _refuse(name, f"has a stream that is no iterable: {stream!r}", wrong=_single(stream))
        _refuse(
            name,
            f"has dataset {dataset!r}, which is neither a name nor False",
            wrong=dataset is True or dataset == "" or not isinstance(dataset, str | bool),
        )
        _refuse(name, f"excludes {exclude!r}, not a list of datasets", wrong=_single(exclude))
        for key in CALLABLES:
            wrong = key in present and not callable(present[key])
            _refuse(name, f"has a '{key}' that cannot be called", wrong=wrong)
        for key in UNCOVERED:
            _refuse(name, f"uses '{key}', which recipe-host does not cover", wrong=key in present)
        known = {field.name for field in fields(cls)}
        return cls(
            **{key: value for key, value in present.items() if key in known - _NORMALISED},
            stream=Stream.from_iterable(stream),
            dataset=dataset if present.get("db") is not False else False,
            view_id=present.get("view_id"),
            config=present.get("config", {}),
            exclude=tuple(exclude),
            event_hooks=present.get("event_hooks", {}),
        )


_NORMALISED = {"stream", "dataset", "view_id", "config", "exclude", "event_hooks"}


def _single(value: Any) -> bool:
    return isinstance(value, str | Mapping) or not hasattr(value, "__iter__")


def _refuse(name: str, problem: str, *, wrong: bool) -> None:
    if wrong:
        raise RecipeError(f"recipe '{name}' {problem}")
