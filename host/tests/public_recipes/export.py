"""No questions at all: read a dataset, write a file, return nothing."""

from pathlib import Path

import prodigy
from prodigy.components.db import connect
from prodigy.core import Arg
from prodigy.errors import RecipeError
from prodigy.util import msg, write_jsonl


@prodigy.recipe(
    "dataset.export",
    dataset=Arg(help="Dataset"),
    out_file=Arg(help="File to write"),
    answer=Arg("--answer", "-a", help="Answers to keep"),
)
def dataset_export(dataset: str, out_file: Path, answer: str = "accept") -> None:
    """Write texts and labels of a dataset to a file."""
    db = connect()
    if dataset not in db:
        raise RecipeError(f"Can't find dataset '{dataset}'", f"Known: {', '.join(db.datasets)}")
    examples = [eg for eg in db.get_dataset_examples(dataset) if eg["answer"] == answer]
    if not examples:
        msg.fail(f"No examples with answer '{answer}'", exits=1)
    rows = [{"text": eg["text"], "label": eg.get("label")} for eg in examples]
    write_jsonl(out_file, rows)
    msg.good(f"Wrote {len(rows)} of {db.count_dataset(dataset)} examples", str(out_file))
