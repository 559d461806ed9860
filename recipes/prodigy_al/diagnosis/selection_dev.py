"""Selection-dev: does F1 on the dev answers look better than it is, by how they were chosen?"""

from __future__ import annotations

from prodigy_al.comparison.gap import usual_vs_even
from prodigy_al.diagnosis.trained import TrainedArm, as_estimate
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown
from prodigy_al.evaluation.estimators import Unavailable

ID = "selection-dev"
NEGLIGIBLE = 0.02


def judge_selection_dev(one: TrainedArm) -> Verdict:
    """Return F1 on the dev answers as usual minus the same weighted by 1/probability.

    *Supported* where it is above 0, *refuted* where its whole interval is below .02. Both are of
    the trained model and of the same answers: what single spans leave out (`partial_dev`) is left
    out of both.
    """
    compared = usual_vs_even(one.model, one.arm, one.measured)
    found = compared.found
    if isinstance(found, Unavailable):
        return unknown(ID, one.name, found.reason)
    way = "higher" if found.difference > 0 else "lower"
    return conclude(
        ID,
        one.name,
        decide(found.p, harmful=found.difference > 0, negligible=found.high < NEGLIGIBLE),
        as_estimate(found),
        n=len(one.arm.dev),
        p=found.p,
        unit="of F1 on dev",
        why=(
            f"on its {len(one.arm.dev):,} dev answers F1 as usual is {abs(found.difference):.3f} "
            f"{way} than weighted to stand for the whole source"
        ),
        following="go by the weighted dev F1, or by test",
    )
