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
from typing import Any

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.kinds import Kind
from prodigy_al.report.metrics import (
    Comparison,
    ControlComparison,
    Metric,
    SecondsComparison,
    TestMetric,
    WeightedMetric,
)
from prodigy_al.report.parts import (
    Agreement,
    CurveComparison,
    Exchange,
    Gap,
    Guard,
    Part,
    Planned,
    Share,
    Strata,
    Within,
    WorstLabel,
)
from prodigy_al.report.reasons import Reason, Why

REPORT_VERSION = 1
MANY_UNUSABLE = 0.02  # of all gold spans of a test set


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
    borders, reversed or outside the text, `ignored` segments without a usable answer (left out).
    `name` is None, and nothing counted, where no test set was given.
    """

    __test__ = False  # not a test for pytest

    name: str | None
    segments: int
    groups: int
    gold_spans: int
    unusable_spans: int
    overlap: Overlap
    ignored: int = 0

    @property
    def is_broken(self) -> bool:
        """Whether more of its gold is unusable than is read without --skip-bad."""
        return self.unusable_spans > MANY_UNUSABLE * (self.unusable_spans + self.gold_spans)


@dataclass(frozen=True, kw_only=True)
class Dev:
    """One model on one dataset's dev answers, as usual and weighted.

    For binary answers, `weighted` is measured on whole segments of another dataset (its `on`),
    `candidates` on the dataset's own answers, and `ignored` is the share of the predictions on
    its dev texts that the usual number leaves out; both are None for whole segments. `vs_base` is
    the paired difference of the weighted F1 to the base's; None for the base itself.
    """

    usual: Metric
    weighted: WeightedMetric | Unavailable
    ignored: Share | None = None
    candidates: Within | Unavailable | None = None
    vs_base: Comparison | None = None


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
    """Agreement with the base on the labels that were not asked for, together and per label.

    `worst` is None where the base has fewer than 20 spans of every label.
    """

    agreement_f1: float | None
    per_label: Mapping[str, OtherLabel]
    worst: WorstLabel | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """One arm under one training policy, over all training seeds.

    `test_unseen_text` is measured on the test segments whose text no arm was asked about.
    `vs_random` is at equal answers, `vs_random_seconds` at equal seconds; None without a control.
    `effort_to_random` is the effort from which on the smoothed curve is surely at the F1 on test of
    the control; `no_effort` is the reason where it is None. `curve_vs_random` compares the whole
    curves, by the unit of work; None without curves or control.
    """

    dev: Dev
    test: TestMetric
    test_unseen_text: Metric
    vs_base: Comparison
    vs_random: ControlComparison | None
    effort_to_random: Effort | None
    others: OtherLabels
    no_effort: str | None = None
    gap: Gap = field(default_factory=Gap)
    guard: Guard | None = None
    vs_random_seconds: SecondsComparison | Unavailable | None = None
    curve_vs_random: Mapping[str, CurveComparison] | Unavailable | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What reading a dataset met: answers that repeat another (merged), spans off token borders and
    of labels not asked for (left out), texts with several annotators, answers `copied` to the arm,
    and texts `in_both` forms of a joined arm (the whole segment counts). `agreement` is that of
    people who answered the same texts, null where nobody did.
    """

    repeats: int
    off_tokens: int
    unasked: int
    several_annotators: int
    copied: int = 0
    in_both: int = 0
    agreement: Agreement | Unavailable | None = None


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One dataset. `train` and `dev_answers` count the answers of each fold that were used; `runs`
    are by policy. `no_control` is the reason where no random dataset is comparable. With
    `shares_documents` the source had too few documents for folds of whole ones, so dev numbers have
    no interval for new text. An arm that is joined from several datasets is called A+B and has them
    as `parts`, in the order of time. `source` is the name of what it was drawn from, None where
    that is not recorded; `conditions` are al.simulate's settings by name, {} if people answered."""

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
    no_control: str | None = None
    shares_documents: bool = False
    seconds_simulated: bool = False
    parts: Mapping[str, Part] = field(default_factory=dict)
    source: str | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Standard deviations of F1 on test: between datasets, training seeds, and test sets."""

    selection: float | None
    training: float | None
    test: float | None


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """The datasets of one strategy under one policy, taken together.

    `replicates` of the datasets are counted, `compared` of them each with a control of its own;
    `left_out` are not counted, each with its reason. The interval of `test` and that of
    `vs_random_this_test` are for other replicates on just this test set, that of `vs_random` for
    other documents too, as those of `vs_random_seconds`, which is at equal seconds, and of
    `vs_base`, None with fewer than two replicates. `no_comparison` is the reason where `vs_random`
    is None.
    """

    datasets: Sequence[str]
    replicates: int
    compared: int
    left_out: Mapping[str, str]
    test: Metric
    vs_random: Comparison | None
    vs_random_this_test: Comparison | None
    no_comparison: str | None
    sd: Spread
    vs_random_seconds: Comparison | None = None
    vs_base: Comparison | None = None


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
    """The whole comparison; `policies` and every arm's `runs` are empty without any training.

    `command` is what somebody typed to get it, without where it was written and computed, so that
    the same inputs give the same file; empty where a program asked for it. `verdicts` and `why` are
    filled with --why. `go_on` says which arm to go on with.
    """

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
    verdicts: Sequence[Reason] = ()
    health: Sequence[Mapping[str, Any]] = ()
    exchange: Sequence[Exchange] = ()
    plan: Planned | None = None
    strata: Strata | Unavailable | None = None
    why: Why | None = None
    machine: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    go_on: str = ""
