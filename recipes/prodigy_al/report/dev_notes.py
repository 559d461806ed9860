"""Lines below the table of dev numbers: what binary answers tell, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.cells import signed_with_ends
from prodigy_al.report.metrics import WeightedMetric
from prodigy_al.report.numbers import interval, number, signed
from prodigy_al.report.parts import Interval, Share, Within
from prodigy_al.report.schema import Report


def binary_lines(report: Report, policy: str | None) -> Iterator[str]:
    """Yield, per binary dataset, where its weighted F1 was measured, and what its answers tell.

    Of the base alone where `policy` is None.
    """
    for dataset, arm in report.arms.items():
        before = report.base.dev[dataset]
        weighted = before.weighted
        # of a joined arm it is told with its parts
        if isinstance(weighted, WeightedMetric) and weighted.on != dataset and not arm.parts:
            yield (
                f"{dataset}: weighted F1 is measured on {weighted.on}'s dev, on whole "
                "segments of the same dev fold."
            )
        if before.candidates is not None:
            yield f"{dataset}, base within the candidates: {_within(before.candidates)}."
        after = arm.runs[policy].dev if policy else None
        if after is not None and after.candidates is not None:
            yield f"{dataset}, tuned within the candidates: {_within(after.candidates)}."


def remarks(metric: WeightedMetric) -> Iterator[str]:
    """Yield what stands below the table where a weighted number is to be read with care."""
    if "random-within-bins" in metric.cautions:
        yield (
            "the weighted numbers are estimated: no probability was recorded, the share of the "
            "pool that was answered stands for it, and selection within score bins is taken to be "
            "at random"
        )
    if metric.plain is not None and metric.coefficient is not None:
        plain = metric.plain
        yield (
            f"weighted with what the model expects of the pool (by {number(metric.coefficient)}); "
            f"by the answers alone {number(plain.f1)}, for new text "
            f"{interval(plain.low, plain.high)}, for this pool "
            f"{interval(plain.low_pool, plain.high_pool)}"
        )
    if "low-worth" in metric.cautions:
        yield (
            f"the {metric.m:,} answers tell less about weighted F1 than half as many uniform ones "
            "would"
        )
    if "heavy-weight" in metric.cautions:
        yield f"a single answer holds {metric.largest_weight:.0%} of all weight"
    if "stream" in metric.cautions:
        yield "its source was a stream, so weighted F1 is about the part of it that was read"
    if metric.if_missing_wrong is not None and metric.if_missing_right is not None:
        yield (
            f"{metric.missing} questions have no answer; weighted F1 is "
            f"{number(metric.if_missing_wrong)} if all of them were wrong, "
            f"{number(metric.if_missing_right)} if all were right"
        )


def of_the_answers_alone(
    before: WeightedMetric | Unavailable, after: WeightedMetric
) -> Iterator[str]:
    """Yield which numbers the pool does not help, where it helps the weighted F1 beside them."""
    if isinstance(before, WeightedMetric) and before.plain and after.plain:
        yield (
            "the change, and the parts of dev minus test, are by the answers alone: "
            f"{number(before.plain.f1)} -> {number(after.plain.f1)}"
        )


def gap_rows(report: Report, policy: str) -> list[tuple[str, str, str, str, str]]:
    """Return, per dataset with a weighted F1, dev as usual minus test, its parts, and the causes.

    Of single spans, usual F1 ignores predictions, and weighted F1 is of other texts.
    """
    rows = []
    for dataset, arm in report.arms.items():
        run = arm.runs[policy]
        usual, test = run.dev.usual.f1, run.test.f1
        if run.gap.selection and run.gap.rest and usual is not None and test is not None:
            first, rest = (signed_with_ends(part) for part in (run.gap.selection, run.gap.rest))
            causes = "selection, ignored, other texts" if run.dev.ignored else "selection"
            rows.append((dataset, signed(usual - test), first, causes, rest))
    return rows


def percent(share: Share | None) -> str:
    """Return a share as a whole percentage.

    >>> percent(Share(share=0.914, n=70)), percent(Share(share=None, n=0)), percent(None)
    ('91%', '-', '-')
    """
    return "-" if share is None or share.share is None else f"{share.share:.0%}"


def _within(found: Within | Unavailable) -> str:
    if isinstance(found, Unavailable):
        return f"unavailable, {found.reason}"
    outside = "no prediction" if found.outside is None else f"{found.outside:.1%} outside"
    return (
        f"precision {_with_ends(found.precision)}, recall {_with_ends(found.recall)} "
        f"(n {found.n:,}, {outside})"
    )


def _with_ends(found: Interval) -> str:
    ends = "" if found.low is None else f" {interval(found.low, found.high)}"
    return number(found.value) + ends
