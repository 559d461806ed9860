"""Selection: do the questions differ from the pool, on a map and in what matters to the loss?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from prodigy_al.arrays import AnyFloatArray
from prodigy_al.diagnosis.evidence import Evidence
from prodigy_al.diagnosis.features import (
    FEATURES,
    IN_WORDS,
    MAP_DEGREE,
    draw_map,
    expand,
    loss_features,
)
from prodigy_al.diagnosis.source_order import SourceOrder, judge_order
from prodigy_al.diagnosis.two_sample import (
    MISSING,
    PERMUTATIONS,
    TwoSample,
    available,
    compare_samples,
    joint_p,
)
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown
from prodigy_al.evaluation.auc import Auc, auc
from prodigy_al.evaluation.bootstrap import LEVEL
from prodigy_al.evaluation.estimators import Unavailable

ID = "selection"
NEGLIGIBLE = 0.55
"""AUC below which questions and pool are as good as the same."""
LOOKS_UNBIASED = 0.6
"""AUC on the two dimensions of a map below which an eye sees no difference."""
BY = {"loss": "what matters to the loss", "embeddings": "embeddings"}
MAP_PERMUTATIONS = 99
"""Enough for the interval of an AUC that nothing is decided by."""
SHOWN = 3
LONGEST = 160  # characters of a segment that is shown


def judge_selection(evidence: Evidence, *, permutations: int = PERMUTATIONS) -> Verdict:
    """Tell the asked segments from the rest of the pool by two classifiers, and say by what.

    One reads embeddings, the other the `FEATURES`, and one p is of both together (`joint_p`); the
    other is that of the order of the source (`source_order`). p is twice the smaller one
    (Bonferroni). The number is the clearer AUC of the questions, or that of the source's halves
    where the order selects and is the clearer of both. *Refuted* where both intervals of the
    questions lie below .55. Beside them stand the AUC on the map's two dimensions and that of each
    feature alone.
    """
    if not available():
        return unknown(ID, evidence.arm, MISSING, MISSING.partition(": ")[2])
    features = loss_features(evidence.pool)
    views: dict[str, AnyFloatArray] = {"loss": expand(features)}
    if evidence.pool.embeddings is not None:
        views["embeddings"] = evidence.pool.embeddings
    found = _compare_views(evidence, views, permutations)
    if isinstance(found, Unavailable):
        return unknown(ID, evidence.arm, found.reason, "annotate more", n=evidence.at.size)
    order = judge_order(evidence, views, permutations=permutations)
    direct = joint_p(list(found.values()))
    by_order = order.selects and order.p < direct
    name, best = _clearest(order.halves if by_order else found)
    p = min(1.0, 2 * min(direct, order.p))
    negligible = p >= LEVEL and all(one.auc.high < NEGLIGIBLE for one in found.values())
    word = decide(p, negligible=negligible)
    each, looks = _each_feature(evidence, features), _on_the_map(evidence)
    return conclude(
        ID,
        evidence.arm,
        word,
        best.auc,
        n=best.auc.n,
        p=p,
        unit=f"AUC by {name}" + (", half against half" if by_order else ""),
        why=_why(found, each, looks, order, direct),
        following=_next(evidence, by_order=order.selects),
        details={
            "auc": {key: asdict(one.auc) | {"p": one.p} for key, one in found.items()},
            "p": direct,
            "order": {
                "reach": order.reach,
                "p": order.p,
                "halves": {
                    key: asdict(one.auc) | {"p": one.p} for key, one in order.halves.items()
                },
            },
            "map": None if looks is None else asdict(looks),
            "features": {key: asdict(one) for key, one in each.items()},
            "embedded_by": evidence.pool.embedded_by,
            **exemplars(evidence, _clearest(found)[1]),
        },
    )


def exemplars(evidence: Evidence, found: TwoSample) -> dict[str, list[str]]:
    """Return the asked segments that look most like asked ones, and the others that look least."""
    order = np.argsort(found.propensity, kind="stable")
    order = order[np.isfinite(found.propensity[order])]
    asked, texts = evidence.asked, evidence.pool.texts
    over = [texts[i][:LONGEST] for i in order[::-1] if asked[i]][:SHOWN]
    under = [texts[i][:LONGEST] for i in order if not asked[i]][:SHOWN]
    return {"over_asked": over, "under_asked": under}


def _compare_views(
    evidence: Evidence, views: Mapping[str, AnyFloatArray], permutations: int
) -> dict[str, TwoSample] | Unavailable:
    """Return the test by each view, all by the same permutations."""
    found: dict[str, TwoSample] = {}
    for name, columns in views.items():
        one = _compare(evidence, columns, permutations)
        if isinstance(one, Unavailable):
            return one
        found[name] = one
    return found


def _compare(
    evidence: Evidence, columns: AnyFloatArray, permutations: int
) -> TwoSample | Unavailable:
    # each test draws anew, so that one does not depend on whether another was made
    rng = np.random.default_rng(evidence.seed)
    pool = evidence.pool
    return compare_samples(columns, evidence.asked, pool.codes, rng=rng, permutations=permutations)


def _clearest(found: Mapping[str, TwoSample]) -> tuple[str, TwoSample]:
    """Return the test of the smallest p; of equal p, that of the largest AUC."""
    return min(found.items(), key=lambda item: (item[1].p, -item[1].auc.value))


def _on_the_map(evidence: Evidence) -> Auc | None:
    """Return the AUC on the two dimensions of a map; None without embeddings."""
    if evidence.pool.embeddings is None:
        return None
    picture = draw_map(evidence.pool.embeddings, evidence.seed)
    found = _compare(evidence, expand(picture, MAP_DEGREE), MAP_PERMUTATIONS)
    return found.auc if isinstance(found, TwoSample) else None


def _each_feature(evidence: Evidence, features: AnyFloatArray) -> dict[str, Auc]:
    """Return the AUC of each feature alone, that furthest from .5 first."""
    found: dict[str, Auc] = {}
    for name, column in zip(FEATURES, features.T, strict=True):
        one = auc(column.astype(np.float64), evidence.asked, groups=evidence.pool.codes)
        if isinstance(one, Auc):
            found[name] = one
    return dict(sorted(found.items(), key=lambda item: -abs(item[1].value - 0.5)))


def _why(
    found: Mapping[str, TwoSample],
    each: Mapping[str, Auc],
    looks: Auc | None,
    order: SourceOrder,
    direct: float,
) -> str:
    """Return what map and questions look like, and by what the questions differ most."""
    values = _values(found)
    top = f"95% of the questions stand in the first {order.reach:.0%} of the source"
    if 2 * direct >= LEVEL:
        if order.selects:
            halves = _values(order.halves)
            return f"{top}, and its halves differ: AUC {halves}; questions and pool: AUC {values}"
        return f"questions and pool are hardly told apart: AUC {values} (.5: not at all)"
    picture = "the questions are not like the pool: "
    if looks is not None:
        unbiased = looks.value < LOOKS_UNBIASED
        picture = f"the map looks {'unbiased' if unbiased else 'biased'} (AUC {looks.value:.2f}), "
        picture += "the questions are not: " if unbiased else "and so do the questions: "
    name, one = next(iter(each.items()))
    more, less, what = IN_WORDS[name]
    most = f"{more if one.value > 0.5 else less} {what}, {max(one.value, 1 - one.value):.2f}"
    also = f"; {top}, and its halves differ" if order.selects else ""
    return f"{picture}AUC {values} ({most}){also}"


def _values(found: Mapping[str, TwoSample]) -> str:
    return ", ".join(f"{one.auc.value:.2f} by {BY[key]}" for key, one in found.items())


def _next(evidence: Evidence, *, by_order: bool) -> str:
    if by_order:
        return "ask from the whole source: al.random, or shuffle it first"
    if evidence.recorded and not evidence.no_pi:
        return "read the weighted dev F1 of al.compare, not the usual one"
    return "measure on al.random of the same source: these answers have no probabilities"
