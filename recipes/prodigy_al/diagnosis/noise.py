"""Noise: is the difference to random answers within chance?"""

from __future__ import annotations

from prodigy_al.comparison.controls import find_control, why_no_control
from prodigy_al.comparison.equal_seconds import AtSeconds, compare_at_seconds
from prodigy_al.comparison.estimates import Compared
from prodigy_al.comparison.measurements import Model
from prodigy_al.diagnosis.trained import TrainedArm, as_estimate, in_words
from prodigy_al.diagnosis.verdict import Verdict, Word, conclude, unknown
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.estimators import Unavailable

ID = "noise"


def judge_noise(one: TrainedArm) -> Verdict:
    """Return the difference of F1 on test to the control, where it can be at equal seconds.

    *Supported* where the interval holds 0 and lies within ± the difference that would be found four
    times out of five: what is there, if anything, is smaller than that. *Refuted* where it does not
    hold 0. In between these test documents and seeds do not tell. It is a reading of one interval,
    not a test, and so no part of Holm's correction.
    """
    compared, against = _to_control(one)
    found = compared.found
    if isinstance(found, Unavailable):
        return unknown(ID, one.name, found.reason)
    seeds = len(one.measured.plan.seeds)
    return conclude(
        ID,
        one.name,
        _word(found),
        as_estimate(found),
        n=one.segments,
        unit="of F1 on test",
        why=(
            f"against {against}, {seeds} training seed{'s' if seeds > 1 else ''} and "
            f"{one.segments:,} test segments find a difference of {in_words(found.detectable)} "
            "four times out of five"
        ),
        following="a smaller difference takes more: --plan 0.02 says how much of what",
        details={"detectable": found.detectable},
    )


def _word(found: Difference) -> Word:
    if found.low > 0 or found.high < 0:
        return "refuted"
    within = -found.detectable <= found.low and found.high <= found.detectable
    return "supported" if within else "not identifiable"


def _to_control(one: TrainedArm) -> tuple[Compared, str]:
    timed = compare_at_seconds(one.name, one.policy, one.measured)
    if isinstance(timed, AtSeconds):
        return timed.compared, f"{timed.cut.control} at equal seconds"
    control = find_control(one.arm, one.measured.plan.arms)
    if control is None:
        why = why_no_control(one.arm, one.measured.plan.arms) or "it is the control itself"
        return Compared(None, Unavailable(why)), ""
    other = Model(control.dataset, one.policy)
    return one.measured.difference(one.model, other), control.dataset
