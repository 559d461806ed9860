"""The older form of arguments with converters of every kind, and parameters without any."""

from pathlib import Path

import prodigy
from prodigy.components.db import connect
from prodigy.util import ensure_path, split_string


def percent(value: str) -> float:
    return float(value.rstrip("%")) / 100


@prodigy.recipe(
    "types.old",
    dataset=("Dataset", "positional", None, str),
    source=("File", "positional", None, ensure_path),
    label=("Labels", "option", "l", split_string),
    keep=("Share to keep", "option", "k", percent),
    top_n=("How many", "option", "n", int),
    threshold=("A number", "option", "t", float),
    title=("A title", "option", None, None),
    allow_reset=("Allow a reset", "flag", "r", bool),
    quiet=("Say nothing", "flag"),
)
def types_old(
    dataset,
    source,
    start=1,
    label=None,
    keep=1.0,
    top_n=5,
    threshold=0.5,
    title=None,
    allow_reset=False,
    quiet=False,
):
    """Store what was given as one example."""
    given = {
        key: str(value) if isinstance(value, Path) else value for key, value in locals().items()
    }
    db = connect()
    db.add_dataset(dataset)
    db.add_examples([prodigy.set_hashes({"text": "given", **given})], datasets=[dataset])
    return [given]
