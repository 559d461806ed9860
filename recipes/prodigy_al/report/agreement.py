"""How far several annotators of an arm agree, as report.json and `--full` tell it."""

from __future__ import annotations

from dataclasses import asdict

from prodigy_al.comparison.agreement import measure_agreement
from prodigy_al.comparison.arms import Arm
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.numbers import interval, number
from prodigy_al.report.parts import Agreement, Interval


def describe_agreement(arm: Arm) -> Agreement | Unavailable | None:
    """Return how far people agree about an arm's texts; None where each text has one of them."""
    found = measure_agreement(arm)
    if found is None or isinstance(found, Unavailable):
        return found
    same = Interval(**asdict(found.same))
    return Agreement(**asdict(found.value), of=found.of, same=same, n=found.texts)


def agreement_in_words(found: Agreement | Unavailable | None) -> str:
    """Return the same for people to read; empty where there is no number.

    >>> same = Interval(value=0.6, low=0.5, high=0.7)
    >>> found = Agreement(value=0.81, low=0.7, high=0.9, of="spans", same=same, n=90)
    >>> agreement_in_words(found).split("; ")  # doctest: +NORMALIZE_WHITESPACE
    ['two people mark the same in .600 [.500, .700] of them',
     "F1 of one's spans against another's .810 [.700, .900]"]
    """
    if found is None or isinstance(found, Unavailable):
        return ""
    if found.of == "decisions":
        return f"two people decide alike in {_shown(found)} of them"
    return (
        f"two people mark the same in {_shown(found.same)} of them; "
        f"F1 of one's spans against another's {_shown(found)}"
    )


def _shown(found: Interval) -> str:
    return f"{number(found.value)} {interval(found.low, found.high)}"
