"""The built-in commands: datasets in, out, merged, printed, counted and dropped."""

from __future__ import annotations

import os
import platform
import sys
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Literal

from recipe_host import __version__
from recipe_host.errors import RecipeError
from recipe_host.files import write_whole
from recipe_host.hashing import set_hashes
from recipe_host.loaders import json_lines
from recipe_host.messages import msg
from recipe_host.registry import Arg, recipe
from recipe_host.types import TaskType

__all__ = ["db_in", "db_merge", "db_out", "drop", "print_dataset", "progress", "stats"]

Answer = Literal["accept", "reject", "ignore"]
Interval = Literal["day", "week", "month", "year"]
NOTHING_WRITTEN = "; nothing was written (--dry)"


@recipe(
    "db-in",
    dataset=Arg(help="Dataset to add to; made where there is none"),
    source=Arg(help="File (.jsonl, .json, .csv, .txt, each also .gz) or - for stdin"),
    loader=Arg("--loader", "-lo", help="Format, where the file's name does not tell"),
    answer=Arg("--answer", "-a", help="Answer of records that have none"),
    overwrite=Arg("--overwrite", "-o", help="Give --answer to records that have an answer too"),
    rehash=Arg("--rehash", "-rh", help="Replace hashes that are there"),
    dry=Arg("--dry", "-D", help="Check and count only"),
)
def db_in(
    dataset: str,
    source: str,
    loader: str | None = None,
    answer: Answer = "accept",
    overwrite: bool = False,
    rehash: bool = False,
    dry: bool = False,
) -> None:
    """Import records into a dataset: all of them, or none where one is not usable."""
    from recipe_host.connections import connect
    from recipe_host.stream import get_stream

    examples = [
        {**task, "answer": answer} if overwrite or "answer" not in task else task
        for task in get_stream(source, loader, rehash)
    ]
    if not examples:
        raise RecipeError(f"source '{source}' holds no record; nothing was imported")
    if not dry:
        db = connect()
        with db.transaction():
            db.add_dataset(dataset)
            db.add_examples(examples, datasets=[dataset])
    done = NOTHING_WRITTEN if dry else f" imported into '{dataset}'"
    msg.good(f"{len(examples)} records{done}", _counts(examples))


@recipe(
    "db-out",
    dataset=Arg(help="Dataset (or session) to export"),
    out=Arg(help="File or folder to write to; stdout if left out"),
    answer=Arg("--answer", "-a", help="Only records with this answer"),
    flagged_only=Arg("--flagged-only", help="Only flagged records"),
    dry=Arg("--dry", "-D", help="Count only"),
)
def db_out(
    dataset: str,
    out: Path | None = None,
    answer: Answer | None = None,
    flagged_only: bool = False,
    dry: bool = False,
) -> None:
    """Export a dataset as JSONL."""
    from recipe_host.connections import connect

    examples = [
        example
        for example in connect().examples_of(dataset)
        if answer in (None, example.get("answer")) and (example.get("flagged") or not flagged_only)
    ]
    if dry:
        msg.info(f"{len(examples)} records{NOTHING_WRITTEN}", _counts(examples))
    elif out is None:
        _print_all(json_lines(examples))
    else:
        path = out / f"{dataset}.jsonl" if out.is_dir() else out
        write_whole(path, (line.encode("ascii") for line in json_lines(examples)))
        msg.good(f"{len(examples)} records written to {path}", _counts(examples))


@recipe(
    "db-merge",
    in_sets=Arg(help="Datasets to merge, comma-separated, in this order"),
    out_set=Arg(help="Dataset to make of them; there must be none of that name"),
    rehash=Arg("--rehash", "-rh", help="Compute all hashes anew"),
    dry=Arg("--dry", "-D", help="Check and count only"),
)
def db_merge(in_sets: list[str], out_set: str, rehash: bool = False, dry: bool = False) -> None:
    """Make one dataset of the records of several; those stay as they are."""
    from recipe_host.connections import connect

    if len(in_sets) < 2 or len(set(in_sets)) < len(in_sets):
        raise RecipeError(f"cannot merge '{','.join(in_sets)}': give different datasets, as in a,b")
    db = connect()
    with db.transaction():  # nobody makes that dataset in between
        if out_set in db:
            raise RecipeError(
                f"dataset '{out_set}' exists already, and a merge makes a new one: choose another "
                f"name, or `prodigy drop {out_set}` first"
            )
        parts = {name: db.examples_of(name) for name in in_sets}
        examples = [
            set_hashes(example, overwrite=True) if rehash else example
            for part in parts.values()
            for example in part
        ]
        if not dry:
            db.add_dataset(out_set)
            db.add_examples(examples, datasets=[out_set])
    done = NOTHING_WRITTEN if dry else f" merged into '{out_set}'"
    origins = ", ".join(f"{len(part)} of '{name}'" for name, part in parts.items())
    msg.good(f"{len(examples)} records{done}", _counts(examples))
    msg.text(origins)


@recipe(
    "print-dataset",
    dataset=Arg(help="Dataset (or session) to print"),
    answer=Arg("--answer", "-a", help="Only records with this answer"),
    limit=Arg("--limit", "-n", help="Only so many records"),
)
def print_dataset(dataset: str, answer: Answer | None = None, limit: int | None = None) -> None:
    """Print a dataset to read: spans in brackets, with colours on a terminal."""
    from recipe_host.connections import connect
    from recipe_host.rendering import render_task

    if limit is not None and limit < 0:
        raise RecipeError(f"--limit {limit}: give the number of records to print, from 0")
    examples = connect().examples_of(dataset)
    colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    wanted = (example for example in examples if answer in (None, example.get("answer")))
    for example in islice(wanted, limit):
        sys.stdout.write(f"{render_task(example, colours=colours)}\n")


@recipe(
    "stats",
    dataset=Arg(help="Dataset to count"),
    list_datasets=Arg("--list-datasets", "-l", help="Name the datasets"),
    list_sessions=Arg("--list-sessions", "-ls", help="Name the sessions"),
)
def stats(
    dataset: str | None = None, list_datasets: bool = False, list_sessions: bool = False
) -> None:
    """Print what is installed and stored, and the answers of one dataset."""
    from recipe_host.connections import connect
    from recipe_host.settings import home

    db = connect()
    examples = [] if dataset is None else db.examples_of(dataset)
    rows = {
        "Version": f"{__version__} (recipe-host, not Prodigy)",
        "Location": Path(__file__).parent,
        "Prodigy Home": home(),
        "Platform": platform.platform(),
        "Python Version": platform.python_version(),
        "spaCy Version": version("spacy"),
        "Database Name": db.db_name,
        "Database Id": db.db_id,
        "Total Datasets": len(db.datasets),
        "Total Sessions": len(db.sessions),
    }
    msg.table(rows, title="recipe-host")
    if list_datasets:
        msg.table({name: db.count_dataset(name) for name in db.datasets}, title="Datasets")
    if list_sessions:
        msg.table({name: db.count_dataset(name) for name in db.sessions}, title="Sessions")
    if dataset is not None:
        answers = Counter(example.get("answer", "none") for example in examples)
        sessions = len(db.get_dataset_sessions(dataset))
        table = {"Annotations": len(examples), **answers, "Sessions": sessions}
        msg.table(table, title=f"Dataset {dataset}")


@recipe(
    "progress",
    datasets=Arg(help="Datasets to count together, comma-separated"),
    interval=Arg("--interval", "-i", help="Count by day, week, month or year"),
)
def progress(datasets: list[str], interval: Interval = "month") -> None:
    """Count answers over time: new ones and all so far, and how many inputs they are about."""
    from recipe_host.connections import connect
    from recipe_host.timeline import rows_by

    db = connect()
    examples = [example for name in dict.fromkeys(datasets) for example in db.examples_of(name)]
    header = (interval.capitalize(), "New", "Unique", "Total", "Unique")
    msg.table(
        rows_by(interval, examples), header=header, aligns=("l", "r", "r", "r", "r"), divider=True
    )
    msg.text("Unique: different inputs, however often each was answered")


@recipe("drop", dataset=Arg(help="Dataset to delete"))
def drop(dataset: str) -> None:
    """Delete a dataset and the answers that no other dataset holds."""
    from recipe_host.connections import connect

    db = connect()
    count = db.count_dataset(dataset)
    db.drop_dataset(dataset)
    msg.good(f"dropped '{dataset}' with {count} records")


def _counts(examples: Iterable[TaskType]) -> str:
    answers = Counter(str(example.get("answer", "none")) for example in examples)
    return ", ".join(f"{count} {answer}" for answer, count in answers.most_common())


def _print_all(lines: Iterable[str]) -> None:
    try:
        sys.stdout.writelines(lines)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # Else Python would write what is left once more, and print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise RecipeError(f"cannot write to standard output: {error.strerror or error}") from error
