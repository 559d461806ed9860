"""From the counts of one set of segments to F1 with its interval, one function per kind of row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray
from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.pool import EstimatedChances, Foreseen, add_counts
from prodigy_al.evaluation.assisted import Assisted, assisted_scores
from prodigy_al.evaluation.bootstrap import (
    Difference,
    bootstrap_score,
    difference_to,
    group_resamples,
    mean_over_seeds,
    paired_difference,
)
from prodigy_al.evaluation.counts import Counts, scores
from prodigy_al.evaluation.documents import document_sizes, variance_inflation
from prodigy_al.evaluation.estimators import Estimate, Unavailable, Weighted, weighted_scores
from prodigy_al.evaluation.paired import Side
from prodigy_al.evaluation.replicates import ReplicateDifference, replicate_difference
from prodigy_al.evaluation.response import bounds_of_missing, response_rates
from prodigy_al.records import Record
from prodigy_al.sampling.columns import FEWEST_GROUPS
from prodigy_al.sampling.inclusion import find_unstored, inclusion

DRAWS = 2000
# Every interval is made with the same resamples, so that a report repeats to the last digit.
BOOTSTRAP_SEED = 20
SHARED_DOCUMENTS = f"the source has fewer than {FEWEST_GROUPS} documents, which train and dev share"
BOUNDS_ABOVE = 0.05  # share of missing answers; below it the bounds are close


@dataclass(frozen=True)
class Score:
    """F1 of one set of `n` segments as the mean over training seeds, with its 95 % interval.

    `precision` and `recall` are means over seeds too, each None where it is undefined; `per_seed`
    is the F1 of each seed. F1 stands also where its interval cannot be had.
    """

    f1: float | None
    interval: Estimate | Unavailable
    precision: float | None
    recall: float | None
    per_seed: tuple[float | None, ...]
    n: int


@dataclass(frozen=True)
class Compared:
    """A difference of F1, None where undefined, and what resampling says of it, if anything."""

    value: float | None
    found: Difference | Unavailable


@dataclass(frozen=True)
class WeightedScore:
    """F1 of the dev answers, weighted by 1/probability.

    `n_pool` is the number of segments that they were drawn from, `missing` how many of the `served`
    questions have no answer: ignored, or shown and never stored. Where these are more than 5 %,
    `if_missing_wrong` and `if_missing_right` are F1 if all of them were wrong, or right. `side` is
    what the number without the pool's help is computed from.

    `method` is ``ht`` (the weights alone), ``ppi`` (helped by what the model expects of the pool,
    by `coefficient`; `plain` is then the estimate without it) or ``estimated`` (no probability is
    known, they are estimated from the pool).
    """

    found: Weighted
    n_pool: int
    served: int
    missing: int
    side: Side = field(compare=False)  # the same numbers say the same, wherever they come from
    if_missing_wrong: float | None = None
    if_missing_right: float | None = None
    method: Literal["ht", "ppi", "estimated"] = "ht"
    plain: Weighted | None = None
    coefficient: float | None = None


def score(counts: Sequence[Counts], groups: Sequence[str]) -> Score:
    """Return the score of one set of segments (n,), maybe empty, from counts per training seed.

    The interval is made by resampling `groups` (n,), the segments' documents, and training seeds.
    """
    if not groups:
        return Score(
            f1=None,
            interval=Unavailable("the set holds no segment"),
            precision=None,
            recall=None,
            per_seed=(None,) * len(counts),
            n=0,
        )
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    resamples = group_resamples(groups, DRAWS, rng)
    return Score(
        f1=mean_over_seeds(counts, "f1"),
        interval=bootstrap_score(counts, resamples, groups=groups, rng=rng),
        precision=mean_over_seeds(counts, "precision"),
        recall=mean_over_seeds(counts, "recall"),
        per_seed=tuple(scores(seed).f1 for seed in counts),
        n=len(groups),
    )


def recall_interval(counts: Sequence[Counts], groups: Sequence[str]) -> Estimate | Unavailable:
    """Return recall on one set of segments, maybe empty, with its interval, as `score` does F1."""
    if not groups:
        return Unavailable("the set holds no segment")
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    resamples = group_resamples(groups, DRAWS, rng)
    found = bootstrap_score(counts, resamples, groups=groups, rng=rng, metric="recall")
    if isinstance(found, Estimate) and found.low == found.high:
        return Unavailable("all documents agree, so they do not show how much others would differ")
    return found


def difference(ours: Sequence[Counts], theirs: Sequence[Counts], groups: Sequence[str]) -> Compared:
    """Return the paired difference of F1, ours minus theirs, on the same segments."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    first, second = (mean_over_seeds(counts, "f1") for counts in (ours, theirs))
    return Compared(
        value=None if first is None or second is None else first - second,
        found=paired_difference(ours, theirs, groups=groups, draws=DRAWS, rng=rng),
    )


def difference_to_limit(
    counts: Sequence[Counts], limit: float, groups: Sequence[str]
) -> Difference | Unavailable:
    """Return F1 from counts per training seed minus a fixed number."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return difference_to(counts, limit, groups=groups, draws=DRAWS, rng=rng)


def difference_over_replicates(
    ours: Sequence[Sequence[Counts]], theirs: Sequence[Sequence[Counts]], groups: Sequence[str]
) -> ReplicateDifference | Unavailable:
    """Return the mean difference of F1 over replicates, each minus the control at its place."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return replicate_difference(ours, theirs, groups=groups, draws=DRAWS, rng=rng)


def weighted_score(
    counts: Sequence[Counts], arm: Arm, foreseen: Foreseen | None = None
) -> WeightedScore | Unavailable:
    """Return the weighted score of an arm's dev answers from counts per training seed.

    The counts of all seeds are added up segment by segment: the value is F1 over all of them, and
    its intervals hold for these seeds. `foreseen` is what the same models expect of the dev fold,
    for an arm of whole segments.
    """
    if not arm.records:
        return Unavailable("the answers carry no sampling probabilities")
    served = [(key, record) for key, record in arm.records.items() if record.fold == "dev"]
    if any(record.round > 0 for _, record in served):
        return Unavailable(
            "the dev answers were drawn in several rounds by an earlier release, which cannot be "
            "weighted"
        )
    pi = inclusion(served)
    if np.isnan(pi).any():
        return Unavailable(f"the strict design of '{arm.strategy}' has no probabilities")
    summed = add_counts(counts)
    place = {key: i for i, (key, _) in enumerate(served)}
    at = np.array([place[item.input_hash] for item in arm.dev.items])
    copies = np.array([float(served[i][1].copies) for i in at])
    answered, rates = _responses(served, arm)
    chances = (pi * rates)[at]
    groups = [served[i][1].group for i in at]
    inflation = variance_inflation(document_sizes(groups, copies / chances), arm.train_sizes)
    found = weighted_scores(summed, pi=chances, copies=copies, groups=groups, inflation=inflation)
    if isinstance(found, Unavailable):
        return found
    missing = int((~answered).sum())
    wrong = right = None
    if missing > BOUNDS_ABOVE * len(answered):
        wrong, right = bounds_of_missing(summed.weighted(copies), pi[at], rates[at])
    weighted = WeightedScore(
        found,
        n_pool=max(record.N for _, record in served),
        served=len(answered),
        missing=missing,
        side=Side([summed], groups, copies / chances, inflation),
        if_missing_wrong=wrong,
        if_missing_right=right,
    )
    if foreseen is not None:
        weighted = _assisted(weighted, summed, chances, arm=arm, foreseen=foreseen)
    return _for_pool_only(weighted) if arm.shares_documents else weighted


def _assisted(
    plain: WeightedScore, counts: Counts, pi: FloatArray, *, arm: Arm, foreseen: Foreseen
) -> WeightedScore:
    """Return the score with the help of what the models expect of the arm's dev fold."""
    found = assisted_scores(
        counts,
        foreseen.expected,
        np.array([foreseen.pool.place[item.input_hash] for item in arm.dev.items]),
        pi=pi,
        copies=foreseen.pool.copies,
        groups=foreseen.pool.groups,
        inflation=plain.side.inflation,
    )
    if not isinstance(found, Assisted):
        return plain
    return replace(
        plain,
        found=found.found,
        method="ppi",
        plain=found.plain,
        coefficient=found.coefficient,
    )


def estimated_score(
    counts: Sequence[Counts], arm: Arm, chances: EstimatedChances | Unavailable
) -> WeightedScore | Unavailable:
    """Return the score of an arm without records, with probabilities estimated from the pool."""
    if isinstance(chances, Unavailable):
        return chances
    known = [i for i, item in enumerate(arm.dev.items) if item.input_hash in chances.pi]
    keys = [arm.dev.items[i].input_hash for i in known]
    summed = add_counts(counts).take(np.array(known, dtype=np.intp))
    pi = np.array([chances.pi[key] for key in keys])
    copies = np.array([chances.copies[key] for key in keys])
    groups = [arm.groups[key] for key in keys]
    found = weighted_scores(summed, pi=pi, copies=copies, groups=groups)
    if isinstance(found, Unavailable):
        return found
    return WeightedScore(
        found,
        n_pool=chances.n_pool,
        served=len(known),
        missing=0,
        side=Side([summed], groups, copies / pi),
        method="estimated",
    )


def _responses(served: Sequence[tuple[int, Record]], arm: Arm) -> tuple[BoolArray, FloatArray]:
    """Return whether each question was answered, of all that were shown, and the stored's rates."""
    # an answer about a label that is not compared adds nothing to any count, yet it was given
    given = arm.dev.about_other_labels.union(item.input_hash for item in arm.dev.items)
    unstored = find_unstored(served)
    answered = np.array([key in given for key, _ in served] + [False] * len(unstored))
    scores = [record.u for _, record in served]
    scores += [np.nan if score is None else score for _, score in unstored]
    blocks = [record.block for _, record in served] + [block for block, _ in unstored]
    rates = response_rates(np.array(scores), answered, blocks=np.array(blocks))
    return answered, rates[: len(served)]


def _for_pool_only(score: WeightedScore) -> WeightedScore:
    """Return a score without intervals for new text: segments do not stand for documents."""
    reason = Unavailable(SHARED_DOCUMENTS)
    whole = score.found
    found = replace(
        whole,
        f1=replace(whole.f1, new_text=reason),
        precision=replace(whole.precision, new_text=reason),
        recall=replace(whole.recall, new_text=reason),
    )
    one_group = [""] * len(score.side.groups)
    return replace(score, found=found, side=replace(score.side, groups=one_group))
