"""Label form: do the same answers teach less as single spans than as whole segments?"""

from __future__ import annotations

from prodigy_al.comparison.effects import count_answers, label_form
from prodigy_al.diagnosis.trained import TrainedArm, conclude_effect
from prodigy_al.diagnosis.verdict import Verdict, unknown
from prodigy_al.evaluation.estimators import Unavailable

ID = "label-form"


def judge_label_form(one: TrainedArm) -> Verdict:
    """Return F1 on test of answers as single spans minus that of the same as whole segments.

    They are the arm's own where it holds whole segments: so it is told what single spans would have
    cost. Of an arm of single spans they are those of random whole segments.
    """
    found = label_form(one.arm, one.policy, one.measured)
    if isinstance(found, Unavailable):
        return unknown(ID, one.name, found.reason, _following(one))
    of = (
        "the same answers" if found.ours.dataset == one.name else f"answers of {found.ours.dataset}"
    )
    left_out = count_answers(found.theirs, one.measured) - found.answers[0]
    without = f" ({left_out:,} segments without a candidate left out)" if left_out else ""
    return conclude_effect(
        ID,
        one,
        found,
        why=(
            f"{of} give F1 {one.f1(found.ours)} as single spans{without} and "
            f"{one.f1(found.theirs)} as whole segments"
        ),
        following=(
            "annotate whole segments, or begin with some: al.teach --start"
            if one.arm.train.form == "binary"
            else "stay with whole segments"
        ),
        left_out=left_out,
        of=found.ours.dataset,
    )


def _following(one: TrainedArm) -> str:
    if one.arm.train.form != "binary" or one.arm.is_random:
        return ""
    return "compare with about as many random whole segments of the same source: al.random"
