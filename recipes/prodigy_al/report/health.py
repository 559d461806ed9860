"""Checks of what a comparison can tell at all, made before its numbers are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodigy_al.comparison.measurements import Measurements
from prodigy_al.comparison.testset import TestSet
from prodigy_al.evaluation.bootstrap import few_groups
from prodigy_al.evaluation.estimators import MIN_GROUPS
from prodigy_al.report.numbers import counted
from prodigy_al.report.overlap import check_documents, check_overlap


def check_health(measured: Measurements) -> list[Mapping[str, Any]]:
    """Return `health` of report.json: id, whether it is ok, its number, and why it is not.

    `brief` says so again within a line of a terminal. Checks of a test set and of trainings are
    left out where there are none.
    """
    plan = measured.plan
    groups, seeds = len(set(plan.test.groups)), len(plan.seeds)
    few = few_groups(groups)
    no_interval = f"no interval on test {plan.test.name}: {few.reason}" if few else ""
    no_training = (
        "each arm was trained once: intervals hold for these trainings and have no part for how "
        "much another training seed would change; use --seeds 5"
    )
    found: list[Mapping[str, Any]] = []
    if plan.test.is_given:
        brief = f"test has {counted(groups, 'document')}: nothing can be decided below {MIN_GROUPS}"
        found.append(_check("test-groups", groups, no_interval, brief))
        found.append(_check_gold(plan.test))
    if plan.policies:
        brief = "one training seed: no interval says how much another would change"
        found.append(_check("training-seeds", seeds, no_training if seeds == 1 else "", brief))
    if plan.test.is_given:
        found.append(check_overlap(plan.arms, plan.test, measured.overlap.removed))
        found.append(check_documents(measured))
    return found


def _check_gold(test: TestSet) -> dict[str, Any]:
    """Return the check that every gold span of the test set can be found by a model."""
    unusable = test.gold.off_tokens
    everything = unusable + sum(len(item.accepted) for item in test.gold.items)
    why = (
        f"of the {counted(everything, 'gold span')} of test {test.name}, {unusable:,} "
        f"{'are' if unusable > 1 else 'is'} off token borders, reversed or outside the text and "
        f"left out, the first in record {test.first_unusable}: what a model finds in their place "
        "counts as wrong"
    )
    of = f"{unusable:,} of {everything:,} gold spans"
    brief = f"{of} unusable: finds there count as wrong"
    return _check("test-gold", unusable, why if unusable else "", brief)


def _check(name: str, number: float, why: str, brief: str) -> dict[str, Any]:
    """Return one check, failed where there is a reason why."""
    return {"id": name, "ok": not why, "number": number, "why": why, "brief": why and brief}
