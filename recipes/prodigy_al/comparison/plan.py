"""What to compare and how, checked and read before any training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.artifacts import ArmArtifacts, folder_name
from prodigy_al.comparison.candidates import Candidates
from prodigy_al.comparison.cuts import Cuts
from prodigy_al.comparison.masking import Questions
from prodigy_al.comparison.pool import PoolSource
from prodigy_al.comparison.run_cache import RunCache
from prodigy_al.comparison.testset import TestSet
from prodigy_al.evaluation.estimators import Unavailable


@dataclass(frozen=True)
class Plan:
    """What to compare and how: `model` describes the base (name, version, sha256), `cache` holds
    the runs that are finished, and every arm's files lie below `output`. Without `policies` nothing
    is trained and only the base is measured; `test` may then be `no_test`. With `curves`, arms are
    also trained on their first answers; `cuts` bring arms and their controls to equal seconds.
    `candidates`, by binary dataset, hold those of the dev texts that it is measured on; `pool` is
    the arms' source, where it was named; `wanted` in (0, 1) is the difference of F1 that sizes are
    planned for, if any are, `command` what was typed for all this, if anything was. With
    `questions`, what tells why arms differ is trained as well (`variants`): they hold by training
    seed what would be asked about single spans of the arms' training texts, and `remedy` names the
    policy that others are held against, None where the base cannot be trained by it.
    """

    arms: Sequence[Arm]
    test: TestSet
    base: str
    model: Mapping[str, Any]
    labels: Sequence[str]
    policies: Sequence[str]
    seeds: Sequence[int]
    workers: int
    cache: RunCache
    output: Path
    candidates: Mapping[str, Candidates | Unavailable] = field(default_factory=dict)
    curves: bool = False
    cuts: Cuts = field(default_factory=dict)
    pool: PoolSource | None = None
    wanted: float | None = None
    command: str = ""
    questions: Mapping[int, Questions] | None = None
    remedy: str | None = None
    cluster: str | None = None  # a Dask scheduler whose workers train, instead of `workers`

    def artifacts(self, arm: Arm, policy: str) -> ArmArtifacts:
        """Return where an arm's files under a policy are written, those of the first seed."""
        path = self.output.resolve() / "arms" / folder_name(arm.dataset) / policy
        return ArmArtifacts(path, arm.dev)
