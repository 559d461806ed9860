"""What binary dev answers do tell: precision and recall within the candidates they were drawn from.

The candidates of a text are the spans that could have been asked about: those that the starting
model gave at least the floor, and its own predictions. A model may predict others, of which binary
answers say nothing; how many it does is measured beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.estimates import weighted_score
from prodigy_al.comparison.run_cache import Predictions
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import Measure, Unavailable
from prodigy_al.training.answers import Answers
from prodigy_al.training.truths import TokenSpan

Candidates: TypeAlias = Mapping[int, frozenset[TokenSpan]]
"""By input hash: the spans of a text that could have been asked about."""

OUTSIDE_LIMIT = 0.05
"""Share of a model's predictions outside the candidates from which numbers within are withheld."""


@dataclass(frozen=True)
class CandidateScore:
    """Precision and recall of a model within the candidates, from `n` dev answers about spans.

    `outside` is the share in [0, 1] of the model's predictions that are no candidate, None where
    it predicts nothing.
    """

    precision: Measure
    recall: Measure
    outside: float | None
    n: int


def count_inside(answers: Answers, predictions: Predictions, candidates: Candidates) -> Counts:
    """Count the predictions of asked labels, and as matches those that are candidates.

    A text that `candidates` does not hold has none.
    """
    asked = [{span for span in found if span[2] in answers.labels} for found in predictions]
    known = [candidates.get(item.input_hash, frozenset()) for item in answers.items]
    inside = [len(spans & own) for spans, own in zip(asked, known, strict=True)]
    predicted = np.array([len(spans) for spans in asked], dtype=np.float64)
    return Counts(np.array(inside, dtype=np.float64), predicted, predicted)


def candidate_score(
    within: Sequence[Counts], inside: Sequence[Counts], *, binary: Arm, texts: Arm
) -> CandidateScore | Unavailable:
    """Return a model's score within the candidates of a binary arm, from counts per training seed.

    `within` (per seed, dev answers of `binary`) counts the spans that were asked about, `inside`
    (per seed, dev texts of `texts`) is from `count_inside`. `texts` is an arm with whole segments
    of the dev fold, where texts without any candidate are among them, else `binary` itself.
    """
    found = weighted_score(within, binary)
    if isinstance(found, Unavailable):
        return found
    by_text = weighted_score(inside, texts if texts is not binary else by_segment(binary))
    if isinstance(by_text, Unavailable):
        return by_text
    share = by_text.found.precision.value
    outside = None if share is None else 1 - share
    if outside is not None and outside > OUTSIDE_LIMIT:
        predictions = int(sum(counts.predicted.sum() for counts in inside))
        return Unavailable(
            f"{outside:.0%} of the model's predictions on the dev texts of {texts.dataset} "
            f"({predictions:,} in all) are not among the candidates (limit: {OUTSIDE_LIMIT:.0%}), "
            "so binary answers say too little about it"
        )
    return CandidateScore(found.found.precision, found.found.recall, outside, n=found.found.m)


def by_segment(arm: Arm) -> Arm:
    """Return a binary arm whose records give the probability of the text instead of the span."""
    return replace(arm, records={key: replace(one, r=None) for key, one in arm.records.items()})
