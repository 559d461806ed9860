"""The labels that were not asked for: what fine-tuning did to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import fmean
from typing import Any

from prodigy_al.evaluation.counts import count_matches, scores
from prodigy_al.training.answers import Answers, TokenSpan

Predictions = Sequence[Collection[TokenSpan]]


def describe_others(
    gold: Answers, before: Predictions, after: Sequence[Predictions]
) -> dict[str, Any]:
    """Return `others` of report.json: agreement with the base on all labels but the asked ones.

    `before` are the base's predictions on the test texts, `after` those of one model a training
    seed. Spans that overlap gold of an asked label are left out: there the base was wrong, and a
    change is no loss. `agreement_f1` takes the base's spans as truth; `per_label` holds the same
    for each label, and the number of spans before and after (means over seeds).
    """
    old, new = _elsewhere(gold, before), [_elsewhere(gold, seed) for seed in after]
    labels = sorted({span[2] for spans in old for span in spans})
    return {
        "agreement_f1": _agreement(old, new),
        "per_label": {
            label: {
                "before": _number(only := _of(old, label)),
                "after": fmean(_number(_of(seed, label)) for seed in new),
                "agreement_f1": _agreement(only, [_of(seed, label) for seed in new]),
            }
            for label in labels
        },
    }


def _elsewhere(gold: Answers, predictions: Predictions) -> list[set[TokenSpan]]:
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


def _of(predictions: Sequence[Collection[TokenSpan]], label: str) -> list[set[TokenSpan]]:
    return [{span for span in spans if span[2] == label} for spans in predictions]


def _number(predictions: Predictions) -> int:
    return sum(map(len, predictions))


def _agreement(old: Predictions, new: Sequence[Predictions]) -> float | None:
    values = [scores(count_matches(old, seed)).f1 for seed in new]
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
