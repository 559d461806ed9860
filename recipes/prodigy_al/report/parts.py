"""Small parts of report.json that stand in several places; `schema` says how they are read."""

from __future__ import annotations

from dataclasses import dataclass


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
class Gap:
    """Dev F1 as usual minus F1 on test: usual minus weighted (selection), weighted minus test."""

    selection: Interval | None = None
    rest: Interval | None = None


@dataclass(frozen=True, kw_only=True)
class WorstLabel:
    """The label that agrees least with the base, of those that it has enough spans of: `before`."""

    label: str
    agreement_f1: float
    before: int
