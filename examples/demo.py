"""The question of this project, asked of generated news: does active learning pay, and if not, why?

Three arms answer from gold, through the recipes that a person would use; `al.compare` retrains from
each, measures all of them on held-out text and answers on one screen. Everything is written to
build/demo. Kill it and run it again: it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from news import Document, documents, records  # noqa: E402  (found beside this script)
from news.base import PRETRAINING, train_base  # noqa: E402


@dataclass(frozen=True)
class Size:
    """How much of everything: documents of pool, test and base; answers per arm; repetitions.

    A replicate repeats the whole annotation with another seed; `seeds` are those of the training.
    `language` is that of the pipeline, which is loaded faster without the exceptions of English.
    """

    pool: int = 200
    test: int = 100
    base: int = 80
    language: str = "en"
    answers: int = 150
    replicates: int = 1
    seeds: int = 3


QUICK = Size(pool=60, test=30, base=60, language="xx", answers=60, replicates=1, seeds=1)
MADE_OF = "made-of.txt"


def main() -> int:
    """Run the demonstration; return the exit code of the first command that fails, else 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, help="default: build/demo, or build/demo-quick")
    parser.add_argument("--quick", action="store_true", help="a small one, to see that it runs")
    asked = parser.parse_args()
    size, name = (QUICK, "demo-quick") if asked.quick else (Size(), "demo")
    folder: Path = asked.folder or HERE.parent / "build" / name
    make_corpus(folder, size)
    for command in commands(size):
        print(f"$ prodigy {' '.join(command)}", flush=True)
        code = prodigy(command, folder)
        if code:
            return code
    print(f"Everything is in {folder}", flush=True)
    return 0


def commands(size: Size) -> list[list[str]]:
    """Return the two commands of the demonstration, as anybody would type them."""
    pool, test, base = "corpus/pool.jsonl", "corpus/test.jsonl", "corpus/base"
    simulate = ["al.simulate", pool, base, "news", "--label", "ORG", "--group-by", "doc"]
    compare = ["al.compare", "news-*", base, "--test", test, "--label", "ORG"]
    policies = ["--training", "usual,robust"]  # what people do, and what helps
    return [
        [*simulate, "--budget", str(size.answers), "--seeds", str(size.replicates)],
        [*compare, *policies, "--seeds", str(size.seeds), "--workers", "2", "--output", "report"],
    ]


def prodigy(command: list[str], folder: Path) -> int:
    """Run a prodigy command in `folder`, with its datasets there too; return its exit code."""
    home = folder.resolve() / "home"
    home.mkdir(exist_ok=True)
    # the workers share the cores; more threads in each of them would only wait for one another
    environment = os.environ | {"PRODIGY_HOME": str(home), "OMP_NUM_THREADS": "1"}
    run = [sys.executable, "-m", "prodigy", *command]
    with subprocess.Popen(run, cwd=folder, env=environment) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:  # the command was interrupted as well and ends by itself
            code = process.wait()
    return code if code >= 0 else 128 - code


def make_corpus(folder: Path, size: Size) -> None:
    """Make corpus/ with pool.jsonl, test.jsonl and base/, unless there is just this one.

    It is never there in part. Datasets and report of another corpus are removed.
    """
    corpus, unfinished = folder / "corpus", folder / "unfinished"
    made_of = fingerprint(size)
    if (corpus / MADE_OF).exists() and (corpus / MADE_OF).read_text() == made_of:
        return
    print("Making news, and a pipeline trained on other news ...", flush=True)
    (corpus / MADE_OF).unlink(missing_ok=True)  # first: what follows may be interrupted
    for old in (corpus, unfinished, folder / "home", folder / "report"):
        shutil.rmtree(old, ignore_errors=True)
    unfinished.mkdir(parents=True)
    write_jsonl(unfinished / "pool.jsonl", documents(size.pool, seed=1))
    write_jsonl(unfinished / "test.jsonl", documents(size.test, seed=2))
    other = records(documents(size.base, seed=3, knobs=PRETRAINING))
    train_base(other, language=size.language).to_disk(unfinished / "base")
    (unfinished / MADE_OF).write_text(made_of)
    unfinished.rename(corpus)


def write_jsonl(path: Path, made: Iterable[Document]) -> None:
    """Write the documents' segments, one per line."""
    with path.open("w", encoding="utf8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records(made))


def fingerprint(size: Size) -> str:
    """Return a name for what the corpus is made of: its size, and the code that makes it."""
    digest = sha256(repr(astuple(size)[:4]).encode())
    for path in sorted([*HERE.glob("news/*.py"), *HERE.glob("news/phrases/*.txt")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
