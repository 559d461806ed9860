"""A difference of F1 as it stands in report.json."""

from __future__ import annotations

from dataclasses import asdict

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.estimates import Compared
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.metrics import Comparison, ControlComparison


def describe_comparison(compared: Compared) -> Comparison:
    """Return a difference, with its interval or the reason why it has none."""
    found = compared.found
    if isinstance(found, Unavailable):
        return Comparison(
            difference=compared.value,
            low=None,
            high=None,
            p=None,
            detectable=None,
            no_interval=found.reason,
        )
    return Comparison(**asdict(found))


def against_whole(arm: Arm, control: Arm, form: str) -> bool:
    """Return whether answers of this form are compared with whole segments."""
    return control.train.form == "full" and arm.train.form == form


def differing_forms(found: ControlComparison) -> str:
    """Return what is said behind the sizes where an arm and its control differ in form."""
    if found.mixed_against_whole:
        return ", whole segments and single spans against whole segments alone"
    return ", single spans against whole segments" if found.binary_against_whole else ""
