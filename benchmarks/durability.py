"""Rows 10 and 11: answers lost or doubled while things fail, and how long calls take.

    make bench-durability            100 kills on SQLite, 10 on PostgreSQL, 20 faults of each kind,
                                     latency over 60 s, 1,000 answers in a browser
    QUICK=1 make bench-durability    10 kills on SQLite, 4 faults of each kind, latency over 3 s,
                                     100 answers in a browser

Under eight annotators, besides kills: the disk fills, the database is moved away or replaced by a
copy, and two servers start at once on one dataset.

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
import shutil
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
from faults import Fault, fill_often, kill_often, start_two, take_often
from page import annotate_fast
from wasabi.tables import table

ROOT = Path(__file__).resolve().parent.parent
QUICK = bool(os.environ.get("QUICK"))
PEOPLE, PAUSE = 8, 0.1  # annotators, and the seconds that each takes for a batch
SMALL_DISK = "16m"
HEADER = ("row", "value", "at most", "n")


@dataclass(frozen=True)
class Outcome:
    """What must be zero, and how much was done to find it."""

    lost: int
    doubled: int
    invalid: int
    refused: int
    served_to_two: int
    not_as_undisturbed: int
    two_servers: int
    answers: int
    times: int

    @property
    def faults(self) -> int:
        """Return the number of all faults together."""
        return sum(self.counts.values())

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of each kind of fault."""
        return {k: v for k, v in asdict(self).items() if k not in ("answers", "times")}


def survive(
    folder: Path,
    fault: Fault,
    times: int,
    *,
    people: int = 50,
    pause: float = 0.5,
    database: Any = None,
) -> Outcome:
    """Let a fault happen `times` times under `people` annotators, then compare log and dataset."""
    log = Log()
    served = Served(folder, database=database)
    served.start()
    try:
        disturb = fault(served, log, times)
        asyncio.run(annotate(served, log, people=people, pause=pause, disturb=disturb))
    finally:
        served.kill()
    return compare(log, served.stored(), times)


def survive_full_disk(times: int) -> Outcome:
    """Let the disk fill `times` times under eight annotators; it is a small one, in memory.

    Raises `OSError` where this machine lets nobody mount one.
    """
    if shutil.which("unshare") is None:
        raise OSError("a small disk needs Linux and its program unshare")
    with tempfile.TemporaryDirectory() as folder:
        own = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
        mount = f'mount -t tmpfs -o size={SMALL_DISK} tmpfs {folder} && exec "$@"'
        tried = subprocess.run([*own, mount, "sh", "true"], capture_output=True, check=False)
        if tried.returncode:
            raise OSError(f"no small disk can be mounted: {tried.stderr.decode().strip()}")
        again = [sys.executable, __file__, "--full-disk", folder, "--times", str(times)]
        done = subprocess.run(
            [*own, mount, "sh", *again], stdout=subprocess.PIPE, check=True, text=True
        )
    return Outcome(**json.loads(done.stdout))


def compare(log: Log, examples: list[dict[str, Any]], times: int) -> Outcome:
    """Count the differences between what annotators saw and what the dataset holds."""
    stored = Counter(example["meta"]["n"] for example in examples)
    # Undisturbed, the stream is served from its beginning, each task once, without a gap.
    undisturbed = set(range(len(log.served)))
    return Outcome(
        lost=sum(n not in stored for n in log.confirmed),
        doubled=sum(count - 1 for count in (*stored.values(), *log.confirmed.values())),
        invalid=sum(not is_valid(example, log) for example in examples),
        refused=log.refused,
        served_to_two=sum(len(sessions) > 1 for sessions in log.served.values()),
        not_as_undisturbed=len(undisturbed ^ set(log.served)),
        two_servers=log.two_servers,
        answers=len(examples),
        times=times,
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


def storage_rows(times: int) -> dict[str, Any]:
    """Return what eight annotators lose by each kind of fault, which happens `times` times."""
    rows = {}
    for name, fault in {"killed": kill_often, "gone": take_often, "two": start_two}.items():
        with tempfile.TemporaryDirectory() as folder:
            outcome = survive(Path(folder), fault, times, people=PEOPLE, pause=PAUSE)
        rows.update(fault_rows(f"11.{name}", outcome))
    try:
        rows.update(fault_rows("11.full", survive_full_disk(times)))
    except OSError as error:
        print(f"11.full was left out: {error}")
    return rows


def main() -> None:
    """Measure, print the table, write build/bench-durability.json; exit with 1 for any fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=10 if QUICK else 100)
    parser.add_argument("--postgresql-kills", type=int, default=0 if QUICK else 10)
    parser.add_argument("--times", type=int, default=4 if QUICK else 20)
    parser.add_argument("--page-answers", type=int, default=100 if QUICK else 1000)
    parser.add_argument("--seconds", type=float, default=3.0 if QUICK else 60.0)
    parser.add_argument("--full-disk", type=Path, help=argparse.SUPPRESS)  # one case, by itself
    chosen = parser.parse_args()
    if chosen.full_disk:
        outcome = survive(chosen.full_disk, fill_often, chosen.times, people=PEOPLE, pause=PAUSE)
        print(json.dumps(asdict(outcome)))
        return
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        rows.update(latency_rows(measure(Path(folder), seconds=chosen.seconds)))
    with tempfile.TemporaryDirectory() as folder:
        rows.update(page_rows(Path(folder), chosen.page_answers))
    with tempfile.TemporaryDirectory() as folder:
        rows.update(fault_rows("11.sqlite", survive(Path(folder), kill_often, chosen.kills)))
    if chosen.postgresql_kills:
        with tempfile.TemporaryDirectory() as folder, postgresql(Path(folder)) as database:
            kills = chosen.postgresql_kills
            outcome = survive(Path(folder), kill_often, kills, database=database)
        rows.update(fault_rows("11.postgresql", outcome))
    rows.update(storage_rows(chosen.times))
    finish(rows)


def finish(rows: dict[str, Any]) -> None:
    """Write and print the results; exit with 1 where a target is not met."""
    write(rows)
    print(
        table([(name, r["value"], r["target"], r["n"]) for name, r in rows.items()], header=HEADER)
    )
    if not all(row["met"] for row in rows.values()):
        sys.exit("not all targets are met")


def fault_rows(name: str, outcome: Outcome) -> dict[str, Any]:
    """Return one row per fault, of which there must be none; `n` is the number of answers."""
    print(f"{name}: {outcome.times} times, {outcome.answers} answers", flush=True)
    return {
        f"{name}.{fault}": row(count, 0, outcome.answers) for fault, count in outcome.counts.items()
    }


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
