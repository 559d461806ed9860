"""The controller: who is asked what, how far they are, what callbacks see."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from recipe_host.connections import connect
from recipe_host.errors import (
    DatasetNotFound,
    RecipeError,
    SettingsError,
)
from recipe_host.hashing import set_hashes
from recipe_host.session import Controller
from recipe_host.stream import Stream

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


def drive(ctrl: Controller, session_id: str | None = None) -> str:
    asked = ""
    while tasks := ctrl.get_questions(session_id):
        asked += texts(tasks)
        ctrl.receive_answers(answered(tasks), session_id=session_id)
    return asked


def test_batches_come_in_order_until_the_stream_ends() -> None:
    ctrl = controller(letters("abcde"), settings={"batch_size": 2})
    assert [texts(ctrl.get_questions()) for _ in range(4)] == ["ab", "cd", "e", ""]


@pytest.mark.parametrize("kind", [list, iter, tuple, Stream.from_iterable])
def test_streams_may_be_any_iterable(kind: Any) -> None:
    assert drive(controller(kind(letters("abc")))) == "abc"


def test_an_earlier_answers_stamps_are_not_asked_again() -> None:
    old = {"text": "a", "answer": "reject", "_timestamp": 1, "_session_id": "x", "_view_id": "ner"}
    (task,) = controller([old]).get_questions()
    assert task == set_hashes({"text": "a"})


def test_two_sessions_never_get_the_same_task() -> None:
    ctrl = controller(letters("abcabcdef"), settings={"batch_size": 2})
    asked = [texts(ctrl.get_questions(name)) for name in ("one", "two", "one", "two")]
    assert asked == ["ab", "cd", "ef", ""]


def test_many_threads_share_the_stream_without_a_task_twice() -> None:
    ctrl = controller(({"text": str(n)} for n in range(200)), settings={"batch_size": 3})
    asked: list[str] = []

    def annotate(name: str) -> None:
        while tasks := ctrl.get_questions(name):
            asked.extend(task["text"] for task in tasks)
            ctrl.receive_answers(answered(tasks), session_id=name)

    threads = [threading.Thread(target=annotate, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked, key=int) == [str(n) for n in range(200)]
    assert connect().count_dataset("news") == ctrl.total_annotated == 200


def test_with_overlap_every_session_gets_every_task_once() -> None:
    stream = iter(letters("abcb"))
    ctrl = controller(stream, settings={"feed_overlap": True, "batch_size": 2})
    assert texts(ctrl.get_questions("one")) == "ab"
    assert drive(ctrl, "two") == "abc"
    assert texts(ctrl.get_questions("one")) == "c"


def test_with_overlap_only_the_own_earlier_answers_are_left_out() -> None:
    settings = {"feed_overlap": True}
    first = controller(letters("ab"), settings=settings)
    first.receive_answers(answered(letters("a")), session_id="one")
    second = controller(letters("ab"), settings=settings)
    assert drive(second, "one") == "b"
    assert drive(second, "two") == "ab"


def test_served_tasks_stay_open_until_they_are_answered() -> None:
    ctrl = controller(letters("abc"), settings={"batch_size": 2})
    first, second = ctrl.get_questions("one")
    ctrl.get_questions("two")
    ctrl.receive_answers(answered([second]), session_id="one")
    assert ctrl.open_questions("one") == [first]
    assert texts(ctrl.open_questions("two")) == "c"


def test_what_the_dataset_holds_is_not_asked_again() -> None:
    assert drive(controller(letters("ab"))) == "ab"
    assert drive(controller(letters("abcb"))) == "c"
    everything = controller(letters("abb"), settings={"auto_exclude_current": False})
    assert drive(everything) == "abb"


def test_inputs_can_be_excluded_instead_of_tasks() -> None:
    tasks = [
        {"text": "a", "spans": [{"start": 0, "end": 1, "label": label}]} for label in ("X", "Y")
    ]
    assert drive(controller(iter(tasks))) == "aa"
    by_input = {"exclude_by": "input"}
    assert drive(controller(iter(tasks), dataset="other", config=by_input)) == "a"


def test_datasets_named_by_the_recipe_are_excluded() -> None:
    drive(controller(letters("ab"), dataset="old"))
    assert drive(controller(letters("abc"), exclude=["old"])) == "c"
    with pytest.raises(DatasetNotFound, match="'older'; there are"):
        controller(letters("a"), exclude=["older"])


def test_exclusion_happens_when_a_batch_is_asked_for() -> None:
    ctrl = controller(letters("abc"), settings={"batch_size": 1})
    ctrl.receive_answers(answered(letters("b")))
    assert drive(ctrl) == "ac"


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        (lambda: 0.25, 0.25),
        (lambda ctrl: ctrl.total_annotated / 4, 0.5),
        (lambda ctrl, result: result / 10, 0.7),
        (lambda session=0, total=0, loss=0: session / total, 1.0),
        (lambda ctrl, session, answers, result: session.total_annotated + len(answers), 4.0),
        (lambda *args, **kwargs: len(args) / 8, 0.5),
        (lambda ctrl, result: None, None),
    ],
)
def test_progress_is_called_in_every_published_form(progress: Any, expected: float | None) -> None:
    ctrl = controller(letters("ab"), progress=progress, update=lambda _: 7)
    assert ctrl.receive_answers(answered(ctrl.get_questions())) == expected
    assert ctrl.progress == expected


def test_a_recipes_progress_is_known_before_the_first_answer_and_after_a_restart() -> None:
    def start() -> Controller:
        return controller(letters("abcd"), progress=lambda ctrl: ctrl.total_annotated / 4)

    ctrl = start()
    assert ctrl.progress == 0.0
    ctrl.receive_answers(answered(ctrl.get_questions()[:2]))
    assert start().progress == 0.5


def test_a_progress_that_needs_a_result_of_update_is_unknown_before_there_is_one() -> None:
    ctrl = controller(letters("a"), progress=lambda ctrl, result: 1 - result, update=lambda _: 0.25)
    assert ctrl.progress is None
    assert ctrl.receive_answers(answered(ctrl.get_questions())) == 0.75


def test_progress_is_a_share_of_what_is_known() -> None:
    def progress(stream: Any, **settings: Any) -> float | None:
        ctrl = controller(stream, dataset=False, settings={"batch_size": 1, **settings})
        return ctrl.receive_answers(answered(ctrl.get_questions()))

    assert progress(letters("abcd")) == 0.25
    assert progress(iter(letters("abcd"))) is None
    assert progress(iter(letters("abcd")), auto_count_stream=True) == 0.25
    assert progress(iter(letters("abcd")), total_examples_target=2) == 0.5


def test_progress_counts_what_was_left_out_and_not_what_is_open() -> None:
    drive(controller(letters("ab")))
    ctrl = controller(letters("abcd"), settings={"batch_size": 2})
    first, second = ctrl.get_questions()
    assert ctrl.receive_answers(answered([first])) == 0.75
    assert ctrl.receive_answers(answered([second])) == 1.0


def test_on_load_and_on_exit_see_the_controller_once() -> None:
    calls: list[tuple[str, int]] = []
    with controller(
        letters("a"),
        on_load=lambda ctrl: calls.append(("load", ctrl.db.count_dataset(ctrl.dataset))),
        on_exit=lambda ctrl: calls.append(("exit", ctrl.total_annotated)),
    ) as ctrl:
        drive(ctrl)
    ctrl.close()
    assert calls == [("load", 0), ("exit", 1)]


def test_sessions_can_be_named_by_the_recipe_and_are_unique_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert controller(letters("a"), get_session_id=lambda: "mine").session_id == "mine"
    monkeypatch.setattr("time.strftime", lambda _: "2024-02-06_10-17-19")
    ids = []
    for letter in "abc":
        ctrl = controller(letters(letter))
        drive(ctrl)
        ids.append(ctrl.session_id)
    assert ids == [f"2024-02-06_10-17-19{suffix}" for suffix in ("", "-2", "-3")]


def test_a_reset_stream_goes_under_the_old_wrappers() -> None:
    def louder(stream: Iterable[Task]) -> Iterator[Task]:
        return ({"text": task["text"].upper()} for task in stream)

    ctrl = controller(Stream.from_iterable(letters("ab")).apply(louder), settings={"batch_size": 1})
    assert texts(ctrl.get_questions()) == "A"
    ctrl.reset_stream(letters("cd"))
    assert texts(ctrl.get_questions()) == "C"
    assert next(ctrl.stream) == {"text": "D"}
    ctrl.reset_stream(Stream.from_iterable(letters("e")), prepend_old_wrappers=False)
    assert drive(ctrl) == "e"


def test_settings_win_in_the_stated_order() -> None:
    ctrl = controller(letters("a"), config={"batch_size": 3, "port": 1}, settings={"port": 2})
    assert (ctrl.config["batch_size"], ctrl.config["port"]) == (3, 2)
    with pytest.raises(SettingsError, match="'batch_size' is 0"):
        controller(letters("a"), config={"batch_size": 0})


@pytest.mark.parametrize(
    ("components", "problem"),
    [
        ({}, "has no stream"),
        ({"stream": None}, "has no stream"),
        ({"stream": 5}, "not an iterable: 5"),
        ({"stream": [], "view_id": None}, "has no view_id"),
        ({"stream": [], "dataset": True}, "dataset True"),
        ({"stream": [], "dataset": ""}, "dataset ''"),
        ({"stream": [], "exclude": "news"}, "excludes 'news', which is not a list"),
        ({"stream": [], "update": 5}, "'update' that cannot be called"),
        ({"stream": [], "task_router": print}, "'task_router', which recipe-host does not cover"),
    ],
)
def test_components_that_cannot_be_used_are_named(components: Task, problem: str) -> None:
    with pytest.raises(RecipeError, match=problem):
        Controller.from_components("test", {"dataset": "news", "view_id": "text", **components})
