"""All hypotheses about a trained arm, and which of them are reasons for which complaint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.measurements import BASE, Model
from prodigy_al.diagnosis.evidence import Reply
from prodigy_al.diagnosis.forgetting import judge_forgetting
from prodigy_al.diagnosis.label_form import judge_label_form
from prodigy_al.diagnosis.leak import Text, conclude_leak
from prodigy_al.diagnosis.noise import judge_noise
from prodigy_al.diagnosis.partial_dev import ID as PARTIAL_DEV
from prodigy_al.diagnosis.partial_dev import conclude_ignored
from prodigy_al.diagnosis.scheme import conclude_scheme
from prodigy_al.diagnosis.selection_dev import judge_selection_dev
from prodigy_al.diagnosis.selection_train import judge_selection_train
from prodigy_al.diagnosis.trained import TrainedArm
from prodigy_al.diagnosis.verdict import Verdict, correct, unknown
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.training.answers import Answers

DEV_UP, WORSE, NO_BETTER = "dev-up-test-down", "worse-than-base", "no-better-than-random"

REASONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        DEV_UP: ("selection-dev", "partial-dev", "leak"),
        WORSE: ("label-form", "forgetting", "scheme", "selection-train"),
        NO_BETTER: ("noise", "label-form", "selection-train"),
    }
)
"""What may be behind each complaint.

One about dev is made beyond chance only, so that noise is none of its reasons. What al.diagnose
needs the pool for, redundancy above all, is left to it.
"""


def judge_trained(one: TrainedArm) -> list[Verdict]:
    """Return the verdicts on one arm under one policy, with Holm's p over all that have one."""
    return correct([judge(one) for judge in TRAINED_HYPOTHESES.values()])


def reasons_for(complaint: str, one: TrainedArm) -> tuple[str, ...]:
    """Return the hypotheses that may be behind an arm's complaint.

    The label form is none where the arm holds whole segments: what single spans *would* cost it is
    told, and explains nothing. Nor is the scheme where another arm under the same policy helps: all
    are held against one gold, so that another meaning of the label would harm that arm as well.
    """
    no_reason = set[str]()
    if one.arm.train.form != "binary":
        no_reason.add("label-form")
    if any(_helps(other, one) for other in one.measured.plan.arms if other is not one.arm):
        no_reason.add("scheme")
    return tuple(name for name in REASONS[complaint] if name not in no_reason)


def _helps(other: Arm, one: TrainedArm) -> bool:
    found = one.measured.difference(Model(other.dataset, one.policy), BASE).found
    return isinstance(found, Difference) and found.low > 0


def _judge_scheme(one: TrainedArm) -> Verdict:
    """Judge what the base predicts in the test set."""
    plan = one.measured.plan
    found = one.measured.predictions[BASE][0]
    replies = [
        Reply(answer=item, predicted=tuple(sorted(spans)), is_dev=False, group=group)
        for item, spans, group in zip(plan.test.gold.items, found, plan.test.groups, strict=True)
    ]
    return conclude_scheme(one.name, replies, plan.labels, " on test")


def _judge_partial_dev(one: TrainedArm) -> Verdict:
    """Judge what spaCy's scorer leaves out of the trained model's predictions, per seed."""
    seeds = len(one.measured.plan.seeds)
    ignored, n = (round(count / seeds) for count in one.measured.ignored(one.model, one.arm))
    if not n:
        return unknown(PARTIAL_DEV, one.name, "the model predicts nothing on its dev texts")
    whole = one.arm.dev.form == "full"
    return conclude_ignored(one.name, ignored, n=n, whole=whole)


def _judge_leak(one: TrainedArm) -> Verdict:
    return conclude_leak(
        one.name, _texts(one, one.arm.dev), _texts(one, one.measured.trains[one.name])
    )


def _texts(one: TrainedArm, answers: Answers) -> list[Text]:
    return [(one.arm.groups[item.input_hash], " ".join(item.words)) for item in answers.items]


TRAINED_HYPOTHESES: Mapping[str, Callable[[TrainedArm], Verdict]] = MappingProxyType(
    {
        "label-form": judge_label_form,
        "selection-train": judge_selection_train,
        "forgetting": judge_forgetting,
        "scheme": _judge_scheme,
        "selection-dev": judge_selection_dev,
        "partial-dev": _judge_partial_dev,
        "leak": _judge_leak,
        "noise": judge_noise,
    }
)
"""The function of each hypothesis, in the order in which they are told."""
