"""The table of measurements as a report: every number is looked up, none is computed twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.controls import find_control
from prodigy_al.comparison.curves import Point, learning_curve, work_to_reach
from prodigy_al.comparison.estimates import Score, WeightedScore
from prodigy_al.comparison.measurements import BASE, Measurements, Model, Row, measure
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.retention import measure_retention
from prodigy_al.comparison.runs import say_nothing
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.estimators import Estimate, Unavailable, Weighted
from prodigy_al.report import schema
from prodigy_al.report.kinds import Kind, PlainMetric
from prodigy_al.report.sentences import answer_sentence, next_sentence
from prodigy_al.report.strategies import summarise_strategies

BASE_NAME = "base"
TEST_NAME = "test"

Curves = Mapping[tuple[str, str], Sequence[Point]]
"""By dataset and policy."""


def compare(plan: Plan, say: Callable[[str], object] = say_nothing) -> schema.Report:
    """Train and measure what the plan asks for, and return the report; see `measure` for `say`."""
    return build_report(measure(plan, say))


def build_report(measured: Measurements) -> schema.Report:
    """Return the report of a finished comparison."""
    plan = measured.plan
    curves = {
        (arm.dataset, policy): learning_curve(arm, policy, measured)
        for arm in plan.arms
        for policy in plan.policies
    }
    arms = {arm.dataset: _arm(arm, curves, measured) for arm in plan.arms}
    report = schema.Report(
        answer="",
        next="",
        target=f"F1 of {', '.join(plan.labels)} on text like {plan.test.name}",
        labels=list(plan.labels),
        model=dict(plan.model),
        pool=dict(plan.pool.described) if plan.pool else None,
        seeds=list(plan.seeds),
        policies=list(plan.policies),
        test=_test_set(measured),
        base=schema.Base(
            test=_metric(measured.score(Row(BASE, "test"))),
            dev={arm.dataset: _dev(BASE, arm, measured) for arm in plan.arms},
        ),
        arms=arms,
        strategies=summarise_strategies(arms, plan.policies),
        matrix=_matrix(measured),
        curves=[_curve_point(*name, point) for name, curve in curves.items() for point in curve],
    )
    return replace(report, answer=answer_sentence(report), next=next_sentence(report))


def _test_set(measured: Measurements) -> schema.TestSet:
    test, overlap = measured.plan.test, measured.overlap
    return schema.TestSet(
        name=test.name,
        segments=len(test.gold),
        groups=len(set(test.groups)),
        gold_spans=sum(len(item.accepted) for item in test.gold.items),
        unusable_spans=test.gold.off_tokens,
        overlap=schema.Overlap(
            segments=overlap.segments,
            short=overlap.short,
            trained_on_removed=dict(overlap.removed),
        ),
    )


def _arm(arm: Arm, curves: Curves, measured: Measurements) -> schema.Arm:
    return schema.Arm(
        strategy=arm.strategy,
        seed=arm.seed,
        fold_salt=arm.fold_salt,
        answers=dict(arm.train.counts),
        contradictions=arm.train.contradictions,
        reading=schema.Reading(
            repeats=arm.train.repeats,
            off_tokens=arm.train.off_tokens,
            unasked=arm.train.unasked,
            several_annotators=arm.shared,
        ),
        segments=arm.effort.segments,
        tokens=arm.effort.tokens,
        entities=arm.effort.entities,
        seconds=arm.effort.seconds,
        seconds_per_answer=arm.effort.seconds_per_answer,
        train=len(measured.trains[arm.dataset]),
        dev_answers=len(arm.dev),
        runs={
            policy: _run(arm, policy, curves[arm.dataset, policy], measured)
            for policy in measured.plan.policies
        },
    )


def _run(arm: Arm, policy: str, curve: Sequence[Point], measured: Measurements) -> schema.Run:
    model, plan = Model(arm.dataset, policy), measured.plan
    on_test = measured.score(Row(model, "test"))
    retention = measure_retention(
        plan.test.gold, measured.predictions[BASE][0], measured.predictions[model]
    )
    against = needed = None
    if control := find_control(arm, plan.arms):
        other = Model(control.dataset, policy)
        against = schema.ControlComparison(
            **asdict(_comparison(measured.difference(model, other))), against=control.dataset
        )
        needed = work_to_reach(measured.score(Row(other, "test")).f1, curve)
    return schema.Run(
        dev=_dev(model, arm, measured),
        test=schema.TestMetric(**asdict(_metric(on_test)), per_seed=on_test.per_seed),
        test_unseen_text=_metric(measured.score(Row(model, "test-unseen"))),
        vs_base=_comparison(measured.difference(model, BASE)),
        vs_random=against,
        effort_to_random=schema.Effort(**asdict(needed)) if needed else None,
        others=schema.OtherLabels(
            agreement_f1=retention.agreement_f1,
            per_label={
                label: schema.OtherLabel(**asdict(one))
                for label, one in retention.per_label.items()
            },
        ),
    )


def _dev(model: Model, arm: Arm, measured: Measurements) -> schema.Dev:
    weighted = measured.weighted(model, arm)
    return schema.Dev(
        usual=_metric(measured.score(Row(model, "usual", arm.dataset))),
        weighted=weighted if isinstance(weighted, Unavailable) else _weighted(weighted, arm),
    )


def _matrix(measured: Measurements) -> list[schema.Cell]:
    """Return base and every arm's model on every set, cells with a common document marked."""
    trained: dict[str | None, set[str]] = {None: set()}
    for arm in measured.plan.arms:
        trained[arm.dataset] = {
            arm.groups[item.input_hash] for item in measured.trains[arm.dataset].items
        }
    cells = []
    for model in measured.models():
        leak = not trained[model.dataset].isdisjoint(measured.plan.test.groups)
        on_test = _metric(measured.score(Row(model, "test")))
        cells.append(_cell(model, TEST_NAME, "test", on_test, leak=leak))
        for arm in measured.plan.arms:
            groups = {arm.groups[item.input_hash] for item in arm.dev.items}
            leak = bool(groups & trained[model.dataset])
            dev = _dev(model, arm, measured)
            cells.append(_cell(model, arm.dataset, "usual", dev.usual, leak=leak))
            if not isinstance(dev.weighted, Unavailable):
                kind: Kind = "estimated" if dev.weighted.method == "estimated" else "weighted"
                cells.append(_cell(model, arm.dataset, kind, dev.weighted, leak=leak))
    return cells


def _cell(model: Model, name: str, kind: Kind, metric: schema.Metric, *, leak: bool) -> schema.Cell:
    return schema.Cell(
        policy=model.policy,
        model=model.dataset or BASE_NAME,
        set=name,
        kind=kind,
        f1=metric.f1,
        low=metric.low,
        high=metric.high,
        leak=leak,
    )


def _curve_point(dataset: str, policy: str, point: Point) -> schema.CurvePoint:
    f1, low, high = _bounds(point.f1)
    return schema.CurvePoint(
        **asdict(point.work), dataset=dataset, policy=policy, f1=f1, low=low, high=high
    )


def _metric(score: Score) -> schema.Metric:
    f1, low, high = _bounds(score.f1)
    return schema.Metric(f1=f1, p=score.precision, r=score.recall, low=low, high=high, n=score.n)


def _weighted(score: WeightedScore, arm: Arm) -> schema.WeightedMetric:
    found = score.found
    _, low, high = _bounds(found.f1.new_text)
    _, low_pool, high_pool = _bounds(found.f1.pool)
    return schema.WeightedMetric(
        f1=found.f1.value,
        p=found.precision.value,
        r=found.recall.value,
        low=low,
        high=high,
        n=found.m,
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
        on=arm.dataset,
        cautions=[
            *(caution.kind for caution in found.cautions),
            *(["random-within-bins"] if score.method == "estimated" else []),
        ],
        coefficient=score.coefficient,
        plain=_plain(score.plain),
    )


def _plain(found: Weighted | None) -> PlainMetric | None:
    if found is None:
        return None
    _, low, high = _bounds(found.f1.new_text)
    _, low_pool, high_pool = _bounds(found.f1.pool)
    return PlainMetric(
        f1=found.f1.value, low=low, high=high, low_pool=low_pool, high_pool=high_pool
    )


def _comparison(found: Difference | Unavailable) -> schema.Comparison:
    if isinstance(found, Unavailable):
        return schema.Comparison(difference=None, low=None, high=None, p=None, detectable=None)
    return schema.Comparison(**asdict(found))


def _bounds(f1: Estimate | Unavailable) -> tuple[float | None, float | None, float | None]:
    """Return the value and the ends of its interval, each None where it cannot be had."""
    return (None, None, None) if isinstance(f1, Unavailable) else (f1.value, f1.low, f1.high)
