"""The predictions of finished runs, on disk: a comparison that was stopped goes on where it was.

A file is named by the SHA-256 of everything that its predictions depend on, so that it is right for
every comparison that asks for it. Another seed or policy repeats no run. Another arm repeats all:
it is one more set for every run to predict.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prodigy_al.errors import EstimateError, ParameterError
from prodigy_al.evaluation.counts import Counts
from prodigy_al.jobs.files import write_atomically
from prodigy_al.training.truths import TokenSpan

Predictions = list[frozenset[TokenSpan]]
"""The predicted spans of one evaluation set, one entry per text."""


@dataclass(frozen=True)
class RunCache:
    """A folder of predictions by key, made if it is not there.

    Raises `ParameterError` where it cannot be written to.
    """

    folder: Path

    def __post_init__(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self.folder.parent, self.folder, error) from error

    def __contains__(self, key: str) -> bool:
        return self.read(key) is not None

    def read(self, key: str) -> tuple[Predictions, ...] | None:
        """Return the predictions, one list per evaluation set; None without a complete file."""
        try:
            stored = json.loads(self._path(key).read_bytes())
        except (OSError, ValueError):
            return None
        return tuple(
            [frozenset((start, end, label) for start, end, label in text) for text in texts]
            for texts in stored
        )

    def write(self, key: str, predictions: Sequence[Predictions]) -> None:
        """Store the predictions. Raises `ParameterError` where they cannot be written."""
        stored = [[sorted(spans) for spans in texts] for texts in predictions]
        self._write(self._path(key), json.dumps(stored))

    def read_expected(self, key: str) -> Counts | None:
        """Return the counts that a run expects of the pool; None without a complete file."""
        try:
            stored = json.loads(self._path(f"{key}.pool").read_bytes())
            tp, predicted, gold = (np.array(part, dtype=np.float64) for part in stored)
            return Counts(tp, predicted, gold)
        except (OSError, ValueError, TypeError, EstimateError):
            return None

    def write_expected(self, key: str, expected: Counts) -> None:
        """Store the expected counts, in a file beside the predictions.

        Raises `ParameterError` where they cannot be written.
        """
        parts = (expected.tp, expected.predicted, expected.gold)
        self._write(self._path(f"{key}.pool"), json.dumps([part.tolist() for part in parts]))

    def _write(self, path: Path, text: str) -> None:
        try:
            write_atomically(path, text)
        except OSError as error:
            raise cannot_write(self.folder.parent, self.folder, error) from error

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def cannot_write(output: Path, folder: Path, error: OSError) -> ParameterError:
    """Return the error for a `folder` below the `output` folder of a comparison."""
    return ParameterError(
        "output",
        output,
        f"finished runs cannot be stored in {folder} ({error.strerror}); "
        "name a folder that can be written to",
    )
