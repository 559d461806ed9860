"""What do several processes and a cluster save where many redraws are simulated?

    make bench-simulation            3 arms, 10 redraws of 1,000 answers on FiNER
    QUICK=1 make bench-simulation    2 redraws of 200 answers

`al.simulate` with teach, ranked and random, each way from a home and scores of its own: with one
worker, with two, on a local Dask cluster of two, and with two that are all killed half-way and go
on. Rows:

    wall.*         seconds by the clock on the wall: telling on a machine that does nothing else
    processor.*    seconds of processor time of all processes; that of a killed run is not known
    of-one.*       the same as a share of what one worker takes
    same.*         share of datasets that are those of one worker, record by record; n datasets

Each way is measured once, so that there is no interval. `load` is how many processes were running
or waited for a core at the beginning, by the kernel's average over a minute.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from real_corpora import BASE, CORPORA, DATA, QUICK, write_result
from wasabi.tables import table

from prodigy_al.scoring.blas import BLAS, faster_blas

CORPUS = CORPORA[1]
ARMS = ("teach", "ranked", "random")
REDRAWS, ANSWERS = (2, 200) if QUICK else (10, 1000)
ONE, TWO, CLUSTER, KILLED = "one", "two", "cluster", "killed"
LOOK_SECONDS = 0.5
Datasets = dict[str, list[dict[str, Any]]]


def command(*options: object) -> list[str]:
    """Return what is typed."""
    return [
        sys.executable, "-m", "prodigy", "al.simulate", str(DATA / CORPUS.pool), str(BASE),
        CORPUS.name, "--label", "ORG", "--arms", ",".join(ARMS), "--seeds", str(REDRAWS),
        "--budget", str(ANSWERS), *map(str, options),
    ]  # fmt: skip


@contextmanager
def cluster() -> Iterator[str]:
    """Start two workers with a scheduler; yield their --engine."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs="ERROR",
    ) as running:
        yield str(running.scheduler_address).replace("tcp://", "dask://")


def run_once(way: str, home: Path) -> None:
    """Simulate everything that is missing, in a way."""
    if way == CLUSTER:
        with cluster() as address:
            subprocess.run(command("--engine", address), check=True, stdout=subprocess.DEVNULL)
        return
    workers = 1 if way == ONE else 2
    if way == KILLED:
        kill_half_way(home)
    subprocess.run(command("--workers", workers), check=True, stdout=subprocess.DEVNULL)


def kill_half_way(home: Path) -> None:
    """Start with two workers; send SIGKILL to all processes when half of the answers are there."""
    process = subprocess.Popen(
        command("--workers", 2), stdout=subprocess.DEVNULL, start_new_session=True
    )
    half = len(ARMS) * REDRAWS * ANSWERS / 2
    while sum(map(len, datasets(home).values())) < half:
        if process.poll() is not None:
            sys.exit("it ended before it could be killed")
        time.sleep(LOOK_SECONDS)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def datasets(home: Path) -> Datasets:
    """Return all records by dataset."""
    from prodigy.components.db import connect  # not before PRODIGY_HOME is set

    database = connect("sqlite", {"path": str(home)})
    return {name: list(database.get_dataset_examples(name)) for name in database.datasets}


def measured(way: str) -> tuple[float, float, Datasets]:
    """Return seconds on the wall, seconds of processors, and what was written."""
    with TemporaryDirectory() as folder:
        os.environ |= {"PRODIGY_HOME": folder, "PRODIGY_AL_CACHE": f"{folder}/cache"}
        since, spent = time.perf_counter(), _processor_seconds()
        run_once(way, Path(folder))
        took = time.perf_counter() - since, _processor_seconds() - spent
        return *took, datasets(Path(folder))


def _processor_seconds() -> float:
    """Return what ended processes that this one and they started took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Simulate in each way; print the rows and write build/bench-simulation.json after each."""
    if not BASE.exists():
        sys.exit(f"the benchmark needs the corpora and the pipeline; set PRODIGY_AL_DATA ({DATA})")
    os.environ[BLAS] = faster_blas()  # one choice for all, which a home of its own would make anew
    load = os.getloadavg()[0]
    rows: dict[str, dict[str, float | None]] = {}

    def add(name: str, value: float, n: int = 1) -> None:
        rows[name] = {"value": value, "low": None, "high": None, "n": n}

    first: tuple[float, float, Datasets] | None = None
    for way in (ONE, TWO, CLUSTER, KILLED):
        wall, processor, written = measured(way)
        first = first or (wall, processor, written)
        same = sum(written.get(name) == own for name, own in first[2].items())
        add(f"same.{way}", same / len(first[2]), len(first[2]))
        if way != KILLED:
            add(f"wall.{way}", wall)
            add(f"processor.{way}", processor)
            add(f"of-one.wall.{way}", wall / first[0])
            add(f"of-one.processor.{way}", processor / first[1])
        write_result("bench-simulation", rows=rows, redraws=REDRAWS, answers=ANSWERS, load=load)
    lines = [(name, f"{row['value']:.2f}", row["n"]) for name, row in rows.items()]
    print(table(lines, header=("row", "value", "n"), divider=True))


if __name__ == "__main__":
    main()
