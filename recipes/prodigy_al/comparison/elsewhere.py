"""Datasets without records of how they were drawn: probabilities estimated from their source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.pool import EstimatedChances
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.score_bins import answered_shares
from prodigy_al.sampling.frame import Segment

OUTSIDE_LIMIT = 0.05  # share of answered texts that are not in the pool


def estimate_chances(
    arm: Arm, segments: Sequence[Segment], scores: FloatArray
) -> EstimatedChances | Unavailable:
    """Return the estimated probability of each dev answer of an arm without records.

    `segments` and `scores` (N,) are the whole pool and what the base gave it. A dev answer had the
    chance to be answered that its score tells, times the dev share of the answers: the dev fold was
    cut from what was answered, by a hash.
    """
    if arm.dev.form == "binary":
        return Unavailable(
            "the answers carry no sampling probabilities, and those of answers about single spans "
            "cannot be estimated"
        )
    of_dev = {item.input_hash for item in arm.dev.items} | arm.dev.about_other_labels
    of_train = {item.input_hash for item in arm.train.items} | arm.train.about_other_labels
    answered = of_dev | of_train
    keys = [segment.input_hash for segment in segments]
    outside = len(answered.difference(keys))
    if outside > OUTSIDE_LIMIT * len(answered):
        return Unavailable(
            f"{outside} of {len(answered)} answered texts are not in the pool (limit: "
            f"{OUTSIDE_LIMIT:.0%}), so their probabilities cannot be estimated from it"
        )
    shares = answered_shares(scores, np.array([key in answered for key in keys]))
    if isinstance(shares, Unavailable):
        return shares
    dev_share = len(of_dev) / len(answered)
    return EstimatedChances(
        pi={k: float(s) * dev_share for k, s in zip(keys, shares, strict=True) if k in of_dev},
        copies={one.input_hash: float(one.copies) for one in segments if one.input_hash in of_dev},
        n_pool=len(segments),
        answered=len(answered),
        outside=outside,
    )
