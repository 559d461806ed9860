"""Redundancy: are the same names asked about again and again, or nearly the same texts?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.diagnosis.evidence import Evidence, Forms
from prodigy_al.diagnosis.shingles import cluster_texts
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown
from prodigy_al.evaluation.estimators import Estimate
from prodigy_al.evaluation.shares import share_interval

ID, TEXTS = "redundancy", "near-duplicates"
DRAWS = 999
ENOUGH = 0.9
"""Ratio of distinct forms to those of a random draw from which on nothing is redundant."""
MORE = 1.25
"""So many times the spans must be there to draw as many of."""
MOST_MORE = 0.05
"""Share of near-duplicates, above that of random draws, that is no trouble."""


def judge_redundancy(evidence: Evidence) -> Verdict:
    """Compare the distinct surface forms asked about with those of random draws from the pool.

    Draws hold as many spans, since whoever asks about more finds fewer new ones (Heaps' law). Forms
    are those that the base predicts in the asked segments, or of single spans those asked about
    against one candidate of each drawn segment, so that both sides are of one making. The number is
    the ratio to the mean of 999 draws, its interval by their quantiles, p one-sided.
    """
    rng = np.random.default_rng(evidence.seed)
    own = _own_forms(evidence)
    spans = sum(map(len, own))
    pool = evidence.pool.candidates if evidence.form == "binary" else evidence.pool.predicted
    if spans < 20:
        return unknown(ID, evidence.arm, f"only {spans} spans were asked about", n=spans)
    single = evidence.form == "binary"
    filled = [forms for forms in pool if forms]
    if sum(1 if single else len(forms) for forms in filled) < MORE * spans:
        return unknown(ID, evidence.arm, "the pool has too few spans to draw from", n=spans)
    distinct = len({form for forms in own for form in forms})
    drawn = np.array([_draw(filled, spans, rng, single=single) for _ in range(DRAWS)])
    ratio = distinct / float(drawn.mean())
    low, high = distinct / np.quantile(drawn, [0.975, 0.025])
    p = (1 + int((drawn <= distinct).sum())) / (1 + DRAWS)
    word = decide(p, harmful=ratio < ENOUGH, negligible=bool(low > ENOUGH))
    per_100 = accepted_per_100(evidence)
    beside = ""
    if evidence.random is not None and (other := accepted_per_100(evidence.random)) is not None:
        beside = f"; at random {other:.0f}"
    return conclude(
        ID,
        evidence.arm,
        word,
        Estimate(ratio, float(low), float(high)),
        n=spans,
        p=p,
        unit="of the names of random draws",
        why=(
            f"{spans:,} spans hold {distinct:,} names, random ones {drawn.mean():,.0f} "
            f"(accepted, per 100 answers: {per_100 or 0:.0f}{beside})"
        ),
        following="ask about more segments and less about each name: --explore, or whole segments",
        details={"accepted_per_100_answers": per_100, "distinct": distinct},
    )


def judge_near_duplicates(evidence: Evidence) -> Verdict:
    """Compare the share of asked texts that repeat another asked one with random draws.

    The number is that share, p one-sided by 999 draws of as many segments. *Refuted* where it lies
    at most 5 points above that of the draws.
    """
    n = evidence.at.size
    if n < 20:
        return unknown(TEXTS, evidence.arm, f"only {n} texts of the pool were asked about", n=n)
    rng = np.random.default_rng(evidence.seed)
    clusters = cluster_texts(evidence.pool.texts)
    own = n - np.unique(clusters[evidence.at]).size
    drawn: FloatArray = np.array(
        [
            n - np.unique(clusters[rng.choice(clusters.size, n, replace=False)]).size
            for _ in range(DRAWS)
        ]
    )
    found = share_interval(own, n)
    usual = float(drawn.mean()) / n
    p = (1 + int((drawn >= own).sum())) / (1 + DRAWS)
    word = decide(p, harmful=own > drawn.mean(), negligible=found.high < usual + MOST_MORE)
    return conclude(
        TEXTS,
        evidence.arm,
        word,
        found,
        n=n,
        p=p,
        unit="of the texts",
        why=f"{own} of {n:,} asked texts nearly repeat another one, at random {drawn.mean():.0f}",
        following="leave the repeats out of the source",
        details={"at_random": usual},
    )


def accepted_per_100(evidence: Evidence) -> float | None:
    """Return the distinct accepted surface forms per 100 answers, None without any answer."""
    forms = {
        " ".join(reply.answer.words[start:end]).casefold()
        for reply in evidence.replies
        for start, end, _ in reply.answer.accepted
    }
    return 100 * len(forms) / len(evidence.replies) if evidence.replies else None


def _own_forms(evidence: Evidence) -> list[Forms]:
    if evidence.form != "binary":
        return [evidence.pool.predicted[i] for i in evidence.at]
    return [
        tuple(
            " ".join(reply.answer.words[start:end]).casefold()
            for start, end, _ in (*reply.answer.accepted, *reply.answer.rejected)
        )
        for reply in evidence.replies
    ]


def _draw(filled: Sequence[Forms], spans: int, rng: np.random.Generator, *, single: bool) -> int:
    """Return the distinct forms of random segments that hold so many spans, one of each or all."""
    seen: set[str] = set()
    held = 0
    for i in rng.permutation(len(filled)):
        forms = filled[i]
        chosen = (forms[rng.integers(len(forms))],) if single else forms
        seen.update(chosen)
        held += len(chosen)
        if held >= spans:
            break
    return len(seen)
