"""What the database holds under a name, and tasks as it identifies them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prodigy.components.db import connect
from prodigy.util import set_hashes

from prodigy_al.errors import OptionError


def check_name(dataset: str) -> None:
    """Raise `OptionError` for a name that no dataset can have."""
    if not dataset.strip() or not dataset.isprintable():
        raise OptionError(
            "DATASET", dataset, "not a name; give one of letters and digits, such as news-1"
        )


def stored_examples(dataset: str) -> list[dict[str, Any]]:
    """Return what the dataset holds; nothing where there is none of this name."""
    database = connect()
    return list(database.get_dataset_examples(dataset) or []) if dataset in database else []


def require_datasets(option: str, names: Iterable[str]) -> None:
    """Raise `OptionError` where an option names a dataset that does not exist."""
    database = connect()
    for name in names:
        if name not in database:
            raise OptionError(
                option,
                name,
                f"there is no such dataset; there are: {', '.join(database.datasets) or 'none'}",
            )


def excluded_inputs(names: list[str] | None) -> set[int]:
    """Return the input hashes of the named datasets.

    Raises `OptionError` for a dataset that does not exist.
    """
    if not names:
        return set()
    require_datasets("--exclude", names)
    return set(connect().get_input_hashes(*names))


def rehash(task: dict[str, Any]) -> dict[str, Any]:
    """Return the task with both hashes, computed from what it holds now."""
    return dict(set_hashes(dict(task), overwrite=True))
