"""Counts to the numbers of the report: METRIC, WEIGHTED and DIFF of report.json, as dicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from prodigy_al.comparison.arms import Arm
from prodigy_al.evaluation.bootstrap import bootstrap_scores, group_resamples, paired_difference
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import Estimate, Unavailable, Weighted, weighted_scores
from prodigy_al.evaluation.response import response_rates
from prodigy_al.sampling.inclusion import inclusion

Number = dict[str, Any]

DRAWS = 2000
# Every interval is made with the same resamples, so that a report repeats to the last digit.
BOOTSTRAP_SEED = 20


def metric(counts: Sequence[Counts], groups: Sequence[str]) -> Number:
    """Return METRIC of one set of segments, maybe empty, under models of several training seeds."""
    if not groups:
        return dict.fromkeys(("f1", "p", "r", "low", "high")) | {"n": 0}
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    resamples = group_resamples(groups, DRAWS, rng)
    found = bootstrap_scores(counts, resamples, groups=groups, rng=rng)
    return {
        "f1": _value(found.f1),
        "p": _value(found.precision),
        "r": _value(found.recall),
        "low": found.f1.low if isinstance(found.f1, Estimate) else None,
        "high": found.f1.high if isinstance(found.f1, Estimate) else None,
        "n": len(groups),
    }


def difference(ours: Sequence[Counts], theirs: Sequence[Counts], groups: Sequence[str]) -> Number:
    """Return DIFF of F1, ours minus theirs, on the same segments."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    found = paired_difference(ours, theirs, groups=groups, draws=DRAWS, rng=rng)
    if isinstance(found, Unavailable):
        return dict.fromkeys(("difference", "low", "high", "p", "detectable"))
    return {
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
        "p": found.p,
        "detectable": found.detectable,
    }


def weighted(counts: Sequence[Counts], arm: Arm) -> Number:
    """Return WEIGHTED of an arm's dev answers, or why it cannot be had.

    The counts of several training seeds are added up segment by segment: the value is F1 over all
    of them, and its intervals hold for these seeds.
    """
    if not arm.records:
        return {"unavailable": "the answers carry no sampling probabilities"}
    served = [(key, record) for key, record in arm.records.items() if record.fold == "dev"]
    drawn = inclusion(served)
    if np.isnan(drawn.pi).any():
        return {"unavailable": f"the strict design of '{arm.strategy}' has no probabilities"}
    place = {key: i for i, (key, _) in enumerate(served)}
    at = np.array([place[item.input_hash] for item in arm.dev.items])
    answered = np.isin(np.arange(len(served)), at)
    rates = response_rates(np.array([record.u for _, record in served]), answered)
    n_pool = max(record.N for _, record in served)  # what the first round began with
    whole = all(record.unit == "segment" for _, record in served)
    found = weighted_scores(
        _added(counts),
        pi=(drawn.pi * rates)[at],
        rounds=drawn.rounds[at],
        scales=drawn.scales[at],
        copies=np.array([float(served[i][1].copies) for i in at]),
        groups=[served[i][1].group for i in at],
        size=n_pool if whole else None,  # how many candidates the frame holds is not known
    )
    if isinstance(found, Unavailable):
        return {"unavailable": found.reason}
    return _weighted(found, n_pool=n_pool, missing=len(served) - len(at))


def _added(counts: Sequence[Counts]) -> Counts:
    return Counts(
        np.sum([c.tp for c in counts], axis=0),
        np.sum([c.predicted for c in counts], axis=0),
        np.sum([c.gold for c in counts], axis=0),
    )


def _weighted(found: Weighted, *, n_pool: int, missing: int) -> Number:
    new_text, pool = found.f1.new_text, found.f1.pool
    return {
        "f1": found.f1.value,
        "p": found.precision.value,
        "r": found.recall.value,
        "low": new_text.low if isinstance(new_text, Estimate) else None,
        "high": new_text.high if isinstance(new_text, Estimate) else None,
        "n": found.m,
        "method": "ht",
        "interval": "new-text",
        "low_pool": pool.low if isinstance(pool, Estimate) else None,
        "high_pool": pool.high if isinstance(pool, Estimate) else None,
        "ess": found.ess,
        "m": found.m,
        "n_pool": n_pool,
        "largest_weight": found.largest_share,
        "missing": missing,
    }


def _value(estimate: Estimate | Unavailable) -> float | None:
    return estimate.value if isinstance(estimate, Estimate) else None
