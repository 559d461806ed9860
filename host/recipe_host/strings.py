"""What recipes make of strings: lists with commas, labels from a file, paths, session names."""

from __future__ import annotations

import time
from pathlib import Path

__all__ = ["ensure_path", "get_labels", "get_timestamp_session_id", "split_string"]


def split_string(text: str | None) -> list[str]:
    """Split at commas, without white space and empty parts.

    >>> split_string("PERSON, ORG,")
    ['PERSON', 'ORG']
    """
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def get_labels(labels: str | list[str] | None) -> list[str]:
    """Return labels given with commas, as a list, or as a file that holds one per line."""
    if isinstance(labels, list):
        return labels
    if labels and "," not in labels and Path(labels).is_file():
        return [line.strip() for line in Path(labels).read_text("utf-8").splitlines() if line]
    return split_string(labels)


def ensure_path(path: str | Path) -> Path:
    """Return a `Path`, whatever was given."""
    return Path(path)


def get_timestamp_session_id() -> str:
    """Return the name of an unnamed session: the local time, such as 2024-02-06_10-17-19."""
    return time.strftime("%Y-%m-%d_%H-%M-%S")
