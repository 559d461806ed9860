"""AUC: what it is, and how often its interval holds the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from prodigy_al.evaluation.auc import Auc, auc
from prodigy_al.evaluation.estimators import Unavailable


def drawn(effect: float, seed: int, documents: int = 300) -> Auc:
    """An AUC of 60 items against 240; those of one document have a part of their number alike."""
    rng = np.random.default_rng(seed)
    first = np.arange(300) % 5 == 0
    groups = rng.integers(documents, size=300)
    alike = rng.normal(size=documents)[groups]
    numbers = (rng.normal(size=300) + (alike if documents < 300 else 0)) + effect * first
    found = auc(numbers, first, groups=groups)
    assert isinstance(found, Auc)
    return found


def test_it_is_the_share_of_pairs_in_which_the_first_is_larger_ties_counted_half():
    numbers = np.repeat([3.0, 2.0, 1.0], [10, 10, 10])
    first = np.arange(30) < 15
    found = auc(numbers, first)
    assert isinstance(found, Auc)
    # ten of fifteen exceed all, five tie with five of fifteen and exceed ten
    assert found.value == pytest.approx((10 * 15 + 5 * (2.5 + 10)) / 225)


@pytest.mark.parametrize("effect", [0.0, 0.8])
def test_its_interval_holds_the_truth(effect: float):
    truth = ndtr(effect / 2**0.5)
    held = [one.low <= truth <= one.high for one in (drawn(effect, seed) for seed in range(400))]
    assert 0.92 <= np.mean(held) <= 0.98


def test_its_p_is_below_5_percent_as_often_when_nothing_is_there():
    assert 0.02 <= np.mean([drawn(0.0, seed).p < 0.05 for seed in range(400)]) <= 0.08


def test_numbers_of_different_parts_are_not_compared():
    first = np.arange(80) % 2 == 0
    parts = np.arange(80) // 40
    numbers = first + 100.0 * parts
    within = auc(numbers, first, parts=parts)
    assert isinstance(within, Auc)
    assert within.value == 1.0
    assert 0.5 < within.low < 1
    across = auc(numbers, first)
    assert isinstance(across, Auc)
    assert across.value == pytest.approx(0.75)


def test_a_few_items_have_none():
    found = auc(np.arange(12.0), np.arange(12) < 3)
    assert isinstance(found, Unavailable)
    assert found.reason.startswith("there are 3 items on one side and 9 on the other")
