"""Prevalence: do the questions hold more entities than the pool?

Precision, and with it F1, rises with the number of entities at equal rates of error, so a model
looks better on text that holds more of them. Both sides are measured by the same expectation of the
base, so that nothing depends on answers.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from prodigy_al.arrays import FloatArray, IntArray
from prodigy_al.diagnosis.evidence import Evidence
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown, within
from prodigy_al.evaluation.estimators import Estimate

ID = "prevalence"
NEGLIGIBLE = (0.9, 1.1)


def judge_prevalence(evidence: Evidence) -> Verdict:
    """Compare the mean expected entities per asked segment with that of the pool, as a ratio.

    The interval takes the asked documents as random and the pool as it is; p is two-sided.
    *Refuted* where the interval lies between .9 and 1.1.
    """
    pool, own = evidence.pool, evidence.pool.expected[evidence.at]
    of_pool = float(pool.expected.mean())
    if own.size < 2 or of_pool == 0:
        why = "the base expects no entity in the pool" if own.size > 1 else "too few questions"
        return unknown(ID, evidence.arm, why, n=own.size)
    error = standard_error(own, pool.codes[evidence.at]) / of_pool
    ratio = float(own.mean()) / of_pool
    z = float(special.ndtri(0.975))
    interval = Estimate(ratio, max(0.0, ratio - z * error), ratio + z * error)
    p = float(2 * special.ndtr(-abs(ratio - 1) / error)) if error else float(ratio == 1)
    word = decide(p, negligible=within(interval, *NEGLIGIBLE))
    accepted = [len(one.answer.accepted) for one in evidence.replies]
    return conclude(
        ID,
        evidence.arm,
        word,
        Estimate(ratio, interval.low, interval.high),
        n=own.size,
        p=p,
        unit="times the entities",
        why=(
            f"an asked segment holds {own.mean():.2f} expected entities, one of the pool "
            f"{of_pool:.2f}"
        ),
        following="compare models on one test set: F1 goes up with the number of entities",
        details={
            "asked": float(own.mean()),
            "pool": of_pool,
            "accepted_per_answer": float(np.mean(accepted)) if accepted else None,
        },
    )


def standard_error(values: FloatArray, codes: IntArray) -> float:
    """Return the standard error of the mean of `values` (n,), n >= 2, by documents `codes` (n,).

    >>> round(standard_error(np.array([0.0, 1.0, 0.0, 1.0]), np.arange(4)), 4)
    0.2887
    """
    sums = np.bincount(codes, values - values.mean())[np.unique(codes)]
    groups = sums.size
    if groups < 2:
        return float(values.std(ddof=1) / values.size**0.5)
    return float(np.linalg.norm(sums) / values.size * (groups / (groups - 1)) ** 0.5)
