"""The numbers that stand all over report.json: scores and differences, with their intervals.

See schema.py for the whole and for what None means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from prodigy_al.report.kinds import Method, PlainMetric


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
class WeightedMetric(Metric):
    """F1 of dev answers weighted by 1/probability.

    `low` and `high` are for new text, `low_pool` and `high_pool` for the segments that were drawn
    from. `ess` is Kish's effective number of answers among `m`; `worth` how many uniform answers
    of this pool say as much; `largest_weight` the share of the sum of weights that one answer
    holds; `missing` the number of questions without an answer, with F1 if all of them were wrong
    or right. `on` names the dataset whose dev answers were counted. `cautions` may hold
    ``low-worth``, ``heavy-weight``, ``stream`` (the target is the part that was read) and
    ``random-within-bins``.
    With the `method` ``ppi``, `coefficient` is λ in [0, 1] and `plain` what the weights alone give.
    """

    method: Method
    interval: Literal["new-text", "pool"]
    low_pool: float | None
    high_pool: float | None
    ess: float
    worth: float | None = None
    m: int
    n_pool: int
    largest_weight: float
    missing: int
    if_missing_wrong: float | None = None
    if_missing_right: float | None = None
    on: str
    cautions: Sequence[str] = ()
    coefficient: float | None = None
    plain: PlainMetric | None = None


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
