"""Texts -> what a model says of them, as columns of numbers that take little room anywhere.

A chunk of texts is read at once, in batches of its own. So its scores depend on what is in it and
on nothing else, and are the same to the last bit whichever process reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.arrays import Float32Array, FloatArray, IndexArray, IntArray
from prodigy_al.ner.words import few_words
from prodigy_al.sampling.scored import SPAN
from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals
from prodigy_al.scoring.pool import score_pool
from prodigy_al.scoring.steps import GreedySteps

Record: TypeAlias = Mapping[str, Any]
"""Of a source: ``text``, and ``tokens`` where it has its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What a model says of n segments with m candidate spans, those of a segment together.

    tokens, sizes: (n,) numbers of tokens and of candidate spans
    spans: (m,) of type `SPAN`, their labels as places in `labels`; lengths: (m,) in tokens
    expected: (n,) expected number of entities of all asked labels together
    vectors: (n, width) float32, zeros where there is no token; None where none
        are asked for or the pipeline has none
    steps: (3, t) the columns of `GreedySteps` of all t tokens, None where they are not asked for
    members: (m, members) float32 probabilities of the spans under each member of a committee, None
        where none is asked for
    """

    labels: tuple[str, ...]
    tokens: IntArray
    sizes: IntArray
    spans: np.ndarray[Any, Any]
    lengths: IntArray
    expected: FloatArray
    vectors: Float32Array | None = None
    steps: FloatArray | None = None
    members: Float32Array | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    def by_segment(self) -> Iterator[Reading]:
        """Yield what is said of each segment."""
        spans = pairwise(np.cumsum([0, *self.sizes]).tolist())
        steps = pairwise(np.cumsum([0, *self.tokens]).tolist())
        marginals = np.ascontiguousarray(self.spans["p"])
        for i, ((low, high), (first, end)) in enumerate(zip(spans, steps, strict=True)):
            yield Reading(
                spans=self.spans[low:high],
                labels=self.labels,
                marginals=marginals[low:high],
                lengths=self.lengths[low:high],
                tokens=end - first,
                expected=float(self.expected[i]),
                vector=None if self.vectors is None else self.vectors[i],
                steps=None if self.steps is None else GreedySteps(*self.steps[:, first:end]),
                members=None if self.members is None else self.members[low:high],
            )


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The same of one segment."""

    spans: np.ndarray[Any, Any]
    labels: tuple[str, ...]
    marginals: FloatArray
    lengths: IndexArray
    tokens: int
    expected: float
    vector: Float32Array | None
    steps: GreedySteps | None
    members: Float32Array | None


def read_records(
    scorer: MarginalScorer, records: Sequence[Record], *, word_vectors: bool = False
) -> Readings:
    """Return what the scorer says of the texts of some records.

    `vectors` are the means of the recogniser's token vectors where ``scorer.embed``; with
    `word_vectors` those of the pipeline's word vectors. What the scorer's pipeline learns of words
    is forgotten again, once it remembers `MOST_STRINGS` (`ner.words`).
    """
    with few_words(scorer.nlp):
        docs = [make_doc(scorer.nlp, record) for record in records]
        found = list(score_pool(scorer, docs, progress=False))
        embeddings = [one.embedding for one in found]
        return Readings(
            labels=tuple(scorer.asked()),
            tokens=np.array([len(doc) for doc in docs], dtype=np.int64),
            sizes=np.array([len(one) for one in found], dtype=np.int64),
            spans=_spans(scorer.asked(), records, docs, found),
            lengths=_joined([one.ends - one.starts for one in found], np.int64),
            expected=np.array([sum(one.expected.values()) for one in found], dtype=np.float64),
            vectors=_stacked([doc.vector for doc in docs] if word_vectors else embeddings),
            steps=np.hstack([one.steps.columns for one in found if one.steps])
            if scorer.steps
            else None,
            members=np.vstack([one.members for one in found if one.members is not None])
            if scorer.members
            else None,
        )


def make_doc(nlp: Language, record: Record) -> Doc:
    """Return a fresh doc with the record's own tokens, or the pipeline's where it has none."""
    tokens = record.get("tokens")
    if tokens is None:
        return nlp.make_doc(record["text"])
    words = [token["text"] for token in tokens]
    return Doc(nlp.vocab, words=words, spaces=[token.get("ws", True) for token in tokens])


def _spans(
    labels: Sequence[str],
    records: Sequence[Record],
    docs: Sequence[Doc],
    found: Sequence[SpanMarginals],
) -> np.ndarray[Any, Any]:
    """Return all spans by characters, as a `SPAN` array."""
    spans = np.zeros(sum(map(len, found)), dtype=SPAN)
    place, at = {label: i for i, label in enumerate(labels)}, 0
    for record, doc, one in zip(records, docs, found, strict=True):
        if not len(one):
            continue
        offsets, own = _offsets(record, doc), spans[at : at + len(one)]
        own["start"], own["end"] = offsets[one.starts, 0], offsets[one.ends - 1, 1]
        own["label"] = [place[label] for label in one.labels]
        own["p"], own["greedy"] = one.probabilities, one.greedy
        at += len(one)
    return spans


def _offsets(record: Record, doc: Doc) -> IndexArray:
    """Return (n_tokens, 2): where each token begins and ends, in characters."""
    if tokens := record.get("tokens"):
        # the record's own offsets count: its tokens need not add up to the text
        return np.array([(token["start"], token["end"]) for token in tokens], dtype=np.intp)
    offsets: IndexArray = doc.to_array(["IDX", "LENGTH"]).astype(np.intp).cumsum(axis=1)
    return offsets


def _joined(arrays: Sequence[IndexArray], dtype: type[np.int64]) -> IntArray:
    return np.concatenate(arrays).astype(dtype) if arrays else np.zeros(0, dtype=dtype)


def _stacked(vectors: Sequence[Any]) -> Float32Array | None:
    width = max((one.size for one in vectors if one is not None), default=0)
    none = np.zeros(width, dtype=np.float32)  # of a segment without a token
    return np.stack([none if one is None else one for one in vectors]) if width else None
