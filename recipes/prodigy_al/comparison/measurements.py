"""Every pipeline of a comparison on every set, as counts a segment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from spacy.vocab import Vocab

from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.run_cache import Predictions
from prodigy_al.comparison.runs import Run, predict_all, say_nothing
from prodigy_al.evaluation.counts import Counts, count_matches
from prodigy_al.training.answers import Answers
from prodigy_al.training.policies import POLICIES, to_docs
from prodigy_al.training.scorer import usual_counts

BASE = "base"


@dataclass(frozen=True)
class Outcome:
    """One pipeline on every evaluation set, one entry a training seed."""

    test: list[Counts]
    on_test: list[Predictions]  # all labels
    usual: dict[str, list[Counts]]  # dev answers as spaCy's scorer counts them, by dataset
    matches: dict[str, list[Counts]]  # the same answers, counted in full
    begun: dict[int, Counts]  # test, trained on so many first answers of the dataset


def run_all(
    plan: Plan, trains: Sequence[Answers], say: Callable[[str], object] = say_nothing
) -> dict[tuple[str, str], Outcome]:
    """Return the outcome of every (dataset, policy), and of the base under ("base", "")."""
    runs = [*_whole(plan, trains), *_begun(plan, trains)]
    outcomes: dict[tuple[str, str], Outcome] = {}
    predicted = predict_all(
        runs,
        workers=plan.workers,
        cluster=plan.cluster,
        base_sha256=plan.model["sha256"],
        cache=plan.cache,
        say=say,
    )
    for run, (on_test, *on_dev) in predicted:
        key = (run.dataset or BASE, run.policy or "")
        outcome = outcomes.setdefault(key, Outcome([], [], {}, {}, {}))
        if run.first is not None:
            outcome.begun[run.first] = _matches(plan.test.gold, on_test)
            continue
        outcome.test.append(_matches(plan.test.gold, on_test))
        outcome.on_test.append(on_test)
        for arm, predictions in zip(plan.arms, on_dev, strict=True):
            outcome.usual.setdefault(arm.dataset, []).append(_usual(arm.dev, predictions))
            outcome.matches.setdefault(arm.dataset, []).append(_matches(arm.dev, predictions))
    return outcomes


def _whole(plan: Plan, trains: Sequence[Answers]) -> Iterator[Run]:
    """Yield the base and every arm under every policy and seed, to be measured on every set."""
    evaluate = (plan.test.gold, *(arm.dev for arm in plan.arms))
    yield Run(plan.base, evaluate)
    for arm, train in zip(plan.arms, trains, strict=True):
        for policy in plan.policies:
            for seed in plan.seeds:
                artifacts = plan.artifacts(arm, policy) if seed == plan.seeds[0] else None
                yield Run(plan.base, evaluate, arm.dataset, policy, seed, train, artifacts)


def _begun(plan: Plan, trains: Sequence[Answers]) -> Iterator[Run]:
    """Yield the runs on every arm's beginnings, to be measured on the test set alone."""
    if not plan.curves:
        return
    for arm, train in zip(plan.arms, trains, strict=True):
        allowed = {item.input_hash for item in train.items}
        for begun in arm.beginnings:
            first = begun.said.where(allowed.__contains__)
            for policy in plan.policies if len(first) else ():
                yield Run(
                    plan.base,
                    (plan.test.gold,),
                    arm.dataset,
                    policy,
                    plan.seeds[0],
                    first,
                    first=begun.answers,
                )


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
