"""Making a command line of a recipe's signature: types, defaults, both forms of annotation."""

from __future__ import annotations

import collections.abc
import inspect
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from radicli import DEFAULT_PLACEHOLDER, Arg, ArgparseArg, Command, format_type, get_arg
from radicli import get_list_converter as list_of
from radicli.util import DEFAULT_CONVERTERS, UnsupportedTypeError

from recipe_host.errors import RecipeError
from recipe_host.registry import Recipe

__all__ = ["command_of", "load_language"]

EXTRA = "_extra"  # the parameter that takes what the parser does not know
LISTS = (list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
Converter = Callable[[str], Any]


def command_of(recipe: Recipe) -> Command:
    """Describe the recipe for the parser, parameters in the order of the function.

    Raises `RecipeError` for a parameter that cannot be given on a command line.
    """
    parameters = inspect.signature(recipe.function).parameters
    unknown = [name for name in recipe.annotations if name not in parameters]
    if unknown:
        raise RecipeError(f"recipe '{recipe.name}' has no parameter called {', '.join(unknown)}")
    hints = _hints(recipe.function)
    return Command(
        name=recipe.name,
        func=recipe.function,
        args=[
            _argument(recipe, parameter, hints.get(name))
            for name, parameter in parameters.items()
            if name != EXTRA and parameter.kind is not parameter.VAR_KEYWORD
        ],
        description=inspect.getdoc(recipe.function),
        allow_extra=EXTRA in parameters,
    )


def _argument(recipe: Recipe, parameter: inspect.Parameter, hint: Any) -> ArgparseArg:
    spec, hint = _spec(recipe.annotations.get(parameter.name), parameter, hint)
    optional, hint = _unwrap(hint)
    default = DEFAULT_PLACEHOLDER if parameter.default is parameter.empty else parameter.default
    if optional and parameter.default is parameter.empty:
        default = None  # `str | None` without a default may be left out
    if hint is bool and spec.option is None:  # a flag, which takes no value
        spec = Arg(_option(parameter.name), spec.short, help=spec.help)
    if hint is bool and default is DEFAULT_PLACEHOLDER:
        default = False
    converter = spec.converter or _converter(hint)
    try:
        if converter is None and isinstance(hint, str):
            raise UnsupportedTypeError(parameter.name, hint)
        argument = get_arg(
            parameter.name,
            spec,
            converter or hint,
            orig_type=hint,
            default=default,
            skip_resolve=converter is not None,
            has_converter=converter is not None,
        )
    except UnsupportedTypeError as error:
        raise RecipeError(
            f"recipe '{recipe.name}' takes a {format_type(hint)} as '{parameter.name}', which a "
            "command line cannot give (or which is not imported when the recipe runs); annotate "
            "it with Arg(converter=...)"
        ) from error
    shown = " ".join(filter(None, (spec.help, f"({format_type(hint)})")))
    argument.help = shown.replace("%", "%%")  # argparse formats help, and recipes write plain text
    return argument


def _spec(annotation: Any, parameter: inspect.Parameter, hint: Any) -> tuple[Arg, Any]:
    """Return the `Arg` of either form of annotation, and the parameter's type."""
    if isinstance(annotation, Arg):
        return annotation, _type_of(parameter, hint)
    if annotation is None:
        return Arg(), _type_of(parameter, hint)
    # The tuple may be shorter than four.
    text, kind, short, converter = (*annotation, None, None, None, None)[:4]
    short = f"-{short}" if short else None
    if kind == "flag":
        return Arg(_option(parameter.name), short, help=text), bool
    option = _option(parameter.name) if kind == "option" else None
    # A plain type as a converter says no more than a type hint, and radicli knows those.
    if converter in (str, int, float, bool):
        return Arg(option, short, help=text), converter
    return Arg(option, short, help=text, converter=converter), _type_of(parameter, hint)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _type_of(parameter: inspect.Parameter, hint: Any) -> Any:
    if hint is not None and hint is not Any:
        return hint
    default = parameter.default
    return type(default) if isinstance(default, bool | int | float) else str


def _unwrap(hint: Any) -> tuple[bool, Any]:
    """Return whether a type allows None, and its first other member."""
    if get_origin(hint) not in (Union, types.UnionType) or hint in DEFAULT_CONVERTERS:
        return False, hint
    members = [member for member in get_args(hint) if member is not type(None)]
    return len(members) < len(get_args(hint)), members[0]


def _converter(hint: Any) -> Converter | None:
    if _is_language(hint):
        return load_language
    if get_origin(hint) in LISTS or hint in LISTS:
        element = (get_args(hint) or (str,))[0]
        if get_origin(element) is Literal:
            return _choices(get_args(element))
        return list_of(element if element in (str, int, float, Path) else str)
    converter: Converter | None = DEFAULT_CONVERTERS.get(hint)
    return converter


def _choices(allowed: Sequence[Any]) -> Converter:
    def convert(value: str) -> list[str]:
        chosen: list[str] = list_of(str)(value)
        wrong = [name for name in chosen if name not in allowed]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} not among {', '.join(map(str, allowed))}")
        return chosen

    return convert


def _is_language(hint: Any) -> bool:
    # By name: asking spaCy itself would import it for every recipe.
    name = f"{getattr(hint, '__module__', '')}.{getattr(hint, '__qualname__', '')}"
    return name == "spacy.language.Language" or str(hint).split(".")[-1] == "Language"


def load_language(name: str) -> Any:
    """Load a pipeline by package name or path, or a blank one (``blank:en``).

    Raises `RecipeError` where spaCy finds none.
    """
    import spacy

    try:
        if name.startswith("blank:"):
            return spacy.blank(name.removeprefix("blank:"))
        return spacy.load(name)
    except (OSError, ImportError) as error:
        raise RecipeError(
            f"no spaCy pipeline is called '{name}'",
            "give an installed package (spaCy's own: `python -m spacy download NAME`), a path, or "
            "blank:en (any language's code)",
        ) from error


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Resolve the type hints one by one; one that only a type checker knows stays a string."""
    # Not `get_type_hints`, which fails as a whole where one name is missing.
    target = inspect.unwrap(function)
    names = getattr(target, "__globals__", {})
    hints = {}
    for name, hint in getattr(target, "__annotations__", {}).items():
        try:
            hints[name] = eval(hint, names) if isinstance(hint, str) else hint
        except NameError:
            hints[name] = hint
    return hints
