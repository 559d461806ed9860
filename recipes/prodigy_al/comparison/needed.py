"""How much of everything a comparison needs to find a wanted difference of F1 (``--plan``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from prodigy_al.arrays import FloatArray
from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.controls import find_control
from prodigy_al.comparison.estimates import BOOTSTRAP_SEED, WeightedScore
from prodigy_al.comparison.measurements import BASE, Measurements, Model, Row
from prodigy_al.comparison.strategies import NOT_RECORDED, find_replicates
from prodigy_al.evaluation.bootstrap import LEVEL
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.paired import Side, side_difference, side_value
from prodigy_al.evaluation.planning import (
    Size,
    ends,
    plan_answers,
    plan_documents,
    plan_replicates,
    plan_seeds,
)
from prodigy_al.evaluation.variance_parts import (
    Part,
    document_part,
    left_out,
    replicate_part,
    seed_part,
)

ONE_POINT = "how F1 grows with training answers cannot be told from one number of them"
ONE_CURVE = "a curve tells what fewer training answers bring, not what more would"

Planned = Size | Unavailable


@dataclass(frozen=True)
class Needed:
    """What finds the difference of an arm to `against`, a dataset; None: to the base.

    Each size is for all others as they are. `dev_answers` find a difference of the weighted F1 on
    dev to the base. `answers` to train on cannot be planned.
    """

    against: str | None
    test_segments: Planned
    training_seeds: Planned
    replicates: Planned
    dev_answers: Planned
    answers: Unavailable


def find_needed(arm: Arm, policy: str, measured: Measurements, wanted: float) -> Needed:
    """Return what an arm's comparison needs to find a difference `wanted`, in (0, 1)."""
    control = find_control(arm, measured.plan.arms)
    model = Model(arm.dataset, policy)
    other = BASE if control is None else Model(control.dataset, policy)
    segments, seeds = _on_test(model, other, measured, wanted)
    return Needed(
        against=other.dataset,
        test_segments=segments,
        training_seeds=seeds,
        replicates=_replicates(arm, policy, measured, wanted),
        dev_answers=dev_answers_to_find(wanted, model, arm, measured),
        answers=Unavailable(ONE_CURVE if measured.plan.curves else ONE_POINT),
    )


def dev_answers_for(arm: Arm, measured: Measurements, half_width: float) -> Planned:
    """Return how many dev answers give the base's weighted F1 an interval of this half width."""
    score = measured.weighted(BASE, arm)
    if isinstance(score, Unavailable):
        return score
    interval = score.found.f1.new_text
    if isinstance(interval, Unavailable):
        return interval
    documents = document_part(_without_each(score.side))
    if isinstance(documents, Unavailable):
        return documents
    part = _as_printed(documents, interval.low, interval.high)
    planned = plan_answers(
        half_width, part, answers=score.found.m, rng=_generator(), half_width=True
    )
    return _within_fold(planned, score, arm, measured)


def dev_answers_to_find(wanted: float, model: Model, arm: Arm, measured: Measurements) -> Planned:
    """Return how many dev answers find a change `wanted` of a model's weighted F1 from the base's.

    `wanted` in [0, 1); no number of answers finds a change of 0.
    """
    tuned, base = measured.weighted(model, arm), measured.weighted(BASE, arm)
    if isinstance(tuned, Unavailable):
        return tuned
    if isinstance(base, Unavailable):
        return base
    change = side_difference(tuned.side, base.side)
    if isinstance(change, Unavailable):
        return change
    documents = document_part(_without_each(tuned.side) - _without_each(base.side))
    if isinstance(documents, Unavailable):
        return documents
    part = _as_printed(documents, change.low, change.high)
    planned = plan_answers(wanted, part, answers=tuned.found.m, rng=_generator())
    return _within_fold(planned, tuned, arm, measured)


def _on_test(
    model: Model, other: Model, measured: Measurements, wanted: float
) -> tuple[Planned, Planned]:
    """Return how many test segments, and how many training seeds, find a difference on test."""
    ours, theirs = (measured.side(Row(one, "test")) for one in (model, other))
    documents = document_part(_without_each(ours) - _without_each(theirs))
    if isinstance(documents, Unavailable):
        return documents, documents
    values = [_known(measured.score(Row(one, "test")).per_seed) for one in (model, other)]
    if values[0] is None or values[1] is None:
        undefined = Unavailable("F1 is undefined for one of the training seeds")
        return undefined, undefined
    seeds = seed_part(values[0], values[1])
    segments = plan_documents(
        wanted,
        documents,
        None if isinstance(seeds, Unavailable) else seeds,
        segments=len(ours.groups),
        rng=_generator(),
    )
    if isinstance(seeds, Unavailable):
        return segments, seeds
    return segments, plan_seeds(wanted, documents, seeds, _generator())


def _replicates(arm: Arm, policy: str, measured: Measurements, wanted: float) -> Planned:
    """Return how many replicates of an arm's strategy find a difference on test."""
    if arm.seed is None:
        return Unavailable(NOT_RECORDED)
    found = find_replicates(measured.plan.arms)[arm.strategy]
    against_base = find_control(arm, measured.plan.arms) is None
    if len(found.distinct) < 2:
        own = "seed and a --fold-salt" if against_base else "seed, a --fold-salt and a control"
        return Unavailable(
            "one replicate does not tell how much another would differ: at least 2 are needed, "
            f"each with a {own} of its own"
        )
    if found.problem and not against_base:
        return Unavailable(found.problem)
    pairs: list[tuple[Arm, Arm | None]] = list(found.pairs)
    if against_base:
        pairs = [(one, None) for one in found.distinct]
    sides = []
    for ours, theirs in pairs:
        models = Model(ours.dataset, policy), Model(theirs.dataset, policy) if theirs else BASE
        first, second = (measured.side(Row(one, "test")) for one in models)
        sides.append((first, second))
    return replicates_to_find(wanted, sides)


def replicates_to_find(wanted: float, pairs: Sequence[tuple[Side, Side]]) -> Planned:
    """Return how many replicates find a mean difference `wanted`, in (0, 1), on new text.

    `pairs` are at least two replicates and their controls, all on one test set.
    """
    differences, without = [], []
    for ours, theirs in pairs:
        first, second = side_value(ours), side_value(theirs)
        if first is None or second is None:
            return Unavailable("F1 is undefined for one of the replicates")
        differences.append(first - second)
        without.append(_without_each(ours) - _without_each(theirs))
    documents = document_part(np.mean(without, axis=0))
    if isinstance(documents, Unavailable):
        return documents
    return plan_replicates(wanted, documents, replicate_part(differences), _generator())


def _as_printed(documents: Part, low: float, high: float) -> Part:
    """Return the part with the variance of a printed 95 % interval.

    That may be narrower than the answers alone make it (--pool), or wider (`documents`).
    """
    reach = float(special.stdtrit(documents.size - 1, 1 - LEVEL / 2))
    return replace(documents, variance=((high - low) / 2 / reach) ** 2)


def _within_fold(
    planned: Planned, score: WeightedScore, arm: Arm, measured: Measurements
) -> Planned:
    """Return a number of dev answers if the dev fold that they are drawn from holds as many."""
    dev = measured.weighted_dev[arm.dataset]
    if isinstance(planned, Unavailable) or isinstance(dev, Unavailable):
        return planned
    if dev.is_stream or planned.needed <= score.n_pool:
        return planned
    return Unavailable(
        f"{planned.needed:,} ({ends(planned.low, planned.high)}) dev answers would be needed and "
        f"the dev fold of {dev.dev_part.dataset} holds {score.n_pool:,} segments: take a larger "
        "source"
    )


def _without_each(side: Side) -> FloatArray:
    """Return F1 of a side, as the mean over its seeds, without each of its groups, sorted."""
    counts = side.counts_per_seed
    if side.weights is not None:
        counts = [seed.weighted(side.weights) for seed in counts]
    return left_out(counts, side.groups)


def _known(values: Sequence[float | None]) -> list[float] | None:
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None


def _generator() -> np.random.Generator:
    # the same for every size, so that a report repeats to the last digit
    return np.random.default_rng(BOOTSTRAP_SEED)
