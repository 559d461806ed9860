"""An arm and its control after as many seconds of annotation: which is cut, and to what.

What an annotator spends is time. The one that took longer is cut, in the order of answering, to the
seconds of the other, answers of both folds counted, and is trained once more from what it held
then: so a difference at equal seconds is measured, not read off a curve.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.controls import find_control
from prodigy_al.comparison.effort import Example, FirstAnswers
from prodigy_al.comparison.joined import read_first_seconds
from prodigy_al.errors import AnswerError
from prodigy_al.evaluation.estimators import Unavailable

if TYPE_CHECKING:
    from spacy.tokens import Doc

AS_LONG = 0.05  # of the seconds of the shorter one, by which the other may be longer and is not cut


@dataclass(frozen=True)
class Cut:
    """An arm and its `control` after the `seconds` that the shorter of them took in all.

    `longer` is the dataset that is cut to `first`, its first answers; both are None where the two
    took as long. The seconds are `simulated` where those of one of them are.
    """

    control: str
    seconds: float
    simulated: bool
    longer: str | None = None
    first: FirstAnswers | None = None


Cuts: TypeAlias = Mapping[str, "Cut | Unavailable"]
"""By arm; without those that have no control."""


def find_cuts(
    arms: Sequence[Arm],
    examples: Mapping[str, Sequence[Example]],
    *,
    tokenizer: Callable[[str], Doc],
) -> Cuts:
    """Return how each arm and its control are brought to equal seconds.

    `examples` are those that the arms, or their parts, were read from, by dataset. At equal seconds
    a control may have any number of answers; one that is comparable at equal answers too goes
    before others.
    """
    cuts: dict[str, Cut | Unavailable] = {}
    for arm in arms:
        control = find_control(arm, arms) or find_control(arm, arms, any_size=True)
        if control is not None:
            cuts[arm.dataset] = _find_cut(arm, control, examples, tokenizer)
    return cuts


def _find_cut(
    arm: Arm,
    control: Arm,
    examples: Mapping[str, Sequence[Example]],
    tokenizer: Callable[[str], Doc],
) -> Cut | Unavailable:
    took: list[tuple[float, Arm]] = []
    for one in (arm, control):
        given = [example for part in one.all_parts for example in examples[part.dataset]]
        timed = sum("_timestamp" in example for example in given)
        if one.effort.seconds is None or timed < len(given):
            return Unavailable(
                f"{timed:,} of the {len(given):,} answers of {one.dataset} carry a time stamp"
            )
        took.append((one.effort.seconds, one))
    (seconds, _), (longest, longer) = sorted(took, key=lambda pair: pair[0])
    cut = Cut(control.dataset, seconds, arm.effort.simulated or control.effort.simulated)
    if longest <= (1 + AS_LONG) * seconds:
        return cut
    nothing = Unavailable(f"{longer.dataset} had no training answer after {seconds:,.0f} seconds")
    try:
        first = read_first_seconds(longer, examples, seconds, tokenizer=tokenizer)
    except AnswerError:
        return nothing
    trained_on = {item.input_hash for item in longer.train.items}
    if trained_on.isdisjoint(item.input_hash for item in first.answers.items):
        return nothing
    return Cut(cut.control, seconds, cut.simulated, longer.dataset, first)
