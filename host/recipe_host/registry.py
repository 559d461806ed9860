"""The registry of recipes: the decorator that fills it, and what it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from radicli import Arg

__all__ = ["REGISTRY", "Arg", "Recipe", "recipe", "set_recipe"]

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Recipe:
    """A function with a name on the command line.

    `annotations` holds what the decorator said about parameters: an `Arg`, or the older tuple
    (help, kind, shortcut, converter).
    """

    name: str
    function: Callable[..., Any]
    annotations: Mapping[str, Any] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """The first paragraph of the docstring as one line."""
        paragraph = (self.function.__doc__ or "").strip().split("\n\n")[0]
        return " ".join(paragraph.split())


REGISTRY: dict[str, Recipe] = {}


def recipe(name: str, **annotations: Any) -> Callable[[Function], Function]:
    """Register the decorated function as a recipe; the function itself stays as it is.

    Annotations are named like parameters: ``Arg("--label", "-l", help=...)`` or
    ``(help, "positional" | "option" | "flag", shortcut, converter)``.
    """

    def register(function: Function) -> Function:
        set_recipe(name, function, **annotations)
        return function

    return register


def set_recipe(name: str, function: Callable[..., Any], /, **annotations: Any) -> None:
    """Register a function as the recipe of that name, in place of an earlier one."""
    REGISTRY[name] = Recipe(name, function, annotations)
