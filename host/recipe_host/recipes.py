"""Finding recipes: built-in commands, entry points of installed packages, recipe files."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from recipe_host.errors import RecipeError
from recipe_host.messages import log
from recipe_host.registry import REGISTRY, Recipe

__all__ = ["find_recipe", "get_recipe", "import_file", "list_recipes"]

GROUP = "prodigy_recipes"


def get_recipe(name: str, path: str | Path | None = None) -> Callable[..., Any]:
    """Return the function of a recipe, after importing the recipe file `path` if one is given.

    It takes Python values and returns what the recipe returns. Raises `RecipeError` where there is
    no recipe of that name.
    """
    if path is not None:
        import_file(path)
    return find_recipe(name).function


def find_recipe(name: str) -> Recipe:
    """Return a recipe, importing as few entry points as possible.

    Raises `RecipeError` where there is no recipe of that name, or it cannot be imported.
    """
    _import_commands()
    if name not in REGISTRY:
        for entry in entry_points(group=GROUP, name=name):
            _load(entry)
    if name not in REGISTRY:
        # An entry point may have another name than its recipe, so all of them must be imported.
        list_recipes()
    if name not in REGISTRY:
        close = get_close_matches(name, REGISTRY, n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "`prodigy --help` lists them"
        raise RecipeError(f"no recipe is called '{name}'; {hint}")
    return REGISTRY[name]


def list_recipes() -> tuple[dict[str, Recipe], dict[str, str]]:
    """Import every entry point; return recipes by name, and the reasons of those that failed."""
    _import_commands()
    failed = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            _load(entry)
        except RecipeError as error:
            failed[entry.name] = error.details[0]
    return dict(REGISTRY), failed


def import_file(path: str | Path) -> None:
    """Run a Python file, which registers its recipes (option -F).

    Raises `RecipeError` where there is no such file, or it is not a Python file.
    """
    file = Path(path)
    if not file.is_file():
        raise RecipeError(f"there is no recipe file '{path}'; correct option -F")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise RecipeError(f"recipe file '{path}' is not a Python file; correct option -F")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(file.stem, module)  # dataclasses and pickles look for it there
    spec.loader.exec_module(module)


def _import_commands() -> None:
    """Register the built-in commands and recipes, in place of none that a script has registered."""
    own = dict(REGISTRY)
    # Late: importing `prodigy` for the decorator needs none of them.
    import recipe_host.commands
    import recipe_host.marking
    import recipe_host.ner_recipes  # noqa: F401

    REGISTRY.update(own)


def _load(entry: EntryPoint) -> None:
    log(f"RECIPE: Loading entry point {entry.name} ({entry.value})")
    try:
        loaded = entry.load()
    except Exception as error:  # a plugin may fail in any way, and must not take others along
        reason = f"{type(error).__name__}: {error}"
        raise RecipeError(f"recipe '{entry.name}' cannot be loaded", reason) from error
    if entry.name not in REGISTRY:
        known = [one for one in REGISTRY.values() if one.function is loaded]
        if known:  # registered under another name: the entry's name is an alias
            REGISTRY[entry.name] = Recipe(entry.name, loaded, known[0].annotations)
