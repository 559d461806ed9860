"""Which random dataset an arm is compared with."""

from __future__ import annotations

from collections.abc import Sequence

from prodigy_al.comparison.arms import RANDOM_STRATEGIES, Arm


def find_control(arm: Arm, arms: Sequence[Arm]) -> Arm | None:
    """Return the random arm of the same form and salt whose seed is nearest, if there is one.

    Binary arms without a binary control are compared with whole random segments: both took the
    same number of answers.
    """
    if arm.is_random:
        return None
    same_salt = [a for a in arms if a.fold_salt == arm.fold_salt and a.seed is not None]
    for strategy in (RANDOM_STRATEGIES[arm.train.form], RANDOM_STRATEGIES["full"]):
        controls = [a for a in same_salt if a.strategy == strategy and a.dataset != arm.dataset]
        if controls:
            return min(controls, key=lambda a: abs((a.seed or 0) - (arm.seed or 0)))
    return None
