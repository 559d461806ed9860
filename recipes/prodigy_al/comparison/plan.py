"""What to compare and how, checked and read before any training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.artifacts import ArmFolder, folder_name
from prodigy_al.comparison.run_cache import RunCache
from prodigy_al.comparison.testset import TestSet


@dataclass(frozen=True)
class Plan:
    """What to compare and how: `model` describes the base (name, version, sha256), `kept` holds
    the runs that are finished, and every arm's files lie below `output`. With `curves`, arms are
    also trained on their first answers.
    """

    arms: Sequence[Arm]
    test: TestSet
    base: str
    model: Mapping[str, Any]
    labels: Sequence[str]
    policies: Sequence[str]
    seeds: Sequence[int]
    workers: int
    kept: RunCache
    output: Path
    curves: bool = False
    cluster: str | None = None  # a Dask scheduler whose workers train, instead of `workers`

    def folder(self, arm: Arm, policy: str) -> ArmFolder:
        """Return where an arm's files under a policy are kept, those of the first seed."""
        path = self.output.resolve() / "arms" / folder_name(arm.dataset) / policy
        return ArmFolder(path, arm.dev)
