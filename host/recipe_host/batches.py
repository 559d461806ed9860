"""Streams read in batches, by one model or by two that take turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice, zip_longest
from typing import Any, Protocol, TypeVar

from recipe_host.types import ScoredStreamType, StreamType, TaskType

__all__ = ["ScoringModel", "batches_of", "combine_models"]

Item = TypeVar("Item")


class ScoringModel(Protocol):
    """What scores tasks and learns from answers."""

    def __call__(self, stream: StreamType) -> ScoredStreamType:
        """Yield (score, task)."""
        ...

    def update(self, answers: list[TaskType]) -> Any:
        """Learn from answers; return the loss, or None."""
        ...


def batches_of(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lists of `size` items, the last one shorter; no item is read before its batch.

    >>> list(batches_of("abc", 2))
    [['a', 'b'], ['c']]
    """
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch


def combine_models(
    one: ScoringModel, two: ScoringModel, batch_size: int = 32
) -> tuple[Callable[[StreamType], ScoredStreamType], Callable[[list[TaskType]], float]]:
    """Return a function that scores with both models and one that updates both.

    The first yields in turns what either makes of `batch_size` tasks, the rest of the longer one
    at the end. The second returns the sum of the losses.
    """

    def predict(stream: StreamType) -> ScoredStreamType:
        for batch in batches_of(stream, batch_size):
            # copies: a model may write into its tasks
            scored = (model([dict(task) for task in batch]) for model in (one, two))
            for pair in zip_longest(*scored):
                yield from (found for found in pair if found is not None)

    def update(answers: list[TaskType]) -> float:
        return float(sum(model.update(answers) or 0.0 for model in (one, two)))

    return predict, update
