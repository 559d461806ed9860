"""Rows 10 and 11: answers lost or doubled while the server is killed, and how long calls take.

    make bench-durability            100 kills on SQLite, 10 on PostgreSQL, latency over 60 s,
                                     1,000 answers in a browser
    QUICK=1 make bench-durability    10 kills on SQLite, latency over 3 s, 100 answers in a browser

Simulated annotators speak to the real server over HTTP, as the page does: batches with an id, sent
until they are confirmed, with the tasks named that the page holds. Some reload in between. Then the
dataset is read: it must hold every confirmed answer once, as it was given, and nothing else, and
the tasks that were served must be those of a run that nobody disturbed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx2
from annotators import Log, Served, alive, annotate, decision
from page import annotate_fast
from wasabi.tables import table

ROOT = Path(__file__).resolve().parent.parent
QUICK = bool(os.environ.get("QUICK"))
HEADER = ("row", "value", "at most", "n")


def kill_often(served: Served, kills: int) -> Any:
    """Return a disturbance that kills and restarts the server `kills` times, at random moments."""

    async def disturb(client: httpx2.AsyncClient) -> None:
        moments = random.Random(kills)
        for _ in range(kills):
            await alive(client)
            await asyncio.sleep(moments.uniform(0.0, 0.5))
            served.kill()
            served.start()

    return disturb


@dataclass(frozen=True)
class Outcome:
    """What must be zero, and how much was done to find it."""

    lost: int
    doubled: int
    invalid: int
    served_to_two: int
    not_as_undisturbed: int
    answers: int
    kills: int

    @property
    def faults(self) -> int:
        """Return the number of all faults together."""
        return (
            self.lost + self.doubled + self.invalid + self.served_to_two + self.not_as_undisturbed
        )


def survive(
    folder: Path, *, kills: int, people: int = 50, pause: float = 0.5, database: Any = None
) -> Outcome:
    """Kill the server `kills` times under `people` annotators, then compare log and dataset."""
    log = Log()
    served = Served(folder, database=database)
    served.start()
    try:
        disturb = kill_often(served, kills)
        asyncio.run(annotate(served, log, people=people, pause=pause, disturb=disturb))
    finally:
        served.kill()
    return compare(log, served.stored(), kills)


def compare(log: Log, examples: list[dict[str, Any]], kills: int) -> Outcome:
    """Count the differences between what annotators saw and what the dataset holds."""
    stored = Counter(example["meta"]["n"] for example in examples)
    # Undisturbed, the stream is served from its beginning, each task once, without a gap.
    undisturbed = set(range(len(log.served)))
    return Outcome(
        lost=sum(n not in stored for n in log.confirmed),
        doubled=sum(times - 1 for times in (*stored.values(), *log.confirmed.values())),
        invalid=sum(not is_valid(example, log) for example in examples),
        served_to_two=sum(len(sessions) > 1 for sessions in log.served.values()),
        not_as_undisturbed=len(undisturbed ^ set(log.served)),
        answers=len(examples),
        kills=kills,
    )


def is_valid(example: dict[str, Any], log: Log) -> bool:
    """Tell whether an example is the answer of the one who was asked, to the task as it was."""
    n = example["meta"]["n"]
    asked = {"text": f"text {n}", "meta": {"n": n, "p": n / 7}}
    sessions = {example["_session_id"], example["_annotator_id"]}
    return (
        {key: example[key] for key in asked} == asked
        and example["answer"] == decision(example)
        and sessions == log.served[n]
        and example["_view_id"] == "text"
        and isinstance(example["_timestamp"], int)
    )


def measure(folder: Path, *, seconds: float, people: int = 50, sleep: float = 5.0) -> Log:
    """Log the calls of `people` annotators while every `update` sleeps."""
    log = Log()
    served = Served(folder, sleep=sleep)

    async def wait(client: httpx2.AsyncClient) -> None:
        await alive(client)
        await asyncio.sleep(seconds)

    served.start()
    try:
        asyncio.run(annotate(served, log, people=people, pause=1.0, disturb=wait))
    finally:
        served.kill()
    return log


@contextmanager
def postgresql(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the settings of a PostgreSQL server that runs in `folder`; it must be installed."""
    folder.chmod(0o777)
    user = {"user": "nobody"} if os.getuid() == 0 else {}  # it refuses to run as root
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "cwd": "/", "check": True, **user}
    initdb = ["initdb", "-D", str(folder / "files"), "--auth=trust", "--username=ann"]
    subprocess.run(initdb, **quiet)
    options = f"-k {folder} -c listen_addresses=''"
    control = ["pg_ctl", "-D", str(folder / "files"), "--wait", "--silent"]
    subprocess.run([*control, "-o", options, "-l", str(folder / "log"), "start"], **quiet)
    parameters = {"host": str(folder), "user": "ann", "database": "postgres"}
    try:
        yield {"db": "postgresql", "db_settings": {"postgresql": parameters}}
    finally:
        subprocess.run([*control, "--mode=immediate", "stop"], **quiet)


def row(value: float, target: float, n: int) -> dict[str, Any]:
    """Return one row of the results; `met` where the value is at most the target."""
    rounded = round(value, 1)
    return {
        "value": rounded,
        "low": None,
        "high": None,
        "n": n,
        "target": target,
        "met": value <= target,
    }


def latency_rows(log: Log) -> dict[str, Any]:
    """Return percentiles of both calls in ms; the target is that of `give_answers`, p95."""
    rows = {}
    for call, durations in (("give", log.giving), ("ask", log.asking)):
        cuts = statistics.quantiles(durations, n=100)
        for percent in (50, 95, 99):
            rows[f"10.{call}.p{percent}"] = row(cuts[percent - 1], 100.0, len(durations))
    return rows


def page_rows(folder: Path, count: int) -> dict[str, Any]:
    """Return the page's longest stalls in ms, and how many answers are not stored in order."""
    stalls, numbers = annotate_fast(folder, count=count)
    rows = {f"10.page.{name}": row(longest, 100.0, count) for name, longest in stalls.items()}
    wrong = sum(stored != asked for stored, asked in zip(numbers, range(count), strict=True))
    return {**rows, "10.page.wrong": row(wrong, 0, count)}


def main() -> None:
    """Measure, print the table, write build/bench-durability.json; exit with 1 for any fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=10 if QUICK else 100)
    parser.add_argument("--postgresql-kills", type=int, default=0 if QUICK else 10)
    parser.add_argument("--page-answers", type=int, default=100 if QUICK else 1000)
    parser.add_argument("--seconds", type=float, default=3.0 if QUICK else 60.0)
    chosen = parser.parse_args()
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        rows.update(latency_rows(measure(Path(folder), seconds=chosen.seconds)))
    with tempfile.TemporaryDirectory() as folder:
        rows.update(page_rows(Path(folder), chosen.page_answers))
    with tempfile.TemporaryDirectory() as folder:
        rows.update(fault_rows("11.sqlite", survive(Path(folder), kills=chosen.kills)))
    if chosen.postgresql_kills:
        with tempfile.TemporaryDirectory() as folder, postgresql(Path(folder)) as database:
            kills = chosen.postgresql_kills
            outcome = survive(Path(folder), kills=kills, database=database)
        rows.update(fault_rows("11.postgresql", outcome))
    write(rows)
    print(
        table([(name, r["value"], r["target"], r["n"]) for name, r in rows.items()], header=HEADER)
    )
    if not all(row["met"] for row in rows.values()):
        sys.exit("not all targets are met")


def fault_rows(name: str, outcome: Outcome) -> dict[str, Any]:
    """Return one row per fault, of which there must be none; `n` is the number of answers."""
    faults = {k: v for k, v in asdict(outcome).items() if k not in ("answers", "kills")}
    print(f"{name}: {outcome.kills} kills, {outcome.answers} answers")
    return {f"{name}.{fault}": row(count, 0, outcome.answers) for fault, count in faults.items()}


def write(rows: dict[str, Any]) -> None:
    """Write the results where other programs look for them."""
    git = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    machine = {"platform": platform.platform(), "cpus": os.cpu_count()}
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    report = {"rows": rows, "machine": machine, "commit": commit}
    (build / "bench-durability.json").write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
