"""AG News as annotation tools read it: python examples/ag_news.py train.csv > news.jsonl

The corpus comes as CSV of class, title and description. Items are shuffled with a fixed seed, so
that the first ones are a fair sample; each is a document of its own.
"""

from __future__ import annotations

import csv
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

SEED = 0


def items(path: Path) -> Iterator[dict[str, object]]:
    """Yield the items of a CSV file in random order. Raises `ValueError` where it is another."""
    with path.open(encoding="utf8", newline="") as file:
        rows = list(enumerate(csv.reader(file), 1))
    random.Random(SEED).shuffle(rows)
    for line, row in rows:
        if len(row) != 3:
            raise ValueError(f"{path}, record {line}: {len(row)} columns, not class, title, text")
        # line breaks stand in the file as backslashes
        text = " ".join(f"{row[1]} {row[2]}".replace("\\", " ").split())
        yield {"text": text, "meta": {"doc": f"{path.stem}-{line}"}}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        for item in items(Path(sys.argv[1])):
            sys.stdout.write(f"{json.dumps(item)}\n")
    except (OSError, ValueError) as error:
        sys.exit(str(error))
