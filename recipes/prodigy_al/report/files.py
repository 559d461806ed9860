"""The comparison as files that other programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prodigy_al.errors import ParameterError


def write_report(report: Mapping[str, Any], folder: Path) -> Path:
    """Write ``report.json`` into `folder` and return its path; a half-written one never shows.

    Raises `ParameterError` where the folder cannot be written to.
    """
    path = folder / "report.json"
    # not srsly: it rounds to ten decimals, and a p-value may be smaller
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".json.part")
        unfinished.write_text(text + "\n", encoding="utf8")
        unfinished.replace(path)
    except OSError as error:
        raise ParameterError(
            "output", folder, f"the report cannot be written there ({error.strerror})"
        ) from error
    return path
