"""The columns of a frame, collected from its texts one by one: numbers, and hashes of names."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np

from prodigy_al.arrays import BoolArray, IndexArray, IntArray
from prodigy_al.errors import ParameterError
from prodigy_al.sampling.folds import fullest
from prodigy_al.sampling.groups import (
    DOCUMENT_COVERAGE,
    document_names,
    join_groups,
    near_duplicate_key,
)
from prodigy_al.sampling.keys import hashed_uniforms
from prodigy_al.sampling.shapes import count_shape
from prodigy_al.sampling.stored import Records
from prodigy_al.sampling.table import Columns

GOLD_KEYS = frozenset({"spans", "answer", "al", "accept", "options", "label"})
HASH_KEYS = frozenset({"_input_hash", "_task_hash", "_view_id", "_session_id", "_annotator_id"})
# Below this a fold of whole groups could miss its share by far, so segments are divided instead.
FEWEST_GROUPS = 8
SEGMENT_GROUP = "segment="
"""How the groups are spelt then: each segment is its own."""
RECORD_GROUP = "record="
"""How the group of a record is spelt that names no document, before its number in the source."""


@dataclass(frozen=True, eq=False)
class GroupNames:
    """Tells the name of a group by the place of its first segment.

    kind: ``document``, by ``meta[key]`` of `records` where a segment is `named` (N,), else as for
    ``record``, by its number (N,); ``segment``, by its input hash (N,)
    """

    key: str
    records: Records
    inputs: IntArray
    numbers: IntArray
    named: BoolArray
    kind: str = "document"

    def __call__(self, place: int) -> str:
        """Return the name."""
        if self.kind == "segment":
            return f"{SEGMENT_GROUP}{self.inputs[place]}"
        if self.kind == "document" and self.named[place]:
            return f"{self.key}={document_names([self.records[place]], self.key)[0]}"
        return f"{RECORD_GROUP}{self.numbers[place]}"


class Reading:
    """Collects distinct texts. Of a group's name it keeps a hash: names are read again.

    `key` is that of meta that names a record's group; `store` where records go (None: memory).
    """

    def __init__(self, key: str, store: Records | None) -> None:
        self._key = key
        self._records: Records = [] if store is None else store
        self._place: dict[int, int] = {}
        self._inputs, self._copies, self._numbers = array("q"), array("q"), array("q")
        self._documents, self._near = array("Q"), array("Q")
        self._words, self._marked = array("q"), array("q")

    def __len__(self) -> int:
        return len(self._inputs)

    def add(
        self, number: int, input_hash: int, record: Mapping[str, Any], *, copies: int = 1
    ) -> None:
        """Take a text of the source record `number`, or count it where it was there before."""
        at = self._place.setdefault(input_hash, len(self._inputs))
        if at < len(self._inputs):
            self._copies[at] += copies
            return
        (document,) = document_names([record], self._key)
        words, marked = count_shape(str(record["text"]).split())
        self._inputs.append(input_hash)
        self._copies.append(copies)
        self._numbers.append(number)
        self._documents.append(0 if document is None else name_key(str(document)))
        self._near.append(near_duplicate_key(record["text"]))
        self._words.append(words)
        self._marked.append(marked)
        self._records.append(strip_gold(record))

    @property
    def sha256(self) -> str:
        """Return what identifies the texts and their copies, in any order."""
        inputs, copies = np.array(self._inputs), np.array(self._copies)
        order = np.argsort(inputs)
        return digest_of(zip(inputs[order].tolist(), copies[order].tolist(), strict=True))

    def groups(self, group_by: str | None) -> tuple[IndexArray, GroupNames, str]:
        """Return (N,) the place of the first segment of each one's group, and what groups are.

        Raises `ParameterError` where no record has the key `group_by`.
        """
        documents, numbers = np.array(self._documents), np.array(self._numbers)
        named = documents != 0
        if group_by and not named.any():
            raise ParameterError(
                "group_by", group_by, f"no record of the source has meta.{group_by}"
            )
        # Who names the key means it, however many records have it.
        by_document = bool(group_by) or named.sum() >= DOCUMENT_COVERAGE * len(named)
        groups = np.arange(len(named))
        # The sentences of a record that names no document still stay together.
        for values, mask in (
            (documents, named & by_document),
            (numbers, ~(named & by_document)),
        ):
            at = np.flatnonzero(mask)
            _, first, place = np.unique(values[at], return_index=True, return_inverse=True)
            groups[at] = at[first[place]]
        groups = join_groups(np.array(self._near), groups)
        names = GroupNames(self._key, self._records, np.array(self._inputs), numbers, named)
        if len(np.unique(groups)) < FEWEST_GROUPS:
            return np.arange(len(named)), replace(names, kind="segment"), "segment"
        if by_document:
            return groups, names, f"meta.{self._key}"
        return groups, replace(names, kind="record"), "record"

    def columns(self, groups: IndexArray, is_dev: BoolArray, name: GroupNames) -> Columns:
        """Return all columns of the segments."""
        return Columns(
            records=self._records,
            inputs=np.array(self._inputs),
            copies=np.array(self._copies, dtype=np.int64),
            groups=groups.astype(np.int32),
            is_dev=is_dev,
            words=np.array(self._words, dtype=np.int32),
            marked=np.array(self._marked, dtype=np.int32),
            name=name,
        )


def strip_gold(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a source record without spans, answers, provenance and hashes."""
    return {k: v for k, v in record.items() if k not in GOLD_KEYS and k not in HASH_KEYS}


def name_key(name: str) -> int:
    """Return a number that two names share by chance once in 2 ** 64 pairs; never 0."""
    digest = blake2b(name.encode("utf8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") or 1


def digest_of(copies: Iterable[tuple[int, int]]) -> str:
    """Return the SHA-256 (hex) of input hashes and copies, sorted, as a list of pairs is shown.

    >>> digest_of([(1, 2), (3, 1)]) == hashlib.sha256(b"[(1, 2), (3, 1)]").hexdigest()
    True
    """
    digest = hashlib.sha256(b"[")
    for i, pair in enumerate(copies):
        digest.update(f"{', ' if i else ''}{pair}".encode())
    digest.update(b"]")
    return digest.hexdigest()


def fill_fold(groups: IndexArray, name: GroupNames, *, share: float, salt: str) -> BoolArray:
    """Return (N,): which segments are in the dev fold, as `folds.dev_fold` does of names."""
    firsts, place, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    uniforms = hashed_uniforms("fold", salt, last=map(name, map(int, firsts)))
    return fullest(uniforms, sizes, share)[place]
