"""Examples checked against a schema, as plugins do before they train."""

from __future__ import annotations

from typing import Any

import pytest

from recipe_host.errors import ProdigyError, TaskError
from recipe_host.schema import NerExample, validate

SPAN = {"start": 0, "end": 3, "label": "PERSON", "token_start": 0, "token_end": 0}
TOKEN = {"text": "Ann", "start": 0, "end": 3, "id": 0, "ws": False}


@pytest.mark.parametrize(
    "example",
    [
        {"text": "Ann", "spans": [SPAN], "tokens": [TOKEN], "answer": "accept", "meta": {"a": 1}},
        {"text": "Ann", "spans": []},
        {"text": "Ann", "tokens": [TOKEN]},
    ],
)
def test_examples_about_entities_pass(example: dict[str, Any]) -> None:
    validate(NerExample, example)


@pytest.mark.parametrize(
    ("example", "where"),
    [
        ({"text": "Ann", "label": "SPORT"}, "'spans' or 'tokens'"),
        ({"text": "Ann", "options": [{"id": 1}], "accept": [1]}, "'spans' or 'tokens'"),
        ({"spans": [SPAN]}, "'text'"),
        ({"text": "Ann", "spans": [{"start": 0, "end": 3}]}, "'spans'"),
        ({"text": "Ann", "spans": [{**SPAN, "end": 0}]}, "'spans'"),
    ],
)
def test_others_are_refused_with_the_callers_message(example: dict[str, Any], where: str) -> None:
    with pytest.raises(TaskError) as refused:
        validate(NerExample, example, error_msg="not for NER")
    assert str(refused.value).startswith("not for NER (")
    assert where in str(refused.value)
    assert isinstance(refused.value, ValueError)
    assert isinstance(refused.value, ProdigyError)
