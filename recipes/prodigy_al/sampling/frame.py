"""The frame: the distinct texts of a source, with copies, groups and folds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from prodigy_al.errors import ParameterError, SourceError
from prodigy_al.records import Fold
from prodigy_al.sampling.columns import RECORD_GROUP, Reading, digest_of, fill_fold, strip_gold
from prodigy_al.sampling.groups import DOCUMENT_KEY
from prodigy_al.sampling.keys import hashed_uniform
from prodigy_al.sampling.stored import Records
from prodigy_al.sampling.table import Segment, SegmentTable, in_fold

__all__ = ["RECORD_GROUP", "Frame", "Segment", "build_frame", "nothing_to_ask", "strip_gold"]

POOL_TAG = "pool size"

Text: TypeAlias = tuple[int, Mapping[str, Any]]
"""The number of a source record, and the record, or a sentence of it."""


@dataclass(frozen=True)
class Frame:
    """Everything that can be asked, in source order: a `SegmentTable`, or what is left of one.

    `grouped_by` says what stays together in a fold: ``meta.doc``, or another key of meta,
    ``record`` or ``segment`` (too few groups: train and dev share documents). `sha256` identifies
    the texts of the source and their copies, also where the frame is a sample of them; `excluded`
    counts the distinct texts that were left out.
    """

    segments: Sequence[Segment]
    grouped_by: str
    sha256: str
    excluded: int = 0

    def fold(self, fold: Fold) -> Sequence[Segment]:
        """Return the segments of one fold, in source order."""
        return in_fold(self.segments, fold)


def nothing_to_ask(excluded: int) -> SourceError:
    """Return the error for a source without a text to ask about, of which some were excluded."""
    return SourceError(
        f"nothing is left to ask: all {excluded} texts of the source are excluded"
        if excluded
        else "the source holds no text; give a source with at least one record"
    )


def build_frame(
    records: Iterable[tuple[int, int, Mapping[str, Any]]],
    *,
    dev_share: float,
    fold_salt: str,
    exclude: Collection[int] = frozenset(),
    group_by: str | None = None,
    pool_size: int | None = None,
    store: Records | None = None,
) -> Frame:
    """Collect distinct texts, put them into groups and assign folds.

    `records` yields (number of the source record, input hash, record); a record that was split
    into sentences appears once per sentence, under one number. Texts whose input hash is in
    `exclude` are left out. `group_by` is the key of meta that names a record's group.

    `store` is where their records go, empty; None: into memory.

    `pool_size` draws a uniform sample of so many distinct texts: those with the smallest
    hash(fold_salt, input), so that all arms and seeds with one salt have the same sample and the
    same folds of it. A smaller sample is part of a larger one. Folds are filled afterwards.

    Raises `SourceError` where nothing is left to ask, `ParameterError` where no record has the
    `group_by` key, `dev_share` is out of range or `pool_size` is below 1.
    """
    if pool_size is not None and pool_size < 1:
        raise ParameterError("pool_size", pool_size, "give a number of segments of at least 1")
    read = Reading(group_by or DOCUMENT_KEY, store)
    left = _Left(records, exclude)
    copies: Counter[int] | None = None
    if pool_size is None:
        for text in left:
            read.add(*text)
    else:
        sample, copies = _sampled(left, pool_size, fold_salt)
        for input_hash, (number, record) in sample.items():
            read.add(number, input_hash, record, copies=copies[input_hash])
    if not len(read):
        raise nothing_to_ask(len(left.excluded))
    groups, name, grouped_by = read.groups(group_by)
    is_dev = fill_fold(groups, name, share=dev_share, salt=fold_salt)
    return Frame(
        segments=SegmentTable(read.columns(groups, is_dev, name)),
        grouped_by=grouped_by,
        sha256=read.sha256 if copies is None else digest_of(sorted(copies.items())),
        excluded=len(left.excluded),
    )


class _Left:
    """The texts of a source that are not excluded, to be read once; `excluded` collects others."""

    def __init__(
        self, records: Iterable[tuple[int, int, Mapping[str, Any]]], exclude: Collection[int]
    ) -> None:
        self._records, self._exclude = records, exclude
        self.excluded: set[int] = set()

    def __iter__(self) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
        for number, input_hash, record in self._records:
            if input_hash in self._exclude:
                self.excluded.add(input_hash)
            else:
                yield number, input_hash, record


def _sampled(
    texts: Iterable[tuple[int, int, Mapping[str, Any]]], size: int, salt: str
) -> tuple[dict[int, Text], Counter[int]]:
    """Return a sample of distinct texts, in source order, and how often each text of all occurs."""
    first: dict[int, Text] = {}
    copies: Counter[int] = Counter()
    for number, input_hash, record in texts:
        copies[input_hash] += 1
        first.setdefault(input_hash, (number, record))
        # A text that is not among the smallest now never will be: memory holds two samples at most.
        if len(first) >= 2 * size:
            first = _sample(first, size, salt)
    return _sample(first, size, salt), copies


def _sample(texts: Mapping[int, Text], size: int, salt: str) -> dict[int, Text]:
    """Return the `size` texts with the smallest hashes, in the order in which they stand."""
    by_hash = sorted(texts, key=lambda text: (hashed_uniform(POOL_TAG, salt, text), text))
    chosen = set(by_hash[:size])
    return {input_hash: text for input_hash, text in texts.items() if input_hash in chosen}
