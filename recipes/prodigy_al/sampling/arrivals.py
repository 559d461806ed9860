"""A source that is read as it comes, and may never end: blocks in the order of arrival.

Nothing is known of what has not been read, so a stream differs from a pool in three ways. A block
is the next texts that arrive, each fold's share of them apart. A document is in the dev fold if its
hash is below the dev share, which holds for every document alone, and near-duplicates are not
looked for. A text that comes again is left out, and each counts once. What an estimate is about is
the part of the stream that was read.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from prodigy_al.errors import ParameterError
from prodigy_al.records import Fold
from prodigy_al.sampling.folds import in_dev_fold
from prodigy_al.sampling.frame import RECORD_GROUP, Segment, nothing_to_ask, strip_gold
from prodigy_al.sampling.groups import DOCUMENT_KEY, document_names


class ArrivingFrame:
    """The frame of a stream, of which the first block is read at once.

    `records`, `exclude` and `group_by` are those of `frame.build_frame`. `sha256` identifies the
    texts of the first block, by which a restart tells that the stream begins as it did; `folds`
    says in words how documents are divided.

    Raises `SourceError` where there is nothing to ask, `ParameterError` where no record of the
    first block has the `group_by` key or `dev_share` is out of range.
    """

    def __init__(
        self,
        records: Iterable[tuple[int, int, Mapping[str, Any]]],
        *,
        block_size: int,
        dev_share: float,
        fold_salt: str,
        exclude: Collection[int] = frozenset(),
        group_by: str | None = None,
    ) -> None:
        self._records = iter(records)
        self._block_size = block_size
        self._dev_share, self._fold_salt = dev_share, fold_salt
        self._exclude = exclude
        self._key = group_by or DOCUMENT_KEY
        self._seen: set[int] = set()
        self._unopened: dict[Fold, deque[list[Segment]]] = {"train": deque(), "dev": deque()}
        self._read_so_far: dict[Fold, int] = {"train": 0, "dev": 0}
        first = self._read_block()
        if not first:
            raise nothing_to_ask(len(self._seen.intersection(exclude)))
        names = document_names([segment.record for segment in first], self._key)
        if group_by and all(name is None for name in names):
            raise ParameterError(
                "group_by", group_by, f"none of the first {len(first)} records has meta.{group_by}"
            )
        digest = hashlib.sha256(repr(sorted(segment.input_hash for segment in first)).encode())
        self.sha256 = digest.hexdigest()
        self.folds = f"share {dev_share:g} of meta.{self._key}"

    def fold(self, fold: Fold) -> ArrivingSegments:
        """Return the segments of one fold, to be read once."""
        return ArrivingSegments(self, fold)

    def next_block(self, fold: Fold) -> list[Segment] | None:
        """Return the next block of a fold, reading on as far as it takes; None at the end."""
        return self._unopened[fold].popleft() if self._has_block(fold) else None

    def first_block(self, fold: Fold) -> list[Segment]:
        """Return the block of a fold that comes next, which stays that; [] at the end."""
        return self._unopened[fold][0] if self._has_block(fold) else []

    def read_so_far(self, fold: Fold) -> int:
        """Return how many segments of a fold have been read."""
        return self._read_so_far[fold]

    def _has_block(self, fold: Fold) -> bool:
        """Read on until there is a block of a fold to open; return whether there is one."""
        while not self._unopened[fold]:
            if not self._read_block():
                return False
        return True

    def _read_block(self) -> list[Segment]:
        """Read the next texts, and keep each fold's share of them as a block of that fold."""
        block: list[Segment] = []
        for number, input_hash, record in self._records:
            if input_hash in self._seen:
                continue
            self._seen.add(input_hash)
            if input_hash not in self._exclude:
                block.append(self._segment(number, input_hash, strip_gold(record)))
            if len(block) == self._block_size:
                break
        for fold, unopened in self._unopened.items():
            if part := [segment for segment in block if segment.fold == fold]:
                unopened.append(part)
                self._read_so_far[fold] += len(part)
        return block

    def _segment(self, number: int, input_hash: int, record: Mapping[str, Any]) -> Segment:
        (name,) = document_names([record], self._key)
        group = f"{RECORD_GROUP}{number}" if name is None else f"{self._key}={name}"
        dev = in_dev_fold(group, share=self._dev_share, salt=self._fold_salt)
        return Segment(record, input_hash, group, fold="dev" if dev else "train")


class ArrivingSegments:
    """One fold of a stream; its length is how many segments have been read so far."""

    def __init__(self, frame: ArrivingFrame, fold: Fold) -> None:
        self._frame, self._fold = frame, fold

    def __len__(self) -> int:
        return self._frame.read_so_far(self._fold)

    def first_block(self) -> list[Segment]:
        """Return the block that is opened next, without opening it."""
        return self._frame.first_block(self._fold)

    def blocks(self) -> Iterator[list[Segment]]:
        """Yield the blocks in which they arrive."""
        while (block := self._frame.next_block(self._fold)) is not None:
            yield block
