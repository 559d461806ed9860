"""From the time between answers to a cost model: what a token, a span and a decision take.

People's times spread in proportion to their mean, and a few are far off. So expected times

    ŷ = decision + token · tokens + span · spans,        none of the three below 0,

are fitted by least squares of the relative residuals (y - ŷ) / ŷ, those beyond 1.345 robust
standard deviations weighing less (Huber 1964, "Robust estimation of a location parameter"). As long
times are commoner than short ones, such a fit lies below the mean, which is what sums are made of:
so in the end all three are multiplied by what brings the sum of the expected times to that of the
measured ones.

Intervals are those of 400 resamples of stretches of ten answers in their order, because somebody is
fast or tired for a while (Künsch 1989, "The jackknife and the bootstrap for general stationary
observations").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from prodigy_al.arrays import FloatArray
from prodigy_al.simulation.costs import CostModel

FEWEST = 50
"""Times between two answers that an estimate takes at least."""
RESAMPLES = 400
STRETCH = 10
_LEVELS = (0.025, 0.975)
_HUBER = 1.345  # 95 % of the efficiency of least squares where errors are normal
_NORMAL_MAD = 0.6745  # median of the absolute value of a standard normal
_ROUNDS = 20
_SHORTEST = 0.5  # seconds: time stamps are whole seconds, so a shorter expectation is not telling


@dataclass(frozen=True)
class Seconds:
    """A number of seconds with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class EstimatedCosts:
    """Seconds per answer, token and span, from `n` times; a span's None without whole segments."""

    per_decision: Seconds
    per_token: Seconds
    per_span: Seconds | None
    n: int

    def model(self, per_span: float) -> CostModel:
        """Return the cost model; `per_span` stands in where spans were never marked."""
        return CostModel(
            per_token=self.per_token.value,
            per_decision=self.per_decision.value,
            per_span=self.per_span.value if self.per_span else per_span,
        )


def estimate_costs(
    seconds: FloatArray, tokens: FloatArray, spans: FloatArray | None, rng: np.random.Generator
) -> EstimatedCosts:
    """Estimate costs from what each answer took (n,), in the order in which they were given.

    `seconds` > 0 for at least some, breaks left out; `tokens` of the text; `spans` marked, None
    where the answers are about single spans.
    """
    n = len(seconds)
    columns = [np.ones(n), tokens] if spans is None else [np.ones(n), tokens, spans]
    design = np.stack(columns, axis=1).astype(np.float64)
    found = _fit(design, seconds)
    again = []
    offsets = np.arange(min(STRETCH, n))
    for _ in range(RESAMPLES):
        starts = rng.integers(n, size=-(-n // len(offsets)))
        rows = ((starts[:, None] + offsets) % n).ravel()[:n]
        again.append(_fit(design[rows], seconds[rows]))
    low, high = np.quantile(again, _LEVELS, axis=0)
    per = [Seconds(*map(float, one)) for one in zip(found, low, high, strict=True)]
    return EstimatedCosts(per[0], per[1], per[2] if spans is not None else None, n)


def _fit(design: FloatArray, seconds: FloatArray) -> FloatArray:
    """Return the coefficients (columns of `design`)."""
    coefficients, _ = nnls(design, seconds)
    for _ in range(_ROUNDS):
        expected = np.maximum(design @ coefficients, _SHORTEST)
        residuals = seconds / expected - 1
        scale = float(np.median(np.abs(residuals))) / _NORMAL_MAD
        if scale == 0:  # most times are explained exactly
            break
        beyond = np.maximum(np.abs(residuals) / (_HUBER * scale), 1)
        roots = 1 / (expected * np.sqrt(beyond))
        before = coefficients
        coefficients, _ = nnls(design * roots[:, None], seconds * roots)
        if np.allclose(before, coefficients, rtol=1e-4, atol=1e-4):
            break
    total = float((design @ coefficients).sum())
    return np.asarray(coefficients * (seconds.sum() / total if total else 1.0))
