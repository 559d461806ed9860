"""Answers of a person on the page and of `al.simulate`: the same records but for who and when."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prodigy.components.db import connect

from prodigy_al.records import SIMULATED
from prodigy_al.simulate import simulate
from prodigy_al.simulation.arms import ARMS

pytest.importorskip("httpx2", reason="starlette's test client needs httpx2")
from starlette.testclient import TestClient

from recipe_host.server.app import make_app
from recipe_host.server.service import Service

Task = dict[str, Any]
SPAN = ("start", "end", "label")
OF_THE_ANNOTATOR = {"_timestamp", "_session_id", "_annotator_id", SIMULATED}
BUDGET = 24
WHOLE = ["random", "ranked", "ranked-suggest", "ranked-strict"]
SINGLE = ["teach", "random-binary", "teach-strict"]


class Person:
    """Knows the gold of every text, and clicks what is right, as the page sends it."""

    def __init__(self, pool: Path) -> None:
        records = map(json.loads, pool.read_text(encoding="utf8").splitlines())
        self.gold = {
            one["text"]: [s for s in one["spans"] if s["label"] == "ORG"] for one in records
        }

    def answer(self, task: Task) -> Task:
        """The page's `Card.answer`, with the fields of its view."""
        gold = {tuple(span[key] for key in SPAN) for span in self.gold[task["text"]]}
        if task["al"]["unit"] == "candidate":
            (asked,) = ({tuple(span[key] for key in SPAN) for span in task["spans"]},)
            return {**task, "answer": "accept" if asked <= gold else "reject", "_timestamp": 99}
        starts = {token["start"]: token["id"] for token in task["tokens"]}
        ends = {token["end"]: token["id"] for token in task["tokens"]}
        # `spanOver` of the page's offsets.js; spans stay in the order of the text
        spans = [
            {
                "start": start,
                "end": end,
                "token_start": starts[start],
                "token_end": ends[end],
                "label": label,
            }
            for start, end, label in sorted(gold)
        ]
        return {**task, "spans": spans, "answer": "accept", "_timestamp": 99}


@pytest.fixture
def answer_on_the_page(world: Path, controller: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Answer a recipe's questions through the server's paths: (recipe, **options)."""
    services: list[Service] = []

    def run(recipe: str, **options: Any) -> list[Task]:
        ctrl = controller(
            recipe, "live", str(world / "base"), str(world / "pool.jsonl"), label=["ORG"], **options
        )
        services.append(Service(ctrl))
        client = TestClient(make_app(ctrl, services[-1]), base_url="http://localhost:8080")
        person, left = Person(world / "pool.jsonl"), BUDGET
        while left:
            asked = client.post("/get_session_questions", json={"session_id": None}).json()
            answers = [person.answer(task) for task in asked["tasks"][:left]]
            sent = client.post("/give_answers", json={"session_id": None, "answers": answers})
            assert sent.status_code == 200, sent.text
            left -= len(answers)
        return list(connect().get_dataset_examples("live"))

    yield run
    for service in services:
        service.controller.close()
        service.close()


@pytest.mark.parametrize("arm", WHOLE + SINGLE)
def test_simulated_records_differ_from_live_ones_in_annotator_and_time_alone(
    home: Path, world: Path, answer_on_the_page: Callable[..., Any], arm: str
):
    simulate(
        str(world / "pool.jsonl"), str(world / "base"), "news", label=["ORG"], arms=[arm],
        budget=BUDGET, seeds="7,",
    )  # fmt: skip
    chosen = ARMS[arm]
    live = answer_on_the_page(
        chosen.recipe, **chosen.options, seed=7, fold_salt="prodigy-al-7", skip_bad=False
    )
    simulated = list(connect().get_dataset_examples(f"news-{arm}-7"))
    assert len(live) == len(simulated) == BUDGET
    for ours, theirs in zip(live, simulated, strict=True):
        assert theirs.keys() - ours.keys() == {SIMULATED}
        assert ours.keys() - theirs.keys() == set()
        differ = {key for key in ours if ours[key] != theirs[key]}
        assert differ <= OF_THE_ANNOTATOR, {
            key: (ours[key], theirs[key]) for key in differ - OF_THE_ANNOTATOR
        }
    # and something was at stake
    assert len({json.dumps(one["spans"]) for one in live}) > 5
    assert {one["al"]["fold"] for one in live} == {"train", "dev"}
