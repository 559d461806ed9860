"""Segments to scores: the scorer as the draws see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import tee

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.asking.frame import Segment
from prodigy_al.sampling.keys import quantise
from prodigy_al.scoring.acquisition import ACQUISITIONS
from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals
from prodigy_al.scoring.pool import score_pool


@dataclass(frozen=True)
class Candidate:
    """A span that could be asked about: characters (`end` exclusive), label, marginal p."""

    start: int
    end: int
    label: str
    p: float
    greedy: bool


@dataclass(frozen=True)
class Scored:
    """A segment's score u >= 0 (nine decimals, see tasks.py) and its candidates."""

    u: float
    candidates: tuple[Candidate, ...]


ScoreSegments = Callable[[Sequence[Segment]], Iterator[Scored]]


def segment_scorer(
    nlp: Language, scorer: MarginalScorer, acquisition: str, *, progress: bool = True
) -> ScoreSegments:
    """Return a function that scores segments in order, with a progress bar where it takes long."""
    measure = ACQUISITIONS[acquisition]

    def score(segments: Sequence[Segment]) -> Iterator[Scored]:
        # The pool reads a batch ahead; `tee` holds no more docs than that.
        docs, same = tee(make_doc(nlp, segment) for segment in segments)
        pool = score_pool(scorer, docs, total=len(segments), progress=progress)
        for segment, doc, spans in zip(segments, same, pool, strict=True):
            u = quantise(measure(spans.probabilities))
            yield Scored(u, tuple(_candidates(segment, doc, spans)))

    return score


def rescored(frozen: Scored, later: Scored, acquisition: str) -> Scored:
    """The candidates of `frozen` with the marginals that a later model gives them, and its score.

    Which spans can be asked about stays as the starting model proposed them, so that answers say
    something about one frame. A span that the later model does not list lies below its floor and
    counts as 0.
    """
    known = {(span.start, span.end, span.label): span.p for span in later.candidates}
    candidates = tuple(
        replace(span, p=known.get((span.start, span.end, span.label), 0.0))
        for span in frozen.candidates
    )
    measure = ACQUISITIONS[acquisition]
    return Scored(quantise(measure(np.array([span.p for span in candidates]))), candidates)


def make_doc(nlp: Language, segment: Segment) -> Doc:
    """Return a fresh doc with the record's own tokens, or the pipeline's where it has none."""
    tokens = segment.record.get("tokens")
    if tokens is None:
        return nlp.make_doc(segment.record["text"])
    words = [token["text"] for token in tokens]
    return Doc(nlp.vocab, words=words, spaces=[token.get("ws", True) for token in tokens])


def _candidates(segment: Segment, doc: Doc, spans: SpanMarginals) -> Iterator[Candidate]:
    tokens = segment.record.get("tokens")
    for start, end, label, p, greedy in zip(
        spans.starts, spans.ends, spans.labels, spans.probabilities, spans.greedy, strict=True
    ):
        # The record's own offsets count: its tokens need not add up to the text.
        first = tokens[start]["start"] if tokens else doc[start].idx
        last = tokens[end - 1]["end"] if tokens else doc[end - 1].idx + len(doc[end - 1])
        yield Candidate(first, last, label, float(p), bool(greedy))
