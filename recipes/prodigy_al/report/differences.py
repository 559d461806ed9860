"""A difference of F1 as it stands in report.json."""

from __future__ import annotations

from dataclasses import asdict

from prodigy_al.comparison.estimates import Compared
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.metrics import Comparison


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
