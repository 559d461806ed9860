"""What a plan asks to be trained: the base, every arm, and the first answers of arms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from prodigy_al.comparison.cuts import Cut
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.runs import Run
from prodigy_al.training.answers import Answers


def whole_runs(plan: Plan, trains: Mapping[str, Answers]) -> Iterator[Run]:
    """Yield the base and every arm under every policy and seed, to be measured on every set.

    `trains` are each arm's training answers without texts of the test set, by dataset.
    """
    evaluate = (plan.test.gold, *(arm.dev for arm in plan.arms))
    pool = plan.pool.texts if plan.pool is not None and plan.pool.dev else None
    yield Run(plan.base, evaluate, pool=pool)
    for arm in plan.arms:
        train = trains[arm.dataset]
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


def first_runs(plan: Plan, trains: Mapping[str, Answers]) -> Iterator[Run]:
    """Yield the runs on first answers, to be measured on the test set alone, each once.

    Those that bring an arm and its control to equal seconds are of every training seed, those of
    curves of the first. `trains` as in `whole_runs`.
    """
    wanted = [
        (cut.longer, cut.first, plan.seeds)
        for cut in plan.cuts.values()
        if isinstance(cut, Cut) and cut.longer is not None and cut.first is not None
    ]
    if plan.curves:
        wanted += [
            (arm.dataset, part, plan.seeds[:1]) for arm in plan.arms for part in arm.first_answers
        ]
    planned = set[tuple[str, int]]()
    for dataset, part, seeds in wanted:
        allowed = {item.input_hash for item in trains[dataset].items}
        first = part.answers.where(allowed.__contains__)
        if not len(first) or (dataset, part.count) in planned:
            continue
        planned.add((dataset, part.count))
        for policy, seed in product(plan.policies, seeds):
            yield Run(
                base=plan.base,
                evaluate=(plan.test.gold,),
                dataset=dataset,
                policy=policy,
                seed=seed,
                train=first,
                first=part.count,
            )
