"""Answers of other datasets, copied in their turn instead of being asked for again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.records import read_record
from prodigy_al.sampling.inclusion import verify_records

Start = Callable[..., Any]
Examples = list[dict[str, Any]]
OPTIONS: dict[str, Any] = {"label": ["ORG"], "explore": 0.3}


def answered(task: dict[str, Any]) -> dict[str, Any]:
    """An answer that depends on the text alone: its first token, for every second text."""
    token = task["tokens"][0]
    span = {"start": token["start"], "end": token["end"], "label": "ORG"}
    spans = [span] if task["_input_hash"] % 2 else []
    return {**task, "answer": "accept", "spans": spans}


def answer(controller: Any, n: int, *, session: str | None = None) -> Examples:
    given: Examples = []
    while len(given) < n:
        batch = controller.get_questions(session)[: n - len(given)]
        assert batch, "the stream ended early"
        controller.receive_answers([answered(task) for task in batch], session)
        given += batch
    return given


def stored(dataset: str) -> Examples:
    from prodigy.components.db import connect

    return list(connect().get_dataset_examples(dataset))


def order(examples: Examples) -> dict[str, list[int]]:
    """The inputs of each fold in the order in which they were drawn; no place may be missing."""
    found = {}
    for fold in ("train", "dev"):
        records = sorted((e["al"]["position"], e["_input_hash"]) for e in examples
                         if e["al"]["fold"] == fold)  # fmt: skip
        assert [position for position, _ in records] == list(range(len(records)))
        found[fold] = [input_hash for _, input_hash in records]
    return found


def content(examples: Examples) -> set[tuple[Any, ...]]:
    """Everything about answers but when, and in which session, they were given."""
    return {
        (e["_input_hash"], e["answer"], str(e["spans"]), str(sorted(e["al"].items())))
        for e in examples
    }


@pytest.fixture
def start(controller: Start, world: Path) -> Start:
    """Open al.random on the pool: (dataset, reuse, **options)."""
    base, source = str(world / "base"), str(world / "pool.jsonl")
    small = {"label": ["ORG"], "pool_size": 120}

    def begin(dataset: str, recipe: str = "al.random", **options: Any) -> Any:
        return controller(recipe, dataset, base, source, **(small | options))

    return begin


@pytest.fixture(scope="module")
def ranked_answers(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Examples:
    """Fifty ranked answers, given once for all tests."""
    from prodigy.core import Controller

    from prodigy_al.manual_ranked import manual_ranked

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRODIGY_HOME", str(tmp_path_factory.mktemp("ranked")))
        opened = manual_ranked(
            "ranked", str(world / "base"), str(world / "pool.jsonl"), label=["ORG"], pool_size=120
        )
        answer(Controller.from_components("al.manual-ranked", opened), 50)
        return stored("ranked")


@pytest.fixture
def ranked(home: Path, ranked_answers: Examples) -> Examples:
    """The same in the dataset `ranked`."""
    from prodigy.components.db import connect

    connect().add_dataset("ranked")
    connect().add_examples(ranked_answers, datasets=["ranked"])
    return ranked_answers


def test_what_another_dataset_answered_is_copied_and_not_asked(start: Start, ranked: Examples):
    known = {e["_input_hash"]: e for e in ranked}
    asked = answer(start("x", reuse=["ranked"]), 30)
    assert known.keys().isdisjoint(task["_input_hash"] for task in asked)
    examples = stored("x")
    copies = [e for e in examples if e["al"]["reused_from"]]
    assert len(examples) == len(asked) + len(copies)
    assert len(copies) > 10
    for copy in copies:
        original = known[copy["_input_hash"]]
        assert copy["spans"] == original["spans"]
        assert copy["al"]["reused_from"] == "ranked"
        assert copy["al"]["strategy"] == "random"
        assert "_timestamp" not in copy
    assert verify_records([(e["_input_hash"], read_record(e)) for e in examples]) == len(examples)


def test_reuse_changes_no_draw_and_no_answer(start: Start, ranked: Examples):
    answer(start("x", reuse=["ranked"]), 30)
    examples = stored("x")
    alone = start("alone")
    answer(alone, len(examples))
    assert order(examples) == order(stored("alone"))
    spans = {e["_input_hash"]: e["spans"] for e in stored("alone")}
    assert all(spans[e["_input_hash"]] == e["spans"] for e in examples)


def test_a_copy_waits_for_its_turn(start: Start, ranked: Examples):
    """Stored when drawn, a batch ahead, copies would leave gaps that count as missing answers."""
    ctrl = start("x", reuse=["ranked"])
    ahead = 0
    for _ in range(3):
        batch = ctrl.get_questions()
        positions = [e["al"]["position"] for e in batch if e["al"]["fold"] == "train"]
        ahead += max(positions) - min(positions) + 1 - len(positions)
        for task in batch:
            ctrl.receive_answers([answered(task)])
            order(stored("x"))
    assert ahead > 5


@pytest.mark.parametrize("kill", ["between batches", "between storing and copying"])
def test_a_restart_copies_what_is_missing_and_nothing_twice(
    start: Start, ranked: Examples, kill: str
):
    whole = start("whole", reuse=["ranked"])
    answer(whole, 30)
    stopped = start("parts", reuse=["ranked"])
    answer(stopped, 10)
    if kill == "between batches":
        answer(stopped, 3)
    else:
        stopped.store_answers([answered(task) for task in stopped.get_questions()[:3]])
    assert len(stored("parts")) < len(stored("whole"))
    again = start("parts", reuse=["ranked"])
    answer(again, 17)
    # what lies right behind the last answer is copied when the next question is drawn
    for each in (whole, again):
        each.get_questions()
    assert content(stored("parts")) == content(stored("whole"))
    assert len(stored("parts")) == len(content(stored("parts")))


def test_a_question_that_stays_open_holds_up_no_copy(start: Start, ranked: Examples):
    ctrl = start("x", reuse=["ranked"])
    first, *others = ctrl.get_questions()
    ctrl.receive_answers([answered(task) for task in others])
    answer(ctrl, 20)
    fold = first["al"]["fold"]
    positions = {e["al"]["position"] for e in stored("x") if e["al"]["fold"] == fold}
    assert set(range(max(positions) + 1)) - positions == {first["al"]["position"]}


def test_an_ignored_segment_is_asked_again(start: Start):
    ctrl = start("other", "al.manual-ranked", pool_size=30)
    ignored = [{**task, "answer": "ignore"} for task in ctrl.get_questions()]
    ctrl.receive_answers([*ignored[:5], *map(answered, ignored[5:])])
    asked = {task["_input_hash"] for task in answer(start("x", reuse=["other"], pool_size=30), 25)}
    assert {task["_input_hash"] for task in ignored[:5]} <= asked
    assert {task["_input_hash"] for task in ignored[5:]}.isdisjoint(asked)


def test_the_whole_pool_answered_elsewhere_asks_nothing(start: Start):
    answer(start("other", "al.manual-ranked", pool_size=30), 30)
    for _ in range(2):
        assert start("x", reuse=["other"], pool_size=30).get_questions() == []
        assert len(stored("x")) == 30
        order(stored("x"))


def test_the_first_named_of_two_datasets_counts(start: Start, ranked: Examples):
    answer(start("second", "al.manual-ranked", seed=1), 60)
    answer(start("x", reuse=["ranked", "second"]), 10)
    known = {e["_input_hash"] for e in ranked}
    for copy in (e["al"] | e for e in stored("x") if e["al"]["reused_from"]):
        assert copy["reused_from"] == ("ranked" if copy["_input_hash"] in known else "second")


def test_what_was_shown_is_recorded_as_it_was_when_people_answered(start: Start):
    answer(start("other", "al.manual-ranked", suggest=True), 40)
    answer(start("x", reuse=["other"]), 20)
    for example in stored("x"):
        assert example["al"]["shown"]["suggestions"] == bool(example["al"]["reused_from"])


def test_answers_of_several_people_are_all_copied(start: Start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PRODIGY_CONFIG_OVERRIDES", '{"feed_overlap": true}')
    other = start("other", "al.manual-ranked")
    for who in ("ann", "bo"):
        answer(other, 60, session=f"other-{who}")
    answer(start("x", reuse=["other"]), 10, session="x-cy")
    copies = [e for e in stored("x") if e["al"]["reused_from"]]
    assert {e["_annotator_id"] for e in copies} == {"other-ann", "other-bo"}
    assert len({e["_input_hash"] for e in copies}) == len(copies) / 2


def test_foreign_answers_without_records_are_copied_too(start: Start, ranked: Examples):
    from prodigy.components.db import connect

    bare = [{k: v for k, v in e.items() if k != "al"} for e in ranked]
    connect().add_dataset("foreign")
    connect().add_examples(bare, datasets=["foreign"])
    answer(start("x", reuse=["foreign"]), 10)
    copies = [e for e in stored("x") if e["al"]["reused_from"]]
    assert {e["al"]["reused_from"] for e in copies} == {"foreign"}
    assert verify_records([(e["_input_hash"], read_record(e)) for e in copies]) == len(copies)


@pytest.mark.parametrize(
    ("recipe", "options", "sentence"),
    [
        ("al.random", {"reuse": ["gone"]}, "--reuse gone: there is no such dataset"),
        ("al.random", {"reuse": ["x"]}, "--reuse x: it is the dataset to save to"),
        ("al.random", {"reuse": ["single"]}, "--reuse single: its answers are about single spans"),
        ("al.random", {"reuse": ["ranked"], "label": ["ORG", "PLACE"]}, "not about PLACE"),
        ("al.random", {"reuse": ["ranked"], "binary": True}, "only answers about whole segments"),
        ("al.manual-ranked", {"reuse": ["ranked"], "rerank_every": 20}, "sees no copied answers"),
    ],
)
def test_what_cannot_be_reused_is_refused_before_the_first_question(
    start: Start, ranked: Examples, recipe: str, options: dict[str, Any], sentence: str
):
    from prodigy.errors import RecipeError

    if options["reuse"] == ["x"]:
        answer(start("x"), 3)
    elif options["reuse"] == ["single"]:
        single = start("single", binary=True)
        single.receive_answers([{**t, "answer": "reject"} for t in single.get_questions()])
    with pytest.raises(RecipeError, match=sentence):
        start("x", recipe, **options)
