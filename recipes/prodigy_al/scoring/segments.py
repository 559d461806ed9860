"""Segments of a frame scored by a pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import tee

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.keys import quantise
from prodigy_al.sampling.scored import Candidates, Scored, ScoreSegments
from prodigy_al.scoring.acquisition import ACQUISITIONS
from prodigy_al.scoring.cache import ScoreCache
from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals
from prodigy_al.scoring.pool import score_pool


def segment_scorer(
    nlp: Language,
    scorer: MarginalScorer,
    acquisition: str,
    *,
    dev: str | None = None,
    progress: bool = True,
    cache: ScoreCache | None = None,
) -> ScoreSegments:
    """Return a function that scores segments in order, with a bar that says of which fold.

    `dev` is the acquisition of the dev fold, where that is drawn by another; `cache` as in
    `score_pool`. Raises `KeyError` where one of both is not among `ACQUISITIONS`.
    """
    measures = {"train": ACQUISITIONS[acquisition], "dev": ACQUISITIONS[dev or acquisition]}

    def score(segments: Sequence[Segment]) -> Iterator[Scored]:
        # the pool reads a batch ahead; `tee` holds no more docs than that
        docs, same = tee(make_doc(nlp, segment) for segment in segments)
        label = f"scoring {' and '.join(sorted({one.fold for one in segments}))} fold"
        pool = score_pool(
            scorer, docs, total=len(segments), progress=progress, label=label, cache=cache
        )
        for segment, doc, spans in zip(segments, same, pool, strict=True):
            u = quantise(measures[segment.fold](spans.probabilities, len(doc)))
            yield Scored(u, _candidates(segment, doc, spans), len(doc))

    return score


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
