"""From the counts of one set of segments to F1 with its interval, one function per kind of row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from prodigy_al.comparison.arms import Arm
from prodigy_al.evaluation.bootstrap import (
    Difference,
    bootstrap_score,
    group_resamples,
    mean_over_seeds,
    paired_difference,
)
from prodigy_al.evaluation.counts import Counts, scores
from prodigy_al.evaluation.estimators import Estimate, Unavailable, Weighted, weighted_scores
from prodigy_al.evaluation.paired import Side
from prodigy_al.evaluation.response import response_rates
from prodigy_al.sampling.frame import FEWEST_GROUPS
from prodigy_al.sampling.inclusion import inclusion

DRAWS = 2000
# Every interval is made with the same resamples, so that a report repeats to the last digit.
BOOTSTRAP_SEED = 20


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

    `n_pool` is the number of segments that they were drawn from, `missing` how many were asked
    about and not answered; `side` is what `found` was computed from.
    """

    found: Weighted
    n_pool: int
    missing: int
    side: Side


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


def weighted_score(counts: Sequence[Counts], arm: Arm) -> WeightedScore | Unavailable:
    """Return the weighted score of an arm's dev answers from counts per training seed.

    The counts of all seeds are added up segment by segment: the value is F1 over all of them, and
    its intervals hold for these seeds.
    """
    if not arm.records:
        return Unavailable("the answers carry no sampling probabilities")
    served = [(key, record) for key, record in arm.records.items() if record.fold == "dev"]
    drawn = inclusion(served)
    if np.isnan(drawn.pi).any():
        return Unavailable(f"the strict design of '{arm.strategy}' has no probabilities")
    place = {key: i for i, (key, _) in enumerate(served)}
    at = np.array([place[item.input_hash] for item in arm.dev.items])
    # an answer about a label that is not compared adds nothing to any count, yet it was given
    given = arm.dev.about_other_labels.union(item.input_hash for item in arm.dev.items)
    answered = np.array([key in given for key, _ in served])
    rates = response_rates(np.array([record.u for _, record in served]), answered)
    n_pool = max(record.N for _, record in served)  # what the first round began with
    whole = all(record.unit == "segment" for _, record in served)
    summed = Counts(
        tp=np.sum([seed.tp for seed in counts], axis=0),
        predicted=np.sum([seed.predicted for seed in counts], axis=0),
        gold=np.sum([seed.gold for seed in counts], axis=0),
    )
    chances = (drawn.pi * rates)[at]
    copies = np.array([float(served[i][1].copies) for i in at])
    groups = [served[i][1].group for i in at]
    found = weighted_scores(
        summed,
        pi=chances,
        rounds=drawn.rounds[at],
        scales=drawn.scales[at],
        copies=copies,
        groups=groups,
        size=n_pool if whole else None,  # how many candidates the frame holds is not known
    )
    if isinstance(found, Unavailable):
        return found
    side = Side([summed], groups, copies / chances)
    weighted = WeightedScore(found, n_pool=n_pool, missing=int((~answered).sum()), side=side)
    return _for_pool_only(weighted) if arm.shares_documents else weighted


def _for_pool_only(score: WeightedScore) -> WeightedScore:
    """Return a score without intervals for new text: segments do not stand for documents."""
    reason = Unavailable(
        f"the source has fewer than {FEWEST_GROUPS} documents, which train and dev share"
    )
    whole = score.found
    found = replace(
        whole,
        f1=replace(whole.f1, new_text=reason),
        precision=replace(whole.precision, new_text=reason),
        recall=replace(whole.recall, new_text=reason),
    )
    one_group = [""] * len(score.side.groups)
    return replace(score, found=found, side=replace(score.side, groups=one_group))
