"""Finished runs on disk: a comparison that was interrupted goes on where it stopped.

A file is named by the SHA-256 of everything that its predictions depend on. One that is there is
therefore right, whichever comparison wrote it: seeds and policies can be added without repeating
any. An arm more is a set more to predict, so that all runs of the comparison are made anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prodigy_al.errors import OptionError
from prodigy_al.training.answers import TokenSpan

Predictions = list[frozenset[TokenSpan]]
"""The predicted spans of one evaluation set, one entry a text."""


@dataclass(frozen=True)
class RunCache:
    """A folder of predictions by key. Raises `OptionError` where it cannot be written to."""

    folder: Path

    def __post_init__(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self.folder.parent, self.folder, error) from error

    def __contains__(self, key: str) -> bool:
        return self.read(key) is not None

    def read(self, key: str) -> tuple[Predictions, ...] | None:
        """Return the predictions, one list an evaluation set; None where there are none whole."""
        try:
            stored = json.loads(self._path(key).read_bytes())
        except (OSError, ValueError):
            return None
        return tuple(
            [frozenset((start, end, label) for start, end, label in text) for text in texts]
            for texts in stored
        )

    def write(self, key: str, predictions: Sequence[Predictions]) -> None:
        """Write beside the target, then rename: a killed process leaves no half file."""
        path = self._path(key)
        unfinished = path.with_suffix(f".{os.getpid()}.part")
        stored = [[sorted(spans) for spans in texts] for texts in predictions]
        try:
            unfinished.write_text(json.dumps(stored), encoding="ascii")
            unfinished.replace(path)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise cannot_write(self.folder.parent, self.folder, error) from error

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def cannot_write(output: Path, folder: Path, error: OSError) -> OptionError:
    """Return the error for a `folder` below the one given as --output."""
    return OptionError(
        "--output",
        output,
        f"finished runs cannot be kept in {folder} ({error.strerror}); "
        "name a folder that can be written to",
    )
