"""Segments of a frame scored by a pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import closing
from copy import copy
from dataclasses import replace
from itertools import chain, tee
from typing import Any, TypeAlias

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.arrays import Float32Array
from prodigy_al.records import Fold
from prodigy_al.sampling.keys import hashed_uniform, quantise
from prodigy_al.sampling.scored import Candidates, Scored, ScoreSegments
from prodigy_al.sampling.table import Segment, folds_of
from prodigy_al.scoring.acquisition import expected_errors
from prodigy_al.scoring.cache import ScoreCache
from prodigy_al.scoring.chunks import Helping, score_records
from prodigy_al.scoring.committee import MEMBERS
from prodigy_al.scoring.greedy_orders import apart_when_taken, room_when_taken
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.pool_wide import densities, label_balance, occurrences_elsewhere
from prodigy_al.scoring.readings import Reading
from prodigy_al.scoring.readings import make_doc as doc_of
from prodigy_al.scoring.registry import (
    OF_COMMITTEE,
    OF_EMBEDDINGS,
    OF_POOL,
    OF_STEPS,
    AcquisitionFunction,
    SegmentScores,
    find_acquisition,
)

CHANCE_TAG = "acquisition"


_Told: TypeAlias = tuple[Segment, Reading, SegmentScores]


def segment_scorer(
    nlp: Language,
    scorer: MarginalScorer,
    acquisition: str,
    *,
    dev: str | None = None,
    seed: int = 0,
    progress: bool = True,
    cache: ScoreCache | None = None,
    helping: Helping | None = None,
) -> ScoreSegments:
    """Return a function that scores segments in order, with a bar that says of which fold.

    `dev` is the acquisition of the dev fold, where that is drawn by another; `seed` that of random
    numbers; `cache` and `helping` as in `chunks.score_records`. Segments are held in memory
    together where a score depends on the others. Raises `ParameterError` where one of both scores
    cannot be had.
    """
    measures: Mapping[Fold, AcquisitionFunction] = {
        "train": find_acquisition(acquisition),
        "dev": find_acquisition(dev or acquisition),
    }

    def score(segments: Sequence[Segment]) -> Iterator[Scored]:
        used = folds_of(segments)
        reads = frozenset[str]().union(*(measures[fold].reads for fold in used))
        # the pool reads some chunks ahead; `tee` holds no more segments than those
        segments_read, same = tee(segments)
        found = score_records(
            _telling(scorer, reads),
            (one.record for one in segments_read),
            total=len(segments),
            progress=progress,
            label=f"scoring {' and '.join(sorted(used))} fold",
            cache=cache,
            helping=helping,
        )
        with closing(found):
            readings = chain.from_iterable(one.by_segment() for one in found)
            told = _tell(zip(same, readings, strict=True), seed if "chance" in reads else None)
            for one, reading, scores in (
                _tell_of_pool(list(told), reads) if reads & OF_POOL else told
            ):
                u = quantise(measures[one.fold](scores))
                yield Scored(u, Candidates(reading.spans, reading.labels), reading.tokens)

    return score


def _telling(scorer: MarginalScorer, reads: Set[str]) -> MarginalScorer:
    """Return the scorer, or one like it that also gives what is read beside marginals."""
    steps, embed = bool(reads & OF_STEPS), bool(reads & OF_EMBEDDINGS)
    members = MEMBERS if reads & OF_COMMITTEE else 0
    if scorer.steps >= steps and scorer.embed >= embed and scorer.members >= members:
        return scorer
    telling = copy(scorer)  # the one given is another's
    telling.steps |= steps
    telling.embed |= embed
    telling.members = max(telling.members, members)
    return telling


def _tell(read: Iterable[tuple[Segment, Reading]], seed: int | None) -> Iterator[_Told]:
    """Yield each segment with all that is known of it alone; a random number if there is a seed."""
    for segment, found in read:
        steps = found.steps
        yield (
            segment,
            found,
            SegmentScores(
                marginals=found.marginals,
                tokens=found.tokens,
                lengths=found.lengths,
                greedy=found.spans["greedy"],
                entropies=steps.entropies if steps else None,
                margins=steps.margins if steps else None,
                log_probability=steps.log_probability if steps else None,
                members=found.members,
                chance=None
                if seed is None
                else hashed_uniform(CHANCE_TAG, seed, segment.input_hash),
            ),
        )


def _tell_of_pool(told: list[_Told], reads: Set[str]) -> list[_Told]:
    """Return each segment with what is known of it beside the others as well."""
    marginals = [scores.marginals for *_, scores in told]
    found: dict[str, Sequence[Any]] = {}
    if reads & {"elsewhere", "room"}:
        forms = [[text.casefold() for text in span_texts(one, read)] for one, read, _ in told]
        if "elsewhere" in reads:
            found["elsewhere"] = occurrences_elsewhere(forms, marginals)
        if "room" in reads:
            found["room"] = room_when_taken(forms, marginals)
    if "balance" in reads:
        labels = [[read.labels[i] for i in read.spans["label"].tolist()] for _, read, _ in told]
        found["balance"] = label_balance(labels, marginals)
    if reads & OF_EMBEDDINGS:
        vectors = _vectors([read for _, read, _ in told])
        if "density" in reads:
            found["density"] = densities(vectors).tolist()
        if "apart" in reads:
            worth = np.array([expected_errors(p) for p in marginals])
            found["apart"] = apart_when_taken(vectors, worth).tolist()
    return [
        (one, read, replace(scores, **{name: values[i] for name, values in found.items()}))
        for i, (one, read, scores) in enumerate(told)
    ]


def span_texts(segment: Segment, found: Reading) -> list[str]:
    """Return the text of each candidate span of a segment."""
    text: str = segment.record["text"]
    bounds = zip(found.spans["start"].tolist(), found.spans["end"].tolist(), strict=True)
    return [text[start:end] for start, end in bounds]


def _vectors(read: Sequence[Reading]) -> Float32Array:
    """Return (N, width): the embeddings of segments; zeros where the model reads no token."""
    width = max((one.vector.size for one in read if one.vector is not None), default=0)
    none = np.zeros(width, dtype=np.float32)
    rows = [none if one.vector is None else one.vector for one in read]
    return np.array(rows, dtype=np.float32).reshape(len(rows), width)


def make_doc(nlp: Language, segment: Segment) -> Doc:
    """Return a fresh doc with the record's own tokens, or the pipeline's where it has none."""
    return doc_of(nlp, segment.record)
