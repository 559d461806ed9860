"""Dev folds for `looking.py`: generated ones, and resampled documents of a real corpus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from prodigy_al.arrays import FloatArray, IntArray
from prodigy_al.evaluation.counts import Counts

DOCUMENTS = 90
OF_THE_TRUTH = 40_000  # documents
SURER = 0.7
"""What the second of two real models is: the first, of whose spans only the surer ones count."""


@dataclass(frozen=True)
class Fold:
    """A dev fold of segments (n,): documents, scores, and what two models find of them."""

    groups: IntArray
    u: FloatArray
    ours: Counts
    theirs: Counts

    def truth(self) -> tuple[float, float]:
        """Return F1 of our model, and how much it is above the other's."""
        ours, theirs = (
            float(2 * one.tp.sum() / (one.predicted + one.gold).sum())
            for one in (self.ours, self.theirs)
        )
        return ours, ours - theirs


@dataclass(frozen=True)
class Population:
    """Where dev folds are drawn from: F1 and difference on all of it, and what draws one."""

    truth: tuple[float, float]
    draw: Callable[[np.random.Generator], Fold]


def generated() -> Population:
    """Return documents that are hard or easy for two made-up models."""
    whole = make_fold(OF_THE_TRUTH, np.random.default_rng(10**6))
    return Population(whole.truth(), lambda rng: make_fold(DOCUMENTS, rng))


def make_fold(documents: int, rng: np.random.Generator) -> Fold:
    """Return a generated dev fold."""
    sizes = rng.integers(2, 31, documents)
    groups = np.repeat(np.arange(documents), sizes)
    skill = rng.beta(6, 4, documents)[groups]  # how easy a document is for both
    gold = rng.poisson(rng.gamma(1.5, 0.6, documents)[groups])
    found = rng.binomial(gold, skill)
    better = rng.binomial(gold - found, 0.25)  # what our model finds beside
    worse = rng.binomial(found, 0.10)  # and what it misses
    false = [rng.poisson(0.35 * (1 - skill)) for _ in range(2)]
    both = rng.poisson(0.25 * (1 - skill))
    ours = found + better - worse
    expected = gold * skill * (1 - skill) + 0.3 * (1 - skill)
    return Fold(
        groups,
        expected * rng.gamma(2, 0.5, groups.size),  # a score that knows it in part
        _counts(ours, ours + both + false[0], gold),
        _counts(found, found + both + false[1], gold),
    )


def of_corpus(source: str, model: str, label: str) -> Population:
    """Return a corpus with gold as a population, whose documents are drawn with replacement."""
    from prodigy_al.inputs.sources import cut_segments, open_source
    from prodigy_al.ner.pipelines import load_pipeline, sentence_splitter, set_blas
    from prodigy_al.sampling.frame import build_frame
    from prodigy_al.scoring.marginals import MarginalScorer
    from prodigy_al.scoring.segments import segment_scorer

    nlp = load_pipeline(model)
    set_blas(nlp, use_blis=False)
    records = list(open_source(source, loader=None, skip_bad=True))
    golds: dict[str, set[tuple[int, int]]] = {}
    for _, record in reversed(records):  # of a text that is there twice, the first counts
        spans = (span for span in record["spans"] if span["label"] == label)
        golds[record["text"]] = {(span["start"], span["end"]) for span in spans}
    cut = cut_segments(iter(records), sentence_splitter(nlp), unsegmented=False)
    segments = build_frame(cut, dev_share=0.0, fold_salt="").segments
    score = segment_scorer(nlp, MarginalScorer(nlp, [label]), "expected-errors")
    rows, scores = [], []
    for segment, scored in zip(segments, score(segments), strict=True):
        gold = golds[segment.record["text"]]
        found = {(one.start, one.end): one.p for one in scored.candidates if one.greedy}
        surer = {span for span, p in found.items() if p >= SURER}
        rows.append(
            [len(gold & found.keys()), len(found), len(gold & surer), len(surer), len(gold)]
        )
        scores.append(scored.u)
    counts, u = np.array(rows), np.array(scores)
    names, codes = np.unique([segment.group for segment in segments], return_inverse=True)
    members = [np.flatnonzero(codes == k) for k in range(names.size)]

    def fold(documents: IntArray) -> Fold:
        own = [members[k] for k in documents]
        at = np.concatenate(own)
        groups = np.repeat(np.arange(len(own)), [len(one) for one in own])
        hits, found, fewer, surer, gold = counts[at].T
        return Fold(groups, u[at], _counts(hits, found, gold), _counts(fewer, surer, gold))

    return Population(
        fold(np.arange(names.size)).truth(),
        lambda rng: fold(rng.integers(names.size, size=DOCUMENTS)),
    )


def _counts(matches: IntArray, predicted: IntArray, gold: IntArray) -> Counts:
    return Counts(*(part.astype(np.float64) for part in (matches, predicted, gold)))
