"""report.json as a type: what other programs read, key by key.

A field is a key of the file, a mapping an object whose keys are names of datasets, policies,
strategies or labels. Keys are stable: new ones come, none goes or changes its meaning. A number
that is not defined or not filled yet is None (null). Where a whole object cannot be had, an
`Unavailable` with its reason stands in its place, ``{"unavailable": reason}`` in the file.

F1, precision and recall lie in [0, 1]; `low` and `high` are the ends of 95 % intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.kinds import Kind, Method, PlainMetric

REPORT_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Metric:
    """F1 with its interval, precision and recall, from `n` segments (or, of a strategy, arms)."""

    f1: float | None
    p: float | None
    r: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, kw_only=True)
class TestMetric(Metric):
    """F1 on the test set, as the mean over training seeds and of each seed."""

    __test__ = False  # not a test for pytest

    per_seed: Sequence[float | None]


@dataclass(frozen=True, kw_only=True)
class WeightedMetric(Metric):
    """F1 of dev answers weighted by 1/probability.

    `low` and `high` are for new text, `low_pool` and `high_pool` for the segments that were drawn
    from. `ess` is Kish's effective number of answers among `m`; `worth` how many uniform answers
    of this pool say as much; `largest_weight` the share of the sum of weights that one answer
    holds; `missing` the number of questions without an answer, with F1 if all of them were wrong
    or right. `on` names the dataset whose dev answers were counted. `cautions` may hold
    ``low-worth``, ``heavy-weight`` and ``random-within-bins``.
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
class Comparison:
    """A paired difference of F1; `p` is two-sided.

    `detectable` is the true difference that would be found (p < .05) four times out of five.
    """

    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    detectable: float | None


@dataclass(frozen=True, kw_only=True)
class ControlComparison(Comparison):
    """The difference to the random dataset `against`."""

    against: str


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A number with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much was annotated; `seconds` are None where answers carry no time."""

    answers: float | None
    tokens: float | None
    entities: float | None
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class CurvePoint(Effort):
    """F1 on test after so much of a dataset."""

    dataset: str
    policy: str
    f1: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Test segments that were asked about too, the short ones among them, and the training
    answers that were left out because of them, by dataset.
    """

    segments: int
    short: int
    trained_on_removed: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class TestSet:
    """The held-out test set; `groups` are documents. `unusable_spans` are gold spans off token
    borders, reversed or outside the text (left out).
    """

    __test__ = False  # not a test for pytest

    name: str
    segments: int
    groups: int
    gold_spans: int
    unusable_spans: int
    overlap: Overlap


@dataclass(frozen=True, kw_only=True)
class Dev:
    """One model on one dataset's dev answers, as usual and weighted."""

    usual: Metric
    weighted: WeightedMetric | Unavailable


@dataclass(frozen=True, kw_only=True)
class Base:
    """The model as it was; `dev` by dataset."""

    test: Metric
    dev: Mapping[str, Dev]


@dataclass(frozen=True, kw_only=True)
class OtherLabel:
    """Spans of one label before and after (mean over seeds), and their agreement as F1."""

    before: int
    after: float
    agreement_f1: float | None


@dataclass(frozen=True, kw_only=True)
class OtherLabels:
    """Agreement with the base on the labels that were not asked for, together and per label."""

    agreement_f1: float | None
    per_label: Mapping[str, OtherLabel]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Dev as usual minus test, in the part due to selection and the rest."""

    selection: Interval | None = None
    rest: Interval | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """One arm under one training policy, over all training seeds.

    `test_unseen_text` is measured on the test segments whose text no arm was asked about.
    """

    dev: Dev
    test: TestMetric
    test_unseen_text: Metric
    vs_base: Comparison
    vs_random: ControlComparison | None
    effort_to_random: Effort | None
    others: OtherLabels
    gap: Gap = Gap()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What reading a dataset met: answers that repeat another (merged), spans off token borders
    and of labels that were not asked for (both left out), texts with several annotators.
    """

    repeats: int
    off_tokens: int
    unasked: int
    several_annotators: int


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One dataset. `train` and `dev_answers` count the answers of each fold that were used;
    `runs` are by policy.
    """

    strategy: str
    seed: int | None
    fold_salt: str | None
    answers: Mapping[str, int]
    contradictions: int
    reading: Reading
    segments: int
    tokens: int
    entities: int
    seconds: float | None
    seconds_per_answer: float | None
    train: int
    dev_answers: int
    runs: Mapping[str, Run]


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Standard deviations of F1 on test: between datasets, training seeds, and test sets."""

    selection: float | None
    training: float | None
    test: float | None


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """The datasets of one strategy under one policy, taken together."""

    datasets: Sequence[str]
    test: Metric
    vs_random: Comparison | None
    sd: Spread


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One model on one set; `leak` marks a model that was trained on a document of the set."""

    policy: str | None
    model: str
    set: str
    kind: Kind
    f1: float | None
    low: float | None
    high: float | None
    leak: bool


@dataclass(frozen=True, kw_only=True)
class Report:
    """The whole comparison."""

    version: int = REPORT_VERSION
    answer: str
    next: str
    target: str
    labels: Sequence[str]
    model: Mapping[str, str]
    pool: Mapping[str, Any] | None = None
    seeds: Sequence[int]
    policies: Sequence[str]
    test: TestSet
    base: Base
    arms: Mapping[str, Arm]
    strategies: Mapping[str, Mapping[str, Strategy]]
    matrix: Sequence[Cell]
    curves: Sequence[CurvePoint]
    verdicts: Sequence[Mapping[str, Any]] = ()
    health: Sequence[Mapping[str, Any]] = ()
    exchange: Sequence[Mapping[str, Any]] = ()
    machine: Mapping[str, Any] = field(default_factory=dict)
