"""Selection-train: do answers that were selected teach less than as many random ones?"""

from __future__ import annotations

from typing import Any

from prodigy_al.comparison.effects import Effect, selection, undoing
from prodigy_al.diagnosis.trained import TrainedArm, conclude_effect
from prodigy_al.diagnosis.verdict import Verdict, unknown
from prodigy_al.evaluation.estimators import Unavailable

ID = "selection-train"


def judge_selection_train(one: TrainedArm) -> Verdict:
    """Return F1 on test of an arm minus that of random answers of the same form.

    Of single spans these are the control's whole segments as single spans. Beside it stands what
    undoing the selection brings, at as many answers as are left then.
    """
    found = selection(one.arm, one.policy, one.measured)
    if isinstance(found, Unavailable):
        return unknown(ID, one.name, found.reason)
    ours, theirs = found.answers
    form = " asked about single spans" if found.theirs.variant else ""
    undone, details = _undone(one)
    return conclude_effect(
        ID,
        one,
        found,
        why=(
            f"{ours:,} answers give F1 {one.f1(found.ours)}, and {theirs:,} random ones of "
            f"{found.theirs.dataset}{form} {one.f1(found.theirs)}{undone}"
        ),
        following="give chance a larger share (--explore), or ask at random: al.random",
        undone=details,
    )


def _undone(one: TrainedArm) -> tuple[str, dict[str, Any] | str]:
    """Return what undoing brings, as a part of a sentence and as numbers."""
    found = undoing(one.arm, one.policy, one.measured)
    if isinstance(found, Unavailable):
        whole = one.arm.train.form == "full"
        return (f"; it cannot be undone: {found.reason}" if whole else ""), found.reason
    gain, rest = found
    said = (
        f"; without the selection, {gain.answers[0]:,} answers of the arm give "
        f"{one.f1(gain.ours)} instead of {one.f1(gain.theirs)}"
    )
    numbers = {
        "answers": gain.answers[0],
        "gain": _numbers(gain),
        "against_random_then": _numbers(rest),
    }
    return said, numbers


def _numbers(effect: Effect) -> dict[str, float | None]:
    found = effect.compared.found
    if isinstance(found, Unavailable):
        return {"value": effect.compared.value, "low": None, "high": None}
    return {"value": found.difference, "low": found.low, "high": found.high}
