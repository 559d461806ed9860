"""Estimates of learning curves on the test set, with the resamples of all other comparisons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.comparison.estimates import BOOTSTRAP_SEED, DRAWS
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.curve_difference import DrawnCurves, draw_curves
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.reaching import Reached, lower_bounds, work_to_match


def bounds_above(
    curve: Sequence[Sequence[Counts]], other: Sequence[Counts], groups: Sequence[str]
) -> FloatArray | Unavailable:
    """Return the lower bound of F1 minus the other's for each point of a learning curve."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return lower_bounds(curve, other, groups=groups, draws=DRAWS, rng=rng)


def work_at(
    curve: Sequence[Sequence[Counts]],
    work: Sequence[float],
    other: Sequence[Counts],
    groups: Sequence[str],
) -> Reached | Unavailable:
    """Return the work at which a learning curve is at the F1 of `other`."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return work_to_match(curve, work, other, groups=groups, draws=DRAWS, rng=rng)


def drawn_curves(
    ours: Sequence[Sequence[Counts]], theirs: Sequence[Sequence[Counts]], groups: Sequence[str]
) -> DrawnCurves | Unavailable:
    """Draw two learning curves, which begin with the base, again over documents and seeds."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return draw_curves(ours, theirs, groups=groups, draws=DRAWS, rng=rng)
