"""The difference of an arm and its control on test after as many seconds of annotation."""

from __future__ import annotations

from dataclasses import dataclass

from prodigy_al.comparison.cuts import Cut
from prodigy_al.comparison.estimates import Compared
from prodigy_al.comparison.measurements import Measurements, Model
from prodigy_al.evaluation.estimators import Unavailable


@dataclass(frozen=True)
class Held:
    """What a dataset held at that moment: answers of both folds, and those trained on."""

    answers: int
    train: int


@dataclass(frozen=True)
class AtSeconds:
    """The difference of two `models`, arm minus control, and what each was made of."""

    models: tuple[Model, Model]
    compared: Compared
    cut: Cut
    ours: Held
    theirs: Held


def compare_at_seconds(
    dataset: str, policy: str, measured: Measurements
) -> AtSeconds | Unavailable | None:
    """Return how an arm and its control differ at equal seconds; None where no cut was planned."""
    cut = measured.plan.cuts.get(dataset)
    if not isinstance(cut, Cut):
        return cut
    ours, theirs = (
        Model(name, policy, cut.first.count if cut.first and name == cut.longer else None)
        for name in (dataset, cut.control)
    )
    if ours not in measured or theirs not in measured:
        return Unavailable(
            f"every training answer that {cut.longer} had after {cut.seconds:,.0f} seconds is "
            "about a text of the test set"
        )
    return AtSeconds(
        (ours, theirs),
        measured.difference(ours, theirs),
        cut,
        _held(dataset, cut, measured),
        _held(cut.control, cut, measured),
    )


def _held(dataset: str, cut: Cut, measured: Measurements) -> Held:
    train = measured.trains[dataset]
    if dataset != cut.longer or cut.first is None:
        return Held(sum(train.counts.values()), len(train))
    first = {item.input_hash for item in cut.first.answers.items}
    return Held(cut.first.count, len(train.where(first.__contains__)))
