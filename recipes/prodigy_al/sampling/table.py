"""Segments as columns of numbers: a pool's memory does not depend on how long its texts are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, overload

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray, IndexArray, IntArray
from prodigy_al.records import Fold
from prodigy_al.sampling.shapes import count_shape
from prodigy_al.sampling.stored import Records

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Segment:
    """One distinct text. `record` is its source record without gold, hashes or provenance."""

    record: Mapping[str, Any]
    input_hash: int
    group: str
    copies: int = 1
    fold: Fold = "train"


@dataclass(frozen=True, eq=False)
class Columns:
    """All N segments of a frame. But for `records` and `name` all are (N,).

    groups: of each segment the place of the first one of its group, whose name `name` tells
    words, marked: the shape of its text, cut at white space (`shapes.count_shape`)
    """

    records: Records
    inputs: IntArray
    copies: IntArray
    groups: IndexArray
    is_dev: BoolArray
    words: IntArray
    marked: IntArray
    name: Callable[[int], str]


class SegmentTable(Sequence[Segment]):
    """The segments at some places of `columns`, all in order where `at` is None.

    A segment is made, and its record read, when it is asked for. What needs the numbers of all asks
    for the columns.
    """

    def __init__(self, columns: Columns, at: IndexArray | None = None) -> None:
        self._columns = columns
        self._at = np.arange(len(columns.inputs), dtype=np.intp) if at is None else at
        # segments of a group stand together in most sources
        self._name = lru_cache(maxsize=256)(columns.name)

    @property
    def columns(self) -> Columns:
        """Return the columns of the frame that they are of."""
        return self._columns

    @property
    def inputs(self) -> IntArray:
        """Return (n,): their input hashes."""
        return self._columns.inputs[self._at]

    @property
    def is_dev(self) -> BoolArray:
        """Return (n,): whether each is in the dev fold."""
        return self._columns.is_dev[self._at]

    @property
    def shapes(self) -> tuple[FloatArray, FloatArray]:
        """Return (n,) numbers of words, and (n,) shares of those that look like a table's."""
        words = self._columns.words[self._at]
        marked = self._columns.marked[self._at]
        return words.astype(np.float64), marked / np.maximum(words, 1)

    @property
    def n_groups(self) -> int:
        """Return how many groups they belong to."""
        return len(np.unique(self._columns.groups[self._at]))

    def take(self, at: IndexArray | BoolArray) -> SegmentTable:
        """Return the segments at these places of this table, or where a mask (n,) says so."""
        return SegmentTable(self._columns, self._at[at])

    def __len__(self) -> int:
        return len(self._at)

    def __iter__(self) -> Iterator[Segment]:
        return (self[i] for i in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> SegmentTable: ...
    def __getitem__(self, index: int | slice) -> Segment | SegmentTable:
        if isinstance(index, slice):
            return SegmentTable(self._columns, self._at[index])
        of, i = self._columns, int(self._at[index])
        return Segment(
            of.records[i],
            int(of.inputs[i]),
            self._name(int(of.groups[i])),
            int(of.copies[i]),
            fold="dev" if of.is_dev[i] else "train",
        )

    def __eq__(self, other: object) -> bool:
        """Return whether the same segments are listed in another sequence."""
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[list[Segment]], tuple[list[Segment]]]:
        """Return what pickles it: its segments, since the file is this process's."""
        return list, (list(self),)


def input_hashes(segments: Sequence[Segment]) -> IntArray:
    """Return (n,): the input hashes of segments, without a look at their texts."""
    if isinstance(segments, SegmentTable):
        return segments.inputs
    return np.array([one.input_hash for one in segments], dtype=np.int64)


def folds_of(segments: Sequence[Segment]) -> set[Fold]:
    """Return which folds the segments belong to."""
    if isinstance(segments, SegmentTable):
        return {"dev" if one else "train" for one in np.unique(segments.is_dev)}
    return {one.fold for one in segments}


def count_groups(segments: Sequence[Segment]) -> int:
    """Return how many groups the segments belong to."""
    if isinstance(segments, SegmentTable):
        return segments.n_groups
    return len({one.group for one in segments})


def in_fold(segments: Sequence[Segment], fold: Fold) -> Sequence[Segment]:
    """Return the segments of one fold, in their order."""
    if isinstance(segments, SegmentTable):
        return segments.take(segments.is_dev == (fold == "dev"))
    return [one for one in segments if one.fold == fold]


def without(segments: Sequence[Segment], inputs: Sequence[int]) -> Sequence[Segment]:
    """Return the segments whose input hash is not among `inputs`."""
    if isinstance(segments, SegmentTable):
        return segments.take(~np.isin(segments.inputs, np.array(inputs, dtype=np.int64)))
    left_out = set(inputs)
    return [one for one in segments if one.input_hash not in left_out]


def text_shapes(segments: Sequence[Segment]) -> tuple[FloatArray, FloatArray]:
    """Return (n,) numbers of words of the texts, and (n,) shares of those like a table's."""
    if isinstance(segments, SegmentTable):
        return segments.shapes
    counts = [count_shape(str(one.record["text"]).split()) for one in segments]
    words, marked = np.array(counts, dtype=np.float64).reshape(-1, 2).T
    return words, marked / np.maximum(words, 1)


def pick(items: Sequence[Item], at: IndexArray) -> Sequence[Item]:
    """Return the items at these places, of a table as a table."""
    take: Callable[[IndexArray], Sequence[Item]] | None = getattr(items, "take", None)
    return take(at) if take else [items[i] for i in at.tolist()]


class InputSet(Collection[int]):
    """Input hashes in eight bytes each, of which a set takes ten times as much.

    >>> inputs = InputSet(np.array([7, 3]))
    >>> 3 in inputs, 4 in inputs, len(inputs)
    (True, False, 2)
    """

    def __init__(self, inputs: IntArray) -> None:
        self._sorted = np.unique(inputs)

    def __contains__(self, key: object) -> bool:
        return self.place(key) is not None

    def place(self, key: object) -> int | None:
        """Return the place of an input hash in increasing order, None where it is not there."""
        if not isinstance(key, int) or not len(self._sorted):
            return None
        at = min(int(np.searchsorted(self._sorted, key)), len(self._sorted) - 1)
        return at if self._sorted[at] == key else None

    def __iter__(self) -> Iterator[int]:
        return iter(self._sorted.tolist())

    def __len__(self) -> int:
        return len(self._sorted)
