"""Segments of a frame scored by a pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from itertools import tee
from typing import Any, TypeAlias

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.arrays import Float32Array
from prodigy_al.records import Fold
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.keys import hashed_uniform, quantise
from prodigy_al.sampling.scored import Candidate, Candidates, Scored, ScoreSegments
from prodigy_al.scoring.acquisition import expected_errors
from prodigy_al.scoring.cache import ScoreCache
from prodigy_al.scoring.greedy_orders import apart_when_taken, room_when_taken
from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals
from prodigy_al.scoring.pool import score_pool
from prodigy_al.scoring.pool_wide import densities, occurrences_elsewhere
from prodigy_al.scoring.registry import (
    OF_EMBEDDINGS,
    OF_POOL,
    OF_STEPS,
    AcquisitionFunction,
    SegmentScores,
    find_acquisition,
)

CHANCE_TAG = "acquisition"


@dataclass(frozen=True)
class _Read:
    """A segment, its spans, these by characters, and its number of tokens."""

    segment: Segment
    spans: SpanMarginals
    candidates: Candidates
    tokens: int


_Told: TypeAlias = tuple[_Read, SegmentScores]


def segment_scorer(
    nlp: Language,
    scorer: MarginalScorer,
    acquisition: str,
    *,
    dev: str | None = None,
    seed: int = 0,
    progress: bool = True,
    cache: ScoreCache | None = None,
) -> ScoreSegments:
    """Return a function that scores segments in order, with a bar that says of which fold.

    `dev` is the acquisition of the dev fold, where that is drawn by another; `seed` that of random
    numbers; `cache` as in `score_pool`. Segments are held in memory together where a score depends
    on the others. Raises `ParameterError` where one of both scores cannot be had.
    """
    measures: Mapping[Fold, AcquisitionFunction] = {
        "train": find_acquisition(acquisition),
        "dev": find_acquisition(dev or acquisition),
    }

    def score(segments: Sequence[Segment]) -> Iterator[Scored]:
        used = {one.fold for one in segments}
        reads = frozenset[str]().union(*(measures[fold].reads for fold in used))
        # the pool reads a batch ahead; `tee` holds no more docs than that
        docs, same = tee(make_doc(nlp, segment) for segment in segments)
        label = f"scoring {' and '.join(sorted(used))} fold"
        pool = score_pool(
            _telling(scorer, reads), docs, total=len(segments),
            progress=progress, label=label, cache=cache,
        )  # fmt: skip
        read = (
            _Read(segment, spans, _candidates(segment, doc, spans), len(doc))
            for segment, doc, spans in zip(segments, same, pool, strict=True)
        )
        told = _tell(read, seed if "chance" in reads else None)
        for one, scores in _tell_of_pool(list(told), reads) if reads & OF_POOL else told:
            u = quantise(measures[one.segment.fold](scores))
            yield Scored(u, one.candidates, one.tokens)

    return score


def _telling(scorer: MarginalScorer, reads: Set[str]) -> MarginalScorer:
    """Return the scorer, or one like it that also gives what is read beside marginals."""
    steps, embed = bool(reads & OF_STEPS), bool(reads & OF_EMBEDDINGS)
    if scorer.steps >= steps and scorer.embed >= embed:
        return scorer
    telling = copy(scorer)  # the one given is another's
    telling.steps |= steps
    telling.embed |= embed
    return telling


def _tell(read: Iterable[_Read], seed: int | None) -> Iterator[_Told]:
    """Yield each segment with all that is known of it alone; a random number if there is a seed."""
    for one in read:
        spans, steps = one.spans, one.spans.steps
        yield (
            one,
            SegmentScores(
                marginals=spans.probabilities,
                tokens=one.tokens,
                lengths=spans.ends - spans.starts,
                greedy=spans.greedy,
                entropies=steps.entropies if steps else None,
                margins=steps.margins if steps else None,
                log_probability=steps.log_probability if steps else None,
                chance=None
                if seed is None
                else hashed_uniform(CHANCE_TAG, seed, one.segment.input_hash),
            ),
        )


def _tell_of_pool(told: list[_Told], reads: Set[str]) -> list[_Told]:
    """Return each segment with what is known of it beside the others as well."""
    marginals = [scores.marginals for _, scores in told]
    found: dict[str, Sequence[Any]] = {}
    if reads & {"elsewhere", "room"}:
        forms = [[_form(one.segment, span) for span in one.candidates] for one, _ in told]
        if "elsewhere" in reads:
            found["elsewhere"] = occurrences_elsewhere(forms, marginals)
        if "room" in reads:
            found["room"] = room_when_taken(forms, marginals)
    if reads & OF_EMBEDDINGS:
        vectors = _vectors([one.spans for one, _ in told])
        if "density" in reads:
            found["density"] = densities(vectors).tolist()
        if "apart" in reads:
            worth = np.array([expected_errors(p) for p in marginals])
            found["apart"] = apart_when_taken(vectors, worth).tolist()
    return [
        (one, replace(scores, **{name: values[i] for name, values in found.items()}))
        for i, (one, scores) in enumerate(told)
    ]


def _form(segment: Segment, span: Candidate) -> str:
    text: str = segment.record["text"]
    return text[span.start : span.end].casefold()


def _vectors(read: Sequence[SpanMarginals]) -> Float32Array:
    """Return (N, width): the embeddings of segments; zeros where the model reads no token."""
    width = max((one.embedding.size for one in read if one.embedding is not None), default=0)
    none = np.zeros(width, dtype=np.float32)
    rows = [none if one.embedding is None else one.embedding for one in read]
    return np.array(rows, dtype=np.float32).reshape(len(rows), width)


def make_doc(nlp: Language, segment: Segment) -> Doc:
    """Return a fresh doc with the record's own tokens, or the pipeline's where it has none."""
    tokens = segment.record.get("tokens")
    if tokens is None:
        return nlp.make_doc(segment.record["text"])
    words = [token["text"] for token in tokens]
    return Doc(nlp.vocab, words=words, spaces=[token.get("ws", True) for token in tokens])


def _candidates(segment: Segment, doc: Doc, spans: SpanMarginals) -> Candidates:
    tokens = segment.record.get("tokens")
    if tokens and len(spans):
        # the record's own offsets count: its tokens need not add up to the text
        offsets = np.array([(token["start"], token["end"]) for token in tokens])
    else:
        offsets = doc.to_array(["IDX", "LENGTH"]).astype(np.intp).cumsum(axis=1)
    labels = _shared(tuple(sorted(set(spans.labels))))
    return Candidates(
        zip(
            offsets[spans.starts, 0].tolist(),
            offsets[spans.ends - 1, 1].tolist(),
            map(labels.index, spans.labels),
            spans.probabilities.tolist(),
            spans.greedy.tolist(),
            strict=True,
        ),
        labels,
    )


@cache
def _shared(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return one tuple for all segments with these labels."""
    return labels
