"""Request bodies: read with a limit, parsed, and checked field by field before anything is done."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from starlette.requests import Request

from recipe_host.constants import ANSWERS, INPUT_HASH_ATTR, TASK_HASH_ATTR, TIMESTAMP_ATTR
from recipe_host.server.replies import Refused

__all__ = ["check_answers", "check_hashes", "check_text", "read_object"]

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 32
MAX_ANSWERS = 1_000
MAX_NOTE = 1_000
BATCH_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in a request's body; raises Refused (400, 413)."""
    too_big = Refused(413, f"the body is larger than {MAX_BYTES // 2**20} MiB; send fewer answers")
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > MAX_BYTES:
        raise too_big
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise too_big
    try:
        value = json.loads(bytes(body), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused(400, "the body must be a JSON object")
    _check_values(value)
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _check_values(value: object) -> None:
    """Refuse depth that would exhaust the stack later, and numbers that JSON cannot carry back."""
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise Refused(400, f"the body is nested deeper than {MAX_DEPTH} levels")
        if isinstance(item, float) and not math.isfinite(item):
            raise Refused(400, "the body holds a number that is too large")
        if isinstance(item, dict | list):
            children = item.values() if isinstance(item, dict) else item
            waiting.extend((child, depth + 1) for child in children)


def check_text(value: object, name: str, *, pattern: re.Pattern[str] = BATCH_ID) -> str | None:
    """Return an optional text that fits the pattern; raises Refused."""
    if value is None:
        return None
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Refused(400, f"{name} must be text of the form {pattern.pattern}")
    return value


def check_hashes(value: object) -> list[int] | None:
    """Return an optional list of hashes; raises Refused."""
    if value is None:
        return None
    if not isinstance(value, list) or not all(map(_is_hash, value)):
        raise Refused(400, "holding must be a list of task hashes")
    return value


def check_answers(value: object) -> list[dict[str, Any]]:
    """Return a batch of answers whose known fields have their known shape; raises Refused.

    Fields that the interface does not define are the recipe's own, and stay as they are.
    """
    if not isinstance(value, list):
        raise Refused(400, "answers must be a list of tasks, each with its answer")
    if len(value) > MAX_ANSWERS:
        raise Refused(400, f"a batch holds {len(value)} answers; send {MAX_ANSWERS} at most")
    for index, answer in enumerate(value):
        problem = _problem(answer)
        if problem:
            raise Refused(400, f"answers[{index}]: {problem}")
    return value


def _problem(answer: object) -> str | None:
    if not isinstance(answer, dict):
        return "a task must be an object"
    if answer.get("answer") not in ANSWERS:
        return f"'answer' must be one of {', '.join(ANSWERS)}"
    for key, (holds, form) in FIELDS.items():
        if key in answer and not holds(answer[key]):
            return f"'{key}' must be {form}"
    for key in (INPUT_HASH_ATTR, TASK_HASH_ATTR):
        if key not in answer:
            return f"'{key}' is missing: send tasks back as they came"
    return _offset_problem(answer)


def _offset_problem(answer: Mapping[str, Any]) -> str | None:
    text, tokens = answer.get("text"), answer.get("tokens")
    for span in answer.get("spans") or ():
        if text is not None and span["end"] > len(text):
            return f"the span {span['start']}-{span['end']} reaches beyond the text"
        if not tokens or "token_start" not in span or "token_end" not in span:
            continue
        first, last = span["token_start"], span["token_end"]
        if not first <= last < len(tokens):
            return f"the span's tokens {first}-{last} are not among the task's"
        if (tokens[first]["start"], tokens[last]["end"]) != (span["start"], span["end"]):
            return f"the span {span['start']}-{span['end']} does not begin and end with its tokens"
    return None


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_hash(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31


def _is_range(value: object) -> bool:
    return (
        isinstance(value, dict)
        and _is_count(value.get("start"))
        and _is_count(value.get("end"))
        and value["start"] < value["end"]
    )


def _is_span(value: object) -> bool:
    return (
        isinstance(value, dict)
        and _is_range(value)
        and isinstance(value.get("label"), str)
        and all(_is_count(value[key]) for key in ("token_start", "token_end") if key in value)
    )


def _is_list(holds: Callable[[Any], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or (isinstance(value, list) and all(map(holds, value)))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


FIELDS: dict[str, tuple[Callable[[object], bool], str]] = {
    "text": (_is_text, "text"),
    "label": (_is_text, "text"),
    "meta": (lambda value: value is None or isinstance(value, dict), "an object"),
    "spans": (_is_list(_is_span), "a list of spans with start < end and a label"),
    "tokens": (_is_list(_is_range), "a list of tokens with start < end"),
    "accept": (_is_list(lambda one: isinstance(one, str | int)), "a list of option ids"),
    "flagged": (lambda value: isinstance(value, bool), "true or false"),
    "flag_note": (
        lambda value: isinstance(value, str) and len(value) <= MAX_NOTE,
        f"text of at most {MAX_NOTE} characters",
    ),
    "view_id": (_is_text, "text"),
    INPUT_HASH_ATTR: (_is_hash, "a whole number of 32 bits"),
    TASK_HASH_ATTR: (_is_hash, "a whole number of 32 bits"),
    TIMESTAMP_ATTR: (_is_count, "a whole number of seconds"),
}
