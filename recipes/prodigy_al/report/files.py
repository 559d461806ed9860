"""The comparison as files that other programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prodigy_al.errors import ParameterError
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.jobs.files import write_atomically
from prodigy_al.report.schema import Report


def report_path(report: Report, folder: Path) -> Path:
    """Return where a report is written to in `folder`.

    ``report.json``, or ``quick.json`` where nothing was trained, which leaves the report of a whole
    comparison there is.
    """
    return folder / f"{_name(report)}.json"


def page_path(report: Report, folder: Path) -> Path | Unavailable:
    """Return where the page is written to in `folder`, or which extra is to be installed for it.

    ``report.html``, or ``quick.html`` where nothing was trained.
    """
    path = folder / f"{_name(report)}.html"
    if find_spec("matplotlib") is not None:
        return path
    old = f" ({path} is of an earlier comparison)" if path.exists() else ""
    return Unavailable(
        f"No {path.name}{old}: its figures need matplotlib; pip install 'prodigy-al[report]'"
    )


def write_report(report: Report, folder: Path) -> Path:
    """Write the report into `folder` and return its path; a half-written one never shows.

    Raises `ParameterError` where the folder cannot be written to.
    """
    return write_json(report, report_path(report, folder))


def write_json(value: Any, path: Path) -> Path:
    """Write a report, or a part of it, and return its path; a half-written one never shows.

    Raises `ParameterError` where its folder cannot be written to.
    """
    # not srsly: it rounds to ten decimals, and a p-value may be smaller
    text = json.dumps(to_json(value), indent=2, ensure_ascii=False, allow_nan=False)
    return _write(path, text + "\n")


def write_page(report: Report, folder: Path) -> Path | Unavailable:
    """Write the page into `folder` and return its path, or why there is none, as `page_path`.

    Raises `ParameterError` where the folder cannot be written to.
    """
    path = page_path(report, folder)
    if isinstance(path, Unavailable):
        return path
    # matplotlib takes half a second to import
    from prodigy_al.report.html.page import render_page

    return _write(path, render_page(report))


def describe_places(report: Report, folder: Path) -> list[str]:
    """Return sentences that say where the files of a report are."""
    page = page_path(report, folder)
    also = f", {page.suffix}" if isinstance(page, Path) else ""
    places = [f"Report: {report_path(report, folder)}{also}"]
    return places + ([f"Models: {folder}/arms/DATASET/POLICY/model"] if report.policies else [])


def write_files(report: Report, folder: Path) -> str:
    """Write report and page; return why there is no page, empty where there is one.

    Raises `ParameterError` where the folder cannot be written to; the report is written first.
    """
    write_report(report, folder)
    page = write_page(report, folder)
    return "" if isinstance(page, Path) else page.reason


def _name(report: Report) -> str:
    return "report" if report.policies else "quick"


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    except OSError as error:
        problem = f"{path.name} cannot be written there ({error.strerror})"
        raise ParameterError("output", path.parent, problem) from error
    return path


def to_json(value: Any) -> Any:
    """Return a report, or a part of it, as dicts, lists, strings and numbers.

    >>> from prodigy_al.report.parts import Gap
    >>> to_json(Unavailable("no probabilities")), to_json(Gap())
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
