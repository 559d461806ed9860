"""Design: were segments served as often as their recorded probabilities say?

Each answer stands for 1/π segments. Summed over the answers of one part of the pool, that is its
size on average (Horvitz & Thompson 1952, Journal of the American Statistical Association 47(260)),
whatever the part; so tenths of the score tell whether the weights can be trusted.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from prodigy_al.arrays import IntArray
from prodigy_al.diagnosis.coverage import score_tenths
from prodigy_al.diagnosis.evidence import Evidence
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown
from prodigy_al.evaluation.estimators import Estimate

ID = "design"
FEWEST_SERVED = 10
"""Served segments in a bin; the sums of fewer are far from normal."""
NEGLIGIBLE = (0.5, 1.5)


def judge_design(evidence: Evidence) -> Verdict:
    """Compare what the answers of each score bin stand for with its size; the number is the worst.

    p is that of the sum of squared deviations over the bins (chi-square). *Refuted* where the
    intervals of all bins lie between .5 and 1.5.
    """
    if evidence.no_pi or np.isnan(evidence.pi).any():
        return unknown(ID, evidence.arm, evidence.no_pi or "some answers have no probability")
    eligible = np.ones(len(evidence.pool), dtype=np.bool_)
    if evidence.of_candidates:
        if not evidence.same_model:
            why = "questions are about candidates of another model than MODEL"
            return unknown(ID, evidence.arm, why, "give the model that asked", n=evidence.at.size)
        eligible = np.array([bool(forms) for forms in evidence.pool.candidates])
        eligible[evidence.at] = True
    bins = _merge(score_tenths(evidence.pool), evidence.at)
    sizes = np.bincount(bins[eligible], minlength=bins.max() + 1)
    own, pi = bins[evidence.at], evidence.pi
    estimated = np.bincount(own, 1 / pi, sizes.size) / sizes
    # the mean of (1-π)/π over a bin, which does not go with how many of it happened to be served
    spread = np.bincount(own, (1 - pi) / pi**2, sizes.size) / (estimated * sizes)
    errors = np.sqrt(spread / sizes)
    if not errors.all():
        return unknown(ID, evidence.arm, "all of a score bin was asked", n=evidence.at.size)
    z = (estimated - 1) / errors
    p = float(special.chdtrc(z.size, float(z @ z)))
    reach = float(special.ndtri(0.975)) * errors
    low, high = np.maximum(estimated - reach, 0), estimated + reach
    fits = bool(np.all((low > NEGLIGIBLE[0]) & (high < NEGLIGIBLE[1]))) and p >= 0.05
    worst = int(np.argmax(np.abs(z)))
    word = decide(p, negligible=fits)
    return conclude(
        ID,
        evidence.arm,
        word,
        Estimate(float(estimated[worst]), float(low[worst]), float(high[worst])),
        n=evidence.at.size,
        p=p,
        unit="of a score bin",
        why=(
            f"answers stand for {estimated[worst]:.2f} of the segments in score bin "
            f"{worst + 1} of {z.size}, where they fit least"
        ),
        following="do not trust weighted numbers: the source or the records have changed",
        details={"estimated": estimated.tolist(), "low": low.tolist(), "high": high.tolist()},
    )


def _merge(tenths: IntArray, at: IntArray) -> IntArray:
    """Return each segment's bin: neighbouring tenths together where few of one were served."""
    served = np.bincount(tenths[at], minlength=int(tenths.max()) + 1)
    names = np.zeros(served.size, dtype=np.int64)
    current = held = 0
    for tenth, count in enumerate(served.tolist()):
        names[tenth] = current
        held += count
        if held >= FEWEST_SERVED:
            current, held = current + 1, 0
    # what is left over at the top joins the bin below
    names[names == current] = max(current - 1, 0) if held < FEWEST_SERVED else current
    return names[tenths]
