"""Which share of what there is to gain an arm gains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.evaluation.gap_share import NO_GAP, share_of_gap

DOCUMENTS, SPANS = 40, 25
GROUPS = [str(document) for document in range(DOCUMENTS)]


def model(recall: float, rng: np.random.Generator, hard: np.ndarray) -> Counts:
    """Counts by document of a model that finds so many gold spans, fewer in hard documents."""
    gold = np.full(DOCUMENTS, float(SPANS))
    found = rng.binomial(SPANS, np.clip(recall + hard, 0, 1)).astype(float)
    return Counts(found, gold, gold)


def world(
    levels: Sequence[float], redraws: int, seed: int, spread: float = 0.01
) -> tuple[list[Counts], list[Counts], list[Counts]]:
    """Arms, controls and ceilings of some redraws, on one test set that is drawn, too."""
    rng = np.random.default_rng(seed)
    hard = rng.normal(0, 0.08, DOCUMENTS)
    arms = [[model(level + rng.normal(0, spread), rng, hard) for _ in range(redraws)]
            for level in levels]  # fmt: skip
    return arms[0], arms[1], arms[2]


def share(parts: tuple[list[Counts], list[Counts], list[Counts]]) -> Estimate | Unavailable:
    rng = np.random.default_rng(0)
    return share_of_gap(*parts, groups=GROUPS, draws=400, rng=rng)


def test_the_share_is_the_gain_over_the_gap():
    found = share(world((0.65, 0.6, 0.8), 5, seed=1))
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(0.25, abs=0.1)
    assert found.low < found.value < found.high


def test_the_ceiling_itself_closes_the_gap_and_the_control_nothing_of_it():
    _, control, ceiling = world((0.65, 0.6, 0.8), 5, seed=1)
    all_of_it = share((ceiling, control, ceiling))
    nothing = share((control, control, ceiling))
    assert isinstance(all_of_it, Estimate)
    assert isinstance(nothing, Estimate)
    assert (all_of_it.low, all_of_it.value, all_of_it.high) == pytest.approx((1, 1, 1))
    assert (nothing.low, nothing.value, nothing.high) == pytest.approx((0, 0, 0), abs=1e-9)


def test_where_there_may_be_no_gap_there_is_no_share():
    assert share(world((0.65, 0.6, 0.6), 5, seed=2)) == Unavailable(NO_GAP)
    # a ceiling below random order is none
    assert share(world((0.65, 0.8, 0.6), 5, seed=2)) == Unavailable(NO_GAP)


def test_one_redraw_and_few_documents_tell_nothing():
    parts = world((0.65, 0.6, 0.8), 1, seed=1)
    assert "one replicate" in share(parts).reason
    few = [Counts(c.tp[:6], c.predicted[:6], c.gold[:6]) for part in parts for c in part]
    found = share_of_gap(
        few[:1] * 2, few[1:2] * 2, few[2:] * 2, groups=GROUPS[:6], draws=50,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert "6 documents" in found.reason


def test_lengths_have_to_agree():
    ours, theirs, whole = world((0.65, 0.6, 0.8), 2, seed=1)
    with pytest.raises(EstimateError, match="2 replicates, 1 controls"):
        share((ours, theirs[:1], whole))


def test_the_interval_holds_the_true_share_as_often_as_it_says():
    """For other redraws on other documents, each world with a test set of its own."""
    covered = []
    for seed in range(300):
        found = share(world((0.68, 0.6, 0.76), 4, seed=100 + seed, spread=0.015))
        if isinstance(found, Estimate):
            covered.append(found.low <= 0.5 <= found.high)
    assert len(covered) > 290
    assert np.mean(covered) >= 0.92
