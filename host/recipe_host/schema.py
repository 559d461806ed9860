"""What the known fields of a task hold. Any other field is the recipe's own.

Offsets count characters of `text` (code points); `end` is exclusive, `token_end` inclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from recipe_host.constants import INPUT_HASH_ATTR, TASK_HASH_ATTR
from recipe_host.errors import TaskError

__all__ = [
    "Count",
    "Hash",
    "NerExample",
    "Schema",
    "Task",
    "first_problem",
    "span_problem",
    "validate",
]

Count = Annotated[int, Field(ge=0, lt=2**53)]  # what JavaScript keeps exactly
Hash = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class Schema(BaseModel):
    """Fields that may be absent. What a value must be is the description of its field."""

    model_config = ConfigDict(strict=True)  # a value of another type is refused, not converted


class Range(Schema):
    """A part of the text that is not empty."""

    start: Count
    end: Count

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Range:
        if self.start >= self.end:
            raise ValueError("start must be below end")
        return self


class Span(Range):
    """A labelled part of the text."""

    label: str
    token_start: Count = 0
    token_end: Count = 0


class Task(Schema):
    """A task as it comes from the stream."""

    text: str = Field("", description="text")
    label: str = Field("", description="text")
    meta: dict[Any, Any] | None = Field(None, description="an object")
    spans: list[Span] | None = Field(
        None, description="a list of spans with start < end and a label"
    )
    tokens: list[Range] | None = Field(None, description="a list of tokens with start < end")
    accept: list[str | int | bool] | None = Field(None, description="a list of option ids")
    view_id: str = Field("", description="text")
    input_hash: Hash = Field(0, alias=INPUT_HASH_ATTR, description="a whole number of 32 bits")
    task_hash: Hash = Field(0, alias=TASK_HASH_ATTR, description="a whole number of 32 bits")


class NerExample(Task):
    """An example about entities: a text with spans, tokens or both."""

    text: str = Field(description="text")

    @model_validator(mode="after")
    def _is_about_entities(self) -> NerExample:
        if self.spans is None and self.tokens is None:
            raise ValueError("an example about entities has 'spans' or 'tokens'")
        return self


def validate(schema: type[BaseModel], obj: Mapping[str, Any], error_msg: str | None = None) -> None:
    """Check an object against a schema. Raises `TaskError`: `error_msg`, and what is wrong where.

    >>> validate(NerExample, {"text": "Ann", "spans": [{"start": 0, "end": 3, "label": "X"}]})
    """
    try:
        schema.model_validate(obj)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = "".join(f"'{place}': " for place in first["loc"][:1])
        raise TaskError(f"{error_msg or 'invalid task'} ({where}{first['msg']})") from error


def first_problem(schema: type[Schema], values: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the first key whose value the schema refuses, and what it must be; None for none.

    >>> first_problem(Task, {"text": 5})
    ('text', 'text')
    """
    try:
        schema.model_validate(values)
    except ValidationError as error:
        key = str(error.errors(include_url=False)[0]["loc"][0])
        forms = {
            field.alias or name: field.description for name, field in schema.model_fields.items()
        }
        return key, str(forms[key])
    return None


def span_problem(task: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the offsets of a task's spans, which have passed the schema."""
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
