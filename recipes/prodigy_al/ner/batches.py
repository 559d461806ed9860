"""Docs in batches that are bounded by their tokens, which memory goes with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spacy.tokens import Doc

BATCH_SIZE = 128
MOST_TOKENS = 2**15
"""Of a batch: 128 segments of 256 tokens each, about half a gigabyte of states."""


def batches(
    docs: Iterable[Doc], *, size: int = BATCH_SIZE, most_tokens: int = MOST_TOKENS
) -> Iterator[list[Doc]]:
    """Yield the docs in batches, reading none ahead where it is their number that ends one.

    A batch ends after `size` docs, or before the doc with which it would hold more than
    `most_tokens`; one that is longer is a batch of its own.

    >>> import spacy
    >>> docs = [spacy.blank("en").make_doc(text) for text in ("a b c", "d e", "f")]
    >>> [len(batch) for batch in batches(docs, most_tokens=3)]
    [1, 2]
    """
    batch: list[Doc] = []
    tokens = 0
    for doc in docs:
        if batch and tokens + len(doc) > most_tokens:
            yield batch
            batch, tokens = [], 0
        batch.append(doc)
        tokens += len(doc)
        if len(batch) == size:
            yield batch
            batch, tokens = [], 0
    if batch:
        yield batch
