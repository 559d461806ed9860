"""One table of measurements: every pipeline of a comparison on every set, estimated once.

A row names a pipeline, a set of segments and the kind of counting; its counts are held per
training seed, and its estimate over all seeds is made the first time somebody asks for it. What
the report shows (arms, matrix, curves, sentences) are views of this table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from spacy.vocab import Vocab

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.estimates import (
    Score,
    WeightedScore,
    difference,
    estimated_score,
    score,
    weighted_score,
)
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.pool import Foreseen, foresee
from prodigy_al.comparison.run_cache import Predictions
from prodigy_al.comparison.runs import Run, predict_all, say_nothing
from prodigy_al.comparison.testset import Overlap, remove_overlap
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.counts import Counts, count_matches
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.training.answers import Answers
from prodigy_al.training.policies import POLICIES, to_docs
from prodigy_al.training.scorer import usual_counts

Kind: TypeAlias = Literal["test", "test-unseen", "usual", "weighted"]


@dataclass(frozen=True)
class Model:
    """A pipeline: an arm trained under a policy, or the base where both are None.

    `first` is set where only the first answers of the dataset were trained on: how many.
    """

    dataset: str | None = None
    policy: str | None = None
    first: int | None = None


BASE = Model()


@dataclass(frozen=True)
class Row:
    """What is measured: `dev_of` names the dataset whose dev answers it is, None the test set."""

    model: Model
    kind: Kind
    dev_of: str | None = None


class Measurements:
    """Counts and estimates of one comparison.

    Attributes
        plan: what was compared
        trains: each arm's training answers without texts of the test set, by dataset
        overlap: what the arms share with the test set
        predictions: of each model on the test set, all labels, one entry per training seed
    """

    def __init__(self, plan: Plan, trains: Sequence[Answers], overlap: Overlap) -> None:
        self.plan = plan
        self.trains = {arm.dataset: own for arm, own in zip(plan.arms, trains, strict=True)}
        self.overlap = overlap
        self.predictions: dict[Model, list[Predictions]] = defaultdict(list)
        self._arms = {arm.dataset: arm for arm in plan.arms}
        self._references = {
            arm.dataset: to_docs(arm.dev, POLICIES["usual"], Vocab()) for arm in plan.arms
        }
        asked = frozenset[int]().union(*(arm.hashes for arm in plan.arms))
        self._unseen = np.array([key not in asked for key in plan.test.hashes])
        self._counts: dict[Row, list[Counts]] = defaultdict(list)
        self._expected: dict[Model, list[Counts]] = defaultdict(list)
        self._scores: dict[Row, Score] = {}
        self._weighted: dict[Row, WeightedScore | Unavailable] = {}
        self._differences: dict[tuple[Model, Model], Difference | Unavailable] = {}

    def add(
        self, run: Run, predictions: Sequence[Predictions], expected: Counts | None = None
    ) -> None:
        """Count the predictions of one run: on the test set, then on each arm's dev answers.

        `expected` are its counts of the pool's texts, where the plan has a pool.
        """
        model = Model(run.dataset or None, run.policy, run.first)
        on_test, *on_dev = predictions
        matches = _matches(self.plan.test.gold, on_test)
        self._counts[Row(model, "test")].append(matches)
        self._counts[Row(model, "test-unseen")].append(matches.take(self._unseen))
        self.predictions[model].append(on_test)
        if run.first is not None:
            return  # curves are measured on the test set alone
        if expected is not None:
            self._expected[model].append(expected)
        for arm, found in zip(self.plan.arms, on_dev, strict=True):
            self._counts[Row(model, "usual", arm.dataset)].append(self._usual(arm, found))
            self._counts[Row(model, "weighted", arm.dataset)].append(_matches(arm.dev, found))

    def __contains__(self, model: Model) -> bool:
        """Whether the model was trained and measured."""
        return model in self.predictions

    def models(self) -> list[Model]:
        """Return the base and every arm under every policy, without those of curves."""
        return [model for model in self.predictions if model.first is None]

    def score(self, row: Row) -> Score:
        """Return the score of a row of any kind but ``weighted``, over all training seeds."""
        if row not in self._scores:
            self._scores[row] = score(self._counts[row], self._groups(row))
        return self._scores[row]

    def weighted(self, model: Model, arm: Arm) -> WeightedScore | Unavailable:
        """Return the weighted score of a model on an arm's dev answers."""
        row = Row(model, "weighted", arm.dataset)
        if row not in self._weighted:
            self._weighted[row] = self._weigh(row, arm)
        return self._weighted[row]

    def _weigh(self, row: Row, arm: Arm) -> WeightedScore | Unavailable:
        """Estimate with what the pool adds, where it was named: expectations or probabilities."""
        counts, pool = self._counts[row], self.plan.pool
        if pool is not None and not arm.records:
            return estimated_score(counts, arm, pool.estimated[arm.dataset])
        foreseen: Foreseen | None = None
        if pool is not None and arm.dataset in pool.dev:
            foreseen = foresee(pool.dev[arm.dataset], self._expected[row.model])
        return weighted_score(counts, arm, foreseen)

    def difference(self, model: Model, other: Model) -> Difference | Unavailable:
        """Return the paired difference of F1 on the test set, `model` minus `other`."""
        pair = model, other
        if pair not in self._differences:
            ours, theirs = (self._counts[Row(one, "test")] for one in pair)
            self._differences[pair] = difference(ours, theirs, self.plan.test.groups)
        return self._differences[pair]

    def _usual(self, arm: Arm, predictions: Predictions) -> Counts:
        """Count as spaCy's scorer does: a binary answer leaves all other tokens unannotated."""
        counts = usual_counts(self._references[arm.dataset], predictions, arm.dev.labels)
        tp, fp, fn = (part.astype(np.float64) for part in (counts.tp, counts.fp, counts.fn))
        return Counts(tp, tp + fp, tp + fn)

    def _groups(self, row: Row) -> list[str]:
        if row.dev_of is not None:
            arm = self._arms[row.dev_of]
            return [arm.groups[item.input_hash] for item in arm.dev.items]
        groups = self.plan.test.groups
        if row.kind == "test":
            return list(groups)
        return [group for group, new in zip(groups, self._unseen, strict=True) if new]


def measure(plan: Plan, say: Callable[[str], object] = say_nothing) -> Measurements:
    """Train every arm under every policy and seed, and measure each pipeline on every set.

    `say` is told in a sentence how many runs need not be repeated, if any.
    """
    trains, overlap = remove_overlap(plan.arms, plan.test)
    measured = Measurements(plan, trains, overlap)
    predicted = predict_all(
        [*_whole_runs(measured), *_curve_runs(measured)],
        workers=plan.workers,
        cluster=plan.cluster,
        base_sha256=plan.model["sha256"],
        cache=plan.cache,
        say=say,
    )
    for run, result in predicted:
        measured.add(run, result.predictions, result.expected)
    return measured


def _whole_runs(measured: Measurements) -> Iterator[Run]:
    """Yield the base and every arm under every policy and seed, to be measured on every set."""
    plan = measured.plan
    evaluate = (plan.test.gold, *(arm.dev for arm in plan.arms))
    pool = plan.pool.texts if plan.pool is not None and plan.pool.dev else None
    yield Run(plan.base, evaluate, pool=pool)
    for arm in plan.arms:
        train = measured.trains[arm.dataset]
        for policy in plan.policies:
            for seed in plan.seeds:
                yield Run(
                    base=plan.base,
                    evaluate=evaluate,
                    dataset=arm.dataset,
                    policy=policy,
                    seed=seed,
                    train=train,
                    artifacts=plan.artifacts(arm, policy) if seed == plan.seeds[0] else None,
                    pool=pool,
                )


def _curve_runs(measured: Measurements) -> Iterator[Run]:
    """Yield the runs on every arm's first answers, to be measured on the test set alone."""
    plan = measured.plan
    for arm in plan.arms if plan.curves else ():
        allowed = {item.input_hash for item in measured.trains[arm.dataset].items}
        for part in arm.first_answers:
            first = part.answers.where(allowed.__contains__)
            for policy in plan.policies if len(first) else ():
                yield Run(
                    base=plan.base,
                    evaluate=(plan.test.gold,),
                    dataset=arm.dataset,
                    policy=policy,
                    seed=plan.seeds[0],
                    train=first,
                    first=part.count,
                )


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
