"""Why arms differ: the verdicts, the ledger of complaints, and selection apart from label form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.effects import (
    Effect,
    Square,
    compare,
    count_answers,
    find_square,
    label_form,
    remedied,
    selection,
    undoing,
)
from prodigy_al.comparison.estimates import Compared
from prodigy_al.comparison.gap import usual_vs_even, usual_vs_test, usual_vs_weighted
from prodigy_al.comparison.measurements import Measurements, Model, Row
from prodigy_al.diagnosis.trained import TrainedArm
from prodigy_al.diagnosis.trained_ledger import (
    DEV_UP,
    NO_BETTER,
    WORSE,
    judge_trained,
    reasons_for,
)
from prodigy_al.diagnosis.verdict import Verdict
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.against import each_against_base, each_against_control
from prodigy_al.report.differences import describe_comparison
from prodigy_al.report.findings import Finding
from prodigy_al.report.numbers import number
from prodigy_al.report.parts import Interval
from prodigy_al.report.reasons import Complaint, FormCell, Forms, Reason, Remedy, Why
from prodigy_al.report.schema import Report
from prodigy_al.report.weighted import bounds


def add_reasons(report: Report, measured: Measurements) -> Report:
    """Return the report with what --why tells; as it is where that was not asked for."""
    plan = measured.plan
    if plan.questions is None:
        return report
    runs = [TrainedArm(arm, policy, measured) for policy in plan.policies for arm in plan.arms]
    verdicts = [_reason(verdict, run.policy) for run in runs for verdict in judge_trained(run)]
    ledger = [one for run in runs for one in _complaints(run, report)]
    squares = {
        (run.name, run.policy): find_square(run.arm, run.policy, measured)
        for run in runs
        if not run.arm.is_random
    }
    why = Why(
        ledger=ledger,
        forms=[
            _forms(*name, square, measured)
            for name, square in squares.items()
            if isinstance(square, Square)
        ],
        no_forms={
            name: square for (name, _), square in squares.items() if isinstance(square, Unavailable)
        },
    )
    return replace(report, verdicts=verdicts, why=why)


def _reason(verdict: Verdict, policy: str) -> Reason:
    values = {part.name: getattr(verdict, part.name) for part in fields(verdict)}
    return Reason(policy=policy, **values)


def _complaints(run: TrainedArm, report: Report) -> Iterator[Complaint]:
    """Yield what is to be complained of, as the report's own words and numbers have it."""
    dev = usual_vs_test(run.model, run.arm, run.measured)
    if isinstance(dev.found, Difference) and dev.found.low > 0:
        entry = report.arms[run.name].runs[run.policy]
        said = f"dev says {number(entry.dev.usual.f1)} and test {number(entry.test.f1)}"
        yield _complaint(DEV_UP, run, said, _interval(dev))
    base = each_against_base(report, run.policy)[run.name]
    if base.word == "harms":
        yield _complaint(WORSE, run, "worse than its base", _of_finding(base))
    random = each_against_control(report, run.policy).get(run.name)
    if random is not None and random.word != "ahead":
        word = "worse" if random.word == "behind" else "not shown to be better"
        said = f"{word} than {random.against}"
        yield _complaint(NO_BETTER, run, said, _of_finding(random))


def _complaint(complaint: str, run: TrainedArm, said: str, gap: Interval) -> Complaint:
    reasons = reasons_for(complaint, run)
    return Complaint(
        id=complaint,
        arm=run.name,
        policy=run.policy,
        said=said,
        gap=gap,
        reasons=reasons,
        remedies=[one for name in reasons for one in _remedies(name, run)],
    )


def _remedies(reason: str, run: TrainedArm) -> Iterator[Remedy]:
    """Yield what was trained, or weighted, against a reason."""
    arm, policy, measured = run.arm, run.policy, run.measured
    if reason == "label-form":
        form = label_form(arm, policy, measured)
        if isinstance(form, Effect):
            yield _remedy(reason, "whole segments", compare(form.theirs, form.ours, measured))
    elif reason == "forgetting":
        robust = remedied(arm, policy, measured)
        if isinstance(robust, Effect):
            yield _remedy(reason, f"training '{measured.plan.remedy}'", robust)
    elif reason == "selection-train" and arm.train.form == "binary":
        chosen = selection(arm, policy, measured)
        if isinstance(chosen, Effect):
            at_random = compare(chosen.theirs, chosen.ours, measured)
            yield _remedy(reason, "random single spans", at_random)
    elif reason == "selection-train":
        undone = undoing(arm, policy, measured)
        if not isinstance(undone, Unavailable):
            yield _remedy(reason, "selection undone", undone[0])
    elif reason == "selection-dev":
        yield from _measured(reason, "weighted dev", usual_vs_even(run.model, arm, measured), arm)
    elif reason == "partial-dev" and arm.dev.form == "binary":
        dev = measured.weighted_dev[arm.dataset]
        if not isinstance(dev, Unavailable):
            whole = usual_vs_weighted(run.model, arm, measured)
            what = "dev of whole segments, weighted"
            yield from _measured(reason, what, whole, arm, answers=len(dev.dev))


def _measured(
    reason: str, what: str, compared: Compared, arm: Arm, *, answers: int | None = None
) -> Iterator[Remedy]:
    """Yield another measurement of the same model, on its own dev answers or on so many others."""
    own = len(arm.dev)
    if compared.value is not None:
        yield Remedy(
            against=reason,
            what=what,
            closed=describe_comparison(compared),
            answers=own if answers is None else answers,
            instead_of=own,
        )


def _remedy(reason: str, what: str, effect: Effect) -> Remedy:
    return Remedy(
        against=reason,
        what=what,
        closed=describe_comparison(effect.compared),
        answers=effect.answers[0],
        instead_of=effect.answers[1],
    )


def _forms(arm: str, policy: str, square: Square, measured: Measurements) -> Forms:
    cells: list[tuple[str, str, Model]] = [
        ("random", "whole", square.random_whole),
        ("random", "single", square.random_single),
        ("active", "single", square.active_single),
    ]
    pairs = {
        "form-random": (square.random_single, square.random_whole),
        "selection-single": (square.active_single, square.random_single),
    }
    whole = square.active_whole
    if whole is not None:
        cells.insert(2, ("active", "whole", whole))
        pairs["selection-whole"] = (whole, square.random_whole)
        pairs["form-active"] = (square.active_single, whole)
    return Forms(
        arm=arm,
        policy=policy,
        cells=[_cell(*cell, measured) for cell in cells],
        effects={
            name: describe_comparison(measured.difference(*pair)) for name, pair in pairs.items()
        },
        left_out=_left_out(cells, measured),
    )


def _cell(answers_of: str, form: str, model: Model, measured: Measurements) -> FormCell:
    score = measured.score(Row(model, "test"))
    low, high, _ = bounds(score.interval)
    return FormCell(
        answers_of="random" if answers_of == "random" else "active",
        form="whole" if form == "whole" else "single",
        dataset=model.dataset or "",
        answers=count_answers(model, measured),
        f1=Interval(value=score.f1, low=low, high=high),
    )


def _left_out(cells: list[tuple[str, str, Model]], measured: Measurements) -> Mapping[str, int]:
    """Return the segments about which nothing could be asked."""
    return {
        model.dataset or "": len(measured.trains[model.dataset or ""])
        - count_answers(model, measured)
        for _, _, model in cells
        if model.variant
    }


def _interval(compared: Compared) -> Interval:
    found = describe_comparison(compared)
    return Interval(value=found.difference, low=found.low, high=found.high)


def _of_finding(found: Finding) -> Interval:
    return Interval(value=found.difference, low=found.low, high=found.high)
