"""Texts that are nearly the same: clusters by the words that they share in the same order.

Two texts are near-duplicates where their sets of three consecutive words have a Jaccard similarity
of .7 at least (Broder 1997, "On the resemblance and containment of documents"). All such pairs are
found, without comparing all: two sets so alike share one of their rarest shingles (prefix filter:
Bayardo, Ma & Srikant 2007, "Scaling up all pairs similarity search", WWW).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import ceil

import numpy as np

from prodigy_al.arrays import IntArray
from prodigy_al.sampling.groups import NEAR_DUPLICATE_TOKENS

SHINGLE = 3
ALIKE = 0.7

Shingles = frozenset[tuple[str, ...]]


def cluster_texts(texts: Sequence[str]) -> IntArray:
    """Return (n,) the number of each text's cluster; near-duplicates are in one.

    Case, digits and punctuation do not count. Texts of under 8 words coincide by chance and stay
    alone.

    >>> cut = "the board of the bank met on friday to vote on the sale"
    >>> cluster_texts([cut, cut + " again", "something else"]).tolist()
    [0, 0, 2]
    """
    first: dict[Shingles, int] = {}
    parent = list(range(len(texts)))
    for i, text in enumerate(texts):
        if shingles := _shingles(text):
            parent[i] = first.setdefault(shingles, i)
    for a, b in _alike(first):
        parent[max(_root(parent, a), _root(parent, b))] = min(_root(parent, a), _root(parent, b))
    return np.array([_root(parent, i) for i in range(len(texts))], dtype=np.int64)


def _shingles(text: str) -> Shingles:
    words = re.findall(r"\w+", re.sub(r"\d+", "0", text.casefold()))
    if len(words) < NEAR_DUPLICATE_TOKENS:
        return frozenset()
    return frozenset(zip(*(words[i:] for i in range(SHINGLE)), strict=False))


def _alike(first: dict[Shingles, int]) -> Iterator[tuple[int, int]]:
    """Yield the places of distinct sets that are alike."""
    often = Counter(shingle for shingles in first for shingle in shingles)
    index: defaultdict[tuple[str, ...], list[tuple[Shingles, int]]] = defaultdict(list)
    for shingles, place in first.items():
        rarest = sorted(shingles, key=lambda one: (often[one], one))
        prefix = rarest[: len(rarest) - ceil(ALIKE * len(rarest)) + 1]
        met: set[int] = set()
        for shingle in prefix:
            for other, its_place in index[shingle]:
                if its_place not in met:
                    met.add(its_place)
                    shared = len(shingles & other)
                    if shared >= ALIKE * (len(shingles) + len(other) - shared):
                        yield place, its_place
            index[shingle].append((shingles, place))


def _root(parent: list[int], place: int) -> int:
    while parent[place] != place:
        parent[place] = parent[parent[place]]  # halves the path for the next one
        place = parent[place]
    return place
