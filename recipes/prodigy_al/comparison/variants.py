"""What is made of an arm's training answers to see why it differs, and the trainings of that.

Every variant changes one thing about an arm or its control and is trained under the same policies
and seeds, to be measured on the test set:

- whole segments *as single spans* (`masking`);
- an active arm's whole segments *without their selection* (`thinning`), and as few answers of it
  and of its control as are left then;
- the same answers under the policy that is the `remedy`, where the plan does not train it anyway.

What is drawn at random, which spans and which answers, is drawn anew for each training seed, so
that intervals over training seeds hold it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TypeAlias

from prodigy_al.comparison.controls import find_control
from prodigy_al.comparison.masking import mask
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.runs import Run
from prodigy_al.comparison.thinning import cut, undo_selection
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.training.answers import Answers

Variants: TypeAlias = Mapping[tuple[str, str], Mapping[int, Answers]]
"""What is trained on, by dataset and the name of what was made of its answers, and by seed."""

MASKED = "as single spans"
UNDONE = "selection undone"
REMEDY = "remedy"


def cut_to(size: int) -> str:
    """Return the name of the variant with so many answers."""
    return f"cut to {size} answers"


def variant_runs(plan: Plan, variants: Variants) -> Iterator[Run]:
    """Yield the runs of all variants, to be measured on the test set alone, each once."""
    for (dataset, variant), by_seed in variants.items():
        policies = (plan.remedy or "",) if variant == REMEDY else plan.policies
        for policy, (seed, answers) in product(policies, by_seed.items()):
            yield Run(
                base=plan.base,
                evaluate=(plan.test.gold,),
                dataset=dataset,
                policy=policy,
                seed=seed,
                train=answers,
                variant=variant,
            )


def make_variants(plan: Plan, trains: Mapping[str, Answers]) -> Variants:
    """Return the answers of every variant that can be made; none without questions in the plan.

    `trains` are each arm's training answers without texts of the test set, by dataset.
    """
    found: dict[tuple[str, str], dict[int, Answers]] = {}
    if plan.questions is None:
        return found
    for arm in plan.arms:
        train = trains[arm.dataset]
        if train.form == "full":
            found[arm.dataset, MASKED] = {
                seed: mask(train, plan.questions.get(seed, {})) for seed in plan.seeds
            }
        if plan.remedy is not None and plan.remedy not in plan.policies:
            found[arm.dataset, REMEDY] = dict.fromkeys(plan.seeds, train)
        control = find_control(arm, plan.arms)
        if control is None:
            continue
        undone = {seed: undo_selection(arm, train, seed) for seed in plan.seeds}
        left = {seed: one for seed, one in undone.items() if not isinstance(one, Unavailable)}
        if len(left) < len(undone):
            continue
        size = min(len(trains[control.dataset]), *map(len, left.values()))
        found[arm.dataset, UNDONE] = {seed: cut(one, size, seed) for seed, one in left.items()}
        for dataset in (arm.dataset, control.dataset):
            found[dataset, cut_to(size)] = {
                seed: cut(trains[dataset], size, seed) for seed in plan.seeds
            }
    return {name: own for name, own in found.items() if all(map(len, own.values()))}
