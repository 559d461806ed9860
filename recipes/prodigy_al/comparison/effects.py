"""What one thing does to F1 on test, all else equal: differences of two models that were trained.

The label form and the selection of an arm span a table of two by two, {random, active} answers ×
{whole segments, the same as single spans}. An active arm of single spans has no whole segments;
there the gap to random whole segments is the sum of two parts,

    active - random whole = (active - random as single spans) + (random as single spans - whole),

selection at the same label form, and the label form of the same answers. All differences are paired
by the documents of the test set, over documents and training seeds, as all others of `estimates`.
"""

from __future__ import annotations

from dataclasses import dataclass

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.controls import find_control, find_whole_control, why_no_control
from prodigy_al.comparison.estimates import Compared
from prodigy_al.comparison.measurements import Measurements, Model
from prodigy_al.comparison.thinning import undo_selection
from prodigy_al.comparison.variants import MASKED, REMEDY, UNDONE, cut_to
from prodigy_al.evaluation.estimators import Unavailable

NO_CANDIDATE = "the base proposes no span in any of these segments, so nothing could be asked"


@dataclass(frozen=True)
class Effect:
    """F1 on test of `ours` minus `theirs`, and the training answers that either was made of."""

    ours: Model
    theirs: Model
    compared: Compared
    answers: tuple[int, int]


@dataclass(frozen=True)
class Square:
    """The models of the two by two: of the control and of the arm, whole and as single spans.

    An arm of single spans has no `active_whole`.
    """

    random_whole: Model
    random_single: Model
    active_whole: Model | None
    active_single: Model


def find_square(arm: Arm, policy: str, measured: Measurements) -> Square | Unavailable:
    """Return the two by two of an arm and the random whole segments comparable with it."""
    if arm.train.form == "mixed":
        return Unavailable("its answers are of both forms")
    if arm.is_random:
        return Unavailable("it is the control itself")
    control = find_whole_control(arm, measured.plan.arms, any_size=False)
    if control is None:
        why = why_no_control(arm, measured.plan.arms)
        return Unavailable(why or "no random whole segments are comparable with it")
    whole = arm.train.form == "full"
    square = Square(
        random_whole=Model(control.dataset, policy),
        random_single=Model(control.dataset, policy, variant=MASKED),
        active_whole=Model(arm.dataset, policy) if whole else None,
        active_single=Model(arm.dataset, policy, variant=MASKED if whole else ""),
    )
    there = square.random_single in measured and square.active_single in measured
    return square if there else Unavailable(NO_CANDIDATE)


def label_form(arm: Arm, policy: str, measured: Measurements) -> Effect | Unavailable:
    """Return what single spans do to F1, from the same answers.

    These are the arm's own where it holds whole segments, else those of its control.
    """
    if arm.train.form == "full":
        ours = Model(arm.dataset, policy, variant=MASKED)
        if ours not in measured:
            return Unavailable(NO_CANDIDATE)
        return compare(ours, Model(arm.dataset, policy), measured)
    square = find_square(arm, policy, measured)
    if isinstance(square, Unavailable):
        return square
    return compare(square.random_single, square.random_whole, measured)


def selection(arm: Arm, policy: str, measured: Measurements) -> Effect | Unavailable:
    """Return what the selection of an arm's answers does to F1, at its own label form."""
    if arm.train.form == "binary":
        square = find_square(arm, policy, measured)
        if isinstance(square, Unavailable):
            return square
        return compare(square.active_single, square.random_single, measured)
    if arm.is_random:
        return Unavailable("it is the control itself")
    control = find_control(arm, measured.plan.arms)
    if control is None or control.train.form != arm.train.form:
        why = why_no_control(arm, measured.plan.arms)
        return Unavailable(why or "it has no control of its own form")
    return compare(Model(arm.dataset, policy), Model(control.dataset, policy), measured)


def undoing(arm: Arm, policy: str, measured: Measurements) -> tuple[Effect, Effect] | Unavailable:
    """Return what undoing the selection brings, and what then remains against random answers.

    Both sides of each hold as many answers.
    """
    control = find_control(arm, measured.plan.arms)
    if control is None:
        return Unavailable("it has no control")
    undone = Model(arm.dataset, policy, variant=UNDONE)
    if undone not in measured:
        return _why_not_undone(arm, measured)
    size = count_answers(undone, measured)
    own, random = (
        Model(name, policy, variant=cut_to(size)) for name in (arm.dataset, control.dataset)
    )
    return compare(undone, own, measured), compare(undone, random, measured)


def remedied(arm: Arm, policy: str, measured: Measurements) -> Effect | Unavailable:
    """Return what training by the policy that is the remedy brings, from the same answers."""
    remedy = measured.plan.remedy
    if remedy is None:
        return Unavailable("the base cannot be trained by it")
    if remedy == policy:
        return Unavailable("it was trained so")
    planned = remedy in measured.plan.policies
    ours = Model(arm.dataset, remedy, variant="" if planned else REMEDY)
    return compare(ours, Model(arm.dataset, policy), measured)


def compare(ours: Model, theirs: Model, measured: Measurements) -> Effect:
    """Return the difference of two models that were trained."""
    answers = (count_answers(ours, measured), count_answers(theirs, measured))
    return Effect(ours, theirs, measured.difference(ours, theirs), answers)


def count_answers(model: Model, measured: Measurements) -> int:
    """Return how many training answers a model was made of, with any of its training seeds."""
    dataset = model.dataset or ""
    by_seed = measured.variants.get((dataset, model.variant), {})
    return len(next(iter(by_seed.values()), measured.trains[dataset]))


def _why_not_undone(arm: Arm, measured: Measurements) -> Unavailable:
    train = measured.trains[arm.dataset]
    tried = (undo_selection(arm, train, seed) for seed in measured.plan.seeds)
    whys = (one for one in tried if isinstance(one, Unavailable))
    return next(whys, Unavailable("nothing was trained for it"))
