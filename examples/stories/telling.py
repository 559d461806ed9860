"""What all stories do: read the options, run commands, print a table, draw it, keep its rows."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from demo import prodigy
from wasabi.tables import table

from prodigy_al.comparison.measurements import Model
from prodigy_al.comparison.measuring import measure
from prodigy_al.inputs.comparison import open_comparison
from prodigy_al.jobs.files import write_atomically
from prodigy_al.jobs.machine import describe_machine
from stories.corpora import Corpus, RealSlice
from stories.figure import draw
from stories.rows import Numbers, Row, difference, meets

ROOT = Path(__file__).resolve().parents[2]
FIRST_FINAL_SEED = 100
POOL, TEST, BASE = "pool.jsonl", "test.jsonl", "base"  # in the folder of a corpus


@dataclass(frozen=True)
class Options:
    """How a story is told; `out` is where everything goes."""

    quick: bool
    tuning: bool
    workers: int
    out: Path


@dataclass
class Story:
    """A simulation on one corpus: `answers` per arm, repeated with `redraws` seeds.

    Stories about the same corpus share its datasets and trainings, which are kept in its folder.
    Settings were chosen with other documents and seeds (`--tuning`) than those of the story.
    """

    name: str
    title: str
    corpus: Corpus | RealSlice
    answers: int
    redraws: int
    options: Options = field(default_factory=lambda: read_options())

    def __post_init__(self) -> None:
        quick, tuning = self.options.quick, self.options.tuning
        if quick:
            self.answers, self.redraws = 80, 2
        first = 0 if tuning or quick else FIRST_FINAL_SEED
        self.seeds = list(range(first, first + self.redraws))
        part = self.corpus.part(final=not (tuning or quick), quick=quick)
        self.folder = part.make(self.options.out)

    def simulate(self, prefix: str, arms: str, *options: object) -> None:
        """Run al.simulate for all redraws, with datasets PREFIX-ARM-SEED."""
        seeds = ",".join(map(str, self.seeds)) + ","
        asked = ("--label", "ORG", "--arms", arms, "--budget", self.answers, "--seeds", seeds)
        self._run("al.simulate", POOL, BASE, prefix, *asked, *options)

    def compare(self, datasets: str, *options: object) -> dict[str, Any]:
        """Run al.compare; return report.json."""
        asked = ("--test", TEST, "--label", "ORG", "--workers", self.options.workers)
        self._run("al.compare", datasets, BASE, *asked, *options, "--output", "report")
        report: dict[str, Any] = json.loads((self.folder / "report" / "report.json").read_bytes())
        return report

    def between(self, datasets: str, ours: str, theirs: str, policy: str = "robust") -> Numbers:
        """Return F1 on test of one arm minus another's, of `datasets` that `compare` trained from.

        al.compare compares with random answers only; its trainings are read and not repeated.
        """
        os.environ["PRODIGY_HOME"] = str(self.folder / "home")
        with chdir(self.folder):
            plan = open_comparison(
                [datasets], BASE, TEST, label=["ORG"], loader=None, skip_bad=False, group_by=None,
                policies=[policy], curves=False, seeds=[0], workers=1, engine=None,
                output=Path("report"),
            )  # fmt: skip
            measured = measure(plan)
        prefix = datasets.removesuffix("*")
        pairs = [
            (Model(f"{prefix}{ours}-{seed}", policy), Model(f"{prefix}{theirs}-{seed}", policy))
            for seed in self.seeds
        ]
        return difference(measured, pairs)

    def tell(self, rows: Sequence[Row]) -> None:
        """Print the table, draw it, and keep its rows."""
        print(f"\n{self.title}\n{as_table(rows)}", flush=True)
        out = self.options.out
        write_atomically(out / f"{self.name}.svg", draw(self.title, rows).encode())
        if not self.options.tuning:  # these are no results
            keep(out, {f"{self.name}.{row.name}": row for row in rows}, quick=self.options.quick)
        print(f"Figure: {out / self.name}.svg", flush=True)

    def _run(self, *command: object) -> None:
        typed = list(map(str, command))
        print(f"$ prodigy {' '.join(typed)}", flush=True)
        if code := prodigy(typed, self.folder):
            sys.exit(code)


@contextmanager
def chdir(folder: Path) -> Iterator[None]:
    """Work in another folder for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line of a story, or of all."""
    parser = argparse.ArgumentParser(description="One of the stories, or all of them.")
    parser.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")))
    parser.add_argument("--tuning", action="store_true", help="the documents settings came from")
    parser.add_argument("--workers", type=int, default=2, help="trainings at a time")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "stories")
    asked = parser.parse_args(arguments)
    return Options(asked.quick, asked.tuning, asked.workers, asked.out.resolve())


def as_table(rows: Sequence[Row]) -> str:
    """Return the rows as a table for a terminal of 100 columns."""
    header = ("F1", "value", "95 % interval", "redraws", "n", "target", "")
    return table([row.cells() for row in rows], header=header, divider=True, max_col=60)


def keep(out: Path, rows: Mapping[str, Row], *, quick: bool) -> None:
    """Add rows to `stories.json` beside the folder `out`; the others in it stay."""
    path = out.parent / "stories.json"
    stored = json.loads(path.read_bytes()) if path.exists() else {}
    old = stored.get("rows", {}) if stored.get("quick") == quick else {}
    new = {name: asdict(row) | {"met": meets(row)} for name, row in rows.items()}
    whole = {
        "quick": quick,
        "rows": old | new,
        "machine": describe_machine(),
        "commit": current_commit(),
    }
    write_atomically(path, json.dumps(whole, indent=1).encode() + b"\n")


def current_commit() -> str | None:
    """Return the commit of this checkout; None outside one."""
    asked = ["git", "rev-parse", "HEAD"]
    found = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or None
