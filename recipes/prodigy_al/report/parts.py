"""Small parts of report.json that stand in several places; `schema` says how they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from prodigy_al.comparison.guard import Outcome
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.planning import Size


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A number with its interval, each None where it cannot be had."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share in [0, 1], None where it is one of nothing, of `n` things."""

    share: float | None
    n: int


@dataclass(frozen=True, kw_only=True)
class Agreement(Interval):
    """How far people say the same of the `n` texts that several of them answered.

    `of` is ``spans``: F1 of one person's spans against another's, or ``decisions``: the share of
    decisions about single spans that are the same. `same` is the share of these texts in which two
    people mark the same; of decisions it is that share again.
    """

    of: str
    same: Interval
    n: int


@dataclass(frozen=True, kw_only=True)
class Within:
    """Precision and recall within the candidates, from `n` answers about spans.

    `outside` is the share of the model's predictions on the dev texts that are no candidate; None
    where it predicts nothing.
    """

    precision: Interval
    recall: Interval
    outside: float | None
    n: int


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """How many answers about single spans of an arm did the work of one whole segment.

    `answers` texts of a dataset, known by single spans, did that of `segments` whole ones of
    `control`: there its curve (--curves) is at their F1 on test. An end of the interval is None
    where it lies outside the curve; `why` is the reason where there is no number. `times_faster`
    is a typical answer's seconds about a whole segment, divided by those about a single span;
    `measured` is false where seconds come from a cost model.
    """

    dataset: str
    control: str
    policy: str
    binary_per_segment: float | None
    low: float | None
    high: float | None
    answers: int | None
    segments: float | None
    times_faster: float | None
    measured: bool
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class CurveComparison:
    """An arm's learning curve minus its control's, over the work `until` where the shorter ends.

    `difference` is the mean difference of F1 on test over that work, the area between the curves
    divided by it. `leads` is ``arm`` or ``control``, whichever smoothed curve is ahead at the end,
    and `since` the work from which on it is: 0 where it is all along. `high` of `since` is None
    where it may never be; all are None where the curves end alike.
    """

    until: float
    difference: Interval
    leads: Literal["arm", "control"] | None
    since: Interval


@dataclass(frozen=True, kw_only=True)
class Part:
    """One dataset of a joined arm: its answers in all, and the texts in its folds.

    `form` is ``full`` (whole segments) or ``binary`` (single spans). `dev_answers` were counted,
    `dev_left_out` neither counted nor trained on.
    """

    strategy: str
    seed: int | None
    form: str
    answers: int
    seconds: float | None
    train: int
    dev_answers: int
    dev_left_out: int


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Dev F1 as usual minus F1 on test: usual minus weighted, weighted minus test.

    `selection` of single spans is more than that: usual F1 ignores predictions, and weighted F1 is
    of other texts of the same dev fold.
    """

    selection: Interval | None = None
    rest: Interval | None = None


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Whether a model may ship, by the change of its weighted dev F1 (`dev.vs_base`) alone.

    The interval of the change is above 0 (``better``), below (``worse``: do not ship), or neither
    (``not-shown``: do not ship yet); ``unknown`` where it cannot be had. `answers` of the dataset
    `on` were counted, `needed` would show a change as large as the measured one. `said` is the
    sentence, empty for ``better``.
    """

    outcome: Outcome
    on: str | None
    answers: int
    needed: Size | Unavailable | None
    said: str


@dataclass(frozen=True, kw_only=True)
class ArmSizes:
    """What finds a difference of an arm to `against`, a dataset or None for the base.

    Each size is for all others as they are; what cannot be planned or reached has a reason.
    `dev_answers` find a difference of the weighted dev F1 to the base; `answers` to train on cannot
    be planned.
    """

    against: str | None
    test_segments: Size | Unavailable
    training_seeds: Size | Unavailable
    replicates: Size | Unavailable
    dev_answers: Size | Unavailable
    answers: Unavailable


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The sizes that find a `difference` of F1 with `power` at a two-sided `level`.

    `arms` are by dataset and policy. Where nothing was trained, `base` holds, by dataset, how many
    dev answers give the base's weighted F1 an interval that reaches `difference` to either side.
    """

    difference: float
    power: float
    level: float
    arms: Mapping[str, Mapping[str, ArmSizes]]
    base: Mapping[str, Size | Unavailable]


@dataclass(frozen=True, kw_only=True)
class WorstLabel:
    """The label that agrees least with the base, of those that it has enough spans of: `before`."""

    label: str
    agreement_f1: float
    before: int


@dataclass(frozen=True, kw_only=True)
class StratumAnswers:
    """An arm's answers about a kind, by fold; `train_share` of its training answers in [0, 1].

    `missed`: the share is under half of the kind's share of the pool, and not by chance; false
    where the answers are known to be of another source, or not known to be of this one.
    """

    train: int
    dev: int
    train_share: float
    missed: bool


@dataclass(frozen=True, kw_only=True)
class StratumScore:
    """F1 and recall of one model on the test segments of a kind, as means over training seeds."""

    f1: Interval
    recall: Interval


@dataclass(frozen=True, kw_only=True)
class StratumTest:
    """The test segments of a kind, and every model on them; `arms` by dataset and policy."""

    segments: int
    gold_spans: int
    base: StratumScore
    arms: Mapping[str, Mapping[str, StratumScore]]


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """One kind of segments.

    `share` is that of the pool's segments. `spans` and `errors` are its shares of all gold spans,
    and of all that the base misses or makes up, estimated for new text from dev answers. `answers`
    are by dataset.
    """

    share: Interval
    spans: Interval | Unavailable
    errors: Interval | Unavailable
    answers: Mapping[str, StratumAnswers]
    test: StratumTest | Unavailable


@dataclass(frozen=True, kw_only=True)
class Strata:
    """Kinds of segments by their text alone, and what was asked about them and learned of them.

    A segment of at most `short` tokens is short, of at most `medium` medium; one of which a larger
    share than `running` of the tokens is in capitals or holds a digit is a table. These are told by
    `n` segments of the pool, or by as many answers of the dataset `by`, and `kinds` are all that
    they hold. Spans and errors are of `dev_answers` of the dataset `dev_of`. `said` holds a
    sentence for each kind that an arm missed which is worse than its control, there as well.
    """

    by: str | None
    n: int
    short: float
    medium: float
    running: float
    dev_of: str | None
    dev_answers: int
    kinds: Mapping[str, Stratum]
    said: Sequence[str]
