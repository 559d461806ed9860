"""Lines below the table of dev numbers: what binary answers tell, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.numbers import interval, number
from prodigy_al.report.parts import Interval, Share, Within
from prodigy_al.report.schema import Report, WeightedMetric


def candidate_lines(report: Report, policy: str) -> Iterator[str]:
    """Yield, per binary dataset, precision and recall within the candidates before and after."""
    for dataset, arm in report.arms.items():
        before, after = report.base.dev[dataset].candidates, arm.runs[policy].dev.candidates
        if after is not None and before is not None:
            yield (
                f"{dataset}, within the candidates: base {_within(before)}; tuned {_within(after)}"
            )


def measured_on(dataset: str, weighted: WeightedMetric) -> str:
    """Return where a weighted F1 was measured, empty where that is the dataset's own dev."""
    return "" if weighted.on == dataset else f" on {weighted.on}'s dev"


def percent(share: Share | None) -> str:
    """Return a share as a whole percentage.

    >>> percent(Share(share=0.914, n=70)), percent(Share(share=None, n=0)), percent(None)
    ('91%', '-', '-')
    """
    return "-" if share is None or share.share is None else f"{share.share:.0%}"


def _within(found: Within | Unavailable) -> str:
    if isinstance(found, Unavailable):
        return f"unavailable ({found.reason})"
    outside = "no prediction" if found.outside is None else f"{found.outside:.1%} outside"
    return (
        f"precision {_with_ends(found.precision)}, recall {_with_ends(found.recall)} "
        f"(n {found.n:,}, {outside})"
    )


def _with_ends(found: Interval) -> str:
    return f"{number(found.value)} {interval(found.low, found.high)}"
