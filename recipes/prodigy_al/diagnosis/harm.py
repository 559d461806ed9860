"""Harm direction: are segments asked about more, or less, where the base is wrong?

A selection that goes with the base's errors moves what its answers measure; one that does not may
be as uneven as it likes. Errors are taken from random whole segments, which nobody selected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray, IndexArray, IntArray
from prodigy_al.diagnosis.evidence import Evidence, Reply
from prodigy_al.diagnosis.features import expand, loss_features
from prodigy_al.diagnosis.two_sample import MISSING, TwoSample, available, compare_samples
from prodigy_al.diagnosis.verdict import Verdict, Word, conclude, decide, unknown, within
from prodigy_al.evaluation.auc import Auc, auc
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.counts import Counts, count_matches
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.evaluation.paired import Side, side_difference

ID = "harm-direction"
NEGLIGIBLE = (0.45, 0.55)
TENTHS = 10
RANDOM = "annotate random whole segments of the same source (al.random) and name them too"


def judge_harm(evidence: Evidence) -> Verdict:
    """Return how often a random segment with an error is likelier asked than one without.

    The odds of being asked are those of the classifier of `two_sample` on what matters to the loss,
    of folds that did not see the segment. The number is an AUC: above .5 errors are sought, below
    it avoided. A classifier of random questions goes with anything by chance, so p, two-sided, and
    the interval are no smaller than by permuting who was asked. *Refuted* where the interval lies
    between .45 and .55.
    """
    random = evidence.random
    if not available():
        return unknown(ID, evidence.arm, MISSING, MISSING.partition(": ")[2])
    if evidence.strategy.startswith("random"):
        return unknown(ID, evidence.arm, "its questions are random: nothing was sought")
    if random is None or random.pool.texts != evidence.pool.texts:
        return unknown(ID, evidence.arm, "no dataset of random whole segments is named", RANDOM)
    replies = [reply for reply in random.replies if reply.at is not None]
    places = np.array([reply.at for reply in replies], dtype=np.intp)
    judged = _propensities(evidence, places)
    if isinstance(judged, Unavailable):
        return unknown(ID, evidence.arm, judged.reason, RANDOM, n=len(replies))
    counts = _counts(replies, evidence.labels)
    wrong = (counts.tp < counts.predicted) | (counts.tp < counts.gold)
    found = _against_chance(judged, places, wrong, evidence.pool.codes[places])
    if isinstance(found, Unavailable):
        return unknown(ID, evidence.arm, found.reason, RANDOM, n=len(replies))
    shift = _shift(evidence, places, judged.propensity, counts)
    interval = Estimate(found.value, found.low, found.high)
    word = decide(found.p, negligible=within(interval, *NEGLIGIBLE))
    return conclude(
        ID,
        evidence.arm,
        word,
        found,
        n=len(replies),
        p=found.p,
        unit="AUC",
        why=_why(found, len(replies), word) + _in_words(shift),
        following="read F1 weighted, or on random segments",
        details={
            "f1_shift": None
            if isinstance(shift, Unavailable)
            else {"value": shift.difference, "low": shift.low, "high": shift.high}
        },
    )


def _against_chance(
    judged: TwoSample, places: IndexArray, wrong: BoolArray, codes: IntArray
) -> Auc | Unavailable:
    """Return how well propensities tell the segments (n,) with errors, and p against chance."""
    # permuted ones stand in the order of the pool
    order = np.argsort(places)
    drawn = [auc(row, wrong[order]) for row in judged.by_chance]
    values = np.array([one.value for one in drawn if isinstance(one, Auc)])
    least = float(values.std(ddof=1)) if values.size > 1 else 0.0
    found = auc(judged.propensity[places], wrong, groups=codes, least_error=least)
    if isinstance(found, Unavailable):
        return found
    as_far = np.abs(values - 0.5) >= abs(found.value - 0.5)
    return replace(found, p=max(found.p, (1 + int(as_far.sum())) / (1 + values.size)))


def _propensities(evidence: Evidence, places: IndexArray) -> TwoSample | Unavailable:
    """Return the propensity of each segment that was judged, those at `places` among them."""
    keep = np.zeros(len(evidence.pool), dtype=np.bool_)
    keep[places] = True
    return compare_samples(
        expand(loss_features(evidence.pool)),
        evidence.asked,
        evidence.pool.codes,
        rng=np.random.default_rng(evidence.seed),
        keep=keep,
    )


def _counts(replies: Sequence[Reply], labels: Sequence[str]) -> Counts:
    return count_matches(
        [reply.answer.accepted for reply in replies],
        [[span for span in reply.predicted if span[2] in labels] for reply in replies],
    )


def _why(found: Auc, n: int, word: Word) -> str:
    if NEGLIGIBLE[0] < found.value < NEGLIGIBLE[1]:
        return f"the odds of being asked hardly go with the base's errors ({found.n} of {n})"
    sought = ""
    if word == "supported":
        sought = f": errors are {'sought' if found.value > 0.5 else 'avoided'}"
    return (
        f"of {n} random segments, the {found.n} where the base is wrong are likelier asked in "
        f"{found.value:.0%} of pairs{sought}"
    )


def _shift(
    evidence: Evidence, places: IndexArray, propensity: FloatArray, counts: Counts
) -> Difference | Unavailable:
    """Return the base's F1 on segments asked like these, minus that on random ones.

    Random segments are weighted by the share that was asked of pool segments in the same tenth of
    propensity (Rosenbaum & Rubin 1984).
    """
    judged = np.isfinite(propensity)
    tenths = np.minimum((propensity[judged] * TENTHS).astype(np.int64), TENTHS - 1)
    asked = np.bincount(tenths, evidence.asked[judged], TENTHS)
    shares = asked / np.maximum(np.bincount(tenths, minlength=TENTHS), 1)
    own = np.minimum((propensity[places] * TENTHS).astype(np.int64), TENTHS - 1)
    groups = [evidence.pool.groups[i] for i in places]
    return side_difference(Side([counts], groups, shares[own]), Side([counts], groups))


def _in_words(shift: Difference | Unavailable) -> str:
    if isinstance(shift, Unavailable):
        return ""
    found = f"{shift.difference:+.3f} [{shift.low:+.3f}, {shift.high:+.3f}]"
    return f"; on what is asked its F1 is off by {found}"
