"""What has to stay in one fold: documents, and texts that are nearly the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodigy_al.arrays import IndexArray

DOCUMENT_KEY = "doc"
# Where nearly all records name their document, sentences of one document stay together.
DOCUMENT_COVERAGE = 0.95
# Short texts ("Results", a dateline) coincide by chance and would tie unrelated documents together.
NEAR_DUPLICATE_TOKENS = 8
WORD, DIGITS, ZEROS = re.compile(r"\w+"), re.compile(r"\d+"), re.compile("00+")
AS_WORDS = {
    i: "0" if chr(i).isdigit() else " " for i in range(128) if not re.match(r"[^\W\d]", chr(i))
}
"""What of ASCII is no letter becomes a zero or a space."""


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


def near_duplicate_key(text: str) -> int:
    """Return a number that texts share which are the same but for case, digits and punctuation.

    It is 0 for a text too short to tell. Two others share one by chance once in 2 ** 64 pairs.

    >>> near_duplicate_key("too short")
    0
    """
    if text.isascii():  # the same in half the time
        words = ZEROS.sub("0", text.casefold().translate(AS_WORDS)).split()
    else:
        words = WORD.findall(DIGITS.sub("0", text.casefold()))
    if len(words) < NEAR_DUPLICATE_TOKENS:
        return 0
    told = " ".join(words).encode("utf8", "surrogatepass")
    return int.from_bytes(blake2b(told, digest_size=8).digest(), "big") or 1


def join_groups(keys: NDArray[np.uint64], groups: IndexArray) -> IndexArray:
    """Return the groups (N,), as numbers below N, with those merged that share a near-duplicate.

    `keys` (N,) are those of `near_duplicate_key`. Of two groups the one that had the text first
    gives its number; so the groups, and with them the dev fold, depend on the order of the texts.

    >>> join_groups(np.array([5, 0, 5], dtype=np.uint64), np.array([0, 1, 2])).tolist()
    [0, 1, 0]
    """
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero((keys[order][1:] == keys[order][:-1]) & (keys[order][1:] != 0)) + 1
    # A forest: the number of a merged group is found by following `parent` to its end.
    parent: dict[int, int] = {}

    def root(group: int) -> int:
        while (above := parent.get(group, group)) != group:
            parent[group] = group = parent.get(above, above)  # halves the path for the next one
        return group

    first = np.searchsorted(keys[order], keys[order][same])
    pairs = np.stack([order[same], order[first]])
    for later, earlier in groups[pairs[:, np.argsort(pairs[0])]].T.tolist():
        if (below := root(later)) != (above := root(earlier)):
            parent[below] = above
    joined = np.arange(len(groups))
    for group in list(parent):
        joined[group] = root(group)
    return joined[groups]
