"""diagnosis.json as a type: the verdicts on each dataset's questions, and what they rest on.

Keys are stable as those of report.json are (`report.schema`). A verdict's `number`, `low`, `high`
and `p` are null only where it is *not identifiable*; `details` hold what stands beside it and may
grow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from prodigy_al.diagnosis.evidence import Calibration, Evidence
from prodigy_al.diagnosis.ledger import judge
from prodigy_al.diagnosis.verdict import Verdict
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.score_bins import answered_shares

DIAGNOSIS_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Probabilities:
    """How likely each asked segment was to be asked: recorded, or estimated from the score, and
    then flagged; the smallest and the largest.
    """

    origin: Literal["recorded", "estimated"]
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Diagnosed:
    """One dataset: how it was collected, the `questions` about distinct texts of the pool, and the
    `outside` ones about others, which are left out. `calibration` is that of the base.
    """

    strategy: str
    form: str
    questions: int
    outside: int
    same_model: bool
    probabilities: Probabilities | Unavailable
    calibration: Calibration | Unavailable


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """All of diagnosis.json; `datasets` by name."""

    version: int = DIAGNOSIS_VERSION
    labels: Sequence[str]
    model: Mapping[str, str]
    pool: Mapping[str, Any]
    seed: int
    datasets: Mapping[str, Diagnosed]
    verdicts: Sequence[Verdict]


def build_diagnosis(
    datasets: Sequence[Evidence],
    *,
    labels: Sequence[str],
    model: Mapping[str, str],
    pool: Mapping[str, Any],
    seed: int,
) -> Diagnosis:
    """Judge all hypotheses about the datasets."""
    return Diagnosis(
        labels=labels,
        model=model,
        pool=pool,
        seed=seed,
        datasets={one.arm: _describe(one) for one in datasets},
        verdicts=judge(datasets),
    )


def _describe(one: Evidence) -> Diagnosed:
    return Diagnosed(
        strategy=one.strategy,
        form=one.form,
        questions=int(one.at.size),
        outside=one.outside,
        same_model=one.same_model,
        probabilities=_probabilities(one),
        calibration=one.calibration,
    )


def _probabilities(one: Evidence) -> Probabilities | Unavailable:
    """Return recorded probabilities, else the shares that were asked by score."""
    if not one.no_pi and not np.isnan(one.pi).any():
        return Probabilities(origin="recorded", low=float(one.pi.min()), high=float(one.pi.max()))
    shares = answered_shares(one.pool.scores, one.asked)
    if isinstance(shares, Unavailable):
        return Unavailable(f"{one.no_pi}; {shares.reason}")
    own = shares[one.at]
    return Probabilities(origin="estimated", low=float(own.min()), high=float(own.max()))
