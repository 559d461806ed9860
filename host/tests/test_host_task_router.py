"""Who is given which task: over lost replies, restarts, several annotators, silent ones."""

from __future__ import annotations

import time
from typing import Any

import pytest

from recipe_host.connections import connect
from recipe_host.errors import SettingsError
from recipe_host.hashing import set_hashes
from recipe_host.session import Controller


def run(stream: str = "abc", **settings: Any) -> Controller:
    tasks = [{"text": letter} for letter in stream]
    components = {"dataset": "news", "view_id": "text", "stream": tasks}
    return Controller.from_components("ask", components, {"batch_size": 2, **settings})


def tasks_of(text: str) -> list[dict[str, Any]]:
    return [set_hashes({"text": letter}) for letter in text]


def hashes(text: str) -> list[int]:
    return [task["_task_hash"] for task in tasks_of(text)]


def ask(ctrl: Controller, session: str | None = None, holding: list[int] | None = None) -> str:
    return "".join(task["text"] for task in ctrl.get_questions(session, holding=holding))


def give(ctrl: Controller, text: str, session: str) -> None:
    ctrl.store_answers([{**task, "answer": "accept"} for task in tasks_of(text)], session)


def test_tasks_that_got_lost_on_the_way_come_again_first() -> None:
    ctrl = run("abcdef")
    assert ask(ctrl, holding=[]) == "ab"
    assert ask(ctrl, holding=[]) == "ab"  # a reload, or a reply that never arrived
    assert ask(ctrl, holding=hashes("a")) == "bc"
    assert ask(ctrl, holding=hashes("abc")) == "de"


def test_a_restart_serves_the_same_tasks_to_the_same_annotators() -> None:
    ctrl = run("abcdefgh")
    assert [ask(ctrl, name, holding=[]) for name in ("news-ann", "news-bob", None)] == [
        "ab",
        "cd",
        "ef",
    ]
    give(ctrl, "a", "news-ann")
    restarted = run("abcdefgh")
    assert ask(restarted, "news-bob", holding=[]) == "cd"
    assert ask(restarted, None, holding=[]) == "ef"  # although it has another id by now
    assert ask(restarted, "news-ann", holding=hashes("b")) == "gh"
    assert ask(restarted, "news-ann", holding=[]) == "bg"


def test_one_task_goes_to_one_annotator_or_to_as_many_as_asked_for() -> None:
    def round_of(ctrl: Controller) -> list[str]:
        return [ask(ctrl, f"news-{name}") for name in ("ann", "bob", "cid", "dan")]

    assert round_of(run("abcd")) == ["ab", "cd", "", ""]
    connect().drop_dataset("news")
    twice = run("abcd", annotations_per_task=2)
    assert round_of(twice) == ["ab", "ab", "cd", "cd"]
    for name, text in (("ann", "ab"), ("cid", "c")):
        give(twice, text, f"news-{name}")
    again = run("abcd", annotations_per_task=2)
    assert ask(again, "news-eve") == ""  # the rest is with bob, cid and dan
    connect().drop_dataset("news")
    assert round_of(run("ab", feed_overlap=True)) == ["ab"] * 4


@pytest.mark.parametrize("count", [0, 1.5, "two", True])
def test_annotations_per_task_must_be_a_whole_number(count: Any) -> None:
    with pytest.raises(SettingsError, match="annotations_per_task"):
        run(annotations_per_task=count)
    with pytest.raises(SettingsError, match="choose one"):
        run(annotations_per_task=2, feed_overlap=True)


def test_in_the_end_others_take_over_from_whoever_fell_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ctrl = run("abc")
    assert ask(ctrl, "news-ann", holding=[]) == "ab"
    assert ask(ctrl, "news-bob", holding=[]) == "c"
    assert ask(ctrl, "news-bob", holding=hashes("c")) == ""
    assert ctrl.open_elsewhere("news-bob") == 2
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + 601)
    assert ask(ctrl, "news-bob", holding=hashes("c")) == "ab"
    assert ask(ctrl, "news-ann", holding=[]) == ""
    assert ask(run("abc"), "news-bob", holding=[]) == "ab"  # and they are bob's from then on


def test_a_session_that_ends_leaves_its_tasks_to_the_others() -> None:
    ctrl = run("abc")
    assert ask(ctrl, "news-ann", holding=[]) == "ab"
    ctrl.end_session("news-ann")
    assert [ask(ctrl, "news-bob") for _ in range(2)] == ["c", "ab"]


def test_a_page_that_only_looks_again_counts_as_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    ctrl = run("abc")
    assert ask(ctrl, "news-ann", holding=[]) == "ab"
    assert ask(ctrl, "news-bob", holding=[]) == "c"
    now = time.monotonic()
    for seconds in range(0, 600, 10):  # as the page does at the end of the stream
        monkeypatch.setattr("time.monotonic", lambda late=seconds: now + late)
        assert ask(ctrl, "news-ann", holding=hashes("ab")) == ""
    monkeypatch.setattr("time.monotonic", lambda: now + 601)
    assert ask(ctrl, "news-bob", holding=hashes("c")) == "ab"


def test_whoever_works_keeps_the_rest_of_the_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    ctrl = run("abc")
    assert ask(ctrl, "news-ann", holding=[]) == "ab"
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + 500)
    give(ctrl, "a", "news-ann")
    assert ask(ctrl, "news-ann", holding=hashes("b")) == "c"
    monkeypatch.setattr("time.monotonic", lambda: now + 1_000)
    assert ask(ctrl, "news-bob", holding=[]) == ""


def test_whoever_was_silent_before_a_restart_is_silent_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ask(run("ab"), "news-ann", holding=[]) == "ab"
    assert ask(run("ab"), "news-bob", holding=[]) == ""
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 601)
    assert ask(run("ab"), "news-bob", holding=[]) == "ab"
