"""A weighted dev number as it stands in report.json."""

from __future__ import annotations

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.estimates import WeightedScore
from prodigy_al.evaluation.estimators import Estimate, Unavailable, Weighted
from prodigy_al.report import metrics
from prodigy_al.report.kinds import PlainMetric


def describe_weighted(score: WeightedScore, arm: Arm) -> metrics.WeightedMetric:
    """Return a weighted score of the dev answers of `arm`, with its cautions."""
    found = score.found
    low, high, reason = bounds(found.f1.new_text)
    low_pool, high_pool, _ = bounds(found.f1.pool)
    return metrics.WeightedMetric(
        f1=found.f1.value,
        p=found.precision.value,
        r=found.recall.value,
        low=low,
        high=high,
        n=found.m,
        no_interval=reason,
        method=score.method,
        interval="new-text",
        low_pool=low_pool,
        high_pool=high_pool,
        ess=found.ess,
        worth=found.worth,
        m=found.m,
        n_pool=score.n_pool,
        largest_weight=found.largest_share,
        missing=score.missing,
        if_missing_wrong=score.if_missing_wrong,
        if_missing_right=score.if_missing_right,
        on=arm.dev_part.dataset,
        cautions=[
            *(caution.kind for caution in found.cautions),
            *(["stream"] if arm.is_stream else []),
            *(["random-within-bins"] if score.method == "estimated" else []),
        ],
        coefficient=score.coefficient,
        plain=_plain(score.plain),
    )


def _plain(found: Weighted | None) -> PlainMetric | None:
    if found is None:
        return None
    low, high, _ = bounds(found.f1.new_text)
    low_pool, high_pool, _ = bounds(found.f1.pool)
    return PlainMetric(
        f1=found.f1.value, low=low, high=high, low_pool=low_pool, high_pool=high_pool
    )


def bounds(interval: Estimate | Unavailable) -> tuple[float | None, float | None, str | None]:
    """Return the ends of an interval, or None twice and why there is none."""
    if isinstance(interval, Unavailable):
        return None, None, interval.reason
    return interval.low, interval.high, None
