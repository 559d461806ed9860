"""Rows 8 and 9: how long a person waits for the first question, and in how much memory.

Every start is a process of its own, from its imports to the first questions, with an empty cache
of scores unless said otherwise. `9teach`, `9random`: seconds after the model is loaded, on AG News
items; `9cold`, `9warm`: those of `al.manual-ranked` on 20,000 such items, then again. `8memory`:
MiB over those of a start on one line, for `al.manual-ranked` on a generated source; `8time`:
seconds per segment of the same, against `nlp.pipe` on the same BLAS and one core.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("PRODIGY_AL_DATA", ROOT.parent / "shared" / "data"))
BASE = DATA / "models" / "en_core_web_sm_225_spacy3"
NEWS = ("ag_news/train.jsonl.gz", "ag_news/test.jsonl.gz")
ITEMS = 20_000
STARTS = 3
START = """
import json, resource, sys, time
from prodigy.core import Controller
from prodigy_al.{module} import {function}
import prodigy_al.inputs.opening as opening

load = opening.load_pipeline
def loaded(*args, **options):
    global since
    nlp = load(*args, **options)
    since = time.perf_counter()
    return nlp
opening.load_pipeline = loaded

components = {function}("asked", sys.argv[1], sys.argv[2], label=["ORG"], **json.loads(sys.argv[3]))
assert Controller.from_components("{recipe}", components).get_questions()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([time.perf_counter() - since, memory]))
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


def first_question(recipe: str, source: Path, folder: Path, **options: Any) -> tuple[float, float]:
    """Return seconds after the model is loaded, and the most memory in MiB, of one start."""
    module, function = RECIPES[recipe].split(":")
    code = START.format(module=module, function=function, recipe=recipe)
    environment = {**os.environ, "PRODIGY_HOME": str(folder), "PRODIGY_AL_CACHE": str(folder)}
    command = [sys.executable, "-c", code, str(BASE), str(source), json.dumps(options)]
    done = subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    took, memory = json.loads(done.stdout.splitlines()[-1])
    return took, memory


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
    """Return the seconds that `nlp.pipe` takes for each of the first lines of a file."""
    from prodigy_al.ner.pipelines import load_pipeline, set_blas

    nlp = load_pipeline(str(BASE))
    set_blas(nlp, use_blis=False)
    with source.open(encoding="utf8") as lines:
        texts = [json.loads(line)["text"] for line, _ in zip(lines, range(n), strict=False)]
    took = []
    for _ in range(STARTS):
        since = time.perf_counter()
        list(nlp.pipe(texts, batch_size=256))
        took.append(time.perf_counter() - since)
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
            lines = int(os.environ.get("LINES", 10_000 if quick else 1_000_000))
            yield from _measure_size(Path(folder), lines)


def _measure_waiting(folder: Path, items: int) -> Iterator[tuple[str, Row]]:
    news = write_news(folder / "news.jsonl", items)
    for name, recipe in (("9teach", "al.teach"), ("9random", "al.random")):
        yield name, row([_fresh(recipe, news)[0] for _ in range(STARTS)], 2.0)
    cold, warm = [], []
    for _ in range(STARTS):
        with TemporaryDirectory() as home:
            cold.append(first_question("al.manual-ranked", news, Path(home))[0])
            warm.append(first_question("al.manual-ranked", news, Path(home))[0])
    yield "9cold", {**row(cold), "items": items}
    yield "9warm", {**row(warm, 2.0), "items": items}


def _measure_size(folder: Path, lines: int) -> Iterator[tuple[str, Row]]:
    source = write_generated(folder / "generated.jsonl", lines)
    one = write_generated(folder / "one.jsonl", 1)
    model_memory = _fresh("al.manual-ranked", one)[1]
    took, memory = _fresh("al.manual-ranked", source)
    plain = plain_seconds(source, 2_000)
    yield "8memory", {**row([memory - model_memory], 512), "lines": lines}
    yield "8time", {**row([took / lines / plain], 0.5), "lines": lines, "seconds": took}


def _fresh(recipe: str, source: Path, options: Mapping[str, Any] | None = None) -> Any:
    with TemporaryDirectory() as home:
        return first_question(recipe, source, Path(home), **(options or {}))
