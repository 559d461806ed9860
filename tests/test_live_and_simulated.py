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


class Page:
    """A recipe behind the server's paths, and who answers its questions in which session."""

    def __init__(self, pool: Path, ctrl: Any) -> None:
        self.service = Service(ctrl)
        self.client = TestClient(make_app(ctrl, self.service), base_url="http://localhost:8080")
        self.person = Person(pool)

    def ask(self, session: str | None) -> list[Task]:
        asked = self.client.post("/get_session_questions", json={"session_id": session}).json()
        return list(asked["tasks"])

    def answer(self, tasks: list[Task], session: str | None) -> None:
        answers = [self.person.answer(task) for task in tasks]
        sent = self.client.post("/give_answers", json={"session_id": session, "answers": answers})
        assert sent.status_code == 200, sent.text


@pytest.fixture
def open_page(world: Path, controller: Callable[..., Any]) -> Iterator[Callable[..., Page]]:
    """Open dataset `live` with a recipe: (recipe, **options)."""
    pages: list[Page] = []

    def run(recipe: str, **options: Any) -> Page:
        ctrl = controller(
            recipe, "live", str(world / "base"), str(world / "pool.jsonl"), label=["ORG"], **options
        )
        pages.append(Page(world / "pool.jsonl", ctrl))
        return pages[-1]

    yield run
    for page in pages:
        page.service.controller.close()
        page.service.close()


def stored(dataset: str) -> list[Task]:
    return list(connect().get_dataset_examples(dataset))


def run(world: Path, arm: str, budget: int = BUDGET, **options: Any) -> list[Task]:
    simulate(
        str(world / "pool.jsonl"), str(world / "base"), "news", label=["ORG"], arms=[arm],
        budget=budget, seeds="7,", **options,
    )  # fmt: skip
    return stored(f"news-{arm}-7")


def options_of(arm: str) -> dict[str, Any]:
    return {**ARMS[arm].options, "seed": 7, "fold_salt": "prodigy-al-7", "skip_bad": False}


def assert_the_same(live: list[Task], simulated: list[Task]) -> None:
    """But for who and when."""
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


@pytest.mark.parametrize("arm", WHOLE + SINGLE)
def test_simulated_records_differ_from_live_ones_in_annotator_and_time_alone(
    home: Path, world: Path, open_page: Callable[..., Page], arm: str
):
    simulated = run(world, arm)
    page, left = open_page(ARMS[arm].recipe, **options_of(arm)), BUDGET
    while left:
        tasks = page.ask(None)[:left]
        page.answer(tasks, None)
        left -= len(tasks)
    live = stored("live")
    assert len(live) == len(simulated) == BUDGET
    assert_the_same(live, simulated)


@pytest.mark.parametrize("arm", ["ranked-suggest", "teach"])
def test_three_simulated_people_get_the_questions_of_three_sessions(
    home: Path, world: Path, open_page: Callable[..., Page], arm: str
):
    """Each gives the next answer when the simulation says so, and asks when none is left."""
    simulated = run(world, arm, budget=50, annotators=3)
    people = [f"annotator-{number}" for number in (1, 2, 3)]
    page = open_page(ARMS[arm].recipe, **options_of(arm))
    hands = {who: page.ask(f"live-{who}") for who in people}
    for one in simulated:
        who = one["_annotator_id"].removeprefix(f"news-{arm}-7-")
        page.answer([hands[who].pop(0)], f"live-{who}")
        hands[who] = hands[who] or page.ask(f"live-{who}")
    live = stored("live")
    assert_the_same(live, simulated)
    for name in ("_session_id", "_annotator_id"):
        named = [one[name].removeprefix("live-") for one in live]
        assert [one[name].removeprefix(f"news-{arm}-7-") for one in simulated] == named
        assert {*named} == {*people}


@pytest.mark.parametrize("arm", ["ranked", "teach"])
def test_second_answers_are_those_of_a_server_that_gives_questions_to_two_sessions(
    home: Path,
    world: Path,
    open_page: Callable[..., Page],
    arm: str,
    monkeypatch: pytest.MonkeyPatch,
):
    simulated = run(world, arm, budget=60, annotators=2, overlap=1.0)
    monkeypatch.setenv("PRODIGY_CONFIG_OVERRIDES", '{"feed_overlap": true}')
    page = open_page(ARMS[arm].recipe, **options_of(arm))
    for _ in range(4):
        for who in ("live-annotator-1", "live-annotator-2"):
            page.answer(page.ask(who), who)
    by_question = {
        (one["_task_hash"], one["_annotator_id"].removeprefix("live-")): one
        for one in stored("live")
    }
    again = [
        (one["_task_hash"], one["_annotator_id"].removeprefix(f"news-{arm}-7-"))
        for one in simulated
    ]
    assert {*again} <= by_question.keys()
    assert len({*again}) == 60 > len({question for question, _ in again}) >= 30
    assert_the_same([by_question[key] for key in again], simulated)
