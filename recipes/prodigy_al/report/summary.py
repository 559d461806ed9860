"""A report in the few things that are read first: what the terminal and the page begin with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from prodigy_al.comparison.guard import Outcome
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.against import against_base, against_control
from prodigy_al.report.exchange import brief_exchange
from prodigy_al.report.findings import Finding
from prodigy_al.report.folding import answered_policy, fold
from prodigy_al.report.metrics import Metric
from prodigy_al.report.next_step import NextStep, next_step
from prodigy_al.report.parts import Interval, Strata
from prodigy_al.report.schema import Dev, Report, TestSet

MARKS: dict[Outcome, str] = {  # the worst first
    "worse": "do not ship",
    "not-shown": "do not ship yet",
    "unknown": "ship? dev cannot tell",
}
MOST_REASONS = 3


@dataclass(frozen=True, kw_only=True)
class ArmSummary:
    """A dataset, or all replicates of a strategy, as one line.

    Of replicates, `answers`, `usual` and `weighted` are means, the latter without intervals, and
    `test` has the interval for other replicates on this test set.

    `usual` and `weighted` are F1 on dev answers, `dev_answers` of them (of the base where nothing
    was trained); `weighted_on` is the dataset whose dev answers are weighted, None for several, and
    `cautions` say why that number is to be read with care (`WeightedMetric`), or ``estimated``.
    `vs_base` and `test` are None where nothing was trained, `vs_control` where there is no control;
    `without_control` is the number of its datasets that have none, 0 for a control itself. `mark`
    is empty where dev answers show the model to be better than its base; `marked` are the sentences
    behind it.
    """

    name: str
    strategy: str
    datasets: Sequence[str]
    answers: int
    dev_answers: int
    usual: Interval
    weighted: Interval | Unavailable
    weighted_on: str | None
    cautions: Sequence[str]
    test: Interval | None
    vs_base: Finding | None
    vs_control: Finding | None
    without_control: int
    mark: str
    marked: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What is read first, all of it about one training `policy` (None where nothing was trained).

    `checks` are the sentences of failed health checks, `brief` the same in a few words each. `base`
    is F1 of the model as it was on test, `base_on_dev` its weighted F1 on dev, None unless all arms
    are measured on the same answers. `exchange` are sentences, `reasons` those of up to three
    supported hypotheses, or kinds of segments that were missed.
    """

    checks: Sequence[str]
    brief: Sequence[str]
    policy: str | None
    training_seeds: int
    test: TestSet
    base: Interval
    base_on_dev: Interval | None
    arms: Sequence[ArmSummary]
    exchange: Sequence[str]
    reasons: Sequence[str]
    next: NextStep


def summarize(report: Report) -> Summary:
    """Return what a report says first."""
    policy = answered_policy(report)
    failed = [check for check in report.health if not check["ok"]]
    return Summary(
        checks=[check["why"] for check in failed],
        brief=[check.get("brief") or check["why"] for check in failed],
        policy=policy,
        training_seeds=len(report.seeds),
        test=report.test,
        base=_interval(report.base.test),
        base_on_dev=_base_on_dev(report),
        arms=_arms(report, policy),
        exchange=list(brief_exchange(report, policy)) if policy else [],
        reasons=_reasons(report),
        next=next_step(report),
    )


def _reasons(report: Report) -> list[str]:
    """Return supported hypotheses, and kinds of segments that an arm missed and lost by.

    Where there is a ledger, it tells the former (`why_lines`).
    """
    told = [one for one in report.verdicts if one.verdict == "supported" and not report.why]
    found = [f"{one.arm}: {one.why}" for one in told]
    missed = report.strata.said if isinstance(report.strata, Strata) else ()
    return [*found, *missed][:MOST_REASONS]


def _arms(report: Report, policy: str | None) -> list[ArmSummary]:
    to_base = against_base(report, policy) if policy else {}
    to_control = against_control(report, policy) if policy else {}
    found = []
    for name, datasets in fold(report, policy).items():
        arms = [report.arms[dataset] for dataset in datasets]
        devs = [
            arm.runs[policy].dev if policy else report.base.dev[dataset]
            for dataset, arm in zip(datasets, arms, strict=True)
        ]
        mark, marked = _mark(report, policy, datasets)
        found.append(
            ArmSummary(
                name=name,
                strategy=arms[0].strategy,
                datasets=datasets,
                answers=round(fmean(sum(arm.answers.values()) for arm in arms)),
                dev_answers=round(fmean(arm.dev_answers for arm in arms)),
                usual=_mean([dev.usual for dev in devs]),
                weighted=_weighted(devs),
                weighted_on=_weighted_on(devs),
                cautions=_cautions(devs),
                test=_test(report, policy, datasets),
                vs_base=to_base.get(name),
                vs_control=to_control.get(name),
                without_control=sum(bool(arm.no_control) for arm in arms),
                mark=mark,
                marked=marked,
            )
        )
    return found


def _base_on_dev(report: Report) -> Interval | None:
    devs = list(report.base.dev.values())
    weighted = devs[0].weighted
    if _weighted_on(devs) is None or isinstance(weighted, Unavailable):
        return None
    return _interval(weighted)


def _test(report: Report, policy: str | None, datasets: Sequence[str]) -> Interval | None:
    if policy is None:
        return None
    arm = report.arms[datasets[0]]
    if len(datasets) == 1:
        return _interval(arm.runs[policy].test)
    return _interval(report.strategies[arm.strategy][policy].test)


def _weighted(devs: Sequence[Dev]) -> Interval | Unavailable:
    """Return the mean weighted F1; why there is none where one of them cannot be had."""
    found = []
    for dev in devs:
        if isinstance(dev.weighted, Unavailable):
            return dev.weighted
        found.append(dev.weighted)
    return _mean(found)


def _weighted_on(devs: Sequence[Dev]) -> str | None:
    """Return the one dataset on which all are measured, if there is one."""
    on = {None if isinstance(one := dev.weighted, Unavailable) else one.on for dev in devs}
    return on.pop() if len(on) == 1 else None


def _cautions(devs: Sequence[Dev]) -> list[str]:
    weighted = [dev.weighted for dev in devs if not isinstance(dev.weighted, Unavailable)]
    estimated = ["estimated" for one in weighted if one.method == "estimated"]
    return sorted({*estimated, *(caution for one in weighted for caution in one.cautions)})


def _mean(metrics: Sequence[Metric]) -> Interval:
    """Return the mean F1, with its interval if it is one alone; None where one is not defined."""
    if len(metrics) == 1:
        return _interval(metrics[0])
    known = [one.f1 for one in metrics if one.f1 is not None]
    mean = fmean(known) if len(known) == len(metrics) else None
    return Interval(value=mean, low=None, high=None)


def _interval(metric: Metric) -> Interval:
    return Interval(value=metric.f1, low=metric.low, high=metric.high)


def _mark(report: Report, policy: str | None, datasets: Sequence[str]) -> tuple[str, list[str]]:
    """Return what dev answers forbid or leave open, and the sentences behind it.

    Of replicates it is said of how many, unless it is all.
    """
    runs = [report.arms[one].runs[policy] for one in datasets] if policy else []
    guards = [run.guard for run in runs if run.guard is not None and run.guard.said]
    outcomes = Counter(guard.outcome for guard in guards)
    if not guards:
        return "", []
    worst = next(outcome for outcome in MARKS if outcomes[outcome])
    number = outcomes["unknown"] if worst == "unknown" else len(guards) - outcomes["unknown"]
    of = f": {number} of {len(datasets)}" if number < len(datasets) else ""
    return MARKS[worst] + of, [guard.said for guard in guards]
