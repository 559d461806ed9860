"""Streams: every published form of `apply`, reading lazily, what get_stream does to tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pytest

from recipe_host.errors import SourceError
from recipe_host.filters import filter_duplicates, filter_inputs, filter_tasks
from recipe_host.hashing import set_hashes
from recipe_host.stream import Stream, get_stream, support_both_streams

Task = dict[str, Any]


def numbers(count: int = 3) -> Stream:
    return Stream.from_iterable([{"n": n} for n in range(count)])


def values(stream: Iterable[Task]) -> list[int]:
    return [task["n"] for task in stream]


def add(stream: Iterable[Task], by: int = 1, *, times: int = 1) -> Iterator[Task]:
    return ({**task, "n": task["n"] + by * times} for task in stream)


def add_last(by: int, stream: Iterable[Task]) -> Iterator[Task]:
    return add(stream, by)


def add_examples(examples: Iterable[Task], by: int) -> Iterator[Task]:
    return add(examples, by)


def test_apply_takes_a_function_of_the_stream_alone() -> None:
    stream = numbers()
    stream.apply(add)
    assert values(stream) == [1, 2, 3]


def test_apply_takes_keywords() -> None:
    stream = numbers()
    stream.apply(add, by=2, times=5)
    assert values(stream) == [10, 11, 12]


def test_apply_takes_positional_arguments_after_the_stream() -> None:
    stream = numbers()
    stream.apply(add, 2, times=2)
    assert values(stream) == [4, 5, 6]


def test_apply_puts_the_tasks_where_the_stream_stands() -> None:
    by_keyword, by_position = numbers(), numbers()
    by_keyword.apply(add_last, by=2, stream=by_keyword)
    by_position.apply(add_last, 2, by_position)
    assert values(by_keyword) == values(by_position) == [2, 3, 4]


def test_apply_binds_the_parameter_called_stream_wherever_it_is() -> None:
    by_keyword, by_position = numbers(), numbers()
    by_keyword.apply(add_last, by=2)
    by_position.apply(add_last, 2)
    assert values(by_keyword) == values(by_position) == [2, 3, 4]


def test_apply_gives_the_tasks_first_where_no_parameter_is_called_stream() -> None:
    stream = numbers()
    stream.apply(add_examples, 3)
    assert values(stream) == [3, 4, 5]


def test_apply_takes_functions_that_return_lists() -> None:
    stream = numbers()
    stream.apply(lambda tasks: sorted(tasks, key=lambda task: -task["n"]))
    assert values(stream) == [2, 1, 0]


def test_apply_takes_built_in_functions_without_a_signature() -> None:
    assert values(numbers().apply(islice, 2)) == [0, 1]


def test_apply_returns_the_stream_and_wraps_in_order() -> None:
    stream = numbers()
    same = stream.apply(add, 1).apply(lambda tasks: ({"n": task["n"] * 10} for task in tasks))
    assert same is stream
    assert values(stream) == [10, 20, 30]


def test_apply_refuses_arguments_that_do_not_fit_at_once() -> None:
    with pytest.raises(TypeError, match="cannot take a stream with these arguments"):
        numbers().apply(add, nonsense=1)


def test_apply_after_the_first_task_wraps_what_is_left() -> None:
    stream = numbers()
    assert next(stream) == {"n": 0}
    stream.apply(add, 10)
    assert values(stream) == [11, 12]


def test_streams_read_no_more_than_is_asked_for() -> None:
    read = []

    def source() -> Iterator[Task]:
        for n in range(1000):
            read.append(n)
            yield {"n": n}

    stream = Stream.from_iterable(source()).apply(add)
    assert read == []
    next(stream)
    assert read == [0]


def test_length_is_known_until_something_wraps_the_stream() -> None:
    stream = numbers(5)
    assert stream.length == 5
    assert Stream.from_iterable(iter(())).length is None
    assert stream.apply(add).length is None
    assert get_stream([{"text": "a"}, {"text": "b"}]).length == 2


def test_a_new_source_can_be_put_under_old_wrappers() -> None:
    old = numbers().apply(add, 1)
    next(old)
    new = old.with_source_of(numbers(2).apply(lambda tasks: ({"n": -task["n"]} for task in tasks)))
    assert values(new) == [-1, -2]


def test_support_both_streams_takes_streams_and_iterables() -> None:
    both = support_both_streams(stream_arg="stream")(add_last)
    stream = numbers()
    assert both(1, stream) is stream
    assert values(stream) == [1, 2, 3]
    assert values(both(by=2, stream=[{"n": 0}])) == [2]
    assert values(numbers().apply(both, by=3)) == [3, 4, 5]


def test_get_stream_adds_hashes_and_marks_binary_after_hashing() -> None:
    plain, marked = (
        next(iter(get_stream([{"text": "a"}], is_binary=mark))) for mark in (None, False)
    )
    assert "_is_binary" not in plain
    assert marked == {**plain, "_is_binary": False}


def test_get_stream_keeps_hashes_unless_told_to_rehash() -> None:
    source = [{"text": "a", "_input_hash": 1, "_task_hash": 2}]
    assert next(get_stream(source)) == source[0]
    assert next(get_stream(source, rehash=True)) == set_hashes({"text": "a"})


def test_get_stream_drops_equal_tasks_if_asked_to() -> None:
    source = [{"text": "a"}, {"text": "b"}, {"text": "a"}]
    assert [task["text"] for task in get_stream(source, dedup=True)] == ["a", "b"]
    assert len(list(get_stream(source))) == 3


def test_get_stream_names_the_record_without_the_input_key() -> None:
    with pytest.raises(SourceError, match=r"record 2 of the source has no 'text' .*image"):
        list(get_stream([{"text": "a"}, {"image": "b"}], input_key="text"))


def test_filters_keep_the_first_and_leave_out_the_known() -> None:
    spans = [[], [{"start": 0, "end": 1, "label": "A"}]]
    tasks = [set_hashes({"text": "a", "spans": one}) for one in (spans[0], spans[1], spans[1])]
    assert list(filter_duplicates(tasks)) == tasks[:2]
    assert list(filter_duplicates(tasks, by_input=True)) == tasks[:1]
    assert list(filter_tasks(tasks, {tasks[0]["_task_hash"]})) == tasks[1:]
    assert list(filter_inputs(tasks, {tasks[0]["_input_hash"]})) == []
