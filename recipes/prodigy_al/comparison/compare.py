"""The comparison itself: arms, base and test set in, the report out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from spacy.vocab import Vocab

from prodigy_al.comparison.arms import RANDOM_STRATEGIES, Arm
from prodigy_al.comparison.kept import KeptRuns, Predictions
from prodigy_al.comparison.numbers import Number, difference, metric, weighted
from prodigy_al.comparison.others import describe_others
from prodigy_al.comparison.runs import Run, predict_all
from prodigy_al.comparison.sentences import answer_sentence, next_sentence
from prodigy_al.comparison.strategies import summarise_strategies
from prodigy_al.comparison.testset import TestSet, remove_overlap
from prodigy_al.evaluation.counts import Counts, count_matches
from prodigy_al.training.answers import Answers
from prodigy_al.training.policies import POLICIES, to_docs
from prodigy_al.training.scorer import usual_counts

REPORT_VERSION = 1
BASE = "base"


@dataclass(frozen=True)
class Plan:
    """What to compare and how: `model` describes the base (name, version, sha256), `kept` holds
    the runs that are finished.
    """

    arms: Sequence[Arm]
    test: TestSet
    base: str
    model: Mapping[str, Any]
    labels: Sequence[str]
    policies: Sequence[str]
    seeds: Sequence[int]
    workers: int
    kept: KeptRuns


@dataclass(frozen=True)
class _Outcome:
    """One pipeline on every evaluation set, one entry a training seed."""

    test: list[Counts]
    on_test: list[Predictions]  # all labels
    usual: dict[str, list[Counts]]  # dev answers as spaCy's scorer counts them, by dataset
    matches: dict[str, list[Counts]]  # the same answers, counted in full


def compare(plan: Plan, say: Callable[[str], object]) -> dict[str, Any]:
    """Train every arm under every policy and seed, and return the report as report.json has it.

    `say` is told in a sentence how many runs need not be repeated, if any.
    """
    trains, overlap = remove_overlap(plan.arms, plan.test)
    outcomes = _run_all(plan, trains, say)
    groups = list(plan.test.groups)
    report: dict[str, Any] = {
        "version": REPORT_VERSION,
        "answer": "",
        "next": "",
        "target": "",
        "labels": list(plan.labels),
        "model": dict(plan.model),
        "pool": None,
        "seeds": list(plan.seeds),
        "policies": list(plan.policies),
        "test": {
            "name": plan.test.name,
            "segments": len(plan.test.gold),
            "groups": len(set(groups)),
            "gold_spans": sum(len(item.accepted) for item in plan.test.gold.items),
            "overlap": {
                "segments": overlap.segments,
                "short": overlap.short,
                "trained_on_removed": dict(overlap.removed),
            },
        },
        "base": {
            "test": metric(outcomes[BASE, ""].test, groups),
            "dev": {arm.dataset: _dev(arm, outcomes[BASE, ""]) for arm in plan.arms},
        },
        "arms": {
            arm.dataset: _arm(arm, len(train), plan, outcomes)
            for arm, train in zip(plan.arms, trains, strict=True)
        },
        "strategies": {},
        "matrix": _matrix(plan, outcomes),
        "curves": [],
        "verdicts": [],
    }
    report["strategies"] = summarise_strategies(report["arms"], plan.policies)
    report["target"] = f"F1 of {', '.join(plan.labels)} on text like {plan.test.name}"
    report["answer"] = answer_sentence(report)
    report["next"] = next_sentence(report)
    return report


def _run_all(
    plan: Plan, trains: Sequence[Answers], say: Callable[[str], object]
) -> dict[tuple[str, str], _Outcome]:
    """Return the outcome of every (dataset, policy), and of the base under ("base", "")."""
    evaluate = (plan.test.gold, *(arm.dev for arm in plan.arms))
    runs = [Run(plan.base, evaluate)] + [
        Run(plan.base, evaluate, arm.dataset, policy, seed, train)
        for arm, train in zip(plan.arms, trains, strict=True)
        for policy in plan.policies
        for seed in plan.seeds
    ]
    outcomes: dict[tuple[str, str], _Outcome] = {}
    predicted = predict_all(
        runs, workers=plan.workers, base_sha256=plan.model["sha256"], kept=plan.kept, say=say
    )
    for run, (on_test, *on_dev) in predicted:
        key = (run.dataset or BASE, run.policy or "")
        outcome = outcomes.setdefault(key, _Outcome([], [], {}, {}))
        outcome.test.append(_matches(plan.test.gold, on_test))
        outcome.on_test.append(on_test)
        for arm, predictions in zip(plan.arms, on_dev, strict=True):
            outcome.usual.setdefault(arm.dataset, []).append(_usual(arm.dev, predictions))
            outcome.matches.setdefault(arm.dataset, []).append(_matches(arm.dev, predictions))
    return outcomes


def _usual(answers: Answers, predictions: Predictions) -> Counts:
    """Count as spaCy's scorer does: a binary answer leaves all other tokens unannotated."""
    references = to_docs(answers, POLICIES["usual"], Vocab())
    counts = usual_counts(references, predictions, answers.labels)
    tp, fp, fn = (part.astype(np.float64) for part in (counts.tp, counts.fp, counts.fn))
    return Counts(tp, tp + fp, tp + fn)


def _matches(answers: Answers, predictions: Predictions) -> Counts:
    """Count matches of the asked labels; a binary answer counts the one span it is about."""
    if answers.form == "binary":
        about = [frozenset(item.accepted + item.rejected) for item in answers.items]
        counted = [found & asked for found, asked in zip(predictions, about, strict=True)]
    else:
        counted = [
            frozenset(span for span in found if span[2] in answers.labels) for found in predictions
        ]
    return count_matches([item.accepted for item in answers.items], counted)


def _dev(arm: Arm, outcome: _Outcome) -> Number:
    groups = [arm.groups[item.input_hash] for item in arm.dev.items]
    return {
        "usual": metric(outcome.usual[arm.dataset], groups),
        "weighted": weighted(outcome.matches[arm.dataset], arm),
    }


def _arm(
    arm: Arm, trained_on: int, plan: Plan, outcomes: Mapping[tuple[str, str], _Outcome]
) -> Number:
    return {
        "strategy": arm.strategy,
        "seed": arm.seed,
        "fold_salt": arm.fold_salt,
        "answers": dict(arm.train.counts),
        "contradictions": arm.train.contradictions,
        "segments": arm.effort.segments,
        "tokens": arm.effort.tokens,
        "entities": arm.effort.entities,
        "seconds": arm.effort.seconds,
        "seconds_per_answer": arm.effort.seconds_per_answer,
        "train": trained_on,
        "dev_answers": len(arm.dev),
        "runs": {policy: _runs(arm, policy, plan, outcomes) for policy in plan.policies},
    }


def _runs(
    arm: Arm, policy: str, plan: Plan, outcomes: Mapping[tuple[str, str], _Outcome]
) -> Number:
    ours = outcomes[arm.dataset, policy]
    groups = list(plan.test.groups)
    control = find_control(arm, plan.arms)
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
        if control is None
        else {
            **difference(ours.test, outcomes[control.dataset, policy].test, groups),
            "against": control.dataset,
        },
        "effort_to_random": None,
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


def _matrix(plan: Plan, outcomes: Mapping[tuple[str, str], _Outcome]) -> list[dict[str, Any]]:
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
