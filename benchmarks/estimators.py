"""Row 4: are weighted dev numbers right, and do their intervals hold the truth?

    make study-estimators            all draws on both corpora, resumed where it was interrupted
    QUICK=1 make study-estimators    40 draws per cell on FiNER: the same steps, a smaller claim
    python benchmarks/estimators.py so-far    the rows of the draws that there are, no new ones

Answers are drawn again and again from a corpus whose gold is known, each time with another seed and
another fold, through the product's own path (estimator_draws.py). Two models are evaluated, the
base that chose the questions and one that was tuned on other text. The pool interval is held
against F1 of the dev-fold pool of its draw, the new-text interval against F1 of the whole pool.
For binary answers the numbers are those within the candidates. Each batch of draws is kept in
build/estimators and not repeated, as long as the code that it ran through stays the same.
The corpora and the pipeline are not part of this repository: PRODIGY_AL_DATA names their folder.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from estimator_draws import draw_batch
from estimator_pools import DESIGNS, prepare
from estimator_rows import KINDS, Rows, cell_names, cells, rows, table_lines
from kept import current_commit
from real_corpora import BASE, CORPORA, DATA, QUICK, ROOT, Corpus
from wasabi.tables import table

from prodigy_al.jobs.run import run_jobs

RESULT = ROOT / "build" / "study-estimators.json"
WORKERS = 2
BATCH = 25  # draws
# The main cells have most: what the recipes ask by default, in the numbers that people ask.
MAIN = ("ranked", "teach")
DRAWS, LARGE_DRAWS = (40, 40) if QUICK else (1000, 300)
DEV_SHARE = 0.25  # so that four answers bring one dev answer, on average
# The code that a draw runs through; what was drawn by other code is not taken over.
PLUGIN = ROOT / "recipes" / "prodigy_al"
ON_THE_WAY = (
    "comparison", "evaluation", "inputs", "ner", "sampling", "scoring", "simulation", "training"
)  # fmt: skip


@dataclass(frozen=True)
class Series:
    """Draws of one design on one corpus, `dev_answers` each on average."""

    corpus: Corpus
    design: str
    dev_answers: int

    @property
    def name(self) -> str:
        """Return the name that cells begin with."""
        return f"{self.corpus.name}-{self.design}-{self.dev_answers}"

    @property
    def draws(self) -> int:
        """Return how many draws there are."""
        return DRAWS if self.dev_answers == 250 and self.design in MAIN else LARGE_DRAWS

    @property
    def partly(self) -> int:
        """Return how many draws are also read with answers ignored or never stored."""
        return LARGE_DRAWS


@dataclass(frozen=True)
class Batch:
    """The draws `first`, `first` + 1, ... of a series."""

    series: Series
    first: int

    @property
    def indices(self) -> range:
        """Return the numbers of its draws, which are their seeds."""
        return range(self.first, min(self.first + BATCH, self.series.draws))


def all_series() -> Iterator[Series]:
    """Yield all series. A dev fold of FiNER, 740 segments, is too small for 1,000 dev answers."""
    for corpus in CORPORA:
        if QUICK and corpus.name != "finer":
            continue
        for answers in (250, 1000) if corpus.name == "conll" else (250,):
            for design in DESIGNS:
                yield Series(corpus, design, answers)


def code_sha256() -> str:
    """Return the hash (hex) of all code that a draw runs through."""
    files = [PLUGIN / "records.py", *Path(__file__).parent.glob("estimator_[dp]*.py")]
    for package in ON_THE_WAY:
        files += (PLUGIN / package).rglob("*.py")
    digest = sha256()
    for file in sorted(files):
        digest.update(sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def all_batches() -> list[Batch]:
    """Return all batches, in an order that leaves an interrupted study a little of everything."""
    batches = [Batch(one, first) for one in all_series() for first in range(0, one.draws, BATCH)]
    return sorted(batches, key=lambda batch: batch.first)


def make_draws(folder: Path) -> None:
    """Make the draws that are missing."""
    kept = folder / "draws.jsonl"
    done = read_batches(kept)
    missing = [
        batch for batch in all_batches() if (batch.series.name, str(batch.indices)) not in done
    ]
    corpora = list(dict.fromkeys(batch.series.corpus for batch in missing))
    list(run_jobs(partial(prepare_in, folder), corpora, workers=WORKERS, label="preparing"))
    results = run_jobs(partial(draw_in, folder), missing, workers=WORKERS, label="drawing")
    with kept.open("a", encoding="utf8") as file:
        for batch, found in zip(missing, results, strict=True):
            line = {"series": batch.series.name, "draws": str(batch.indices), "found": found}
            # The line break comes first: it ends a line that was cut off by a kill.
            file.write("\n" + json.dumps(line))
            file.flush()


def read_draws(folder: Path) -> Mapping[str, list[dict[str, Any]]]:
    """Return what the draws that there are found, by series."""
    by_series: dict[str, list[dict[str, Any]]] = defaultdict(list)
    wanted = {(batch.series.name, str(batch.indices)) for batch in all_batches()}
    for (name, draws), found in read_batches(folder / "draws.jsonl").items():
        if (name, draws) in wanted:
            by_series[name] += found
    return {one.name: by_series[one.name] for one in all_series()}


def prepare_in(folder: Path, corpus: Corpus) -> None:
    """Prepare a corpus where the draws will look for it."""
    prepare(corpus, folder / f"{corpus.name}.joblib")


def draw_in(folder: Path, batch: Batch) -> list[dict[str, Any]]:
    """Make the draws of a batch."""
    series = batch.series
    return draw_batch(
        folder / f"{series.corpus.name}.joblib",
        series.design,
        batch.indices,
        answers=round(series.dev_answers / DEV_SHARE),
        partly=series.partly,
    )


def read_batches(path: Path) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return the batches that were kept, by series and draws, without a line that was cut off."""
    found = {}
    for line in path.read_text(encoding="utf8").splitlines() if path.exists() else []:
        try:
            batch = json.loads(line)
        except ValueError:
            continue
        found[batch["series"], batch["draws"]] = batch["found"]
    return found


def main() -> None:
    """Make the draws that are missing, print the table and write build/study-estimators.json.

    With the argument ``so-far``, none is made, and the table is of those that there are.
    """
    if not BASE.exists():
        sys.exit(
            f"study-estimators needs the corpora and the pipeline; set PRODIGY_AL_DATA ({DATA})"
        )
    code = code_sha256()
    folder = ROOT / "build" / "estimators" / code[:12]
    folder.mkdir(parents=True, exist_ok=True)
    if sys.argv[1:] != ["so-far"]:
        make_draws(folder)
    all_rows: Rows = {}
    for name, found in read_draws(folder).items():
        for cell, own in cells(name, found).items():
            all_rows |= rows(cell, own)
    commit = current_commit()
    result = {
        "rows": all_rows,
        "machine": {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "commit": commit,
        "code": code,
        "quick": QUICK,
        "whole": len(read_batches(folder / "draws.jsonl")) >= len(all_batches()),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf8")
    lines = table_lines(all_rows, cell_names(all_rows))
    print(table(lines, header=("cell", "draws", *KINDS), divider=True, max_col=60))
    aimed = [row["met"] for row in all_rows.values() if row["target"]]
    print(f"{sum(aimed)} of {len(aimed)} rows with a target meet it")


if __name__ == "__main__":
    main()
