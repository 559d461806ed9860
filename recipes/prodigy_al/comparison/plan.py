"""What to compare and how, checked and read before any training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.kept import KeptRuns
from prodigy_al.comparison.testset import TestSet


@dataclass(frozen=True)
class Plan:
    """What to compare and how: `model` describes the base (name, version, sha256), `kept` holds
    the runs that are finished.
    """

    arms: Sequence[Arm]
    test: TestSet
    base: str
    model: Mapping[str, Any]
    labels: Sequence[str]
    policies: Sequence[str]
    seeds: Sequence[int]
    workers: int
    kept: KeptRuns
