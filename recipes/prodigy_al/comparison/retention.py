"""The labels that were not asked for: how far fine-tuning keeps what the base says of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from prodigy_al.evaluation.counts import Counts, count_matches, scores
from prodigy_al.training.answers import Answers
from prodigy_al.training.truths import TokenSpan

Predictions = Sequence[Collection[TokenSpan]]

FEWEST_SPANS = 20
"""Spans by the base that a label needs before its agreement is looked at alone."""


@dataclass(frozen=True)
class LabelRetention:
    """One label: spans by the base and by the tuned model (mean over seeds), and their agreement.

    `agreement_f1` takes the base's spans as truth; None where neither has any.
    """

    before: int
    after: float
    agreement_f1: float | None


@dataclass(frozen=True)
class Retention:
    """All labels but the asked ones together, and each alone."""

    agreement_f1: float | None
    per_label: Mapping[str, LabelRetention]

    @property
    def worst(self) -> str | None:
        """Return the label that agrees least, of those with `FEWEST_SPANS`; None without such."""
        agreement = {
            label: one.agreement_f1
            for label, one in self.per_label.items()
            if one.before >= FEWEST_SPANS and one.agreement_f1 is not None
        }
        return min(agreement, key=lambda label: (agreement[label], label), default=None)


def measure_retention(
    gold: Answers, before: Predictions, after: Sequence[Predictions]
) -> Retention:
    """Return how far a tuned model agrees with the base on the labels that were not asked for.

    `before` are the base's predictions on the test texts, `after` those of one model per training
    seed. Spans that overlap gold of an asked label are left out: there the base was wrong, and a
    change is no loss.
    """
    old, new = _of_other_labels(gold, before), [_of_other_labels(gold, seed) for seed in after]
    labels = sorted({span[2] for spans in old for span in spans})
    per_label = {}
    for label in labels:
        ours, theirs = _of(old, label), [_of(seed, label) for seed in new]
        per_label[label] = LabelRetention(
            before=sum(map(len, ours)),
            after=fmean(sum(map(len, seed)) for seed in theirs),
            agreement_f1=_agreement(ours, theirs),
        )
    return Retention(_agreement(old, new), per_label)


def count_retained(
    gold: Answers, before: Predictions, after: Sequence[Predictions]
) -> list[Counts]:
    """Return, per training seed, how the other labels agree with the base, text by text.

    Arguments as in `measure_retention`; the base's spans count as gold.
    """
    old = _of_other_labels(gold, before)
    return [count_matches(old, _of_other_labels(gold, seed)) for seed in after]


def count_overwritten(
    gold: Answers, before: Predictions, after: Sequence[Predictions]
) -> tuple[int, float]:
    """Return how many spans of other labels the base finds, and on how many the asked label stands.

    Spans that overlap gold are left out; the second number is the mean over training seeds.
    """
    old = _of_other_labels(gold, before)
    lost = [
        sum(
            any(new[2] in gold.labels and new[0] < span[1] and span[0] < new[1] for new in found)
            for spans, found in zip(old, seed, strict=True)
            for span in spans
        )
        for seed in after
    ]
    return sum(map(len, old)), fmean(lost)


def _of_other_labels(gold: Answers, predictions: Predictions) -> list[set[TokenSpan]]:
    """Return the spans of other labels that overlap no gold span."""
    return [
        {
            span
            for span in spans
            if span[2] not in gold.labels
            and not any(span[0] < true[1] and true[0] < span[1] for true in item.accepted)
        }
        for item, spans in zip(gold.items, predictions, strict=True)
    ]


def _of(predictions: Predictions, label: str) -> list[set[TokenSpan]]:
    return [{span for span in spans if span[2] == label} for spans in predictions]


def _agreement(old: Predictions, new: Sequence[Predictions]) -> float | None:
    """Return the mean F1 over seeds with `old` as truth, of the seeds where it is defined."""
    values = [scores(count_matches(old, seed)).f1 for seed in new]
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
