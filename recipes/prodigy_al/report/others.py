"""The labels that were not asked for, in the report and on the terminal."""

from __future__ import annotations

from dataclasses import asdict

from prodigy_al.comparison.measurements import BASE, Measurements, Model
from prodigy_al.comparison.retention import Retention, measure_retention
from prodigy_al.report.numbers import number
from prodigy_al.report.parts import WorstLabel
from prodigy_al.report.schema import OtherLabel, OtherLabels


def describe_others(model: Model, measured: Measurements) -> OtherLabels:
    """Return how far a model agrees with the base on the other labels, on the test texts."""
    found = measure_retention(
        measured.plan.test.gold, measured.predictions[BASE][0], measured.predictions[model]
    )
    return OtherLabels(
        agreement_f1=found.agreement_f1,
        per_label={label: OtherLabel(**asdict(one)) for label, one in found.per_label.items()},
        worst=_worst(found),
    )


def others_cell(others: OtherLabels) -> str:
    """Return the agreement of all other labels together, and beside it the worst one's.

    >>> worst = WorstLabel(label="FAC", agreement_f1=0.74, before=23)
    >>> others_cell(OtherLabels(agreement_f1=0.97, per_label={}, worst=worst))
    '.970, FAC .740 (n 23)'
    """
    shown = number(others.agreement_f1)
    worst = others.worst
    if worst is None:
        return shown
    return f"{shown}, {worst.label} {number(worst.agreement_f1)} (n {worst.before:,})"


def _worst(found: Retention) -> WorstLabel | None:
    label = found.worst
    if label is None:
        return None
    one = found.per_label[label]
    # a label with spans by the base always has an agreement
    return WorstLabel(label=label, agreement_f1=one.agreement_f1 or 0.0, before=one.before)
