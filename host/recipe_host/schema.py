"""The shape of a task: what its known fields hold. Any other field is the recipe's own.

Offsets count characters of `text` (code points); `end` is exclusive, `token_end` inclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from recipe_host.constants import INPUT_HASH_ATTR, TASK_HASH_ATTR

__all__ = ["TASK_FIELDS", "Fields", "is_count", "is_hash", "misshapen", "span_problem"]

# Key, its check, and what it must be.
Fields = Mapping[str, tuple[Callable[[object], bool], str]]


def misshapen(task: Mapping[str, Any], fields: Fields) -> tuple[str, str] | None:
    """Return the first key whose value has not its shape, and what it must be; None for none.

    >>> misshapen({"text": 5}, TASK_FIELDS)
    ('text', 'text')
    """
    for key, (holds, form) in fields.items():
        if key in task and not holds(task[key]):
            return key, form
    return None


def span_problem(task: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the offsets of a task's spans, whose shape is as it should be."""
    text, tokens = task.get("text"), task.get("tokens")
    for span in task.get("spans") or ():
        if text is not None and span["end"] > len(text):
            return (
                f"the span {span['start']}-{span['end']} reaches beyond the text, "
                f"which has {len(text)} characters"
            )
        if not tokens or "token_start" not in span or "token_end" not in span:
            continue
        first, last = span["token_start"], span["token_end"]
        if not first <= last < len(tokens):
            return f"the span's tokens {first}-{last} are not among the task's"
        if (tokens[first]["start"], tokens[last]["end"]) != (span["start"], span["end"]):
            return f"the span {span['start']}-{span['end']} does not begin and end with its tokens"
    return None


def is_count(value: object) -> TypeGuard[int]:
    """Tell a whole number from 0 that JavaScript keeps exactly."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def is_hash(value: object) -> TypeGuard[int]:
    """Tell a signed whole number of 32 bits."""
    return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31


def _is_range(value: object) -> bool:
    return (
        isinstance(value, dict)
        and is_count(value.get("start"))
        and is_count(value.get("end"))
        and value["start"] < value["end"]
    )


def _is_span(value: object) -> bool:
    return (
        isinstance(value, dict)
        and _is_range(value)
        and isinstance(value.get("label"), str)
        and all(is_count(value[key]) for key in ("token_start", "token_end") if key in value)
    )


def _is_id(value: object) -> bool:
    return isinstance(value, str | int)


def _is_list(holds: Callable[[Any], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or (isinstance(value, list) and all(map(holds, value)))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


TASK_FIELDS: Fields = {
    "text": (_is_text, "text"),
    "label": (_is_text, "text"),
    "meta": (lambda value: value is None or isinstance(value, dict), "an object"),
    "spans": (_is_list(_is_span), "a list of spans with start < end and a label"),
    "tokens": (_is_list(_is_range), "a list of tokens with start < end"),
    "accept": (_is_list(_is_id), "a list of option ids"),
    "view_id": (_is_text, "text"),
    INPUT_HASH_ATTR: (is_hash, "a whole number of 32 bits"),
    TASK_HASH_ATTR: (is_hash, "a whole number of 32 bits"),
}
