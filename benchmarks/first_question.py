"""Rows 8 and 9: how long a person waits for the first question, and in how much memory.

Every start is a process of its own, from its imports to the first questions, with an empty cache
of scores unless said otherwise. `9teach`, `9random`: seconds after the model is loaded, on AG News
items; `9cold`, `9warm`: those of `al.manual-ranked` on 20,000 such items, then again. `8memory`:
MiB over those of a start on one line, for `al.manual-ranked` on a generated source; `helper` is
what the process that helps takes at most, all of it. `8time`: processor seconds per segment of the
same, reading included, of the process that takes more of them, against `nlp.pipe` on the same BLAS:
with a core for each process this is the time on the clock; `8cpu`: those of all processes together.

    LINES=100000 STARTS=1 make bench    a smaller source, fewer starts
    KEPT=FOLDER ROWS=8 make bench       source and scores stay there, and a killed run goes on
"""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("PRODIGY_AL_DATA", ROOT.parent / "shared" / "data"))
BASE = DATA / "models" / "en_core_web_sm_225_spacy3"
NEWS = ("ag_news/train.jsonl.gz", "ag_news/test.jsonl.gz")
ITEMS = 20_000
LINES, MOST_MEMORY = 1_000_000, 512
STARTS = int(os.environ.get("STARTS", 3))
START = """
import json, resource, sys, time
from pathlib import Path
from prodigy.core import Controller
from prodigy_al.jobs.processes import Helpers
from prodigy_al.{module} import {function}
import prodigy_al.inputs.opening as opening

load = opening.load_pipeline
def loaded(*args, **options):
    global since, cpu
    nlp = load(*args, **options)
    since, cpu = time.perf_counter(), time.process_time()
    return nlp
opening.load_pipeline = loaded

# not `getrusage`: that counts what the process held from which this one was forked
def peak(pid="self"):
    status = Path(f"/proc/{{pid}}/status").read_text().split()
    return int(status[status.index("VmHWM:") + 1]) / 1024
helpers, end = [0.0], Helpers.__exit__
def ended(self, *error):
    helpers.extend(peak(one.pid) for one in self._processes)
    return end(self, *error)
Helpers.__exit__ = ended

components = {function}("asked", sys.argv[1], sys.argv[2], label=["ORG"])
assert Controller.from_components("{recipe}", components).get_questions()
helping = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([
    time.perf_counter() - since, time.process_time() - cpu, peak(),
    helping.ru_utime + helping.ru_stime, max(helpers),
]))
"""
RECIPES = {
    "al.teach": "teach:teach",
    "al.random": "random_order:random_order",
    "al.manual-ranked": "manual_ranked:manual_ranked",
}
WORDS = """
the a of in to and said that for on with by its from will an was has new market shares company
profit quarter Monday year Acme Corp. Northern Mills Oslo Bank United Ann Lee Berlin group deal
"""

Row = dict[str, Any]


class Start(NamedTuple):
    """One start: seconds and processor seconds after the model is loaded, and its most MiB.

    `helping_cpu` and `helping_memory` are those of the processes that help, from their beginning.
    """

    seconds: float
    cpu: float
    memory: float
    helping_cpu: float
    helping_memory: float


def first_question(recipe: str, source: Path, folder: Path) -> Start:
    """Start a recipe in a process of its own, with home and scores in `folder`."""
    module, function = RECIPES[recipe].split(":")
    code = START.format(module=module, function=function, recipe=recipe)
    environment = {**os.environ, "PRODIGY_HOME": str(folder), "PRODIGY_AL_CACHE": str(folder)}
    command = [sys.executable, "-c", code, str(BASE), str(source)]
    done = subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return Start(*json.loads(done.stdout.splitlines()[-1]))


def write_news(path: Path, n: int) -> Path:
    """Write the texts of AG News items to a file."""
    left = n
    with path.open("w", encoding="utf8") as file:
        for name in NEWS:
            with gzip.open(DATA / name, "rt", encoding="utf8") as lines:
                for line in lines:
                    if left:
                        file.write(json.dumps({"text": json.loads(line)["text"]}) + "\n")
                        left -= 1
    return path


def write_generated(path: Path, n: int, seed: int = 0) -> Path:
    """Write `n` different lines of 8 to 40 words."""
    rng, vocabulary = random.Random(seed), WORDS.split()
    with path.open("w", encoding="utf8") as file:
        for number in range(n):
            words = rng.choices(vocabulary, k=rng.randint(8, 40))
            words.insert(rng.randrange(len(words)), f"No{number}")
            file.write(json.dumps({"text": " ".join(words)}) + "\n")
    return path


def plain_seconds(source: Path, n: int) -> float:
    """Return the processor seconds that `nlp.pipe` takes for each of the first lines of a file."""
    from prodigy_al.ner.pipelines import load_pipeline, set_blas

    nlp = load_pipeline(str(BASE))
    set_blas(nlp, use_blis=False)
    with source.open(encoding="utf8") as lines:
        texts = [json.loads(line)["text"] for line, _ in zip(lines, range(n), strict=False)]
    took = []
    for _ in range(STARTS):
        since = time.process_time()
        list(nlp.pipe(texts, batch_size=256))
        took.append(time.process_time() - since)
    return median(took) / len(texts)


def row(values: list[float], target: float | None = None) -> Row:
    """Return median and range; a target is an upper bound."""
    value = median(values)
    text = "" if target is None else f"<= {target:g}"
    return {
        "value": value, "low": min(values), "high": max(values), "n": len(values),
        "target": text, "met": target is None or value <= target,
    }  # fmt: skip


def measure_first_questions(rows: set[str], *, quick: bool) -> Iterator[tuple[str, Row]]:
    """Yield rows 8 and 9, as far as they are among `rows`."""
    with TemporaryDirectory() as folder:
        if "9" in rows:
            yield from _measure_waiting(Path(folder), ITEMS // 10 if quick else ITEMS)
        if "8" in rows:
            lines = int(os.environ.get("LINES", 10_000 if quick else LINES))
            yield from _measure_size(Path(folder), lines)


def _measure_waiting(folder: Path, items: int) -> Iterator[tuple[str, Row]]:
    news = write_news(folder / "news.jsonl", items)
    for name, recipe in (("9teach", "al.teach"), ("9random", "al.random")):
        yield name, _waited([_fresh(recipe, news) for _ in range(STARTS)], items, 2.0)
    cold, warm = [], []
    for _ in range(STARTS):
        with TemporaryDirectory() as home:
            cold.append(first_question("al.manual-ranked", news, Path(home)))
            warm.append(first_question("al.manual-ranked", news, Path(home)))
    yield "9cold", _waited(cold, items)
    yield "9warm", _waited(warm, items, 2.0 if items == ITEMS else None)


def _waited(starts: list[Start], items: int, target: float | None = None) -> Row:
    """Return the row of some starts; `cpu`: what they take where nobody else takes the cores."""
    busiest = median(max(one.cpu, one.helping_cpu) for one in starts)
    return {**row([one.seconds for one in starts], target), "items": items, "cpu": busiest}


def _measure_size(folder: Path, lines: int) -> Iterator[tuple[str, Row]]:
    home = Path(os.environ.get("KEPT", folder / "home"))
    home.mkdir(parents=True, exist_ok=True)
    source = home / f"generated{lines}.jsonl"
    if not source.exists():
        write_generated(source, lines)
    one = write_generated(folder / "one.jsonl", 1)
    least, start = _fresh("al.manual-ranked", one), first_question("al.manual-ranked", source, home)
    plain = plain_seconds(source, 2_000)
    more = {
        "lines": lines,
        "seconds": start.seconds,
        "cpu": start.cpu,
        "helping_cpu": start.helping_cpu,
        "plain": plain,
    }
    memory = row([start.memory - least.memory])
    # of a shorter source its share
    met = memory["value"] / lines <= MOST_MEMORY / LINES
    memory |= {"target": f"<= {MOST_MEMORY} of {LINES:,}", "met": met}
    yield "8memory", {**memory, **more, "helper": start.helping_memory}
    busiest = max(start.cpu, start.helping_cpu)
    yield "8time", {**row([busiest / lines / plain], 0.5), **more}
    yield "8cpu", {**row([(start.cpu + start.helping_cpu) / lines / plain]), **more}


def _fresh(recipe: str, source: Path) -> Start:
    with TemporaryDirectory() as home:
        return first_question(recipe, source, Path(home))
