"""On whose dev answers the weighted F1 of an arm's models is measured.

Whole segments tell F1. Binary answers do not: they were asked about spans that the starting model
gave at least the floor, and a trained model may predict others. So the models of a binary arm are
measured on whole segments of the same dev fold, which another arm of the comparison was asked
about; nobody trained on that fold.
"""

from __future__ import annotations

from collections.abc import Sequence

from prodigy_al.comparison.arms import Arm
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.records import Record

NOT_F1 = "binary dev answers cannot measure F1"
"""How the reason begins where a binary arm finds no whole segments."""


def find_weighted_dev(arm: Arm, arms: Sequence[Arm]) -> Arm | Unavailable:
    """Return the arm on whose dev answers the weighted F1 of this arm's models is measured.

    That is the arm itself where it holds whole segments. For a binary arm it is one with whole
    segments that were drawn with probabilities, from the same source and with the same fold salt:
    a random one before others, of these the one whose seed is nearest. An arm with a group in its
    dev fold that the binary arm trains on is not used.
    """
    if arm.dev.form == "full":
        return arm
    if not arm.records:
        return Unavailable(f"{NOT_F1}, and without `al` records no other dev fold is known to fit")
    fitting = [other for other in arms if _measures(other, arm)]
    if not fitting:
        source = _any_record(arm).source.get("name", "the same source")
        return Unavailable(
            f"{NOT_F1}: a model also predicts spans that were never asked about; compare it with "
            f"whole segments of the same dev fold, as al.random draws them from {source} with "
            f"--fold-salt {arm.fold_salt}"
        )
    seed = arm.seed or 0
    return min(fitting, key=lambda a: (not a.is_random, abs((a.seed or 0) - seed)))


def _measures(other: Arm, binary: Arm) -> bool:
    """Return whether the dev answers of `other` tell F1 of models that `binary` trains."""
    if other.dev.form != "full" or not other.records:
        return False
    ours, theirs = _any_record(binary), _any_record(other)
    asked = theirs.scorer.get("labels", other.dev.labels)
    trained_on = {binary.groups[item.input_hash] for item in binary.train.items}
    return (
        theirs.design == "keys"
        and theirs.source.get("sha256") == ours.source.get("sha256")
        and other.fold_salt == binary.fold_salt
        and set(other.dev.labels) <= set(asked)
        and trained_on.isdisjoint(other.groups[item.input_hash] for item in other.dev.items)
    )


def _any_record(arm: Arm) -> Record:
    """Return one record of an arm that has some: they agree on source, design and scorer."""
    return next(iter(arm.records.values()))
