"""The comparison as files that other programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prodigy_al.errors import OptionError
from prodigy_al.jobs.files import write_atomically


def write_report(report: Mapping[str, Any], folder: Path) -> Path:
    """Write ``report.json`` into `folder` and return its path; a half-written one never shows.

    Raises `OptionError` where the folder cannot be written to.
    """
    path = folder / "report.json"
    # not srsly: it rounds to ten decimals, and a p-value may be smaller
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text + "\n")
    except OSError as error:
        raise OptionError(
            f"--output {folder}: the report cannot be written there ({error.strerror})",
            option="--output",
            value=folder,
        ) from error
    return path
