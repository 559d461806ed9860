"""What a plan asks to be trained: the base, every arm, and every arm's first answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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


def curve_runs(plan: Plan, trains: Mapping[str, Answers]) -> Iterator[Run]:
    """Yield the runs on every arm's first answers, to be measured on the test set alone.

    `trains` as in `whole_runs`.
    """
    for arm in plan.arms if plan.curves else ():
        allowed = {item.input_hash for item in trains[arm.dataset].items}
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
