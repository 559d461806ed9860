"""Request bodies: read up to a limit, parsed, and checked field by field."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Coroutine
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from starlette.requests import Request

from recipe_host.constants import ANSWERS, INPUT_HASH_ATTR, TASK_HASH_ATTR, TIMESTAMP_ATTR
from recipe_host.schema import Count, Hash, Schema, Task, first_problem, span_problem
from recipe_host.server.responses import HTTPError

__all__ = ["AnswersBody", "QuestionsBody", "check_answers", "check_fields", "read_object"]

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 32
MAX_ANSWERS = 1_000
MAX_NOTE = 1_000
ID = "[A-Za-z0-9_-]{8,64}"
Id = Annotated[str, Field(pattern=f"^{ID}$")]


def _is_short(note: str) -> str:
    if len(note) > MAX_NOTE:
        raise ValueError("the note is too long")
    return note


class QuestionsBody(Schema):
    """The fields of a request for tasks, without the session."""

    holding: list[Hash] | None = Field(None, description="a list of task hashes")
    page: Id | None = Field(None, description=f"text of the form {ID}")


class AnswersBody(Schema):
    """The fields of a batch, without the session and the answers."""

    batch_id: Id | None = Field(None, description=f"text of the form {ID}")


class Answer(Task):
    """A task as the page sends it back."""

    flagged: bool = Field(False, description="true or false")
    # Not `max_length`, which refuses the half of an emoji that the page's own limit may leave.
    flag_note: Annotated[str, AfterValidator(_is_short)] = Field(
        "", description=f"text of at most {MAX_NOTE} characters"
    )
    timestamp: Count = Field(0, alias=TIMESTAMP_ATTR, description="a whole number of seconds")


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in a request's body.

    Raises `HTTPError` (413) for a body above the limit, (400) for one that is not a JSON object.
    """
    too_big = HTTPError(
        413, f"the body is larger than {MAX_BYTES // 2**20} MiB; send fewer answers"
    )
    # A client may state its length, wrongly or not at all: refuse early, and count anyway.
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > MAX_BYTES:
        raise too_big
    body = await _unless_ending(request, _read(request, too_big))
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise HTTPError(400, f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise HTTPError(400, "the body must be a JSON object")
    _check_depth_and_numbers(value)
    return value


async def _read(request: Request, too_big: HTTPError) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise too_big
    return bytes(body)


async def _unless_ending(request: Request, reading: Coroutine[Any, Any, bytes]) -> bytes:
    """Return the body; do not wait for the rest of it where the server is told to stop."""
    told: asyncio.Event | None = request.app.state.ending
    if told is None:
        return await reading
    read, ending = asyncio.ensure_future(reading), asyncio.ensure_future(told.wait())
    try:
        await asyncio.wait({read, ending}, return_when=asyncio.FIRST_COMPLETED)
        if not read.done():
            raise HTTPError(503, "the server is ending; the page keeps the answers")
        return read.result()
    finally:
        read.cancel()
        ending.cancel()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _check_depth_and_numbers(value: object) -> None:
    """Raise `HTTPError` (400) for depth that exhausts the stack, and for infinite numbers."""
    waiting = [(value, 1)]  # a list and not recursion, which depth would break
    while waiting:
        item, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise HTTPError(400, f"the body is nested deeper than {MAX_DEPTH} levels")
        if isinstance(item, float) and not math.isfinite(item):
            raise HTTPError(400, "the body holds a number that is too large")
        if isinstance(item, dict | list):
            children = item.values() if isinstance(item, dict) else item
            waiting.extend((child, depth + 1) for child in children)


def check_fields(schema: type[Schema], body: dict[str, Any]) -> None:
    """Check the known fields of a body. Raises `HTTPError` (400) for the first that is refused."""
    if found := first_problem(schema, body):
        key, form = found
        raise HTTPError(400, f"{key} must be {form}")


def check_answers(value: object) -> list[dict[str, Any]]:
    """Return a batch of answers; fields that the schema does not know stay as they are.

    Raises `HTTPError` (400), which names the answer and the field.
    """
    if not isinstance(value, list):
        raise HTTPError(400, "answers must be a list of tasks, each with its answer")
    if len(value) > MAX_ANSWERS:
        raise HTTPError(400, f"a batch holds {len(value)} answers; send {MAX_ANSWERS} at most")
    for index, answer in enumerate(value):
        problem = _problem(answer)
        if problem:
            raise HTTPError(400, f"answers[{index}]: {problem}")
    return value


def _problem(answer: object) -> str | None:
    if not isinstance(answer, dict):
        return "a task must be an object"
    if answer.get("answer") not in ANSWERS:
        return f"'answer' must be one of {', '.join(ANSWERS)}"
    if found := first_problem(Answer, answer):
        key, form = found
        return f"'{key}' must be {form}"
    for key in (INPUT_HASH_ATTR, TASK_HASH_ATTR):
        if key not in answer:
            return f"'{key}' is missing: send tasks back as they came"
    return span_problem(answer)
