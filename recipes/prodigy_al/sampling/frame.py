"""The frame: the distinct texts of a source, with copies, groups and folds."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from prodigy_al.errors import OptionError, SourceError
from prodigy_al.records import Fold
from prodigy_al.sampling.folds import dev_fold

GOLD_KEYS = frozenset({"spans", "answer", "al", "accept", "options", "label"})
HASH_KEYS = frozenset({"_input_hash", "_task_hash", "_view_id", "_session_id", "_annotator_id"})
DOCUMENT_KEY = "doc"
# Where nearly all records name their document, sentences of one document stay together.
DOCUMENT_COVERAGE = 0.95
# Short texts ("Results", a dateline) coincide by chance and would tie unrelated documents together.
NEAR_DUPLICATE_TOKENS = 8
FEWEST_GROUPS = 8


@dataclass(frozen=True)
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

    `grouped_by` says what keeps together in a fold: ``meta.doc``, the `--group-by` key, ``record``
    or ``segment`` (too few groups: train and dev share documents). `sha256` identifies the texts
    and their order; `excluded` counts distinct texts taken out by `--exclude`.
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


def build_frame(
    records: Iterable[tuple[int, int, Mapping[str, Any]]],
    *,
    dev_share: float,
    fold_salt: str,
    exclude: Collection[int] = frozenset(),
    group_by: str | None = None,
) -> Frame:
    """Collect distinct texts, tie them into groups and assign folds.

    `records` yields (number of the source record, input hash, record); a record that was split
    into sentences appears once a sentence, under one number. Raises `SourceError` where nothing
    is left to ask and `OptionError` where no record has the `group_by` key.
    """
    first: dict[int, tuple[int, Mapping[str, Any]]] = {}
    copies: Counter[int] = Counter()
    excluded: set[int] = set()
    for number, input_hash, record in records:
        if input_hash in exclude:
            excluded.add(input_hash)
            continue
        copies[input_hash] += 1
        first.setdefault(input_hash, (number, record))
    if not first:
        raise SourceError(
            f"nothing is left to ask: --exclude takes out all {len(excluded)} texts of the source"
            if excluded
            else "the source holds no text; give a source with at least one record"
        )
    segments = [
        Segment(strip_gold(record), input_hash, str(number), copies[input_hash])
        for input_hash, (number, record) in first.items()
    ]
    groups, grouped_by = _groups(segments, group_by)
    is_dev = dev_fold(groups, share=dev_share, salt=fold_salt)
    digest = hashlib.sha256(repr(sorted(copies.items())).encode())
    return Frame(
        segments=tuple(
            replace(segment, group=group, fold="dev" if dev else "train")
            for segment, group, dev in zip(segments, groups, is_dev, strict=True)
        ),
        grouped_by=grouped_by,
        sha256=digest.hexdigest(),
        excluded=len(excluded),
    )


def _groups(segments: Sequence[Segment], group_by: str | None) -> tuple[list[str], str]:
    """Return one group name a segment and what they were grouped by."""
    key = group_by or DOCUMENT_KEY
    named = [(segment.record.get("meta") or {}).get(key) for segment in segments]
    covered = sum(name is not None for name in named) / len(segments)
    if group_by and not covered:
        raise OptionError(
            f"--group-by {group_by}: no record of the source has meta.{group_by}",
            option="--group-by",
            value=group_by,
        )
    if group_by or covered >= DOCUMENT_COVERAGE:
        # A record that names no document is a group of its own.
        names = [
            f"{key}={name}" if name is not None else f"record={segment.group}"
            for name, segment in zip(named, segments, strict=True)
        ]
        grouped_by = f"meta.{key}"
    else:
        names = [f"record={segment.group}" for segment in segments]
        grouped_by = "record"
    names = _join_near_duplicates(segments, names)
    if len(set(names)) < FEWEST_GROUPS:
        return [f"segment={segment.input_hash}" for segment in segments], "segment"
    return names, grouped_by


def _join_near_duplicates(segments: Sequence[Segment], names: Sequence[str]) -> list[str]:
    """Merge the groups of texts that differ only in case, digits, spacing or punctuation."""
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    owner: dict[str, str] = {}
    for segment, name in zip(segments, names, strict=True):
        words = re.findall(r"\w+", re.sub(r"\d+", "0", segment.record["text"].casefold()))
        if len(words) >= NEAR_DUPLICATE_TOKENS:
            other = owner.setdefault(" ".join(words), name)
            parent[root(name)] = root(other)
    return [root(name) for name in names]
