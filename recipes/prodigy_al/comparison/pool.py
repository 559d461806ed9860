"""The arms' source once more: what a pipeline expects of texts that nobody was asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.arrays import FloatArray, IndexArray
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.pool import score_pool


@dataclass(frozen=True)
class PoolTexts:
    """Texts that every whole run scores, each as its words and whether a space follows them."""

    labels: tuple[str, ...]
    texts: tuple[tuple[tuple[str, ...], tuple[bool, ...]], ...]


@dataclass(frozen=True)
class DevPool:
    """The dev fold that an arm's dev answers were drawn from, N segments.

    `at` (N,) is each segment's place among the `PoolTexts`, `place` its own number 0..N-1 by input
    hash; `copies` and `groups` (N,) as in the frame.
    """

    at: IndexArray
    place: Mapping[int, int]
    copies: FloatArray
    groups: tuple[str, ...]


@dataclass(frozen=True)
class EstimatedChances:
    """Probabilities estimated for a dataset whose answers carry none.

    `pi` in (0, 1] and `copies` are by input hash of the dev answers whose text is in the pool of
    `n_pool` segments; `outside` of the `answered` texts are not.
    """

    pi: Mapping[int, float]
    copies: Mapping[int, float]
    n_pool: int
    answered: int
    outside: int


@dataclass(frozen=True)
class PoolSource:
    """The source that ``--pool`` names.

    `described` is what the report says of it, `segments` are the texts of all its segments. `dev`
    holds the dev fold of every dataset of whole segments with records, `estimated` the
    probabilities of those without, both by dataset.
    """

    described: Mapping[str, Any]
    texts: PoolTexts
    dev: Mapping[str, DevPool] = field(default_factory=dict)
    estimated: Mapping[str, EstimatedChances | Unavailable] = field(default_factory=dict)
    segments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Foreseen:
    """What a model expects of an arm's dev fold: counts (N,), over all training seeds."""

    pool: DevPool
    expected: Counts


def expect_counts(nlp: Language, pool: PoolTexts) -> Counts:
    """Return the counts (N,) that a pipeline expects of each text from its own span marginals.

    Matches are Σ p over the spans that it predicts, gold spans Σ p over all spans, each of the
    asked labels; predicted spans are counted.
    """
    docs = (Doc(nlp.vocab, words=list(w), spaces=list(spaces)) for w, spaces in pool.texts)
    scored = score_pool(MarginalScorer(nlp, pool.labels), docs, progress=False)
    rows = [
        (
            float(spans.probabilities[spans.greedy].sum()),
            float(spans.greedy.sum()),
            sum(spans.expected.values()),
        )
        for spans in scored
    ]
    tp, predicted, gold = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return Counts(tp, predicted, gold)


def foresee(pool: DevPool, per_seed: Sequence[Counts]) -> Foreseen:
    """Return what the models of several training seeds expect of one dev fold, added up.

    `per_seed` are of all `PoolTexts`.
    """
    own = [counts.take(pool.at) for counts in per_seed]
    return Foreseen(pool, add_counts(own))


def add_counts(per_seed: Sequence[Counts]) -> Counts:
    """Return the sums over training seeds, segment by segment."""
    return Counts(
        tp=np.sum([seed.tp for seed in per_seed], axis=0),
        predicted=np.sum([seed.predicted for seed in per_seed], axis=0),
        gold=np.sum([seed.gold for seed in per_seed], axis=0),
    )
