"""The work at which a learning curve is at the F1 of something else."""

from __future__ import annotations

import numpy as np
import pytest

from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.reaching import Reached, passage, work_to_match

WORLDS = 200
DOCUMENTS, SPANS, SEEDS = 40, 40, 4
WORK = (0.0, 0.25, 0.5, 0.75, 1.0)
RISING = (0.45, 0.55, 0.60, 0.63, 0.65)
BETWEEN_SEEDS, BETWEEN_DOCUMENTS, NOISE = 0.015, 0.08, 0.06


def counts(f1):
    every = np.full(DOCUMENTS, float(SPANS))
    return Counts(np.clip(f1, 0, 1) * SPANS, every, every)


def match(curve, other, rng, *, documents=DOCUMENTS):
    return work_to_match(
        curve, WORK, other, groups=[i % documents for i in range(DOCUMENTS)], draws=200, rng=rng
    )


def drawn(rng, f1):
    """Match a curve as al.compare trains it, one seed but at its end, with models of true `f1`."""
    document = rng.normal(0, BETWEEN_DOCUMENTS, DOCUMENTS)

    def trained(true, seeds):
        spread = rng.normal(0, BETWEEN_SEEDS, (seeds, 1))
        noise = rng.normal(0, NOISE, (seeds, DOCUMENTS))
        return [counts(seed) for seed in true + document + spread + noise]

    seeds = (1, 1, 1, 1, SEEDS)
    curve = [trained(true, n) for true, n in zip(RISING, seeds, strict=True)]
    return match(curve, trained(f1, SEEDS), rng)


@pytest.mark.parametrize("f1", [0.50, 0.57, 0.62])
def test_the_interval_covers_the_true_work(f1):
    rng = np.random.default_rng(1)
    true = passage(np.array(WORK), np.array([RISING]), np.array([f1]))[0]
    found = [one for one in (drawn(rng, f1) for _ in range(WORLDS)) if isinstance(one, Reached)]
    covered = [
        (one.low is None or one.low <= true) and (one.high is None or true <= one.high)
        for one in found
    ]
    assert len(found) > 0.95 * WORLDS
    assert np.mean(covered) > 0.93
    # an interval over everything would cover as well
    width = [one.high - one.low for one in found if one.low is not None and one.high is not None]
    assert np.median(width) < 0.7


def test_outside_the_curve_nothing_is_made_up():
    rng = np.random.default_rng(0)
    curve = [[counts(np.full(DOCUMENTS, f1))] for f1 in RISING]
    noisy = [0.001, -0.001]

    def against(f1):
        return match(curve, [counts(np.full(DOCUMENTS, f1 + x)) for x in noisy], rng)

    assert against(0.40) == Unavailable("its F1 is not above that of the base")
    assert against(0.70) == Unavailable("its F1 is above the whole curve")
    inside = against(0.58)
    assert inside.work == pytest.approx(0.4)
    assert 0.35 < inside.low < 0.4 < inside.high < 0.45
    # an end that lies outside the curve stays open
    assert against(0.6499).high is None


def test_few_documents_and_a_single_training_seed_tell_no_rate():
    rng = np.random.default_rng(0)
    curve = [[counts(np.full(DOCUMENTS, f1))] for f1 in RISING]
    one, two = [counts(np.full(DOCUMENTS, 0.58))], [counts(np.full(DOCUMENTS, 0.58))] * 2
    assert "another would differ" in match(curve, one, rng).reason
    assert "at least 10 are needed" in match(curve, two, rng, documents=6).reason
