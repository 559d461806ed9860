"""What has to stay in one fold: documents, and texts that are nearly the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

DOCUMENT_KEY = "doc"
# Where nearly all records name their document, sentences of one document stay together.
DOCUMENT_COVERAGE = 0.95
# Short texts ("Results", a dateline) coincide by chance and would tie unrelated documents together.
NEAR_DUPLICATE_TOKENS = 8


def document_names(
    records: Sequence[Mapping[str, Any]], key: str = DOCUMENT_KEY
) -> list[object | None]:
    """Return the document that each record names in its `meta`, None where it names none."""
    return [(record.get("meta") or {}).get(key) for record in records]


def document_groups(
    records: Sequence[Mapping[str, Any]],
    alone: Sequence[str],
    *,
    key: str = DOCUMENT_KEY,
    coverage: float = DOCUMENT_COVERAGE,
) -> tuple[list[str], bool]:
    """Return each record's group, and whether documents make the groups.

    They do where at least the share `coverage` of the records names one under `key`. A record that
    names none, and every record where too few do, is the group that `alone` says. A document's
    group is spelt ``KEY=NAME``.

    >>> records = [{"meta": {"doc": 7}}] * 19 + [{}]
    >>> groups, by_document = document_groups(records, [f"record={i}" for i in range(20)])
    >>> groups[0], groups[19], by_document
    ('doc=7', 'record=19', True)
    """
    names = document_names(records, key)
    if sum(name is not None for name in names) < coverage * len(names):
        return list(alone), False
    groups = [
        other if name is None else f"{key}={name}" for name, other in zip(names, alone, strict=True)
    ]
    return groups, True


def join_near_duplicates(texts: Sequence[str], groups: Sequence[str]) -> list[str]:
    """Return the groups with those merged that share a text but for case, digits and punctuation.

    Of two groups the one that had the text first gives its name; so the names, and with them the
    dev fold, depend on the order of the texts.
    """
    # A forest: the name of a merged group is found by following `parent` to its end.
    parent = {group: group for group in groups}

    def name_of(group: str) -> str:
        while parent[group] != group:
            parent[group] = parent[parent[group]]  # halves the path for the next one
            group = parent[group]
        return group

    first: dict[str, str] = {}
    for text, group in zip(texts, groups, strict=True):
        words = re.findall(r"\w+", re.sub(r"\d+", "0", text.casefold()))
        if len(words) >= NEAR_DUPLICATE_TOKENS:
            earlier = first.setdefault(" ".join(words), group)
            parent[name_of(group)] = name_of(earlier)
    return [name_of(group) for group in groups]
