"""One table of measurements: every pipeline of a comparison on every set, estimated once.

A row names a pipeline, a set of segments and the kind of counting; its counts are held per
training seed, and its estimate over all seeds is made the first time somebody asks for it. What
the report shows (arms, matrix, curves, sentences) are views of this table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from spacy.vocab import Vocab

from prodigy_al.arrays import FloatArray
from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.candidates import (
    Candidates,
    CandidateScore,
    candidate_score,
    count_inside,
)
from prodigy_al.comparison.curve_estimates import bounds_above, drawn_curves, work_at
from prodigy_al.comparison.estimates import (
    Compared,
    Score,
    WeightedScore,
    difference,
    difference_over_replicates,
    estimated_score,
    recall_interval,
    score,
    weighted_score,
)
from prodigy_al.comparison.matches import count_answers
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.pool import Foreseen, foresee
from prodigy_al.comparison.run_cache import Predictions
from prodigy_al.comparison.runs import Run
from prodigy_al.comparison.strata import Strata, find_strata
from prodigy_al.comparison.testset import Overlap
from prodigy_al.comparison.variants import make_variants
from prodigy_al.comparison.whole_dev import find_weighted_dev
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.curve_difference import DrawnCurves
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.evaluation.paired import Side
from prodigy_al.evaluation.reaching import Reached
from prodigy_al.evaluation.replicates import ReplicateDifference
from prodigy_al.training.answers import Answers
from prodigy_al.training.policies import POLICIES, to_docs
from prodigy_al.training.scorer import usual_counts

Kind: TypeAlias = Literal["test", "test-unseen", "usual", "weighted", "inside"]
"""``inside`` counts which predictions on dev texts are candidates (`candidates.count_inside`)."""


@dataclass(frozen=True)
class Model:
    """A pipeline: an arm trained under a policy, or the base where both are None.

    `first` is set where only the first answers of the dataset were trained on: how many; `variant`
    where something was made of its answers before (`variants`).
    """

    dataset: str | None = None
    policy: str | None = None
    first: int | None = None
    variant: str = ""


BASE = Model()


@dataclass(frozen=True)
class Row:
    """What is measured: `dev_of` names the dataset whose dev answers it is, None the test set, of
    which `stratum` may name one kind of segments (`strata`).
    """

    model: Model
    kind: Kind
    dev_of: str | None = None
    stratum: str | None = None


class Measurements:
    """Counts and estimates of one comparison.

    Attributes
        plan: what was compared
        trains: each arm's training answers without texts of the test set, by dataset
        overlap: what the arms share with the test set
        strata: kinds of segments, and their shares of the pool
        weighted_dev: by dataset, the arm on whose dev answers its weighted F1 is measured
        variants: what else is trained on, to tell why arms differ; empty if nothing is
        predictions: of each model on the test set, all labels, one entry per training seed
    """

    def __init__(self, plan: Plan, trains: Sequence[Answers], overlap: Overlap) -> None:
        self.plan = plan
        self.trains = {arm.dataset: own for arm, own in zip(plan.arms, trains, strict=True)}
        self.overlap = overlap
        self.variants = make_variants(plan, self.trains)
        self.predictions: dict[Model, list[Predictions]] = defaultdict(list)
        self.strata = find_strata(plan.arms, plan.pool)
        kinds = self.strata.sort(plan.test.gold.items) if isinstance(self.strata, Strata) else []
        self._test_kinds = np.array(kinds)
        self.weighted_dev = {arm.dataset: find_weighted_dev(arm, plan.arms) for arm in plan.arms}
        self._arms = {arm.dataset: arm for arm in plan.arms}
        self._references = {
            arm.dataset: to_docs(arm.dev, POLICIES["usual"], Vocab()) for arm in plan.arms
        }
        asked = frozenset[int]().union(*(arm.hashes for arm in plan.arms))
        self._unseen = np.array([key not in asked for key in plan.test.hashes], bool)
        self._counts: dict[Row, list[Counts]] = defaultdict(list)
        self._expected: dict[Model, list[Counts]] = defaultdict(list)
        self._scores: dict[Row, Score] = {}
        self._weighted: dict[Row, WeightedScore | Unavailable] = {}
        self._differences: dict[tuple[Model, Model], Compared] = {}
        self._ignored: dict[Row, int] = defaultdict(int)
        self._candidates: dict[Row, CandidateScore | Unavailable] = {}

    def add(
        self, run: Run, predictions: Sequence[Predictions], expected: Counts | None = None
    ) -> None:
        """Count the predictions of one run: on the test set, then on each arm's dev answers.

        `expected` are its counts of the pool's texts, where the plan has a pool.
        """
        model = Model(run.dataset or None, run.policy, run.first, run.variant)
        on_test, *on_dev = predictions
        matches = count_answers(self.plan.test.gold, on_test)
        self._counts[Row(model, "test")].append(matches)
        self._counts[Row(model, "test-unseen")].append(matches.take(self._unseen))
        self.predictions[model].append(on_test)
        if run.first is not None or run.variant:
            return  # these are measured on the test set alone
        if expected is not None:
            self._expected[model].append(expected)
        dev_predictions = {
            arm.dataset: found for arm, found in zip(self.plan.arms, on_dev, strict=True)
        }
        for arm in self.plan.arms:
            found = dev_predictions[arm.dataset]
            self._count_usual(model, arm, found)
            self._counts[Row(model, "weighted", arm.dataset)].append(count_answers(arm.dev, found))
            candidates = self._find_candidates(arm)
            if not isinstance(candidates, Unavailable):
                texts = self._texts(arm)
                inside = count_inside(texts.dev, dev_predictions[texts.dataset], candidates)
                self._counts[Row(model, "inside", arm.dataset)].append(inside)

    def __contains__(self, model: Model) -> bool:
        """Whether the model was trained and measured."""
        return model in self.predictions

    def models(self) -> list[Model]:
        """Return the base and every arm under every policy, without first answers and variants."""
        return [one for one in self.predictions if one.first is None and not one.variant]

    def score(self, row: Row) -> Score:
        """Return the score of a row of any kind but ``weighted``, over all training seeds."""
        if row not in self._scores:
            side = self.side(row)
            self._scores[row] = score(side.counts_per_seed, side.groups)
        return self._scores[row]

    def recall(self, row: Row) -> Estimate | Unavailable:
        """Return recall alone, of a row of the same kinds, with its interval."""
        side = self.side(row)
        return recall_interval(side.counts_per_seed, side.groups)

    def side(self, row: Row) -> Side:
        """Return what the score of a row of any kind but ``weighted`` is computed from."""
        if row.stratum is None:
            return Side(self._counts[row], self._groups(row))
        inside = np.flatnonzero(self._test_kinds == row.stratum)
        groups = self.plan.test.groups
        whole = self._counts[replace(row, stratum=None)]
        return Side([one.take(inside) for one in whole], [groups[i] for i in inside])

    def weighted(self, model: Model, arm: Arm) -> WeightedScore | Unavailable:
        """Return the weighted score of a model for an arm, on the answers of `weighted_dev`."""
        dev = self.weighted_dev[arm.dataset]
        if isinstance(dev, Unavailable):
            return dev
        row = Row(model, "weighted", dev.dataset)
        if row not in self._weighted:
            self._weighted[row] = self._weigh(row, dev)
        return self._weighted[row]

    def within_candidates(self, model: Model, arm: Arm) -> CandidateScore | Unavailable:
        """Return the score of a model within the candidates of a binary arm's dev answers."""
        row = Row(model, "inside", arm.dataset)
        if row not in self._candidates:
            known = self._find_candidates(arm)
            within = self._counts[Row(model, "weighted", arm.dataset)]
            self._candidates[row] = (
                known
                if isinstance(known, Unavailable)
                else candidate_score(within, self._counts[row], binary=arm, texts=self._texts(arm))
            )
        return self._candidates[row]

    def ignored(self, model: Model, arm: Arm) -> tuple[int, int]:
        """Return how many predictions on an arm's dev texts the usual F1 ignores, and their total.

        Over all training seeds; asked labels only.
        """
        row = Row(model, "usual", arm.dataset)
        counted = sum(int(counts.predicted.sum()) for counts in self._counts[row])
        return self._ignored[row], self._ignored[row] + counted

    def _weigh(self, row: Row, arm: Arm) -> WeightedScore | Unavailable:
        """Estimate with what the pool adds, where it was named: expectations or probabilities."""
        counts, pool = self._counts[row], self.plan.pool
        if pool is not None and not arm.records:
            return estimated_score(counts, arm, pool.estimated[arm.dataset])
        foreseen: Foreseen | None = None
        if pool is not None and arm.dataset in pool.dev:
            foreseen = foresee(pool.dev[arm.dataset], self._expected[row.model])
        return weighted_score(counts, arm, foreseen)

    def difference(self, model: Model, other: Model) -> Compared:
        """Return the paired difference of F1 on the test set, `model` minus `other`."""
        pair = model, other
        if pair not in self._differences:
            ours, theirs = (self._counts[Row(one, "test")] for one in pair)
            self._differences[pair] = difference(ours, theirs, self.plan.test.groups)
        return self._differences[pair]

    def difference_over_replicates(
        self, pairs: Sequence[tuple[Model, Model]]
    ) -> ReplicateDifference | Unavailable:
        """Return the mean difference of F1 on the test set over pairs of replicate and control."""
        ours, theirs = ([self._counts[Row(pair[i], "test")] for pair in pairs] for i in (0, 1))
        return difference_over_replicates(ours, theirs, self.plan.test.groups)

    def lower_bounds(self, curve: Sequence[Model], other: Model) -> FloatArray | Unavailable:
        """Return, for each model of a curve, the lower bound of its F1 on test minus `other`'s.

        The curve begins with the base and is smoothed first; -inf where F1 is undefined.
        """
        counts = [self._counts[Row(model, "test")] for model in curve]
        return bounds_above(counts, self._counts[Row(other, "test")], self.plan.test.groups)

    def work_at(
        self, curve: Sequence[Model], work: Sequence[float], other: Model
    ) -> Reached | Unavailable:
        """Return the work at which a curve, begun with the base, is at `other`'s F1 on test."""
        counts = [self._counts[Row(model, "test")] for model in curve]
        groups = self.plan.test.groups
        return work_at(counts, work, self._counts[Row(other, "test")], groups)

    def draw_curves(
        self, curve: Sequence[Model], other: Sequence[Model]
    ) -> DrawnCurves | Unavailable:
        """Return two curves, both begun with the base, drawn again on the test set together."""
        ours, theirs = ([self._counts[Row(m, "test")] for m in one] for one in (curve, other))
        return drawn_curves(ours, theirs, self.plan.test.groups)

    def _count_usual(self, model: Model, arm: Arm, predictions: Predictions) -> None:
        """Count as spaCy's scorer does: a binary answer leaves all other tokens unannotated.

        As in the dev.spacy that is written, the latest of several annotators' answers counts.
        """
        row = Row(model, "usual", arm.dataset)
        counts = usual_counts(self._references[arm.dataset], predictions, arm.dev.labels)
        tp, fp, fn = (part.astype(np.float64) for part in (counts.tp, counts.fp, counts.fn))
        self._counts[row].append(Counts(tp, tp + fp, tp + fn))
        self._ignored[row] += int(counts.ignored.sum())

    def _find_candidates(self, arm: Arm) -> Candidates | Unavailable:
        """Return the candidates of the dev texts that a binary arm is measured on."""
        unknown = Unavailable("the candidates of its dev texts are not known")
        return self.plan.candidates.get(arm.dataset, unknown)

    def _texts(self, arm: Arm) -> Arm:
        """Return the arm on whose dev texts a binary arm's candidates are told from other spans."""
        dev = self.weighted_dev[arm.dataset]
        return arm if isinstance(dev, Unavailable) else dev

    def _groups(self, row: Row) -> list[str]:
        if row.dev_of is not None:
            arm = self._arms[row.dev_of]
            return [arm.groups[item.input_hash] for item in arm.dev.items]
        groups = self.plan.test.groups
        if row.kind == "test":
            return list(groups)
        return [group for group, new in zip(groups, self._unseen, strict=True) if new]
