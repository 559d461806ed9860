"""The table of measurements as a report: every number is looked up, none is computed twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.controls import find_control, why_no_control
from prodigy_al.comparison.curves import Point, Work, effort_to_reach, learning_curve
from prodigy_al.comparison.documents import Documents, documents_of, documents_of_test
from prodigy_al.comparison.estimates import (
    SHARED_DOCUMENTS,
    Score,
)
from prodigy_al.comparison.gap import weighted_vs_base
from prodigy_al.comparison.measurements import BASE, Measurements, Model, Row
from prodigy_al.comparison.measuring import measure
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.runs import say_nothing
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.jobs.machine import describe_machine
from prodigy_al.report import metrics, schema
from prodigy_al.report.advice import go_on
from prodigy_al.report.agreement import describe_agreement
from prodigy_al.report.curve_comparison import describe_curves
from prodigy_al.report.dev import describe_candidates, describe_gap, describe_ignored
from prodigy_al.report.differences import against_whole, describe_comparison
from prodigy_al.report.exchange import describe_exchange
from prodigy_al.report.folding import answered_policy
from prodigy_al.report.guard import describe_guard
from prodigy_al.report.health import check_health
from prodigy_al.report.joined import describe_parts
from prodigy_al.report.kinds import Kind
from prodigy_al.report.next_step import next_step
from prodigy_al.report.others import describe_others
from prodigy_al.report.planned import describe_plan
from prodigy_al.report.quick import quick_answer
from prodigy_al.report.seconds import describe_at_seconds
from prodigy_al.report.sentences import answer_sentence
from prodigy_al.report.strata import describe_strata
from prodigy_al.report.strategies import summarise_strategies
from prodigy_al.report.summary import summarize
from prodigy_al.report.weighted import bounds, describe_weighted
from prodigy_al.report.why import add_reasons

BASE_NAME = "base"
TEST_NAME = "test"

Curves = Mapping[tuple[str, str], Sequence[Point]]
"""By dataset and policy."""


def compare(
    plan: Plan,
    say: Callable[[str], object] = say_nothing,
    warn: Callable[[str], object] = say_nothing,
) -> schema.Report:
    """Train and measure what the plan asks for, and return the report.

    `say` and `warn` as in `measure`.
    """
    return build_report(measure(plan, say, warn))


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
        target=_target(plan),
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
        strategies=summarise_strategies(arms, measured),
        matrix=_matrix(measured),
        curves=[_curve_point(*name, point) for name, curve in curves.items() for point in curve],
        health=check_health(measured),
        machine=describe_machine(),
        exchange=describe_exchange(measured),
        plan=describe_plan(measured),
        command=plan.command,
    )
    report = replace(report, strata=describe_strata(measured, answered_policy(report)))
    report = add_reasons(report, measured)
    answer = answer_sentence if plan.policies else quick_answer
    return replace(
        report,
        answer=answer(report),
        go_on=go_on(summarize(report)),
        next=str(next_step(report)),
    )


def _target(plan: Plan) -> str:
    # a file's folders stand where the test set is described
    like = Path(plan.test.name).name if plan.test.is_given else "what was annotated"
    return f"F1 of {', '.join(plan.labels)} on text like {like}"


def _test_set(measured: Measurements) -> schema.TestSet:
    test, overlap = measured.plan.test, measured.overlap
    return schema.TestSet(
        name=test.name if test.is_given else None,
        segments=len(test.gold),
        groups=len(set(test.groups)),
        gold_spans=sum(len(item.accepted) for item in test.gold.items),
        unusable_spans=test.gold.off_tokens,
        ignored=test.ignored,
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
            copied=arm.reused,
            in_both=arm.in_both,
            agreement=describe_agreement(arm),
        ),
        segments=arm.effort.segments,
        tokens=arm.effort.tokens,
        entities=arm.effort.entities,
        seconds=arm.effort.seconds,
        seconds_per_answer=arm.effort.seconds_per_answer,
        train=len(measured.trains[arm.dataset]),
        dev_answers=len(arm.dev),
        shares_documents=arm.shares_documents,
        seconds_simulated=arm.effort.simulated,
        runs={policy: _run(arm, policy, curves, measured) for policy in measured.plan.policies},
        no_control=why_no_control(arm, measured.plan.arms),
        parts=describe_parts(arm),
        source=arm.source.get("name"),
        conditions=dict(arm.effort.conditions),
    )


def _run(arm: Arm, policy: str, curves: Curves, measured: Measurements) -> schema.Run:
    model, plan = Model(arm.dataset, policy), measured.plan
    curve, curves_differ = curves[arm.dataset, policy], None
    on_test = measured.score(Row(model, "test"))
    against = None
    needed: Work | Unavailable = Unavailable("there is no control or no curve")
    if control := find_control(arm, plan.arms):
        other = Model(control.dataset, policy)
        against = metrics.ControlComparison(
            **asdict(describe_comparison(measured.difference(model, other))),
            against=control.dataset,
            train=len(measured.trains[arm.dataset]),
            against_train=len(measured.trains[control.dataset]),
            binary_against_whole=against_whole(arm, control, "binary"),
            mixed_against_whole=against_whole(arm, control, "mixed"),
        )
        if curve:
            needed = effort_to_reach(curve, other, measured)
            curves_differ = describe_curves(curve, curves[control.dataset, policy], measured)
    return schema.Run(
        dev=_dev(model, arm, measured),
        test=metrics.TestMetric(**asdict(_metric(on_test)), per_seed=on_test.per_seed),
        test_unseen_text=_metric(measured.score(Row(model, "test-unseen"))),
        vs_base=describe_comparison(measured.difference(model, BASE)),
        vs_random=against,
        effort_to_random=schema.Effort(**asdict(needed)) if isinstance(needed, Work) else None,
        no_effort=needed.reason if isinstance(needed, Unavailable) else None,
        others=describe_others(model, measured),
        gap=describe_gap(model, arm, measured),
        guard=describe_guard(model, arm, measured),
        vs_random_seconds=describe_at_seconds(arm, policy, measured),
        curve_vs_random=curves_differ,
    )


def _dev(model: Model, arm: Arm, measured: Measurements) -> schema.Dev:
    usual = _metric(measured.score(Row(model, "usual", arm.dataset)))
    if arm.shares_documents:
        usual = replace(usual, low=None, high=None, no_interval=SHARED_DOCUMENTS)
    change = None if model == BASE else weighted_vs_base(model, arm, measured)
    return schema.Dev(
        usual=usual,
        weighted=_weighted_dev(model, arm, measured),
        ignored=describe_ignored(model, arm, measured),
        candidates=describe_candidates(model, arm, measured),
        vs_base=describe_comparison(change) if change else None,
    )


def _weighted_dev(
    model: Model, arm: Arm, measured: Measurements
) -> metrics.WeightedMetric | Unavailable:
    on, found = measured.weighted_dev[arm.dataset], measured.weighted(model, arm)
    if isinstance(on, Unavailable):
        return on
    return found if isinstance(found, Unavailable) else describe_weighted(found, on)


def _matrix(measured: Measurements) -> list[schema.Cell]:
    """Return base and every arm's model on every set, cells with a common document marked."""
    trained: dict[str | None, Documents] = {None: frozenset()}
    for arm in measured.plan.arms:
        trained[arm.dataset] = documents_of(arm, measured.trains[arm.dataset])
    tested = frozenset[tuple[str, ...]]().union(*documents_of_test(measured.plan.test))
    cells = []
    for model in measured.models():
        leak = not trained[model.dataset].isdisjoint(tested)
        if measured.plan.test.is_given:
            on_test = _metric(measured.score(Row(model, "test")))
            cells.append(_cell(model, TEST_NAME, "test", on_test, leak=leak))
        for arm in measured.plan.arms:
            leak = not trained[model.dataset].isdisjoint(documents_of(arm, arm.dev))
            dev = _dev(model, arm, measured)
            cells.append(_cell(model, arm.dataset, "usual", dev.usual, leak=leak))
            # of binary answers it is F1 on another set, which has a cell of its own
            own = measured.weighted_dev[arm.dataset] is arm
            if own and not isinstance(dev.weighted, Unavailable):
                kind: Kind = "estimated" if dev.weighted.method == "estimated" else "weighted"
                cells.append(_cell(model, arm.dataset, kind, dev.weighted, leak=leak))
    return cells


def _cell(
    model: Model, name: str, kind: Kind, metric: metrics.Metric, *, leak: bool
) -> schema.Cell:
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
    low, high, _ = bounds(point.score.interval)
    return schema.CurvePoint(
        **asdict(point.work), dataset=dataset, policy=policy, f1=point.score.f1, low=low, high=high
    )


def _metric(score: Score) -> metrics.Metric:
    low, high, reason = bounds(score.interval)
    return metrics.Metric(
        f1=score.f1,
        p=score.precision,
        r=score.recall,
        low=low,
        high=high,
        n=score.n,
        no_interval=reason,
    )
