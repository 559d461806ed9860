"""The frame: the distinct texts of a source, with copies, groups and folds."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from prodigy_al.errors import ParameterError, SourceError
from prodigy_al.records import Fold
from prodigy_al.sampling.folds import dev_fold
from prodigy_al.sampling.groups import (
    DOCUMENT_COVERAGE,
    DOCUMENT_KEY,
    document_groups,
    document_names,
    join_near_duplicates,
)
from prodigy_al.sampling.keys import hashed_uniform

GOLD_KEYS = frozenset({"spans", "answer", "al", "accept", "options", "label"})
HASH_KEYS = frozenset({"_input_hash", "_task_hash", "_view_id", "_session_id", "_annotator_id"})
# Below this a fold of whole groups could miss its share by far, so segments are divided instead.
FEWEST_GROUPS = 8
SEGMENT_GROUP = "segment="
"""How the groups are spelt then: each segment is its own."""
RECORD_GROUP = "record="
"""How the group of a record is spelt that names no document, before its number in the source."""
POOL_TAG = "pool size"

Text: TypeAlias = tuple[int, Mapping[str, Any]]
"""The number of a source record, and the record, or a sentence of it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One distinct text. `record` is its source record without gold, hashes or provenance."""

    record: Mapping[str, Any]
    input_hash: int
    group: str
    copies: int = 1
    fold: Fold = "train"


@dataclass(frozen=True)
class Frame:
    """Everything that can be asked, in source order.

    `grouped_by` says what stays together in a fold: ``meta.doc``, or another key of meta,
    ``record`` or ``segment`` (too few groups: train and dev share documents). `sha256` identifies
    the texts of the source and their copies, also where the frame is a sample of them; `excluded`
    counts the distinct texts that were left out.
    """

    segments: tuple[Segment, ...]
    grouped_by: str
    sha256: str
    excluded: int = 0

    def fold(self, fold: Fold) -> list[Segment]:
        """Return the segments of one fold, in source order."""
        return [segment for segment in self.segments if segment.fold == fold]


def strip_gold(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a source record without spans, answers, provenance and hashes."""
    return {k: v for k, v in record.items() if k not in GOLD_KEYS and k not in HASH_KEYS}


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
) -> Frame:
    """Collect distinct texts, put them into groups and assign folds.

    `records` yields (number of the source record, input hash, record); a record that was split
    into sentences appears once per sentence, under one number. Texts whose input hash is in
    `exclude` are left out. `group_by` is the key of meta that names a record's group.

    `pool_size` draws a uniform sample of so many distinct texts: those with the smallest
    hash(fold_salt, input), so that all arms and seeds with one salt have the same sample and the
    same folds of it. A smaller sample is part of a larger one. Folds are filled afterwards.

    Raises `SourceError` where nothing is left to ask, `ParameterError` where no record has the
    `group_by` key, `dev_share` is out of range or `pool_size` is below 1.
    """
    if pool_size is not None and pool_size < 1:
        raise ParameterError("pool_size", pool_size, "give a number of segments of at least 1")
    first: dict[int, Text] = {}
    copies: Counter[int] = Counter()
    excluded: set[int] = set()
    for number, input_hash, record in records:
        if input_hash in exclude:
            excluded.add(input_hash)
            continue
        copies[input_hash] += 1
        first.setdefault(input_hash, (number, record))
        # A text that is not among the smallest now never will be: memory holds two samples at most.
        if pool_size is not None and len(first) >= 2 * pool_size:
            first = _sample(first, pool_size, fold_salt)
    if not first:
        raise nothing_to_ask(len(excluded))
    if pool_size is not None:
        first = _sample(first, pool_size, fold_salt)
    distinct = [strip_gold(record) for _, record in first.values()]
    # The sentences of a record that names no document still stay together.
    alone = [f"{RECORD_GROUP}{number}" for number, _ in first.values()]
    groups, grouped_by = _groups(distinct, alone, group_by)
    if len(set(groups)) < FEWEST_GROUPS:
        groups, grouped_by = [f"{SEGMENT_GROUP}{input_hash}" for input_hash in first], "segment"
    is_dev = dev_fold(groups, share=dev_share, salt=fold_salt)
    # Sorted, so that the same texts in another order are the same source.
    digest = hashlib.sha256(repr(sorted(copies.items())).encode())
    return Frame(
        segments=tuple(
            Segment(record, input_hash, group, copies[input_hash], fold="dev" if dev else "train")
            for record, input_hash, group, dev in zip(distinct, first, groups, is_dev, strict=True)
        ),
        grouped_by=grouped_by,
        sha256=digest.hexdigest(),
        excluded=len(excluded),
    )


def _sample(texts: Mapping[int, Text], size: int, salt: str) -> dict[int, Text]:
    """Return the `size` texts with the smallest hashes, in the order in which they stand."""
    by_hash = sorted(texts, key=lambda text: (hashed_uniform(POOL_TAG, salt, text), text))
    chosen = set(by_hash[:size])
    return {input_hash: text for input_hash, text in texts.items() if input_hash in chosen}


def _groups(
    records: Sequence[Mapping[str, Any]], alone: Sequence[str], group_by: str | None
) -> tuple[list[str], str]:
    """Return one group per record and what they were grouped by; `alone` as `document_groups`."""
    key = group_by or DOCUMENT_KEY
    if group_by and all(name is None for name in document_names(records, key)):
        raise ParameterError("group_by", group_by, f"no record of the source has meta.{group_by}")
    # Who names the key means it, however many records have it.
    coverage = 0.0 if group_by else DOCUMENT_COVERAGE
    groups, by_document = document_groups(records, alone, key=key, coverage=coverage)
    groups = join_near_duplicates([record["text"] for record in records], groups)
    return groups, f"meta.{key}" if by_document else "record"
