"""Answers counted over time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from recipe_host.constants import INPUT_HASH_ATTR, TIMESTAMP_ATTR

__all__ = ["rows_by"]

FORMATS = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m", "year": "%Y"}
UNKNOWN = "no time"


def rows_by(
    interval: str, examples: Iterable[Mapping[str, Any]]
) -> list[tuple[str, int, int, int, int]]:
    """Return a row per interval with answers: its name, new ones, new inputs, both so far.

    `interval` is `day`, `week`, `month` or `year`, of local time. Answers that do not tell when
    they were given come first. An input counts as new in each interval that has an answer to it.

    >>> rows_by("month", [{"_input_hash": 1}, {"_input_hash": 1, "_timestamp": 1_000_000}])
    [('no time', 1, 1, 1, 1), ('1970-01', 1, 1, 2, 1)]
    """
    rows = []
    total, inputs = 0, set()
    named = sorted(((_name(interval, one), one) for one in examples), key=lambda pair: pair[0])
    for (_, name), group in groupby(named, key=lambda pair: pair[0]):
        found = [example[INPUT_HASH_ATTR] for _, example in group]
        total += len(found)
        inputs |= set(found)
        rows.append((name, len(found), len(set(found)), total, len(inputs)))
    return rows


def _name(interval: str, example: Mapping[str, Any]) -> tuple[bool, str]:
    try:
        seconds = float(example.get(TIMESTAMP_ATTR, ""))
        return True, time.strftime(FORMATS[interval], time.localtime(seconds))
    except (TypeError, ValueError, OverflowError, OSError):  # none, or none that a clock shows
        return False, UNKNOWN
