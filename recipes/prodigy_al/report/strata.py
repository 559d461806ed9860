"""Kinds of segments in the report: what was asked about each, and what was learned of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.controls import find_control
from prodigy_al.comparison.estimates import WeightedScore
from prodigy_al.comparison.measurements import BASE, Measurements, Model, Row
from prodigy_al.comparison.strata import Strata, in_words, share_within
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.report import parts
from prodigy_al.report.numbers import counted, number
from prodigy_al.report.weighted import bounds

NO_DEV = Unavailable("no dev answers about whole segments have a weighted F1")
NOT_ON_TEST = Unavailable("the test set holds no segment of this kind")


def describe_strata(measured: Measurements, policy: str | None) -> parts.Strata | Unavailable:
    """Return `strata` of report.json; what is said of arms is of one policy, nothing for None."""
    strata = measured.strata
    if isinstance(strata, Unavailable):
        return strata
    on = _dev_of(strata, measured)
    return parts.Strata(
        by=strata.by.dataset if strata.by else None,
        n=strata.n,
        short=strata.kinds.short,
        medium=strata.kinds.medium,
        running=strata.kinds.running,
        dev_of=on.dataset if on else None,
        dev_answers=len(on.dev) if on else 0,
        kinds={kind: _kind(kind, strata, on, measured) for kind in strata.shares},
        said=[] if policy is None else list(_said(strata, policy, measured)),
    )


def _dev_of(strata: Strata, measured: Measurements) -> Arm | None:
    """Return on whose dev answers gold spans and the base's errors are estimated, if on any."""
    arms = [strata.by] if strata.by else sorted(measured.plan.arms, key=lambda a: not a.is_random)
    weighed = (
        arm
        for arm in arms
        if arm.dev.form == "full"
        and arm.records
        and isinstance(measured.weighted(BASE, arm), WeightedScore)
    )
    return next(weighed, None)


def _kind(kind: str, strata: Strata, on: Arm | None, measured: Measurements) -> parts.Stratum:
    share = strata.shares[kind]
    spans, errors = _on_dev(kind, strata, on, measured)
    return parts.Stratum(
        share=_interval(share.value, share.interval),
        spans=spans,
        errors=errors,
        answers={arm.dataset: _answers(kind, strata, arm, measured) for arm in measured.plan.arms},
        test=_on_test(kind, measured),
    )


def _on_dev(
    kind: str, strata: Strata, on: Arm | None, measured: Measurements
) -> tuple[parts.Interval | Unavailable, parts.Interval | Unavailable]:
    """Return which share of all gold spans, and of the base's errors, lies in a kind."""
    found = NO_DEV if on is None else measured.weighted(BASE, on)
    if on is None or isinstance(found, Unavailable):
        return NO_DEV, NO_DEV
    inside = np.array(strata.sort(on.dev.items)) == kind
    (counts,) = found.side.counts_per_seed
    errors = counts.predicted + counts.gold - 2 * counts.tp
    spans, wrong = (share_within(found.side, part, inside) for part in (counts.gold, errors))
    return _share(spans), _share(wrong)


def _answers(kind: str, strata: Strata, arm: Arm, measured: Measurements) -> parts.StratumAnswers:
    train = measured.trains[arm.dataset].items
    found = Counter(strata.sort(train))[kind]
    return parts.StratumAnswers(
        train=found,
        dev=Counter(strata.sort(arm.dev.items))[kind],
        train_share=found / len(train),
        missed=kind in strata.missed(arm, train),
    )


def _on_test(kind: str, measured: Measurements) -> parts.StratumTest | Unavailable:
    on_test = Row(BASE, "test", stratum=kind)
    if not (segments := measured.score(on_test).n):
        return NOT_ON_TEST
    plan = measured.plan
    return parts.StratumTest(
        segments=segments,
        gold_spans=int(measured.side(on_test).counts_per_seed[0].gold.sum()),
        base=_score(on_test, measured),
        arms={
            arm.dataset: {
                policy: _score(Row(Model(arm.dataset, policy), "test", stratum=kind), measured)
                for policy in plan.policies
            }
            for arm in plan.arms
        },
    )


def _score(row: Row, measured: Measurements) -> parts.StratumScore:
    found = measured.score(row)
    return parts.StratumScore(
        f1=_interval(found.f1, found.interval),
        recall=_interval(found.recall, measured.recall(row)),
    )


def _said(strata: Strata, policy: str, measured: Measurements) -> Iterator[str]:
    """Yield a sentence for each kind that an arm missed and finds less in than its control.

    Of arms that are worse than their control alone.
    """
    for arm in measured.plan.arms:
        control = find_control(arm, measured.plan.arms)
        if control is None:
            continue
        ours, theirs = (Model(one.dataset, policy) for one in (arm, control))
        found = measured.difference(ours, theirs).found
        if not isinstance(found, Difference) or found.high >= 0:
            continue
        train = measured.trains[arm.dataset].items
        for kind in strata.missed(arm, train):
            about = Counter(strata.sort(train))[kind]
            answers = f"only {about:,} of {len(train):,} training answers are"
            if recalls := _recalls(kind, ours, theirs, measured):
                yield (
                    f"{arm.dataset}: {answers if about else 'no training answer is'} about "
                    f"{in_words(kind)} ({strata.shares[kind].value:.0%} of the pool), where "
                    f"{recalls}."
                )


def _recalls(kind: str, ours: Model, theirs: Model, measured: Measurements) -> str:
    """Return recall of two models in a kind on test; empty unless the first is the lower one."""
    rows = [Row(model, "test", stratum=kind) for model in (ours, theirs)]
    own, other = (measured.score(row).recall for row in rows)
    if own is None or other is None or own >= other:
        return ""
    spans = int(measured.side(rows[0]).counts_per_seed[0].gold.sum())
    return (
        f"recall on test is {number(own)}, and {number(other)} with {theirs.dataset} "
        f"(n = {counted(spans, 'gold span')})"
    )


def _share(found: Estimate | Unavailable) -> parts.Interval | Unavailable:
    return found if isinstance(found, Unavailable) else _interval(found.value, found)


def _interval(value: float | None, found: Estimate | Unavailable) -> parts.Interval:
    low, high, _ = bounds(found)
    return parts.Interval(value=value, low=low, high=high)
