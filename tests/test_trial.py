"""`al.trial`: arms in turns and blind, each drawn as if it were alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prodigy_al.records import read_record
from prodigy_al.sampling.inclusion import verify_records

Start = Callable[..., Any]
Examples = list[dict[str, Any]]
ALONE: dict[str, tuple[str, dict[str, Any]]] = {
    "ranked": ("al.manual-ranked", {}),
    "random": ("al.random", {}),
    "ranked-strict": ("al.manual-ranked", {"strict": True}),
    "teach": ("al.teach", {"block": 20, "rate": 0.5}),
    "random-binary": ("al.random", {"binary": True}),
}


def answered(task: dict[str, Any]) -> dict[str, Any]:
    """An answer that depends on the question alone."""
    even = task["_task_hash"] % 2 == 0
    if "spans" in task:
        return {**task, "answer": "accept" if even else "reject"}
    token = task["tokens"][0]
    span = {"start": token["start"], "end": token["end"], "label": "ORG"}
    return {**task, "answer": "accept", "spans": [span] if even else []}


def answer(controller: Any, n: int, *, session: str | None = None) -> Examples:
    given: Examples = []
    while len(given) < n:
        batch = controller.get_questions(session)[: n - len(given)]
        if not batch:
            return given
        controller.receive_answers([answered(task) for task in batch], session)
        given += batch
    return given


def stored(dataset: str) -> Examples:
    from prodigy.components.db import connect

    return list(connect().get_dataset_examples(dataset))


def of_arm(dataset: str, arm: str) -> Examples:
    return [e for e in stored(dataset) if e["al"]["arm"] == arm]


def record(example: dict[str, Any]) -> dict[str, Any]:
    """The record, but for what a trial says or does not show."""
    left_out = ("trial", "reused_from", "shown")
    return {k: v for k, v in example["al"].items() if k not in left_out}


@pytest.fixture
def start(controller: Start, world: Path, tmp_path: Path) -> Start:
    """Open a recipe on the first hundred segments: (recipe, dataset, **options)."""
    lines = (world / "pool.jsonl").read_text(encoding="utf8").splitlines(keepends=True)
    source = tmp_path / "small.jsonl"
    source.write_text("".join(lines[:100]), encoding="utf8")

    def begin(recipe: str, dataset: str = "t", **options: Any) -> Any:
        chosen = {"label": ["ORG"], "seed": 3, **options}
        return controller(recipe, dataset, str(world / "base"), str(source), **chosen)

    return begin


@pytest.mark.parametrize(
    "arms",
    [["ranked", "random"], ["random", "ranked", "ranked-strict"], ["teach", "random-binary"]],
)
def test_a_trial_changes_no_arms_draw(start: Start, arms: list[str]):
    """Killed on the way, each arm has the questions and the records of its own recipe."""
    options = {"arms": arms, **({"block": 20, "rate": 0.5} if "teach" in arms else {})}
    for n in (13, 25):
        answer(start("al.trial", **options), n)
    for arm in arms:
        recipe, own = ALONE[arm]
        found = of_arm("t", arm)
        alone = answer(start(recipe, arm, **own), len(found))
        by_question = {task["_task_hash"]: record(task) for task in alone}
        assert {e["_task_hash"]: record(e) for e in found} == by_question
        pairs = [(e["_input_hash"], read_record(e)) for e in found]
        assert verify_records(pairs) == len(found) > 10


@pytest.mark.parametrize("arms", [["ranked", "random"], ["teach", "random-binary"]])
def test_no_question_is_asked_twice_and_each_copy_is_there_once(start: Start, arms: list[str]):
    asked = []
    for n in (50, 10):
        ctrl = start("al.trial", arms=arms)
        asked += answer(ctrl, n)
    examples = stored("t")
    assert len({task["_task_hash"] for task in asked}) == len(asked) == 60
    assert max(Counter((e["_task_hash"], e["al"]["arm"]) for e in examples).values()) == 1
    copies = [e for e in examples if e["al"]["reused_from"]]
    assert len(examples) == len(asked) + len(copies)
    originals = {e["_task_hash"]: e for e in examples if not e["al"]["reused_from"]}
    assert copies
    for copy in copies:
        original = originals[copy["_task_hash"]]
        assert copy["al"]["reused_from"] == f"t/{original['al']['arm']}" != f"t/{copy['al']['arm']}"
        assert (copy["answer"], copy["spans"]) == (original["answer"], original["spans"])


def test_two_spans_of_one_text_are_two_questions(start: Start):
    ctrl = start("al.trial", arms=["teach", "random-binary"], block=100, rate=1.0)
    asked = answer(ctrl, 1000)
    texts = Counter(task["_input_hash"] for task in asked)
    assert max(texts.values()) == 2
    for arm in ("teach", "random-binary"):
        assert {e["_input_hash"] for e in of_arm("t", arm)} == texts.keys()


def test_all_segments_end_in_all_arms(start: Start):
    asked = answer(start("al.trial"), 1000)
    assert len(asked) == len({task["_input_hash"] for task in asked})
    for arm in ("ranked", "random"):
        assert {e["_input_hash"] for e in of_arm("t", arm)} == {t["_input_hash"] for t in asked}


def test_arms_get_the_same_number_of_answers(start: Start):
    ctrl = start("al.trial")
    while batch := ctrl.get_questions():
        ctrl.receive_answers([answered(task) for task in batch])
        counts = [len(of_arm("t", arm)) for arm in ("ranked", "random")]
        assert abs(counts[0] - counts[1]) <= 1


def test_nothing_on_the_page_tells_the_arm(start: Start):
    def visible(tasks: Examples) -> dict[int, dict[str, Any]]:
        return {t["_task_hash"]: {k: v for k, v in t.items() if k != "al"} for t in tasks}

    for arms in (["ranked", "random"], ["teach", "random-binary"]):
        trial = start("al.trial", arms[0], arms=arms)
        shown = answer(trial, 60)
        assert {t["al"]["arm"] for t in shown} == set(arms)
        assert {frozenset(task["meta"]) for task in shown} == {frozenset({"doc"})}
        swapped = {"seed": 4, "arms": arms}
        again = visible(answer(start("al.trial", f"{arms[1]}-2", **swapped), 60))
        before = visible(shown)
        both = before.keys() & again.keys()
        assert len(both) > 10
        assert all(before[key] == again[key] for key in both)


def test_eight_annotators_are_served_what_one_is(start: Start):
    order = np.random.default_rng(0)
    ctrl = start("al.trial")
    people = [f"t-{i}" for i in range(8)]
    open_tasks: list[tuple[str, dict[str, Any]]] = []
    for _ in range(6):
        for who in order.permutation(people):
            open_tasks += [(str(who), task) for task in ctrl.get_questions(str(who))]
        for i in order.permutation(len(open_tasks))[:60]:
            who, task = open_tasks[i]
            ctrl.receive_answers([answered(task)], who)
        given = {e["_task_hash"] for e in stored("t")}
        open_tasks = [(who, task) for who, task in open_tasks if task["_task_hash"] not in given]
    for who, task in open_tasks:
        ctrl.receive_answers([answered(task)], who)
    examples = stored("t")
    assert max(Counter((e["_task_hash"], e["al"]["arm"]) for e in examples).values()) == 1
    answer(start("al.trial", "one"), 1000)
    assert {(e["_task_hash"], e["al"]["arm"]) for e in examples} == {
        (e["_task_hash"], e["al"]["arm"]) for e in stored("one")
    }


def test_a_shared_question_that_is_still_open_is_copied_when_it_is_answered(start: Start):
    ctrl = start("al.trial")
    tasks = list(chain.from_iterable(iter(ctrl.get_questions, [])))
    kept = tasks[2]
    ctrl.receive_answers([answered(task) for task in tasks if task is not kept])
    assert not [e for e in stored("t") if e["_task_hash"] == kept["_task_hash"]]
    ctrl.receive_answers([answered(kept)])
    found = {e["al"]["arm"] for e in stored("t") if e["_task_hash"] == kept["_task_hash"]}
    assert found == {"ranked", "random"}


def test_other_datasets_are_reused_in_every_arm(start: Start):
    answer(start("al.manual-ranked", "old", seed=9), 40)
    known = {e["_input_hash"] for e in stored("old")}
    asked = answer(start("al.trial", reuse=["old"]), 30)
    assert known.isdisjoint(task["_input_hash"] for task in asked)
    for arm in ("ranked", "random"):
        copied = [e for e in of_arm("t", arm) if e["_input_hash"] in known]
        assert {e["al"]["reused_from"] for e in copied} == {"old"}
        recipe, own = ALONE[arm]
        alone = answer(start(recipe, arm, **own), len(of_arm("t", arm)))
        assert {t["_task_hash"] for t in alone} == {e["_task_hash"] for e in of_arm("t", arm)}


def test_a_trial_is_compared_arm_by_arm_against_its_own_control(
    start: Start, world: Path, tmp_path: Path
):
    from prodigy_al.comparison.controls import find_control
    from prodigy_al.inputs.comparison import open_comparison

    answer(start("al.trial"), 60)
    plan = open_comparison(
        ["t"], str(world / "base"), str(world / "test.jsonl"), label=["ORG"], loader=None,
        skip_bad=False, policies=["usual"], curves=False, seeds=[0], workers=1, engine=None,
        group_by=None, output=tmp_path / "out",
    )  # fmt: skip
    arms = {arm.dataset: arm for arm in plan.arms}
    assert set(arms) == {"t/ranked", "t/random"}
    assert find_control(arms["t/ranked"], plan.arms) is arms["t/random"]
    dev = [frozenset(item.input_hash for item in arm.dev.items) for arm in plan.arms]
    train = [frozenset(item.input_hash for item in arm.train.items) for arm in plan.arms]
    assert (dev[0] | dev[1]).isdisjoint(train[0] | train[1])
    for arm in plan.arms:
        assert arm.reused == sum(
            e["al"]["reused_from"] is not None for e in of_arm("t", arm.strategy)
        )
        assert arm.effort.seconds is not None


@pytest.mark.parametrize(
    ("recipe", "options", "sentence"),
    [
        ("al.trial", {"arms": ["ranked", "teach"]}, "^--arms ranked,teach: one trial asks either"),
        ("al.trial", {"arms": ["ranked", "mixed"]}, "^--arms mixed: a trial has no such arm"),
        ("al.trial", {"by": "best"}, "^--by best"),
        ("al.trial", {"arms": ["random", "ranked-strict"]}, "--arms random,ranked, now it is"),
        ("al.trial", {"seed": 4}, "--seed 3, now it is 4"),
        ("al.trial", {"explore": 0.5}, "--explore 0.1, now it is 0.5"),
        ("al.random", {}, "--arms random,ranked, now it is none"),
    ],
)
def test_a_trial_goes_on_as_it_was_started_or_not_at_all(
    start: Start, recipe: str, options: dict[str, Any], sentence: str
):
    from prodigy.errors import RecipeError

    answer(start("al.trial"), 4)
    with pytest.raises(RecipeError, match=sentence):
        start(recipe, **options)
