"""Why arms differ, as it stands in report.json: verdicts, and the ledger of complaints.

Filled with --why alone; `schema` says how it is read. Effects and what closes a gap are differences
of F1 on test of models that were trained, but for what weighting does to F1 on dev.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from prodigy_al.diagnosis.verdict import Word
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.metrics import Comparison
from prodigy_al.report.parts import Interval


@dataclass(frozen=True, kw_only=True)
class Reason:
    """The verdict on one hypothesis (`id`) about an arm under one policy.

    `number` of what `unit` says decided it, from `n` segments, answers or spans; it and its
    interval are None only where the verdict is ``not identifiable``. `p` is Holm's over all
    hypotheses about this arm under this policy, None where no test was made. `details` may grow.
    """

    id: str
    arm: str
    policy: str
    verdict: Word
    number: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    p: float | None
    why: str
    next: str
    details: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """What was done about the reason `against`, and by how much it closed the gap.

    `closed` is above 0 where it helped; `answers` were trained on then, `instead_of` before.
    """

    against: str
    what: str
    closed: Comparison
    answers: int
    instead_of: int


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """What is wrong with an arm under one policy, what may be behind it, and what closed the gap.

    `id` is ``dev-up-test-down``, ``worse-than-base`` or ``no-better-than-random``, `said` the same
    in words. `gap` is the difference of F1 complained of: dev minus test, the arm minus its base,
    or minus random answers. `reasons` are ids of verdicts.
    """

    id: str
    arm: str
    policy: str
    said: str
    gap: Interval
    reasons: Sequence[str]
    remedies: Sequence[Remedy]


@dataclass(frozen=True, kw_only=True)
class FormCell:
    """F1 on test of one of the four: of whose answers, and in which form."""

    answers_of: Literal["random", "active"]
    form: Literal["whole", "single"]
    dataset: str
    answers: int
    f1: Interval


@dataclass(frozen=True, kw_only=True)
class Forms:
    """Selection and label form apart: {random, active} × {whole segments, as single spans}.

    `effects` of ``selection-whole``, ``selection-single``, ``form-random`` and ``form-active``, as
    far as their cells are there: active minus random, single spans minus whole segments.
    `left_out` are segments without a candidate, by dataset: nothing could be asked about them.
    """

    arm: str
    policy: str
    cells: Sequence[FormCell]
    effects: Mapping[str, Comparison]
    left_out: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Why:
    """All that was trained to tell why arms differ; `forms` are of arms that have a control."""

    ledger: Sequence[Complaint]
    forms: Sequence[Forms]
    no_forms: Mapping[str, Unavailable]
