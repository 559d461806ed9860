"""Answers that are not what they should be: refused by place and field, and nothing stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("httpx2", reason="starlette's test client needs httpx2")
from starlette.testclient import TestClient

from recipe_host.connections import connect
from recipe_host.hashing import set_hashes
from recipe_host.server.app import make_app
from recipe_host.session import Controller

Task = dict[str, Any]
TASK = set_hashes({"text": "a b", "spans": [{"start": 0, "end": 1, "label": "X"}]})
ANSWER = {**TASK, "answer": "accept"}


@pytest.fixture
def page() -> TestClient:
    return client()


def client(**config: Any) -> TestClient:
    components = {"dataset": "news", "view_id": "ner", "stream": [TASK], "config": config}
    app = make_app(Controller.from_components("ask", components))
    return TestClient(app, base_url="http://localhost:8080", raise_server_exceptions=False)


def give(page: TestClient, body: Any) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body)
    headers = {"Content-Type": "application/json"}
    return page.post("/give_answers", content=content, headers=headers)


SPAN = {"start": 0, "end": 1, "label": "X"}
TOKENS = [
    {"text": "a", "start": 0, "end": 1, "id": 0},
    {"text": "b", "start": 2, "end": 3, "id": 1},
]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"answer": "yes"}, "'answer' must be one of accept, reject, ignore"),
        ({"answer": None}, "'answer' must be one of"),
        ({"text": 5}, "'text' must be text"),
        ({"spans": "X"}, "'spans' must be a list of spans"),
        ({"spans": [{**SPAN, "end": 0}]}, "'spans' must be a list of spans with start < end"),
        ({"spans": [{**SPAN, "start": True}]}, "'spans' must be"),
        ({"spans": [{**SPAN, "label": None}]}, "'spans' must be"),
        ({"spans": [{**SPAN, "end": 9}]}, "the span 0-9 reaches beyond the text"),
        (
            {"tokens": TOKENS, "spans": [{**SPAN, "token_start": 0, "token_end": 7}]},
            "tokens 0-7 are not among",
        ),
        (
            {"tokens": TOKENS, "spans": [{**SPAN, "token_start": 1, "token_end": 1}]},
            "does not begin and end with its tokens",
        ),
        ({"_task_hash": 2**31}, "'_task_hash' must be a whole number of 32 bits"),
        ({"_input_hash": "1"}, "'_input_hash' must be"),
        ({"_timestamp": -1}, "'_timestamp' must be"),
        ({"flagged": 1}, "'flagged' must be true or false"),
        ({"flag_note": "x" * 1001}, "'flag_note' must be text of at most 1000"),
        ({"accept": [None]}, "'accept' must be a list of option ids"),
        ({"meta": []}, "'meta' must be an object"),
    ],
)
def test_malformed_answers_are_named_by_place_and_field(
    page: TestClient, change: Task, problem: str
) -> None:
    reply = give(page, {"answers": [ANSWER, {**ANSWER, **change}]})
    assert reply.status_code == 400
    assert reply.json()["error"].startswith("answers[1]: ")
    assert problem in reply.json()["error"]
    assert connect().get_dataset_examples("news") == []


@pytest.mark.parametrize("answers", [None, {}, "x", [5], [[]], [ANSWER] * 1001, [{}]])
def test_batches_are_lists_of_tasks(page: TestClient, answers: Any) -> None:
    assert give(page, {"answers": answers}).status_code == 400


def test_a_note_may_end_in_half_an_emoji(page: TestClient) -> None:
    """As the page's limit of characters may leave it."""
    answer = {**ANSWER, "flagged": True, "flag_note": "x" * 999 + "\ud83d"}
    assert give(page, {"answers": [answer]}).status_code == 200
    assert connect().get_dataset_examples("news")[0]["flag_note"] == answer["flag_note"]


def test_hashes_must_come_back(page: TestClient) -> None:
    for key in ("_input_hash", "_task_hash"):
        reply = give(page, {"answers": [{k: v for k, v in ANSWER.items() if k != key}]})
        assert reply.status_code == 400
        assert f"'{key}' is missing" in reply.json()["error"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KNOWN = st.sampled_from([*ANSWER, "tokens", "accept", "meta", "label", "flagged", "flag_note"])


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.dictionaries(KNOWN, ANYTHING, max_size=4), batch=ANYTHING)
def test_any_answer_is_stored_whole_or_refused_with_a_sentence(
    changes: Task, batch: Any, tmp_path: Any
) -> None:
    page = client(auto_exclude_current=False)
    before = connect().count_dataset("news")
    answer = {**ANSWER, **changes}
    body = json.dumps({"answers": [answer], "batch_id": batch}).encode()
    reply = give(page, body)
    examples = connect().get_dataset_examples("news")
    if reply.status_code == 200:
        (new,) = examples[before:]
        assert {key: new[key] for key in answer} == answer
    else:
        assert 400 <= reply.status_code < 500
        assert reply.json()["error"]
        assert len(examples) == before
