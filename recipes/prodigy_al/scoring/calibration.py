"""The temperature at which a recogniser is as sure as it is right, from whole segments.

A recogniser divides its scores by the temperature before they become probabilities. Another one
makes other marginals, and not by a formula: each is a sum over parses. So the same spans are scored
at a few temperatures, and between these the loss is a parabola.

Whole segments say of every span whether it is right. Only those of the train fold may be used: what
is measured on the dev fold, or on a test set, must not have been fitted to it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.arrays import BoolArray, FloatArray, IndexArray
from prodigy_al.errors import ParameterError
from prodigy_al.scoring.marginals import DEFAULT_TEMPERATURE, MarginalScorer
from prodigy_al.scoring.pool import score_pool

TokenSpan: TypeAlias = tuple[int, int, str]
"""First token, end (exclusive) and label."""
STEP = np.log(2) / 4
TEMPERATURES: FloatArray = DEFAULT_TEMPERATURE * np.exp(STEP * np.arange(-8, 5))
"""From a quarter of the default to twice as much, in equal steps of their logarithm."""
PENALTY = 10.0
"""Of the squared logarithm of T / default: about what five sentences of news say of it."""
FLOOR = 0.02
"""Spans are fitted that are this likely at one of the temperatures, and all true ones."""
MOST_SEGMENTS = 200
"""To fit to where somebody waits: each is scored once per temperature, which takes a while."""
LEAST = 1e-4
"""A span that is less likely counts as if it were this likely: no single one decides."""


@dataclass(frozen=True, slots=True, eq=False)
class TemperedSpans:
    """n spans of S segments at each of the K `TEMPERATURES`.

    marginals: (K, n); right: (n,) whether a span is true; segments: (n,) which segment it is of;
    size: S, segments without a span included.
    """

    marginals: FloatArray
    right: BoolArray
    segments: IndexArray
    size: int


def temper_spans(
    nlp: Language,
    labels: Sequence[str],
    docs: Sequence[Doc],
    true: Sequence[Collection[TokenSpan]],
) -> TemperedSpans:
    """Score docs at each temperature; `true` holds all spans of each doc that are right.

    Spans of other labels than `labels` are left out.
    """
    found: dict[tuple[int, TokenSpan], FloatArray] = {
        (at, span): np.zeros(len(TEMPERATURES))
        for at, spans in enumerate(true)
        for span in spans
        if span[2] in labels
    }
    n_true = len(found)
    for k, temperature in enumerate(TEMPERATURES.tolist()):
        scorer = MarginalScorer(nlp, labels, temperature=temperature, floor=LEAST)
        for at, scored in enumerate(score_pool(scorer, docs, progress=False)):
            places = zip(scored.starts.tolist(), scored.ends.tolist(), scored.labels, strict=True)
            for span, p in zip(places, scored.probabilities.tolist(), strict=True):
                found.setdefault((at, span), np.zeros(len(TEMPERATURES)))[k] = p
    marginals = np.array(list(found.values())).reshape(-1, len(TEMPERATURES)).T
    right = np.arange(len(found)) < n_true
    kept = right | (marginals.max(axis=0, initial=0.0) >= FLOOR)
    segments = np.array([at for at, _ in found], dtype=np.intp)
    return TemperedSpans(marginals[:, kept], right[kept], segments[kept], len(docs))


def fit_temperature(spans: TemperedSpans, probabilities: FloatArray | None = None) -> float:
    """Return the temperature at which the marginals predict best which spans are right.

    Temperature scaling (Guo et al. 2017, "On calibration of modern neural networks", section 4.2)
    by the log-loss of spans, each taken alone, shrunk towards `DEFAULT_TEMPERATURE`, which it gives
    back without a segment; within the range of `TEMPERATURES`. `probabilities` (S,) above 0: the
    chance with which each segment was drawn, by which it is weighted; equal where left out.

    Raises `ParameterError` where a probability is not above 0.
    """
    weights = _weights(spans.size, probabilities)
    p = np.clip(spans.marginals, LEAST, 1 - LEAST)
    losses = -np.log(np.where(spans.right, p, 1 - p)) @ weights[spans.segments]
    distance = np.log(TEMPERATURES / DEFAULT_TEMPERATURE)
    losses = losses + PENALTY / 2 * distance**2
    best = int(np.argmin(losses))
    if best in (0, len(TEMPERATURES) - 1):
        return float(TEMPERATURES[best])
    before, at, behind = losses[best - 1 : best + 2].tolist()
    vertex = (before - behind) / (2 * (before - 2 * at + behind))
    return float(TEMPERATURES[best] * np.exp(STEP * vertex))


def _weights(size: int, probabilities: FloatArray | None) -> FloatArray:
    """Return (S,): what each segment stands for; their sum is the effective number of segments."""
    if probabilities is None:
        return np.ones(size)
    if not np.all(probabilities > 0):
        raise ParameterError(
            "probabilities", float(probabilities.min()), "every segment had a chance above 0"
        )
    weights = 1 / probabilities
    # unequal weights tell less, so that the penalty holds more against them (Kish 1965)
    return np.asarray(weights * weights.sum() / (weights**2).sum())
