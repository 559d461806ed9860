"""The controller: what is stored, when, and what the recipe's callbacks change of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from recipe_host.connections import connect
from recipe_host.errors import AnswerError, DatasetNotFound, UpdateError
from recipe_host.hashing import set_hashes
from recipe_host.session import Controller

Task = dict[str, Any]


def letters(text: str) -> list[Task]:
    return [{"text": letter} for letter in text]


def controller(stream: Any, *, settings: dict[str, Any] | None = None, **others: Any) -> Controller:
    components = {"dataset": "news", "view_id": "text", "stream": stream, **others}
    return Controller.from_components("test", components, settings)


def texts(tasks: Iterable[Task]) -> str:
    return "".join(task["text"] for task in tasks)


def answered(tasks: Iterable[Task], answer: str = "accept") -> list[Task]:
    return [{**task, "answer": answer} for task in tasks]


def annotate(ctrl: Controller) -> str:
    """Answer one batch; return its texts."""
    tasks = ctrl.get_questions()
    ctrl.receive_answers(answered(tasks))
    return texts(tasks)


def test_answers_are_stamped_and_linked_to_dataset_and_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.9)
    ctrl = controller(letters("a"), view_id="ner")
    (task,) = ctrl.get_questions()
    assert task == set_hashes({"text": "a"})
    ctrl.receive_answers(answered([task]))
    expected = {
        **task,
        "answer": "accept",
        "_timestamp": 1_700_000_000,
        "_session_id": ctrl.session_id,
        "_annotator_id": ctrl.session_id,
        "_view_id": "ner",
    }
    db = connect()
    assert db.get_dataset_examples("news") == [expected]
    assert db.get_dataset_examples(ctrl.session_id) == [expected]
    assert db.get_dataset_sessions("news") == [ctrl.session_id]


def test_a_timestamp_of_the_answer_stays() -> None:
    ctrl = controller(letters("a"))
    (answer,) = answered(ctrl.get_questions())
    ctrl.receive_answers([{**answer, "_timestamp": 12}])
    assert connect().get_dataset_examples("news")[0]["_timestamp"] == 12


def test_named_sessions_are_stored_under_their_names() -> None:
    ctrl = controller(letters("ab"), settings={"batch_size": 1})
    name = ctrl.get_session_name("ann")
    ctrl.receive_answers(answered(ctrl.get_questions(name)), session_id=name)
    assert name == "news-ann"
    assert ctrl.session_ids == [name]
    assert connect().sessions == [name]


def test_answers_are_stored_before_the_recipe_learns_from_them() -> None:
    seen: list[int] = []
    ctrl = controller(letters("ab"), update=lambda _: seen.append(connect().count_dataset("news")))
    annotate(ctrl)
    assert seen == [2]


def test_before_db_changes_what_is_stored_and_not_what_is_learned_from() -> None:
    learned: list[Task] = []

    def strip(examples: list[Task]) -> list[Task]:
        for example in examples:
            del example["meta"]["big"]
        return examples

    stream = [{"text": "a", "meta": {"big": "x" * 100, "page": 1}}]
    annotate(controller(stream, before_db=strip, update=learned.extend))
    assert connect().get_dataset_examples("news")[0]["meta"] == {"page": 1}
    assert learned[0]["meta"]["big"]


def test_a_failing_update_loses_no_answer_and_is_reported() -> None:
    def update(_: list[Task]) -> None:
        raise ZeroDivisionError("no examples")

    ctrl = controller(letters("ab"), update=update, settings={"batch_size": 1})
    with pytest.raises(UpdateError, match=r"1 answers are stored, .*ZeroDivisionError") as caught:
        ctrl.receive_answers(answered(ctrl.get_questions()))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert connect().count_dataset("news") == ctrl.total_annotated == 1
    assert ctrl.open_questions() == []
    assert texts(ctrl.get_questions()) == "b"


def test_a_failing_before_db_stores_nothing_and_the_task_stays_open() -> None:
    def before_db(examples: list[Task]) -> list[Task]:
        raise KeyError("image")

    ctrl = controller(letters("a"), before_db=before_db)
    with pytest.raises(KeyError):
        ctrl.receive_answers(answered(ctrl.get_questions()))
    assert connect().count_dataset("news") == ctrl.total_annotated == 0
    assert texts(ctrl.open_questions()) == "a"


def test_refused_answers_stop_the_whole_batch_with_the_recipes_words() -> None:
    def validate(answer: Task) -> None:
        if answer["text"] == "b":
            raise ValueError("choose one option")

    ctrl = controller(letters("ab"), validate_answer=validate)
    with pytest.raises(AnswerError, match=r"^choose one option$"):
        ctrl.receive_answers(answered(ctrl.get_questions()))
    assert connect().count_dataset("news") == 0


@pytest.mark.parametrize("answer", [{}, {"answer": "maybe"}])
def test_answers_must_be_one_of_three(answer: Task) -> None:
    with pytest.raises(AnswerError, match="accept, reject, ignore, not"):
        controller(letters("a")).receive_answers([{"text": "a", **answer}])


def test_without_a_dataset_nothing_is_stored_and_the_recipe_still_learns() -> None:
    learned: list[Task] = []
    for others in ({"dataset": False}, {"db": False}):
        assert annotate(controller(letters("ab"), update=learned.extend, **others)) == "ab"
    assert (connect().datasets, connect().sessions) == ([], [])
    assert texts(learned) == "abab"


def test_datasets_are_made_only_where_the_settings_allow() -> None:
    with pytest.raises(DatasetNotFound):
        controller(letters("a"), settings={"auto_create": False})
    connect().add_dataset("news")
    assert annotate(controller(letters("a"), settings={"auto_create": False})) == "a"


def test_an_own_database_is_used() -> None:
    db = connect("sqlite", {"name": ":memory:"})
    annotate(controller(letters("a"), db=db))
    assert db.count_dataset("news") == 1
    assert connect().datasets == []
