"""The numbers that stand all over report.json: scores and differences, with their intervals.

See schema.py for the whole and for what None means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Metric:
    """F1 with its interval, precision and recall, from `n` segments (or, of a strategy, arms).

    `no_interval` is the reason where F1 stands without one.
    """

    f1: float | None
    p: float | None
    r: float | None
    low: float | None
    high: float | None
    n: int
    no_interval: str | None = None


@dataclass(frozen=True, kw_only=True)
class TestMetric(Metric):
    """F1 on the test set, as the mean over training seeds and of each seed."""

    __test__ = False  # not a test for pytest

    per_seed: Sequence[float | None]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A paired difference of F1; `p` is two-sided.

    `detectable` is the true difference that would be found (p < .05) four times out of five.
    `no_interval` is the reason where all but the difference is None.
    """

    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    detectable: float | None
    no_interval: str | None = None


@dataclass(frozen=True, kw_only=True)
class ControlComparison(Comparison):
    """The difference to the random dataset `against`.

    `train` and `against_train` are the training answers of either side; `binary_against_whole`
    where single spans are compared with whole segments, `mixed_against_whole` where both, in a
    joined arm, are.
    """

    against: str
    train: int
    against_train: int
    binary_against_whole: bool
    mixed_against_whole: bool = False


@dataclass(frozen=True, kw_only=True)
class SecondsComparison(ControlComparison):
    """The difference to the random dataset `against` after as many `seconds` of annotation.

    The one that took longer, `cut`, was trained again on what it held then; None where both took
    as long. `answers` and `against_answers`, of both folds, and the training answers among them are
    those of that moment. `simulated` seconds come, at least in part, from a cost model.
    """

    seconds: float
    simulated: bool
    cut: str | None
    answers: int
    against_answers: int
