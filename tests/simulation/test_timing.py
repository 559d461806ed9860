"""Costs estimated from times whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from prodigy_al.arrays import FloatArray
from prodigy_al.simulation.timing import EstimatedCosts, estimate_costs

TRUTH = {"per_decision": 1.5, "per_token": 0.25, "per_span": 2.0}
RUNS = 40


def draw(
    rng: np.random.Generator, n: int = 300, spread: float = 0.5
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Times around their mean in proportion to it, the long ones commoner than the short."""
    tokens = rng.poisson(24, n) + rng.integers(1, 20, n)
    spans = rng.poisson(1.2, n)
    mean = TRUTH["per_decision"] + TRUTH["per_token"] * tokens + TRUTH["per_span"] * spans
    stamps = np.round(np.cumsum(mean * np.exp(rng.normal(-(spread**2) / 2, spread, n))))
    return np.diff(stamps, prepend=0.0), tokens.astype(float), spans.astype(float)


@pytest.fixture(scope="module")
def found() -> list[EstimatedCosts]:
    runs = [np.random.default_rng(seed) for seed in range(RUNS)]
    return [estimate_costs(*draw(rng), rng) for rng in runs]


@pytest.mark.parametrize("part", TRUTH)
def test_the_truth_is_inside_the_interval_as_often_as_promised(
    found: list[EstimatedCosts], part: str
):
    parts = [getattr(one, part) for one in found]
    held = sum(one.low <= TRUTH[part] <= one.high for one in parts)
    assert held >= 34  # of 40; 300 other runs held .92 to .94
    widths = [one.high - one.low for one in parts]
    assert np.median(widths) < 6.5 * np.std([one.value for one in parts])  # 3.9 where all is normal


def test_estimates_are_about_the_truth(found: list[EstimatedCosts]):
    for part, true in TRUTH.items():
        values = [getattr(one, part).value for one in found]
        assert abs(np.mean(values) - true) < 3 * np.std(values) / RUNS**0.5 + 0.05 * true


def test_expected_seconds_add_up_to_the_measured_ones():
    rng = np.random.default_rng(1)
    seconds, tokens, spans = draw(rng, spread=0.9)
    costs = estimate_costs(seconds, tokens, spans, rng).model(per_span=9.0)
    expected = costs.per_decision + costs.per_token * tokens + costs.per_span * spans
    assert expected.sum() == pytest.approx(seconds.sum())


def test_a_few_wild_times_hardly_move_the_price_of_a_token():
    rng = np.random.default_rng(2)
    seconds, tokens, spans = draw(rng, spread=0.2)
    clean = estimate_costs(seconds, tokens, spans, rng)
    longest = np.argsort(-tokens)[:6]
    seconds[longest] = 118.0
    wild = estimate_costs(seconds, tokens, spans, rng)
    squares, *_ = np.linalg.lstsq(np.stack([np.ones(300), tokens, spans], 1), seconds, rcond=None)
    moved = abs(wild.per_token.value - clean.per_token.value)
    assert moved < 0.5 * abs(squares[1] - clean.per_token.value)


def test_no_part_costs_less_than_nothing():
    rng = np.random.default_rng(3)
    _, tokens, spans = draw(rng)
    seconds = 9.0 + rng.random(300) - 0.05 * tokens
    costs = estimate_costs(seconds, tokens, spans, rng)
    assert costs.per_token.value == 0 == costs.per_token.low


def test_single_spans_tell_no_price_of_marking():
    rng = np.random.default_rng(4)
    seconds, tokens, _ = draw(rng)
    costs = estimate_costs(seconds, tokens, None, rng)
    assert costs.per_span is None
    assert costs.model(per_span=2.5).per_span == 2.5
