"""The comparison itself: arms, base and test set in, the report out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from prodigy_al.comparison.arms import RANDOM_STRATEGIES, Arm
from prodigy_al.comparison.curves import Point, effort_to_reach, learning_curve
from prodigy_al.comparison.measurements import BASE, Outcome, run_all
from prodigy_al.comparison.numbers import Number, difference, metric, weighted
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.retention import describe_others
from prodigy_al.comparison.runs import say_nothing
from prodigy_al.comparison.strategies import summarise_strategies
from prodigy_al.comparison.testset import Overlap, TestSet, remove_overlap
from prodigy_al.report.sentences import answer_sentence, next_sentence

REPORT_VERSION = 1

Outcomes = Mapping[tuple[str, str], Outcome]
Curves = Mapping[tuple[str, str], Sequence[Point]]
"""By dataset and policy."""


def compare(plan: Plan, say: Callable[[str], object] = say_nothing) -> dict[str, Any]:
    """Train every arm under every policy and seed, and return the report as report.json has it.

    `say` is told in a sentence how many runs need not be repeated, if any.
    """
    trains, overlap = remove_overlap(plan.arms, plan.test)
    outcomes = run_all(plan, trains, say)
    curves = {
        (arm.dataset, policy): learning_curve(arm, policy, plan, outcomes)
        for arm in plan.arms
        for policy in plan.policies
    }
    arms = {
        arm.dataset: _arm(arm, len(train), plan, outcomes, curves)
        for arm, train in zip(plan.arms, trains, strict=True)
    }
    report: dict[str, Any] = {
        "version": REPORT_VERSION,
        "answer": "",
        "next": "",
        "target": f"F1 of {', '.join(plan.labels)} on text like {plan.test.name}",
        "labels": list(plan.labels),
        "model": dict(plan.model),
        "pool": None,
        "seeds": list(plan.seeds),
        "policies": list(plan.policies),
        "test": _test(plan.test, overlap),
        "base": {
            "test": metric(outcomes[BASE, ""].test, plan.test.groups),
            "dev": {arm.dataset: _dev(arm, outcomes[BASE, ""]) for arm in plan.arms},
        },
        "arms": arms,
        "strategies": summarise_strategies(arms, plan.policies),
        "matrix": _matrix(plan, outcomes),
        "curves": [point for curve in curves.values() for point in curve],
        "verdicts": [],
    }
    return {**report, "answer": answer_sentence(report), "next": next_sentence(report)}


def _test(test: TestSet, overlap: Overlap) -> Number:
    return {
        "name": test.name,
        "segments": len(test.gold),
        "groups": len(set(test.groups)),
        "gold_spans": sum(len(item.accepted) for item in test.gold.items),
        "overlap": {
            "segments": overlap.segments,
            "short": overlap.short,
            "trained_on_removed": dict(overlap.removed),
        },
    }


def _dev(arm: Arm, outcome: Outcome) -> Number:
    groups = [arm.groups[item.input_hash] for item in arm.dev.items]
    return {
        "usual": metric(outcome.usual[arm.dataset], groups),
        "weighted": weighted(outcome.matches[arm.dataset], arm),
    }


def _arm(arm: Arm, trained_on: int, plan: Plan, outcomes: Outcomes, curves: Curves) -> Number:
    return {
        "strategy": arm.strategy,
        "seed": arm.seed,
        "fold_salt": arm.fold_salt,
        "answers": dict(arm.train.counts),
        "contradictions": arm.train.contradictions,
        "reading": {
            "repeats": arm.train.repeats,
            "off_tokens": arm.train.off_tokens,
            "unasked": arm.train.unasked,
            "several_annotators": arm.shared,
        },
        "segments": arm.effort.segments,
        "tokens": arm.effort.tokens,
        "entities": arm.effort.entities,
        "seconds": arm.effort.seconds,
        "seconds_per_answer": arm.effort.seconds_per_answer,
        "train": trained_on,
        "dev_answers": len(arm.dev),
        "runs": {policy: _runs(arm, policy, plan, outcomes, curves) for policy in plan.policies},
    }


def _runs(arm: Arm, policy: str, plan: Plan, outcomes: Outcomes, curves: Curves) -> Number:
    ours = outcomes[arm.dataset, policy]
    groups = list(plan.test.groups)
    control = find_control(arm, plan.arms)
    theirs = outcomes[control.dataset, policy] if control else None
    asked = frozenset[int]().union(*(other.hashes for other in plan.arms))
    unseen = np.array([key not in asked for key in plan.test.hashes])
    on_test = metric(ours.test, groups)
    on_test["per_seed"] = [metric([counts], groups)["f1"] for counts in ours.test]
    return {
        "dev": _dev(arm, ours),
        "test": on_test,
        "test_unseen_text": metric(
            [counts.take(unseen) for counts in ours.test],
            [group for group, new in zip(groups, unseen, strict=True) if new],
        ),
        "vs_base": difference(ours.test, outcomes[BASE, ""].test, groups),
        "vs_random": None
        if theirs is None or control is None
        else {**difference(ours.test, theirs.test, groups), "against": control.dataset},
        "effort_to_random": theirs
        and effort_to_reach(metric(theirs.test, groups)["f1"], curves[arm.dataset, policy]),
        "others": describe_others(plan.test.gold, outcomes[BASE, ""].on_test[0], ours.on_test),
        "gap": {"selection": None, "rest": None},
    }


def find_control(arm: Arm, arms: Sequence[Arm]) -> Arm | None:
    """Return the random arm of the same form and salt whose seed is nearest, if there is one.

    Binary arms without a binary control are compared with whole random segments: both took the
    same number of answers.
    """
    if arm.is_random:
        return None
    same_salt = [a for a in arms if a.fold_salt == arm.fold_salt and a.seed is not None]
    for strategy in (RANDOM_STRATEGIES[arm.train.form], RANDOM_STRATEGIES["full"]):
        controls = [a for a in same_salt if a.strategy == strategy and a.dataset != arm.dataset]
        if controls:
            return min(controls, key=lambda a: abs((a.seed or 0) - (arm.seed or 0)))
    return None


def _matrix(plan: Plan, outcomes: Outcomes) -> list[dict[str, Any]]:
    """Return base and every arm's model on every set, cells with a common document marked."""
    trained = {
        arm.dataset: {arm.groups[i.input_hash] for i in arm.train.items} for arm in plan.arms
    }
    cells = []
    for (dataset, policy), outcome in outcomes.items():
        row = {"policy": policy or None, "model": dataset}
        on_test = metric(outcome.test, list(plan.test.groups))
        cells.append({**row, "set": "test", "kind": "test", **_interval(on_test), "leak": False})
        for arm in plan.arms:
            groups = {arm.groups[item.input_hash] for item in arm.dev.items}
            leak = bool(groups & trained.get(dataset, set()))
            for kind, number in _dev(arm, outcome).items():
                if "unavailable" not in number:
                    cells.append(
                        {**row, "set": arm.dataset, "kind": kind, **_interval(number), "leak": leak}
                    )
    return cells


def _interval(number: Number) -> Number:
    return {key: number[key] for key in ("f1", "low", "high")}
