"""Datasets of one strategy taken together: what may be said about the strategy itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean, stdev

from prodigy_al.comparison.equal_seconds import compare_at_seconds
from prodigy_al.comparison.measurements import BASE, Measurements, Model
from prodigy_al.comparison.strategies import NOT_RECORDED, Replicates, find_replicates
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.replicates import mean_over_replicates
from prodigy_al.report.metrics import Comparison, Metric
from prodigy_al.report.schema import Arm, Spread, Strategy

NORMAL_WIDTH = 2 * 1.96  # standard deviations that a 95 % interval is wide


def summarise_strategies(
    arms: Mapping[str, Arm], measured: Measurements
) -> dict[str, dict[str, Strategy]]:
    """Return `strategies` of report.json, by strategy and policy, from its `arms`."""
    return {
        strategy: {
            policy: _summary(replicates, policy, arms, measured)
            for policy in measured.plan.policies
        }
        for strategy, replicates in find_replicates(measured.plan.arms).items()
    }


def _summary(
    replicates: Replicates, policy: str, arms: Mapping[str, Arm], measured: Measurements
) -> Strategy:
    tests = [arms[arm.dataset].runs[policy].test for arm in replicates.distinct]
    values = _known([test.f1 for test in tests])
    per_seed = [_known(test.per_seed) for test in tests]
    widths = [
        test.high - test.low for test in tests if test.low is not None and test.high is not None
    ]
    new_text, this_test, reason = _against_random(replicates, policy, measured)
    return Strategy(
        datasets=list(replicates.datasets),
        replicates=len(replicates.distinct),
        compared=len(replicates.pairs),
        left_out=dict(replicates.left_out),
        test=_mean_test(replicates, values, p=[t.p for t in tests], r=[t.r for t in tests]),
        vs_random=new_text,
        vs_random_seconds=_at_seconds(replicates, policy, measured),
        vs_base=_against_base(replicates, policy, measured),
        vs_random_this_test=this_test,
        no_comparison=reason,
        sd=Spread(
            selection=stdev(values) if len(values) > 1 else None,
            training=_mean([stdev(seeds) for seeds in per_seed if len(seeds) > 1]),
            test=fmean(widths) / NORMAL_WIDTH if widths else None,
        ),
    )


def _against_random(
    replicates: Replicates, policy: str, measured: Measurements
) -> tuple[Comparison | None, Comparison | None, str | None]:
    """Return the difference to random for new text and on this test set, and why one is missing."""
    if replicates.problem:
        return None, None, replicates.problem
    pairs = [
        (Model(arm.dataset, policy), Model(control.dataset, policy))
        for arm, control in replicates.pairs
    ]
    found = measured.difference_over_replicates(pairs)
    if isinstance(found, Unavailable):
        return None, None, found.reason
    this_test = _comparison(found.this_test)
    if isinstance(found.new_text, Unavailable):
        return None, this_test, found.new_text.reason
    return _comparison(found.new_text), this_test, None


def _at_seconds(replicates: Replicates, policy: str, measured: Measurements) -> Comparison | None:
    """Return the difference to random at equal seconds for new text, where every pair has one."""
    pairs: list[tuple[Model, Model]] = []
    for arm, _ in replicates.pairs:
        found = compare_at_seconds(arm.dataset, policy, measured)
        if found is None or isinstance(found, Unavailable):
            return None
        pairs.append(found.models)
    return _on_new_text(pairs, measured)


def _against_base(replicates: Replicates, policy: str, measured: Measurements) -> Comparison | None:
    """Return the difference to the base for new text, over replicates with a dev fold each."""
    distinct = replicates.distinct
    if len({arm.fold_salt for arm in distinct}) < len(distinct):
        return None
    return _on_new_text([(Model(arm.dataset, policy), BASE) for arm in distinct], measured)


def _on_new_text(pairs: Sequence[tuple[Model, Model]], measured: Measurements) -> Comparison | None:
    over = measured.difference_over_replicates(pairs) if pairs else None
    if over is None or isinstance(over, Unavailable) or isinstance(over.new_text, Unavailable):
        return None
    return _comparison(over.new_text)


def _mean_test(
    replicates: Replicates,
    values: Sequence[float],
    *,
    p: Sequence[float | None],
    r: Sequence[float | None],
) -> Metric:
    """Return the mean over replicates, with Student's interval for others on this test set."""
    reason, over = None, None
    if not replicates.distinct:
        reason = NOT_RECORDED
    elif len(values) < 2:
        reason = "fewer than two replicates have an F1"
    else:
        over = mean_over_replicates(values)
    return Metric(
        f1=fmean(values) if values else None,
        p=_mean(p),
        r=_mean(r),
        low=over.low if over else None,
        high=over.high if over else None,
        n=len(values),
        no_interval=reason,
    )


def _comparison(found: Difference) -> Comparison:
    return Comparison(**asdict(found))


def _mean(values: Sequence[float | None]) -> float | None:
    known = _known(values)
    return fmean(known) if known else None


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]
