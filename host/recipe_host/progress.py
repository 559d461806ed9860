"""The progress that a recipe reports itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Protocol

from recipe_host.types import TaskType

__all__ = ["ask_progress", "first_progress"]


class Annotated(Protocol):
    """Whatever counts its answers: a controller, or one of its sessions."""

    total_annotated: int


def ask_progress(
    function: Callable[..., float | None],
    controller: Annotated,
    session: Annotated,
    *,
    answers: list[TaskType],
    result: Any,
) -> float | None:
    """Return what a recipe's `progress` returns, called with as many arguments as it takes.

    Four or any number: controller, session, answers, result of `update`. Three: answers of the
    session, answers in the dataset, result. Two: controller, result. One: controller.
    """
    forms: list[tuple[Any, ...]] = [
        (),
        (controller,),
        (controller, result),
        (session.total_annotated, controller.total_annotated, result),
        (controller, session, answers, result),
    ]
    value = function(*forms[min(_positional(function), 4)])
    return None if value is None else float(value)


def first_progress(
    function: Callable[..., float | None] | None, controller: Annotated, session: Annotated
) -> float | None:
    """Return a recipe's own progress before the first answer, None where it has none yet.

    After a restart answers are there already. A function that cannot do without the result of
    `update` has nothing to say now.
    """
    if function is None:
        return None
    try:
        return ask_progress(function, controller, session, answers=[], result=None)
    except Exception:  # the recipe's, so of any kind; it is called again after the first answers
        return None


def _positional(function: Callable[..., Any]) -> int:
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return 4
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(parameter.kind in kinds for parameter in parameters)
