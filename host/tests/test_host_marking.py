"""The built-in recipes without a pipeline."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from recipe_host.errors import RecipeError
from recipe_host.marking import mark, textcat_manual

Marked = Callable[[Any], list[dict[str, Any]]]
Terminal = Callable[..., "subprocess.CompletedProcess[str]"]
TEXTS = [{"text": "a"}, {"text": "b"}]


def test_mark_asks_about_tasks_as_they_are(marked: Marked) -> None:
    records = [{"text": "a", "spans": [{"start": 0, "end": 1, "label": "X"}], "own": 1}]
    (asked,) = marked(mark("m", records, view_id="ner"))
    assert {key: asked[key] for key in records[0]} == records[0]
    assert mark(False, records)["view_id"] == "text"


def test_mark_asks_once_per_label(marked: Marked) -> None:
    components = mark("m", TEXTS, label=["X", "Y"])
    assert components["view_id"] == "classification"
    asked = marked(components)
    assert [(task["text"], task["label"]) for task in asked] == [
        ("a", "X"),
        ("a", "Y"),
        ("b", "X"),
        ("b", "Y"),
    ]
    assert len({task["_input_hash"] for task in asked}) == 2


def test_categories_are_options_or_one_question(marked: Marked) -> None:
    components = textcat_manual("t", TEXTS, label=["A", "B"], exclusive=True)
    assert [o["id"] for o in marked(components)[0]["options"]] == ["A", "B"]
    assert components["config"]["choice_style"] == "single"
    components = textcat_manual("u", TEXTS, label=["A"])
    assert [task["label"] for task in marked(components)] == ["A", "A"]
    assert components["view_id"] == "classification"
    with pytest.raises(RecipeError, match="name some with --label"):
        textcat_manual("t", TEXTS)


@pytest.mark.parametrize(
    ("recipe", "option"), [("mark", "--view-id"), ("textcat.manual", "--exclusive")]
)
def test_they_are_commands(recipe: str, option: str, terminal: Terminal) -> None:
    assert option in terminal(recipe, "--help").stdout
    refused = terminal(recipe, "news", "no.jsonl", "--label", "X")
    assert "cannot open source 'no.jsonl'" in refused.stderr
