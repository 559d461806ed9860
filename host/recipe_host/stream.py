"""Streams of tasks: read lazily, wrapped in place by preprocessors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Sized
from itertools import chain, islice
from typing import Any

from recipe_host.constants import BINARY_ATTR
from recipe_host.errors import SourceError
from recipe_host.filters import filter_duplicates
from recipe_host.hashing import set_hashes
from recipe_host.loaders import load
from recipe_host.types import SourceType, TaskType

__all__ = ["Stream", "get_stream", "support_both_streams"]

Wrapper = Callable[[Iterable[TaskType]], Iterable[TaskType]]


class Stream:
    """An iterator over tasks that preprocessors wrap in place.

    Wrappers run when the first task is asked for, so that a later stream can be put below them
    (`with_source_of`). `length` is the number of tasks where it is known: it is not once a wrapper
    may drop or multiply tasks.
    """

    def __init__(self, source: Iterable[TaskType], *, length: int | None = None) -> None:
        self.length = length if length is not None else _length(source)
        self._source = source
        self._wrappers: list[Wrapper] = []
        self._tasks: Iterator[TaskType] | None = None

    @classmethod
    def from_iterable(cls, iterable: Iterable[TaskType]) -> Stream:
        """Make a stream of any iterable; a `Stream` is returned as it is."""
        return iterable if isinstance(iterable, cls) else cls(iterable)

    def apply(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Stream:
        """Wrap the stream with `function`, which takes an iterable of tasks and returns one.

        The tasks go where the stream itself stands among the arguments, else to a parameter called
        `stream`, else to the first one. In place; the stream is returned for convenience. Raises
        `TypeError` at once where the arguments do not fit.
        """
        wrapper = _bind(function, args, kwargs, self)
        if self._tasks is not None:  # reading has begun: wrap what is left
            self._tasks = iter(wrapper(self._tasks))
        self._wrappers.append(wrapper)
        self.length = None
        return self

    def peek(self, count: int) -> list[TaskType]:
        """Return up to `count` of the next tasks, which stay in the stream.

        What fails while they are read fails again for whoever asks for the task after them.
        """
        seen: list[TaskType] = []
        failed: Iterable[TaskType] = ()
        try:
            seen.extend(islice(self, count))  # what came before a failure is kept
        except Exception as error:  # the recipe's, so of any kind
            failed = _failing(error)
        if self._tasks is not None:  # else a wrapper failed before the first task
            self._tasks = chain(seen, failed, self._tasks)
        return seen

    def with_source_of(self, other: Stream) -> Stream:
        """Return a new stream: the other's tasks under this one's wrappers, then its own."""
        stream = Stream(other._source)
        for wrapper in (*self._wrappers, *other._wrappers):
            stream.apply(wrapper)
        return stream

    def __iter__(self) -> Iterator[TaskType]:
        return self

    def __next__(self) -> TaskType:
        if self._tasks is None:
            tasks = self._source
            for wrapper in self._wrappers:
                tasks = wrapper(tasks)
            self._tasks = iter(tasks)
        return next(self._tasks)


def _failing(error: Exception) -> Iterator[TaskType]:
    raise error
    yield  # makes this a generator


def _length(source: Iterable[TaskType]) -> int | None:
    return len(source) if isinstance(source, Sized) else None


def _bind(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], stream: Stream
) -> Wrapper:
    # By identity: arguments may define `==` as they like.
    if not any(value is stream for value in (*args, *kwargs.values())):
        if _fits(function, args, {**kwargs, "stream": stream}, name="stream"):
            kwargs = {**kwargs, "stream": stream}
        else:
            args = (stream, *args)
    if not _fits(function, args, kwargs):
        raise TypeError(f"{function!r} cannot take a stream with these arguments: {args}, {kwargs}")

    def wrapper(tasks: Iterable[TaskType]) -> Iterable[TaskType]:
        def put(value: Any) -> Any:
            return tasks if value is stream else value

        named = {key: put(value) for key, value in kwargs.items()}
        wrapped: Iterable[TaskType] = function(*map(put, args), **named)
        return wrapped

    return wrapper


def _fits(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    name: str | None = None,
) -> bool:
    """Tell whether a call is possible, and `name`, if given, is a parameter of its own."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # some built-in functions have none
        return name is None
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return name is None or name in signature.parameters


def get_stream(
    source: SourceType,
    loader: str | None = None,
    rehash: bool = False,
    dedup: bool = False,
    input_key: str | None = None,
    is_binary: bool | None = None,
) -> Stream:
    """Open a source and return its tasks with hashes.

    Args: `source`: a path (.jsonl, .json, .csv, .txt, each also .gz), ``-`` (stdin),
        ``dataset:NAME`` (or ``dataset:NAME:accept``), or an iterable of dicts; `loader`: name of
        the format where the suffix does not tell; `rehash`: replace hashes that are there;
        `dedup`: keep the first of equal tasks; `input_key`: what every record must have;
        `is_binary`: noted in each task (after hashing).
    Raises `SourceError` at once for a source that cannot be opened, and while iterating for a
    record that cannot be used.
    """
    records = load(source, loader)
    tasks = _require(records, input_key) if input_key is not None else records
    tasks = _prepare(tasks, rehash, is_binary)
    if dedup:
        return Stream(filter_duplicates(tasks))
    return Stream(tasks, length=_length(records))


def _require(tasks: Iterable[TaskType], key: str) -> Iterator[TaskType]:
    for number, task in enumerate(tasks, 1):
        if key not in task:
            keys = ", ".join(map(str, task)) or "none at all"
            raise SourceError(f"record {number} of the source has no '{key}' (it has: {keys})")
        yield task


def _prepare(tasks: Iterable[TaskType], rehash: bool, is_binary: bool | None) -> Iterator[TaskType]:
    for task in tasks:
        hashed = set_hashes(task, overwrite=rehash)
        yield hashed if is_binary is None else {**hashed, BINARY_ATTR: is_binary}


def support_both_streams(
    stream_arg: str = "stream",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a preprocessor of plain iterables take a `Stream` as well.

    Given a `Stream`, the preprocessor is applied to it in place and the stream is returned.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            stream = bound.arguments.get(stream_arg)
            if isinstance(stream, Stream):
                return stream.apply(function, *args, **kwargs)
            return function(*args, **kwargs)

        return wrapped

    return decorate
