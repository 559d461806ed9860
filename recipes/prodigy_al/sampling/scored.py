"""Segments with their scores: all that a draw needs from a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.keys import quantise


@dataclass(frozen=True)
class Candidate:
    """A span that could be asked about: characters (`end` exclusive), label, marginal p."""

    start: int
    end: int
    label: str
    p: float
    greedy: bool


@dataclass(frozen=True)
class Scored:
    """A segment's score u >= 0 (nine decimals, see records.py), candidates and number of tokens."""

    u: float
    candidates: tuple[Candidate, ...]
    tokens: int = 1


ScoreSegments: TypeAlias = Callable[[Sequence[Segment]], Iterator[Scored]]
Acquisition: TypeAlias = Callable[[FloatArray, int], float]
"""The marginals of one segment's candidates (any length, in [0, 1]) and its number of tokens to its
score >= 0."""


def rescored(frozen: Scored, later: Scored, acquisition: Acquisition | None) -> Scored:
    """Return the candidates of `frozen` with the marginals of a later model, and their score.

    The spans that can be asked about stay those of the starting model, so that all answers belong
    to one frame. A span that the later model does not list lies below its floor and counts as 0.
    Without an acquisition of marginals the score is the one that the later model gave.
    """
    # The same span may carry several labels, so the label belongs to its name.
    known = {(span.start, span.end, span.label): span.p for span in later.candidates}
    candidates = tuple(
        replace(span, p=known.get((span.start, span.end, span.label), 0.0))
        for span in frozen.candidates
    )
    if acquisition is None:
        return Scored(later.u, candidates, frozen.tokens)
    u = acquisition(np.array([span.p for span in candidates]), frozen.tokens)
    return Scored(quantise(u), candidates, frozen.tokens)
