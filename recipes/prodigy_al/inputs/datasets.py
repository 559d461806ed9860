"""What the database holds under a name, and tasks as it identifies them."""

from __future__ import annotations

from typing import Any

from prodigy.components.db import connect
from prodigy.util import set_hashes

from prodigy_al.errors import OptionError


def check_name(dataset: str) -> None:
    """Refuse a name that no dataset can have."""
    if not dataset.strip() or not dataset.isprintable():
        raise OptionError(
            f"DATASET {dataset!r} is no name; give one of letters and digits, such as news-1",
            option="DATASET",
            value=dataset,
        )


def stored_examples(dataset: str) -> list[dict[str, Any]]:
    """Return what the dataset holds; nothing where there is none of this name."""
    database = connect()
    return list(database.get_dataset_examples(dataset) or []) if dataset in database else []


def excluded_inputs(names: list[str] | None) -> set[int]:
    """Return the input hashes of the named datasets; one that does not exist is an error."""
    if not names:
        return set()
    database = connect()
    for name in names:
        if name not in database:
            raise OptionError(
                f"--exclude {name}: there is no such dataset; there are: "
                f"{', '.join(database.datasets) or 'none'}",
                option="--exclude",
                value=name,
            )
    return set(database.get_input_hashes(*names))


def rehash(task: dict[str, Any]) -> dict[str, Any]:
    """Return the task with both hashes, computed from what it holds now."""
    return dict(set_hashes(dict(task), overwrite=True))
