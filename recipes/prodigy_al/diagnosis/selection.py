"""Selection: do the questions differ from the pool, on a map and in what matters to the loss?"""

from __future__ import annotations

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
from prodigy_al.diagnosis.two_sample import (
    MISSING,
    PERMUTATIONS,
    TwoSample,
    available,
    compare_samples,
)
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown
from prodigy_al.evaluation.auc import Auc, auc
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

    One reads embeddings, the other the `FEATURES`; p is twice the smaller one (Bonferroni), the
    number the AUC that it belongs to. *Refuted* where both intervals lie below .55. Beside them
    stand the AUC on the map's two dimensions and that of each feature alone.
    """
    if not available():
        return unknown(ID, evidence.arm, MISSING, MISSING.partition(": ")[2])
    features = loss_features(evidence.pool)
    loss = _compare(evidence, expand(features), permutations)
    if isinstance(loss, Unavailable):
        return unknown(ID, evidence.arm, loss.reason, "annotate more", n=evidence.at.size)
    found = {"loss": loss}
    seen = map_auc = None
    if evidence.pool.embeddings is not None:
        seen = _compare(evidence, evidence.pool.embeddings, permutations)
        picture = draw_map(evidence.pool.embeddings, evidence.seed)
        map_auc = _compare(evidence, expand(picture, MAP_DEGREE), MAP_PERMUTATIONS)
        if isinstance(seen, TwoSample):
            found["embeddings"] = seen
    # of equal p the clearer one decides
    name = min(found, key=lambda one: (found[one].p, -found[one].auc.value))
    best, p = found[name], min(1.0, len(found) * min(one.p for one in found.values()))
    negligible = p >= 0.05 and all(one.auc.high < NEGLIGIBLE for one in found.values())
    each = _each_feature(evidence, features)
    looks = map_auc.auc if isinstance(map_auc, TwoSample) else None
    word = decide(p, negligible=negligible)
    return conclude(
        ID,
        evidence.arm,
        word,
        best.auc,
        n=best.auc.n,
        p=p,
        unit=f"AUC by {name}",
        why=_why(found, each, looks, supported=word == "supported"),
        following=_next(evidence),
        details={
            "auc": {key: asdict(one.auc) | {"p": one.p} for key, one in found.items()},
            "map": None if looks is None else asdict(looks),
            "features": {key: asdict(one) for key, one in each.items()},
            "embedded_by": evidence.pool.embedded_by,
            **exemplars(evidence, best),
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


def _compare(
    evidence: Evidence, columns: AnyFloatArray, permutations: int
) -> TwoSample | Unavailable:
    # each test draws anew, so that one does not depend on whether another was made
    rng = np.random.default_rng(evidence.seed)
    pool = evidence.pool
    return compare_samples(columns, evidence.asked, pool.codes, rng=rng, permutations=permutations)


def _each_feature(evidence: Evidence, features: AnyFloatArray) -> dict[str, Auc]:
    """Return the AUC of each feature alone, that furthest from .5 first."""
    found: dict[str, Auc] = {}
    for name, column in zip(FEATURES, features.T, strict=True):
        one = auc(column.astype(np.float64), evidence.asked, groups=evidence.pool.codes)
        if isinstance(one, Auc):
            found[name] = one
    return dict(sorted(found.items(), key=lambda item: -abs(item[1].value - 0.5)))


def _why(
    found: dict[str, TwoSample], each: dict[str, Auc], looks: Auc | None, *, supported: bool
) -> str:
    """Return what map and questions look like, and by what the questions differ most."""
    values = ", ".join(f"{one.auc.value:.2f} by {BY[key]}" for key, one in found.items())
    if not supported:
        return f"questions and pool are hardly told apart: AUC {values} (.5: not at all)"
    picture = "the questions are not like the pool: "
    if looks is not None:
        unbiased = looks.value < LOOKS_UNBIASED
        picture = f"the map looks {'unbiased' if unbiased else 'biased'} (AUC {looks.value:.2f}), "
        picture += "the questions are not: " if unbiased else "and so do the questions: "
    name, one = next(iter(each.items()))
    more, less, what = IN_WORDS[name]
    most = f"{more if one.value > 0.5 else less} {what}, {max(one.value, 1 - one.value):.2f}"
    return f"{picture}AUC {values} ({most})"


def _next(evidence: Evidence) -> str:
    if evidence.recorded and not evidence.no_pi:
        return "read the weighted dev F1 of al.compare, not the usual one"
    return "measure on al.random of the same source: these answers have no probabilities"
