"""Coverage: is a kind of segment left out that makes up a good part of the pool?

Kinds are told by the text alone (`sampling.kinds`), so that a model that proposes nothing in one
cannot miss it. Shares by tenths of the score stand beside: a ranked design takes more of the higher
ones by intent, and weights make up for it; nothing makes up for a kind without any answer.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from prodigy_al.arrays import IntArray
from prodigy_al.comparison.strata import SIZABLE, in_words
from prodigy_al.diagnosis.evidence import Evidence, Pool
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown
from prodigy_al.evaluation.estimators import Estimate
from prodigy_al.evaluation.shares import chance_of_so_few, share_interval
from prodigy_al.sampling.kinds import FEWEST_SEGMENTS

ID = "coverage"
ENOUGH = 0.5
"""Share of a kind's part of the pool that its questions must reach."""
TENTHS = 10


def judge_coverage(evidence: Evidence) -> Verdict:
    """Find the kind of segment that was asked about least for its share of the pool.

    The number is its share of the questions, divided by its share of the pool. Tested is whether it
    is below a half, by the binomial distribution and for as many kinds (Bonferroni). *Refuted*
    where no interval goes below a half.
    """
    pool, n = evidence.pool, evidence.at.size
    sorted_texts = pool.kinds()
    if sorted_texts is None or n == 0:
        why = f"kinds of segments need a pool of at least {FEWEST_SEGMENTS} segments and answers"
        return unknown(ID, evidence.arm, why, n=n)
    names = sorted_texts[1]
    of_pool, asked = Counter(names), Counter(names[i] for i in evidence.at)
    sizable = {name: k / len(pool) for name, k in of_pool.items() if k >= SIZABLE * len(pool)}
    found = {name: share_interval(asked[name], n) for name in sizable}
    worst = min(sizable, key=lambda name: (found[name].value / sizable[name], name))
    share, own = sizable[worst], found[worst]
    chances = (chance_of_so_few(asked[one], n, ENOUGH * part) for one, part in sizable.items())
    p = min(1.0, len(sizable) * min(chances))
    reached = all(found[name].low >= ENOUGH * part for name, part in sizable.items())
    word = decide(p, negligible=reached)
    questions = f"{asked[worst]} of {n:,} questions" if asked[worst] else "no question"
    return conclude(
        ID,
        evidence.arm,
        word,
        Estimate(own.value / share, own.low / share, own.high / share),
        n=n,
        p=p,
        unit="of its share",
        why=f"{questions} about {share:.0%} of the pool: {in_words(worst)}",
        following=_next(evidence),
        details={
            "kinds": {
                name: {
                    "of_pool": of_pool[name] / len(pool),
                    **_as_dict(asked[name], n),
                }
                for name in of_pool
            },
            "score_tenths": [
                {"of_pool": size / len(pool), **_as_dict(own_number, n)}
                for size, own_number in _by_tenths(evidence)
            ],
        },
    )


def score_tenths(pool: Pool) -> IntArray:
    """Return (N,) the tenth of the pool, from 0, that each segment's score lies in.

    Equal scores are in one tenth, so that some may be empty.
    """
    edges = np.quantile(pool.scores, np.arange(1, TENTHS) / TENTHS)
    return np.searchsorted(edges, pool.scores, side="left").astype(np.int64)


def _by_tenths(evidence: Evidence) -> list[tuple[int, int]]:
    """Return (segments, questions) of each tenth of the score."""
    tenths = score_tenths(evidence.pool)
    sizes = np.bincount(tenths, minlength=TENTHS).tolist()
    asked = np.bincount(tenths[evidence.at], minlength=TENTHS).tolist()
    return list(zip(sizes, asked, strict=True))


def _as_dict(found: int, n: int) -> dict[str, float]:
    one = share_interval(found, n)
    return {"of_questions": one.value, "low": one.low, "high": one.high}


def _next(evidence: Evidence) -> str:
    if evidence.form == "binary":
        return "where the base proposes nothing only whole segments tell: al.random asks them"
    return "al.manual-ranked --within-kinds asks about every kind"
