"""The comparison as files that other programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from prodigy_al.errors import OptionError
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.schema import Report


def write_report(report: Report, folder: Path) -> Path:
    """Write ``report.json`` into `folder` and return its path; a half-written one never shows.

    Raises `OptionError` where the folder cannot be written to.
    """
    path = folder / "report.json"
    # not srsly: it rounds to ten decimals, and a p-value may be smaller
    text = json.dumps(to_json(report), indent=2, ensure_ascii=False, allow_nan=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".json.part")
        unfinished.write_text(text + "\n", encoding="utf8")
        unfinished.replace(path)
    except OSError as error:
        raise OptionError(
            f"--output {folder}: the report cannot be written there ({error.strerror})",
            option="--output",
            value=folder,
        ) from error
    return path


def to_json(value: Any) -> Any:
    """Return a report, or a part of it, as dicts, lists, strings and numbers.

    >>> from prodigy_al.report import schema
    >>> to_json(Unavailable("no probabilities")), to_json(schema.Gap())
    ({'unavailable': 'no probabilities'}, {'selection': None, 'rest': None})
    """
    if isinstance(value, Unavailable):
        return {"unavailable": value.reason}
    if is_dataclass(value):
        return {part.name: to_json(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Mapping):
        return {name: to_json(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [to_json(part) for part in value]
    return value
