import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prodigy.components.db import connect
from prodigy.util import set_hashes

__all__ = ["get_stream"]


def get_stream(
    source: str, loader: str | None = None, rehash: bool = False, dedup: bool = False
) -> Iterator[dict[str, Any]]:
    if str(source).startswith("dataset:"):
        records = connect().get_dataset_examples(str(source).removeprefix("dataset:"))
    elif Path(source).suffix == ".gz":
        raise ValueError(f"no loader for {source}: compressed sources are not documented")
    else:
        lines = Path(source).read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in lines]
    return (set_hashes(record, overwrite=rehash) for record in records)
