"""Sorters: which tasks of a scored stream are asked, by what is publicly said about Prodigy's.

They filter: a task is asked or passed over when it is reached, and the order stays. Scores are
numbers from 0 to 1; those beyond count as the nearest.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from recipe_host.types import ScoredStreamType, StreamType, TaskType

__all__ = [
    "ExpMovingAverage",
    "Probability",
    "prefer_high_scores",
    "prefer_low_scores",
    "prefer_uncertain",
]

WINDOW = 50  # tasks that the moving average looks back on
PATIENCE = 0.1  # standard deviations that each task passed over in a row takes off
RAREST = 0.05  # the smallest probability of asking; 1 - RAREST is the largest


class _Sorter:
    """An iterator over the tasks that are worth asking."""

    def __init__(self, scored: ScoredStreamType) -> None:
        self._scored = iter(scored)

    def __iter__(self) -> Iterator[TaskType]:
        return self

    def __next__(self) -> TaskType:
        for score, task in self._scored:
            if self._accepts(_clipped(score)):
                return task
        raise StopIteration

    def _accepts(self, merit: float) -> bool:
        raise NotImplementedError


class ExpMovingAverage(_Sorter):
    """Ask about tasks whose score lies clearly above the moving average of the scores.

    Clearly is one standard deviation. When a task was passed over, the next must only reach the
    average, and each further one in a row a tenth of a standard deviation less: falling scores do
    not end the questions. Average and variance look back on about 50 tasks, passed over or not.
    """

    def __init__(self, scored: ScoredStreamType) -> None:
        super().__init__(scored)
        self._seen = self._passed = 0
        self._mean = self._variance = 0.0

    def _accepts(self, merit: float) -> bool:
        above = 1.0 if self._passed == 0 else (1 - self._passed) * PATIENCE
        wanted = self._mean + above * math.sqrt(self._variance)
        accepted = self._seen == 0 or merit >= wanted
        self._passed = 0 if accepted else self._passed + 1
        self._seen += 1
        share = 1 / min(self._seen, WINDOW)
        change = merit - self._mean
        self._mean += share * change
        self._variance = (1 - share) * (self._variance + share * change**2)
        return accepted


class Probability(_Sorter):
    """Ask about each task with its score as the probability, never below .05 nor above .95."""

    def __init__(self, scored: ScoredStreamType, *, rng: random.Random | None = None) -> None:
        super().__init__(scored)
        self._rng = rng or random.Random()

    def _accepts(self, merit: float) -> bool:
        return self._rng.random() < min(max(merit, RAREST), 1 - RAREST)


ALGORITHMS: dict[str, type[_Sorter]] = {"ema": ExpMovingAverage, "probability": Probability}


def prefer_uncertain(
    stream: ScoredStreamType, bias: float = 0.0, algorithm: str = "ema"
) -> StreamType:
    """Ask about tasks with scores near one half.

    `bias` moves what counts as most uncertain from one half (0) towards 1 (1.0) or 0 (-1.0).
    `algorithm`: ``ema`` (see `ExpMovingAverage`) or ``probability``. Raises `ValueError` for
    another one, or a bias out of range.
    """
    if not -1 <= bias <= 1:
        raise ValueError(f"bias {bias!r} is out of range; give a number from -1 to 1")
    target = 0.5 + bias / 2
    farthest = max(target, 1 - target)
    merits = ((1 - abs(_clipped(score) - target) / farthest, task) for score, task in stream)
    return _sorted(merits, algorithm)


def prefer_high_scores(stream: ScoredStreamType, algorithm: str = "ema") -> StreamType:
    """Ask about tasks with high scores; `algorithm` as for `prefer_uncertain`."""
    return _sorted(stream, algorithm)


def prefer_low_scores(stream: ScoredStreamType, algorithm: str = "ema") -> StreamType:
    """Ask about tasks with low scores; `algorithm` as for `prefer_uncertain`."""
    return _sorted(((1 - _clipped(score), task) for score, task in stream), algorithm)


def _sorted(merits: ScoredStreamType, algorithm: str) -> StreamType:
    if algorithm not in ALGORITHMS:
        raise ValueError(f"no algorithm is called {algorithm!r}; there are: ema, probability")
    return ALGORITHMS[algorithm](merits)


def _clipped(score: float) -> float:
    if not math.isfinite(score):
        raise ValueError(f"a score must be a number from 0 to 1, not {score!r}")
    return min(max(float(score), 0.0), 1.0)
