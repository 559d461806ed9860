"""Progress in the asking recipes: the share of the budget, or of what can be asked."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.inputs import remarks

Start = Callable[..., Any]
RECIPES = ["al.teach", "al.manual-ranked", "al.random", "al.trial"]


@pytest.fixture(scope="session")
def small(world: Path) -> Path:
    """The first sixty texts of the pool, of twelve documents."""
    lines = (world / "pool.jsonl").read_text(encoding="utf8").splitlines()[:60]
    path = world / "small.jsonl"
    path.write_text("\n".join(lines), encoding="utf8")
    return path


@pytest.fixture
def start(controller: Start, world: Path, small: Path) -> Start:
    """Open a recipe on them: (recipe, dataset, **options)."""

    def begin(recipe: str, dataset: str = "x", **options: Any) -> Any:
        chosen = {"label": ["ORG"], **options}
        return controller(recipe, dataset, str(world / "base"), str(small), **chosen)

    return begin


def shares(ctrl: Any, n: int = 1000, session: str | None = None) -> Iterator[float | None]:
    """Answer up to `n` questions, and yield the progress after each batch."""
    while n > 0 and (batch := ctrl.get_questions(session)[:n]):
        n -= len(batch)
        yield ctrl.receive_answers([{**task, "answer": "ignore"} for task in batch], session)


@pytest.mark.parametrize("recipe", RECIPES)
def test_progress_is_the_share_of_the_budget_at_once_after_a_restart_too(start: Start, recipe: str):
    ctrl = start(recipe, budget=40)
    assert ctrl.progress == 0
    assert list(shares(ctrl, 15)) == [10 / 40, 15 / 40]
    ctrl = start(recipe, budget=40)
    assert ctrl.progress == 15 / 40
    assert list(shares(ctrl, 5)) == [20 / 40]


def test_answers_of_all_sessions_count_and_questions_go_on_behind_the_budget(
    start: Start, capsys: pytest.CaptureFixture[str]
):
    ctrl = start("al.random", budget=15)
    assert list(shares(ctrl, 10, "x-ann")) == [10 / 15]
    assert list(shares(ctrl, 10, "x-bo")) == [1]
    assert list(shares(ctrl, 20, "x-bo")) == [1, 1]
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("20 answers: the budget is reached (--budget 15)") == 1


@pytest.mark.parametrize("recipe", ["al.manual-ranked", "al.random", "al.trial"])
def test_without_a_budget_progress_is_the_share_of_the_texts_and_ends_at_one(
    start: Start, recipe: str
):
    ctrl = start(recipe)
    ((task, *_), _) = ctrl.get_questions(), None
    total = task["al"]["source"]["segments"]
    found = list(shares(start(recipe)))
    assert found[:2] == [10 / total, 20 / total]
    assert found[-1] == 1
    assert max(found[:-1]) < 1
    assert start(recipe).progress == 1


@pytest.mark.parametrize(("recipe", "options"), [("al.teach", {"block": 10}), ("al.random", {})])
def test_of_single_spans_it_is_the_share_of_the_texts_with_one(
    start: Start, recipe: str, options: dict[str, Any]
):
    ctrl = start(recipe, **options, **({} if options else {"binary": True}))
    found = [ctrl.progress, *shares(ctrl)]
    assert found[0] == 0
    assert found[-1] == 1
    assert all(a < b for a, b in pairwise(found))
    assert 0 < ctrl.total_annotated < 60


def test_texts_that_are_reused_need_not_be_asked(start: Start):
    list(shares_accepted(start("al.random", "first"), 20))
    ctrl = start("al.random", "second", reuse=["first"], seed=3)
    found = list(shares_accepted(ctrl))
    assert found[-1] == 1
    assert max(found[:-1]) < 1


def shares_accepted(ctrl: Any, n: int = 1000) -> Iterator[float | None]:
    while n > 0 and (batch := ctrl.get_questions()[:n]):
        n -= len(batch)
        yield ctrl.receive_answers([{**task, "answer": "accept"} for task in batch])


def test_of_an_endless_stream_nothing_is_known_without_a_budget(
    controller: Start, world: Path, small: Path, monkeypatch: pytest.MonkeyPatch
):
    def begin(dataset: str, **options: Any) -> Any:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(small.read_bytes())))
        return controller("al.teach", dataset, str(world / "base"), "-", label=["ORG"], **options)

    assert list(shares(begin("x"), 5)) == [None]
    assert list(shares(begin("y", budget=20), 5)) == [0.25]


def test_of_a_trial_of_single_spans_nothing_is_known_without_a_budget(start: Start):
    ctrl = start("al.trial", arms=["teach", "random-binary"])
    assert list(shares(ctrl, 5)) == [None]


@pytest.mark.parametrize(
    "arguments", [(), ("ctrl",), ("ctrl", 0.5), (1, 2, 0.5), ("ctrl", "session", [], None)]
)
def test_every_release_of_prodigy_can_call_it(start: Start, arguments: tuple[Any, ...]):
    ctrl = start("al.random", budget=20)
    list(shares(ctrl, 5))
    assert ctrl.components.progress(*arguments) == 0.25


def test_the_defaults_that_decide_something_are_said_at_the_start(
    start: Start, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(remarks, "_said", set())  # as in a new process
    start("al.random", label=None)
    said = " ".join(capsys.readouterr().out.split())
    assert "base, ORG, PERSON, PLACE (--label chooses)" in said
    assert "segments of 12 documents by meta.doc (--group-by), each in one fold; " in said
    assert "segments are the dev fold (--dev-share)" in said
    start("al.random", label=["ORG"])
    assert not capsys.readouterr().out, "once, and only what nobody chose"
