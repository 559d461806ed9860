"""Hashes agree with those in publicly released datasets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_host.hashing import get_hash, get_input_hash, get_task_hash, set_hashes

VECTORS: list[tuple[dict[str, Any], int, int]] = [
    ({"text": "My name is Freya."}, 896529854, -1486695581),
    ({"text": "hi my name is 0", "label": "foo"}, -784135307, -1606845795),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(("task", "input_hash", "task_hash"), VECTORS)
def test_hashes_are_those_that_were_published(
    task: dict[str, Any], input_hash: int, task_hash: int
) -> None:
    hashed = set_hashes(task)
    assert hashed == {**task, "_input_hash": input_hash, "_task_hash": task_hash}
    assert (get_input_hash(task), get_task_hash(task)) == (input_hash, task_hash)


@pytest.mark.parametrize(("task", "input_hash", "task_hash"), VECTORS)
def test_answers_and_sessions_do_not_count(
    task: dict[str, Any], input_hash: int, task_hash: int
) -> None:
    answered = {**task, "answer": "accept", "_session_id": "a", "_annotator_id": "a", "score": 0.5}
    hashed = set_hashes({**answered, "_view_id": "ner"})
    assert (hashed["_input_hash"], hashed["_task_hash"]) == (input_hash, task_hash)


def test_ignored_keys_do_not_count_at_any_depth() -> None:
    bare = {"text": "x", "spans": [{"start": 0, "end": 1, "label": "A"}], "meta": {}}
    span = {"start": 0, "end": 1, "label": "A", "score": 0.3, "source": "model"}
    rich = {"text": "x", "spans": [span], "meta": {"source": "file"}}
    assert get_task_hash(bare) == get_task_hash(rich)


def test_meta_counts_where_no_task_key_is_there() -> None:
    assert get_task_hash({"text": "x"}) != get_task_hash({"text": "x", "meta": {"page": 1}})


def test_two_candidates_of_one_text_share_the_input_hash_only() -> None:
    first, second = (
        set_hashes({"text": "ab", "spans": [{"start": i, "end": i + 1, "label": "A"}]})
        for i in range(2)
    )
    assert first["_input_hash"] == second["_input_hash"]
    assert first["_task_hash"] != second["_task_hash"]


def test_hashes_that_are_there_stay_unless_overwritten() -> None:
    task = {"text": "My name is Freya.", "_input_hash": 1, "_task_hash": 2}
    assert set_hashes(task) == task
    assert set_hashes(task, overwrite=True)["_task_hash"] == -1486695581
    assert set_hashes({"text": "x", "_input_hash": 1})["_input_hash"] == 1


def test_empty_values_do_not_count_and_other_keys_can_be_named() -> None:
    assert get_hash({"text": "a", "label": ""}, keys=("text", "label")) == get_hash(
        {"text": "a"}, keys=("text",)
    )
    audio = set_hashes({"audio": "a.wav"}, input_keys=("audio",), task_keys=("audio",))
    assert audio["_input_hash"] == get_hash({"audio": "a.wav"}, keys=("audio",))


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_any_task_has_stable_int32_hashes_and_is_left_alone(task: dict[str, Any]) -> None:
    before = repr(task)
    hashed = set_hashes(task, overwrite=True)
    assert repr(task) == before
    assert set_hashes(hashed, overwrite=True) == hashed
    assert all(-(2**31) <= hashed[key] < 2**31 for key in ("_input_hash", "_task_hash"))
