"""The setting `validate`: what cannot be asked is said before the first question."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_host.checking import check_stream
from recipe_host.errors import RecipeError, SettingsError
from recipe_host.session import Controller
from recipe_host.stream import Stream

Task = dict[str, Any]

TOKENS = [
    {"text": text, "start": start, "end": start + len(text), "id": index}
    for index, (text, start) in enumerate([("Ann", 0), ("😀", 4), ("sat", 6)])
]
SPAN = {"start": 0, "end": 3, "label": "PER"}
TASK = {"text": "Ann 😀 sat", "tokens": TOKENS, "spans": [SPAN]}


def start(view_id: str, stream: Any, **settings: Any) -> Controller:
    components = {"dataset": "news", "view_id": view_id, "stream": stream}
    return Controller.from_components("ask", components, settings)


def asked(controller: Controller) -> list[Task]:
    tasks: list[Task] = []
    while batch := controller.get_questions():
        tasks += batch
    return tasks


@pytest.mark.parametrize(
    ("view_id", "task", "problem"),
    [
        ("text", {"html": "a"}, "has no key 'text', but the view text needs it: give every task"),
        ("text", {"text": 5}, "has 'text' 5; it must be text"),
        ("text", {"text": "a", "meta": "p. 1"}, "has 'meta' 'p. 1'; it must be an object"),
        ("text", (0.5, {"text": "a"}), r"is \(0.5, .*; it must be a dict, without a score"),
        ("classification", {"label": "NEWS"}, "has no key 'text'"),
        ("classification", {"text": "a", "label": ["A"]}, r"has 'label' \['A'\]; it must be text"),
        ("ner", {"text": "a", "spans": [{"start": 0, "end": 1}]}, "must be a list of spans with"),
        ("ner", {"text": "ab", "spans": [SPAN]}, "span 0-3 reaches beyond the text, which has 2"),
        ("ner", {**TASK, "text": "Ann 😀  sat"}, "token 2 is 'sat', but the text has ' sa' at 6-9"),
        ("ner_manual", {"text": "a"}, "has no key 'tokens', .* add them with add_tokens"),
        ("ner_manual", {"text": "a", "tokens": []}, r"has 'tokens' \[\], but the view ner_manual"),
        ("ner_manual", {**TASK, "spans": [{**SPAN, "end": 2}]}, r"span 0-2 'An' .* skip=True"),
        (
            "ner_manual",
            {**TASK, "spans": [SPAN, {**SPAN, "label": "ORG"}]},
            "span 0-3 in 'spans' that overlaps the one before it",
        ),
        (
            "ner_manual",
            {**TASK, "spans": [{**SPAN, "token_start": 0, "token_end": 1}]},
            "span 0-3 does not begin and end with its tokens",
        ),
        ("choice", {"text": "a"}, "has no key 'options', but the view choice needs it"),
        ("choice", {"text": "a", "options": ["yes"]}, r"has 'options' \['yes'\]; they must be"),
        ("choice", {"options": [{"text": "yes"}]}, "has 'options' .*; they must be a list such as"),
    ],
)
def test_a_task_that_does_not_fit_its_view_is_named_by_place_and_key(
    view_id: str, task: Any, problem: str
) -> None:
    fits = {**TASK, "label": "NEWS", "options": [{"id": 1, "text": "yes"}]}
    with pytest.raises(RecipeError, match=rf"^recipe 'ask': task 3 of the stream .*{problem}"):
        start(view_id, [fits, {**fits, "text": fits["text"]}, task])


@pytest.mark.parametrize(
    ("view_id", "task"),
    [
        ("text", {"text": ""}),
        ("ner", {"text": "Ann"}),
        ("ner", {"text": "Ann", "spans": [SPAN, {**SPAN, "label": "ORG"}]}),
        ("ner_manual", TASK),
        ("ner_manual", {"text": "", "tokens": []}),
        ("classification", {"text": "Ann", "label": ""}),
        ("choice", {"options": [{"id": 0}, {"id": "n", "text": "no"}]}),
        ("image_manual", {"image": "a.png", "spans": [{"points": []}]}),  # not known, not checked
    ],
)
def test_tasks_that_fit_are_asked(view_id: str, task: Task) -> None:
    (served,) = asked(start(view_id, [task]))
    assert served.items() >= task.items()


def test_the_check_can_be_turned_off() -> None:
    assert len(asked(start("ner_manual", [{"text": "a"}], validate=False))) == 1
    with pytest.raises(SettingsError, match="'validate' is 'no'; it must be true or false"):
        start("ner_manual", [], validate="no")


def test_the_first_batch_is_looked_at_and_no_more_of_an_endless_stream() -> None:
    read: list[int] = []

    def endless() -> Iterator[Task]:
        for n in count():
            read.append(n)
            yield {"text": str(n)}

    controller = start("text", endless(), batch_size=3)
    assert read == [0, 1, 2]
    assert [task["text"] for task in controller.get_questions()] == ["0", "1", "2"]
    assert [task["text"] for task in controller.get_questions()] == ["3", "4", "5"]
    assert len(read) == 6


def test_a_stream_that_fails_asks_what_came_before_it_first() -> None:
    def broken() -> Iterator[Task]:
        yield {"text": "a"}
        raise OSError("the disk is gone")

    controller = start("text", broken())
    assert [task["text"] for task in controller.get_questions()] == ["a"]
    for _ in range(2):
        with pytest.raises(OSError, match="the disk is gone"):
            controller.get_questions()


def test_wrappers_that_fail_do_so_when_tasks_are_asked_for() -> None:
    def nothing(_: Any) -> Iterator[Task]:
        raise OSError("no model")

    controller = start("text", Stream([{"text": "a"}]).apply(nothing))
    with pytest.raises(OSError, match="no model"):
        controller.get_questions()


def test_what_on_load_puts_in_place_of_the_stream_is_what_is_checked() -> None:
    components = {
        "view_id": "text",
        "stream": [{"text": 1}],
        "on_load": lambda ctrl: ctrl.reset_stream([{"text": "a"}]),
    }
    (task,) = asked(Controller.from_components("ask", components))
    assert task["text"] == "a"


@given(length=st.integers(0, 8), looks=st.lists(st.integers(0, 10), max_size=4))
def test_looking_ahead_neither_loses_nor_moves_a_task(length: int, looks: list[int]) -> None:
    stream = Stream(iter([{"n": n} for n in range(length)]))
    read: list[int] = []
    for look in looks:
        ahead = [task["n"] for task in stream.peek(look)]
        assert ahead == list(range(len(read), min(len(read) + look, length)))
        read += [task["n"] for task in [next(stream, None)] if task]
    stream.apply(lambda tasks: ({"n": -task["n"]} for task in tasks))
    assert read + [-task["n"] for task in stream] == list(range(length))


def test_the_length_of_a_stream_stays_known() -> None:
    stream = Stream([{"text": "a"}, {"text": "b"}])
    check_stream("ask", "text", stream, 1)
    assert stream.length == 2
