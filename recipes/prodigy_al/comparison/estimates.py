"""From the counts of one set of segments to F1 with its interval, one function per kind of row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray
from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.pool import EstimatedChances, Foreseen, add_counts
from prodigy_al.evaluation.assisted import Assisted, assisted_scores
from prodigy_al.evaluation.bootstrap import (
    Difference,
    bootstrap_score,
    group_resamples,
    mean_over_seeds,
    paired_difference,
)
from prodigy_al.evaluation.counts import Counts, scores
from prodigy_al.evaluation.estimators import Estimate, Unavailable, Weighted, weighted_scores
from prodigy_al.evaluation.response import bounds_of_missing, response_rates
from prodigy_al.records import Record
from prodigy_al.sampling.inclusion import find_unstored, inclusion

DRAWS = 2000
# Every interval is made with the same resamples, so that a report repeats to the last digit.
BOOTSTRAP_SEED = 20
BOUNDS_ABOVE = 0.05  # share of missing answers; below it the bounds are close


@dataclass(frozen=True)
class Score:
    """F1 of one set of `n` segments as the mean over training seeds, with its 95 % interval.

    `precision` and `recall` are means over seeds too, None where one is undefined; `per_seed` is
    the F1 of each seed.
    """

    f1: Estimate | Unavailable
    precision: float | None
    recall: float | None
    per_seed: tuple[float | None, ...]
    n: int


@dataclass(frozen=True)
class WeightedScore:
    """F1 of the dev answers, weighted by 1/probability.

    `n_pool` is the number of segments that they were drawn from, `missing` how many of the `served`
    questions have no answer: ignored, or shown and never stored. Where these are more than 5 %,
    `if_missing_wrong` and `if_missing_right` are F1 if all of them were wrong, or right.

    `method` is ``ht`` (the weights alone), ``ppi`` (helped by what the model expects of the pool,
    by `coefficient`; `plain` is then the estimate without it) or ``estimated`` (no probability is
    known, they are estimated from the pool).
    """

    found: Weighted
    n_pool: int
    served: int
    missing: int
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
        return Score(Unavailable("the set holds no segment"), None, None, (None,) * len(counts), 0)
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    resamples = group_resamples(groups, DRAWS, rng)
    return Score(
        f1=bootstrap_score(counts, resamples, groups=groups, rng=rng),
        precision=mean_over_seeds(counts, "precision"),
        recall=mean_over_seeds(counts, "recall"),
        per_seed=tuple(scores(seed).f1 for seed in counts),
        n=len(groups),
    )


def difference(
    ours: Sequence[Counts], theirs: Sequence[Counts], groups: Sequence[str]
) -> Difference | Unavailable:
    """Return the paired difference of F1, ours minus theirs, on the same segments."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return paired_difference(ours, theirs, groups=groups, draws=DRAWS, rng=rng)


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
    found = weighted_scores(summed, pi=chances, copies=copies, groups=groups)
    if isinstance(found, Unavailable):
        return found
    missing = int((~answered).sum())
    wrong = right = None
    if missing > BOUNDS_ABOVE * len(answered):
        wrong, right = bounds_of_missing(summed.weighted(copies), pi[at], rates[at])
    n_pool = max(record.N for _, record in served)
    plain = WeightedScore(found, n_pool, len(answered), missing, wrong, right)
    if foreseen is None:
        return plain
    return _assisted(plain, summed, chances, arm=arm, foreseen=foreseen)


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
    found = weighted_scores(
        add_counts(counts).take(np.array(known, dtype=np.intp)),
        pi=[chances.pi[key] for key in keys],
        copies=np.array([chances.copies[key] for key in keys]),
        groups=[arm.groups[key] for key in keys],
    )
    if isinstance(found, Unavailable):
        return found
    return WeightedScore(found, chances.n_pool, len(known), missing=0, method="estimated")


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
