"""What a model's dev F1 changed by against the base, and why it differs from F1 on test.

Dev F1 as usual minus F1 on test is the sum of two parts,

    (usual - weighted) + (weighted - test):

*selection*, what dev answers that were not drawn evenly (or not counted fully) add to F1, and the
*rest*: another source, a leak, noise. All intervals are for new text, by documents: whatever two
numbers have in common is paired document by document. Usual and weighted F1 of whole segments are
of the same answers. Weighted F1 of a binary arm is of other answers from the same dev fold, which
share documents only in part, and dev and test share none as a rule: there the variances add up.

Of several training seeds, usual and test F1 are means; for weighted F1 the counts of all seeds are
added up. The intervals hold for these trained models: the spread of training seeds is not in them.
"""

from __future__ import annotations

from dataclasses import dataclass

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.estimates import Compared, weighted_score
from prodigy_al.comparison.measurements import BASE, Measurements, Model, Row
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.paired import Side, side_difference, side_value


@dataclass(frozen=True)
class Part:
    """One part of a gap; the ends of its interval are None where it cannot be had."""

    value: float
    low: float | None
    high: float | None


def weighted_vs_base(model: Model, arm: Arm, measured: Measurements) -> Compared:
    """Return the paired difference of weighted dev F1, a model minus the base."""
    tuned, base = measured.weighted(model, arm), measured.weighted(BASE, arm)
    if isinstance(tuned, Unavailable):
        return Compared(None, tuned)
    if isinstance(base, Unavailable):
        return Compared(None, base)
    return _compare(tuned.side, base.side)


def split_gap(model: Model, arm: Arm, measured: Measurements) -> tuple[Part | None, Part | None]:
    """Return the parts of dev F1 as usual minus F1 on test: selection, rest.

    Both are None where the weighted F1 cannot be had.
    """
    weighted = measured.weighted(model, arm)
    if isinstance(weighted, Unavailable):
        return None, None
    test = measured.side(Row(model, "test"))
    return _part(usual_vs_weighted(model, arm, measured)), _part(_compare(weighted.side, test))


def usual_vs_weighted(model: Model, arm: Arm, measured: Measurements) -> Compared:
    """Return dev F1 as usual minus weighted: what selection, and counting in part, add to it."""
    weighted = measured.weighted(model, arm)
    if isinstance(weighted, Unavailable):
        return Compared(None, weighted)
    return _compare(measured.side(Row(model, "usual", arm.dataset)), weighted.side)


def usual_vs_even(model: Model, arm: Arm, measured: Measurements) -> Compared:
    """Return dev F1 as usual minus what it would be of an even draw: what selection adds to it.

    Both leave out the same predictions, so that of single spans what they leave out is in neither.
    """
    if arm.dev.form == "full":
        return usual_vs_weighted(model, arm, measured)
    usual = measured.side(Row(model, "usual", arm.dataset))
    even = weighted_score(usual.counts_per_seed, arm)
    return Compared(None, even) if isinstance(even, Unavailable) else _compare(usual, even.side)


def usual_vs_test(model: Model, arm: Arm, measured: Measurements) -> Compared:
    """Return dev F1 as usual minus F1 on test: by how much dev promised too much."""
    usual = measured.side(Row(model, "usual", arm.dataset))
    return _compare(usual, measured.side(Row(model, "test")))


def _compare(first: Side, second: Side) -> Compared:
    ours, theirs = side_value(first), side_value(second)
    value = None if ours is None or theirs is None else ours - theirs
    return Compared(value, side_difference(first, second))


def _part(compared: Compared) -> Part | None:
    if compared.value is None:
        return None
    if isinstance(compared.found, Unavailable):
        return Part(compared.value, None, None)
    found = compared.found
    return Part(found.difference, found.low, found.high)
