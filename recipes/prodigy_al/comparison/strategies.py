"""Which datasets of a strategy are replicates of each other, and what each is compared with.

A replicate repeats the whole annotation: it has a seed, a dev fold and a control of its own.
Whatever does not is left out of the mean, or keeps the strategy from being compared at all. Of
answers without records nobody knows whether they were drawn alike: they are no replicates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.controls import find_control, source_of

FEWEST_PAIRS = 2  # one does not tell how much another would differ
NOT_RECORDED = "nothing is recorded of how the answers were drawn"


@dataclass(frozen=True)
class Replicates:
    """The datasets of one strategy.

    `distinct` are counted, `left_out` are not, each with its reason. `pairs` are replicates with
    their controls, empty where `problem` says why the strategy cannot be compared with random.
    """

    datasets: tuple[str, ...]
    distinct: tuple[Arm, ...]
    left_out: Mapping[str, str]
    pairs: tuple[tuple[Arm, Arm], ...] = ()
    problem: str | None = None


def find_copies(arms: Sequence[Arm]) -> dict[str, str]:
    """Return the datasets that hold the same answers as an earlier one, and which one.

    Strategy, seed, and every input with its answers agree.
    """
    first: dict[object, str] = {}
    copies = {}
    for arm in arms:
        items = (*arm.train.items, *arm.dev.items)
        answers = frozenset((item.input_hash, item.accepted, item.rejected) for item in items)
        original = first.setdefault((arm.strategy, arm.seed, answers), arm.dataset)
        if original != arm.dataset:
            copies[arm.dataset] = original
    return copies


def find_replicates(arms: Sequence[Arm]) -> dict[str, Replicates]:
    """Return the replicates of every strategy among `arms`, by strategy."""
    copies = find_copies(arms)
    members: dict[str, list[Arm]] = defaultdict(list)
    for arm in arms:
        members[arm.strategy].append(arm)
    return {name: _replicates(own, arms, copies) for name, own in members.items()}


def _replicates(
    members: Sequence[Arm], arms: Sequence[Arm], copies: Mapping[str, str]
) -> Replicates:
    left_out: dict[str, str] = {}
    by_seed: dict[int, Arm] = {}
    distinct: list[Arm] = []
    for arm in members:
        if arm.seed is None:
            left_out[arm.dataset] = NOT_RECORDED
        elif arm.dataset in copies:
            left_out[arm.dataset] = f"a copy of {copies[arm.dataset]}"
        elif distinct and _other_source(arm, distinct[0]):
            left_out[arm.dataset] = f"drawn from another source than {distinct[0].dataset}"
        elif distinct and _other_design(arm, distinct[0]):
            left_out[arm.dataset] = f"ranked by another design than {distinct[0].dataset}"
        elif arm.seed in by_seed:
            left_out[arm.dataset] = f"drawn with the seed of {by_seed[arm.seed].dataset}"
        else:
            distinct.append(arm)
            by_seed[arm.seed] = arm
    found = [(arm, find_control(arm, arms)) for arm in distinct]
    pairs = tuple((arm, control) for arm, control in found if control is not None)
    problem = _problem(distinct, pairs, copies)
    return Replicates(
        datasets=tuple(arm.dataset for arm in members),
        distinct=tuple(distinct),
        left_out=left_out,
        pairs=() if problem else pairs,
        problem=problem,
    )


def _other_source(arm: Arm, first: Arm) -> bool:
    """Return whether both record their source, and not the same one."""
    ours, theirs = source_of(arm), source_of(first)
    return ours is not None and theirs is not None and ours != theirs


def _other_design(arm: Arm, first: Arm) -> bool:
    """Return whether both record how they were ranked, and not the same way."""
    ours, theirs = arm.train_design, first.train_design
    return ours is not None and theirs is not None and ours != theirs


def _problem(
    distinct: Sequence[Arm], pairs: Sequence[tuple[Arm, Arm]], copies: Mapping[str, str]
) -> str | None:
    """Return why the replicates of one strategy cannot be compared with random ones."""
    if not distinct:
        return NOT_RECORDED
    if all(arm.is_random for arm in distinct):
        return "it is the control itself"
    if len(pairs) < FEWEST_PAIRS:
        counted = "1 replicate has" if len(pairs) == 1 else "no replicate has"
        return f"{counted} a comparable control; at least {FEWEST_PAIRS} are needed"
    salts = {arm.fold_salt for arm, _ in pairs}
    if len(salts) < len(pairs):
        return (
            f"{len(pairs)} replicates have {len(salts)} dev fold{'s' if len(salts) > 1 else ''}: "
            "each needs a --fold-salt of its own"
        )
    controls = {copies.get(control.dataset, control.dataset) for _, control in pairs}
    seeds = {control.seed for _, control in pairs}
    if len(controls) < len(pairs) or len(seeds) < len(pairs):
        number = min(len(controls), len(seeds))
        return (
            f"{len(pairs)} replicates have {number} random dataset{'s' if number > 1 else ''} "
            "with a seed of its own to be compared with: each needs one"
        )
    return None
