"""What a protocol found, as it stands in protocol.json: keys are stable, and adding is fine.

docs/protocol.md says what each key holds. What cannot be had is `Unavailable`, with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.evaluation.planning import Size
from prodigy_al.evaluation.wins import Wins
from prodigy_al.report.findings import Word

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Level:
    """F1 as the mean of `n` redraws, in `values`; its interval is for this test set.

    Of one redraw there is no interval.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int
    values: Sequence[float | None]


@dataclass(frozen=True, kw_only=True)
class Ends:
    """The ends of a 95 % interval, p of no difference, and what would have been detectable."""

    low: float
    high: float
    p: float
    detectable: float


@dataclass(frozen=True, kw_only=True)
class Change:
    """A mean difference of F1 over `n` redraws, paired by redraw; `values` has one for each.

    `new_text`: how would other redraws do on other documents? `this_test`: on these ones? `holm` is
    the p of `new_text` over the family of arms, None outside of one; `word` what may be said of it
    (`report.findings`), and `why` why nothing is decided.
    """

    mean: float | None
    n: int
    values: Sequence[float]
    new_text: Ends | Unavailable
    this_test: Ends | Unavailable
    word: Word
    why: str = ""
    holm: float | None = None


@dataclass(frozen=True, kw_only=True)
class Compared:
    """An arm at equal answers, or at equal seconds.

    answers, trained, seconds: means over redraws; `trained` of the answers are in the train fold
    short: redraws in which the pool ended before
    against_random: the difference; None for random itself
    wins: in how many redraws it is ahead, and the chance that it is
    share_of_gap: how much of the way from random to the whole pool it goes
    redraws_needed: how many redraws find `wanted`
    """

    f1: Level
    answers: float
    trained: float
    seconds: float
    short: int
    against_random: Change | None
    wins: Wins | Unavailable | None = None
    share_of_gap: Estimate | Unavailable | None = None
    redraws_needed: Size | Unavailable | None = None


@dataclass(frozen=True, kw_only=True)
class Looked:
    """Accepted names looked up in the test set, and the difference to training on the answers."""

    f1: Level
    against_training: Change


@dataclass(frozen=True, kw_only=True)
class Start:
    """An arm that gave `share` of its answers to whole segments first, at equal seconds."""

    arm: str
    share: float
    compared: Compared


Kind: TypeAlias = Literal["control", "arm", "oracle", "ceiling"]


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence on what may, or may not, be claimed, by the rule `id`.

    `arm` is None where it is about all.
    """

    id: str
    arm: str | None
    text: str


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What may be claimed, and what may not."""

    may: Sequence[Sentence]
    may_not: Sequence[Sentence]


@dataclass(frozen=True, kw_only=True)
class TestSize:
    """The test set."""

    __test__ = False  # not a test for pytest

    name: str
    segments: int
    groups: int
    gold_spans: int


@dataclass(frozen=True, kw_only=True)
class Made:
    """What was simulated and trained, in all."""

    simulations: int
    trainings: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """A whole protocol; `arms`, `settings` and `successor` are by arm.

    `arms` holds each arm's comparisons by what is equal; `settings` the difference to random at
    equal seconds by training policy; `successor` the same after training another pipeline, None
    without one; `lookup` by arm and what is equal. `machine` is as in report.json.
    """

    version: int
    name: str
    command: str
    labels: Sequence[str]
    model: Mapping[str, Any]
    successor_model: Mapping[str, Any] | None
    test: TestSize
    pool: Mapping[str, int]
    redraws: Sequence[int]
    redraws_planned: int
    budget: Mapping[str, Any]
    simulated: Mapping[str, Any]
    settings_compared: Sequence[str]
    main_setting: str
    wanted: float
    parts: Sequence[str]
    made: Made
    base: Level
    kinds: Mapping[str, Kind]
    arms: Mapping[str, Mapping[str, Compared]]
    settings: Mapping[str, Mapping[str, Change]]
    successor: Mapping[str, Change] | None
    successor_base: Level | None
    lookup: Mapping[str, Mapping[str, Looked]]
    starts: Mapping[str, Start]
    claims: Claims
    machine: Mapping[str, Any]
