"""Anchoring: do people accept what they are shown?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from prodigy_al.arrays import BoolArray, IntArray
from prodigy_al.diagnosis.coverage import score_tenths
from prodigy_al.diagnosis.evidence import Evidence, Reply
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown, within
from prodigy_al.evaluation.estimators import Estimate
from prodigy_al.evaluation.shares import share_interval

ID = "anchoring"
NEGLIGIBLE = 0.05
FEWEST = 20
BLIND = "annotate some blind: al.random without --suggest on the same source"


def judge_anchoring(evidence: Evidence) -> Verdict:
    """Compare agreement with the base on segments whose spans were shown and on blind ones.

    A segment agrees where the answer holds exactly the base's spans of the asked labels. Blind ones
    are of this or another dataset; both are compared within fifths of the pool's score, so that
    which segments were asked makes no difference. p is one-sided.
    """
    if evidence.form != "full" or not evidence.recorded:
        why = (
            "nothing tells what was on the page"
            if not evidence.recorded
            else ("every question shows one span, so there are no blind ones to compare with")
        )
        return unknown(ID, evidence.arm, why, BLIND)
    shown = [one for one in evidence.replies if one.shown and one.at is not None]
    if not shown:
        n = len(evidence.replies)
        if not n:
            return unknown(ID, evidence.arm, "there are no answers")
        none = share_interval(0, n)
        return conclude(
            ID, evidence.arm, "refuted", none, n=n,
            unit="of the answers saw suggestions", why="all answers were given blind",
        )  # fmt: skip
    blind = [one for one in evidence.replies if one.shown is False and one.at is not None]
    for other in evidence.others:
        if other.form == "full" and other.pool.texts == evidence.pool.texts:
            blind += [one for one in other.replies if one.shown is False and one.at is not None]
    if min(len(shown), len(blind)) < FEWEST:
        why = f"{len(shown)} answers saw suggestions and {len(blind)} were blind"
        return unknown(ID, evidence.arm, why, BLIND, n=len(shown))
    interval, p = _difference(evidence, shown, blind)
    word = decide(p, harmful=interval.value > 0, negligible=within(interval, -1, NEGLIGIBLE))
    return conclude(
        ID, evidence.arm, word, interval,
        n=len(shown) + len(blind), p=p, unit="more agreement",
        why=(
            f"answers agree with the base's spans by {interval.value:+.2f} more often where they "
            f"were shown ({len(shown)}) than blind ({len(blind)}), at like scores"
        ),
        following="annotate without --suggest",
    )  # fmt: skip


def _difference(
    evidence: Evidence, shown: Sequence[Reply], blind: Sequence[Reply]
) -> tuple[Estimate, float]:
    """Return the mean difference over fifths of the score, by the shown ones' shares, and p."""
    fifths = score_tenths(evidence.pool) // 2
    sides = [(_fifth_of(side, fifths), _agrees(side, evidence.labels)) for side in (shown, blind)]
    total = variance = used = 0.0
    for fifth in range(5):
        own = [agrees[places == fifth] for places, agrees in sides]
        if min(map(len, own)) < 2:
            continue
        weight = len(own[0])
        used += weight
        total += weight * float(own[0].mean() - own[1].mean())
        # half an answer more on either side, so that unanimous ones still leave some doubt
        rates = [(float(one.sum()) + 0.5) / (len(one) + 1) for one in own]
        variance += weight**2 * sum(
            rate * (1 - rate) / len(one) for rate, one in zip(rates, own, strict=True)
        )
    if not used:
        return Estimate(0.0, -1.0, 1.0), 1.0
    value, error = total / used, variance**0.5 / used
    z = float(special.ndtri(0.975))
    return Estimate(value, value - z * error, value + z * error), float(
        special.ndtr(-value / error)
    )


def _fifth_of(replies: Sequence[Reply], fifths: IntArray) -> IntArray:
    return np.array([fifths[one.at] for one in replies if one.at is not None], dtype=np.int64)


def _agrees(replies: Sequence[Reply], labels: Sequence[str]) -> BoolArray:
    return np.array(
        [
            {span for span in one.predicted if span[2] in labels} == set(one.answer.accepted)
            for one in replies
        ]
    )
