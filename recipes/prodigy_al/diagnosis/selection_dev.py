"""Selection-dev: does F1 on the dev answers look better than it is, by how they were chosen?"""

from __future__ import annotations

from prodigy_al.comparison.gap import usual_vs_weighted
from prodigy_al.diagnosis.trained import TrainedArm, as_estimate
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown
from prodigy_al.evaluation.estimators import Unavailable

ID = "selection-dev"
NEGLIGIBLE = 0.02


def judge_selection_dev(one: TrainedArm) -> Verdict:
    """Return F1 on the dev answers as usual minus the same weighted by 1/probability.

    *Supported* where it is above 0, *refuted* where its whole interval is below .02. Both are of
    the trained model. Of single spans, weighted F1 is of whole segments of the same dev fold, and
    the usual one leaves out predictions (`partial_dev`): so their difference holds both.
    """
    compared = usual_vs_weighted(one.model, one.arm, one.measured)
    found = compared.found
    if isinstance(found, Unavailable):
        return unknown(ID, one.name, found.reason)
    also = (
        ", with what the usual number leaves out of single spans"
        if one.arm.dev.form == "binary"
        else ""
    )
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
            f"{way} than weighted to stand for the whole source{also}"
        ),
        following="go by the weighted dev F1, or by test",
    )
