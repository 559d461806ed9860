"""The stream's first tasks, checked before anybody is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from recipe_host.errors import RecipeError
from recipe_host.schema import Task, first_problem, span_problem
from recipe_host.stream import Stream

__all__ = ["check_stream"]

# What each view cannot do without; tasks of other views are not checked.
NEEDS: dict[str, tuple[str, ...]] = {
    "text": ("text",),
    "classification": ("text",),  # without a label the text itself is the question
    "ner": ("text",),
    "ner_manual": ("text", "tokens"),
    "choice": ("options",),  # they may be all there is to read
}
OPTIONS = 'a list such as [{"id": 1, "text": "yes"}]'
REMEDIES = {
    "text": "give every task its text",
    "tokens": "add them with add_tokens",
    "options": f"give every task {OPTIONS}",
}
SHOWN = 80


def check_stream(name: str, view_id: str, stream: Stream, count: int) -> None:
    """Check the first `count` tasks against what the view needs; the stream keeps all of them.

    With the size of a batch this takes no more from the source than the first question would, so
    that a stream which depends on the answers is not changed.

    Raises `RecipeError`, which names the recipe, for the first task that cannot be asked.
    """
    if view_id not in NEEDS:
        return
    for place, task in enumerate(stream.peek(count), 1):
        if problem := next(_problems(task, view_id), None):
            raise RecipeError(f"recipe '{name}': task {place} of the stream {problem}")


def _problems(task: object, view_id: str) -> Iterator[str]:
    """Yield what is wrong; each check relies on those before it."""
    if not isinstance(task, dict):
        yield f"is {_shown(task)}; it must be a dict, without a score or anything else beside it"
        return
    for key in NEEDS[view_id]:
        if _lacks(task, key):
            held = f"'{key}' {task[key]!r}" if key in task else f"no key '{key}'"
            yield f"has {held}, but the view {view_id} needs it: {REMEDIES[key]}"
    if found := first_problem(Task, task):
        key, form = found
        yield f"has '{key}' {_shown(task[key])}; it must be {form}"
    if not all(map(_is_option, task.get("options") or ())):
        yield f"has 'options' {_shown(task['options'])}; they must be {OPTIONS}"
    if problem := span_problem(task):
        yield f"has 'spans' that do not fit: {problem}; count characters from 0, `end` is exclusive"
    yield from _token_problems(task)
    if view_id == "ner_manual":
        yield from _manual_problems(task)


def _lacks(task: Mapping[str, Any], key: str) -> bool:
    value = task.get(key)
    # an empty text has no tokens
    return value is None or (value == [] and task.get("text") != "")


def _is_option(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("id"), str | int)
        and isinstance(value.get("text", ""), str)
    )


def _token_problems(task: Mapping[str, Any]) -> Iterator[str]:
    if "text" not in task:
        return
    for index, token in enumerate(task.get("tokens") or ()):
        covered = task["text"][token["start"] : token["end"]]
        if token.get("text") != covered:
            yield (
                f"has 'tokens' that do not fit: token {index} is {_shown(token.get('text'))}, but "
                f"the text has {_shown(covered)} at {token['start']}-{token['end']}; make them of "
                "this very text, with add_tokens"
            )


def _manual_problems(task: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of spans that the view can neither show nor remove."""
    starts = {token["start"] for token in task["tokens"]}
    ends = {token["end"] for token in task["tokens"]}
    spans = sorted((span["start"], span["end"]) for span in task.get("spans") or ())
    for start, end in spans:
        if start not in starts or end not in ends:
            covered = _shown(task["text"][start:end])
            yield (
                f"has a span {start}-{end} {covered} in 'spans' that does not begin and end with a "
                "token: correct it, or leave such tasks out with add_tokens(..., skip=True)"
            )
    for (_, reach), (start, end) in pairwise(spans):
        if start < reach:
            yield (
                f"has a span {start}-{end} in 'spans' that overlaps the one before it; the view "
                "ner_manual shows one span per token: keep one of them"
            )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
