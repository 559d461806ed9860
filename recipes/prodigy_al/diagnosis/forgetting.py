"""Forgetting: does training on the asked labels lose what the base knew of the others?"""

from __future__ import annotations

from collections.abc import Sequence

from prodigy_al.comparison.estimates import difference_to_limit
from prodigy_al.comparison.measurements import BASE
from prodigy_al.comparison.retention import (
    count_overwritten,
    count_retained,
    measure_retention,
)
from prodigy_al.diagnosis.trained import TrainedArm, as_estimate, in_words
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.evaluation.shares import chance_of_so_few, share_interval

ID = "forgetting"
KEPT = 0.95
"""Agreement with the base, as F1, from which on nothing follows."""


def judge_forgetting(one: TrainedArm) -> Verdict:
    """Return the agreement with the base on the labels that were not asked for, as F1 on test.

    Tested is whether it is .95; it is *supported* below and *refuted* where the whole interval is
    above. The interval is over documents and training seeds. Spans that overlap gold of an asked
    label are left out.
    """
    gold = one.measured.plan.test.gold
    before, after = one.measured.predictions[BASE][0], one.measured.predictions[one.model]
    kept = measure_retention(gold, before, after)
    spans, overwritten = count_overwritten(gold, before, after)
    if kept.agreement_f1 is None or not spans:
        return unknown(ID, one.name, "the base finds no span of another label in the test set")
    found = _against_limit(count_retained(gold, before, after), one.measured.plan.test.groups)
    if isinstance(found, Unavailable):
        why = f"agreement on other labels is {in_words(kept.agreement_f1)}, without an interval"
        return unknown(ID, one.name, f"{why}: {found.reason}", n=spans)
    agreement, p = found
    least = ""
    if kept.worst:
        least = f", least on {kept.worst} ({in_words(kept.per_label[kept.worst].agreement_f1)})"
    return conclude(
        ID,
        one.name,
        decide(p, harmful=agreement.value < KEPT, negligible=agreement.low > KEPT),
        agreement,
        n=spans,
        p=p,
        unit="agreement with the base on other labels",
        why=(
            f"on other labels ({spans:,} spans by the base on test) the model agrees with its base "
            f"at F1 {in_words(agreement.value)}{least}; on {overwritten:,.0f} of these it now "
            "finds an asked label"
        ),
        following="" if one.policy == one.measured.plan.remedy else "train with --training robust",
        details={
            "limit": KEPT,
            "overwritten": overwritten,
            "per_label": {label: own.agreement_f1 for label, own in kept.per_label.items()},
        },
    )


def _against_limit(
    counts: Sequence[Counts], groups: Sequence[str]
) -> tuple[Estimate, float] | Unavailable:
    """Return the agreement with its interval, and p of `KEPT`.

    Where all is kept, or nothing, resampling shows no spread at all. There the base's spans are
    counted one by one, as if unrelated: the exact binomial interval of the share that is kept.
    """
    found = difference_to_limit(counts, KEPT, groups)
    if isinstance(found, Unavailable):
        return found
    if found.low < found.high:
        return as_estimate(found, shift=KEPT), found.p
    spans = int(counts[0].gold.sum())
    kept = round((found.difference + KEPT) * spans)
    return share_interval(kept, spans), chance_of_so_few(kept, spans, KEPT)
