"""Streams without what was seen before."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from recipe_host.hashing import get_input_hash, get_task_hash
from recipe_host.types import TaskType

__all__ = ["filter_duplicates", "filter_inputs", "filter_tasks"]


def filter_duplicates(
    stream: Iterable[TaskType], by_input: bool = False, by_task: bool = True
) -> Iterator[TaskType]:
    """Keep the first task of each task hash (`by_task`) and of each input hash (`by_input`)."""
    inputs: set[int] = set()
    tasks: set[int] = set()
    for task in stream:
        input_hash, task_hash = get_input_hash(task), get_task_hash(task)
        if (by_input and input_hash in inputs) or (by_task and task_hash in tasks):
            continue
        inputs.add(input_hash)
        tasks.add(task_hash)
        yield task


def filter_inputs(stream: Iterable[TaskType], hashes: Container[int]) -> Iterator[TaskType]:
    """Keep tasks whose input hash is not among `hashes`."""
    return (task for task in stream if get_input_hash(task) not in hashes)


def filter_tasks(stream: Iterable[TaskType], hashes: Container[int]) -> Iterator[TaskType]:
    """Keep tasks whose task hash is not among `hashes`."""
    return (task for task in stream if get_task_hash(task) not in hashes)
