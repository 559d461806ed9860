"""The texts and the pipeline that a story begins with, made once and kept."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from demo import write_jsonl
from news import Knobs, documents, records
from news.base import PRETRAINING, train_base

NEWS = Path(__file__).resolve().parent.parent / "news"
FINAL_WORLD = 7
USUAL = Knobs()
REAL_POOL, REAL_TEST = "conll2003/train.jsonl.gz", "conll2003/testb.jsonl.gz"
REAL_BASE = "models/en_core_web_sm_225_spacy3"


@dataclass(frozen=True)
class Corpus:
    """How much news there is, how it is made, and what the pipeline is trained on.

    pool, test, base: number of documents, which are others in each
    knobs: how pool and test are made; `base_knobs`, how the news of the pipeline is
    unmarked: document kinds in which the news of the pipeline has no organisation marked, so that
        it is sure that there are none
    language: that of the pipeline (`news.base.train_base`)
    world: seed of all documents; two worlds have no document in common
    """

    knobs: Knobs = USUAL
    base_knobs: Knobs = PRETRAINING
    pool: int = 300
    test: int = 150
    base: int = 200
    unmarked: tuple[str, ...] = ()
    language: str = "en"
    world: int = 0

    def part(self, *, final: bool, quick: bool) -> Corpus:
        """Return it with the documents of the story or those for tuning; with `quick`, fewer.

        The pipeline of a quick one lacks the exceptions of English, and is loaded faster.
        """
        sized = replace(self, pool=40, test=20, base=60, language="xx") if quick else self
        return replace(sized, world=FINAL_WORLD if final else 0)

    def make(self, folder: Path) -> Path:
        """Return the folder of `pool.jsonl`, `test.jsonl` and `base`; make it if it is not there.

        It is never there in part. Corpora whose pipelines are made alike have the same.
        """
        corpus = folder / f"corpus-{_digest(repr(self))}"
        if not corpus.exists():
            base = self._base(folder)
            with _whole(corpus) as unfinished:
                pool, test = (10 * self.world + i for i in (1, 2))
                write_jsonl(unfinished / "pool.jsonl", documents(self.pool, pool, self.knobs))
                write_jsonl(unfinished / "test.jsonl", documents(self.test, test, self.knobs))
                shutil.copytree(base, unfinished / "base")
        return corpus

    def _base(self, folder: Path) -> Path:
        made_of = (self.base_knobs, self.base, self.unmarked, self.language, self.world)
        base = folder / f"base-{_digest(repr(made_of))}"
        if not base.exists():
            print("Training a pipeline on other news ...", flush=True)
            other = documents(self.base, 10 * self.world + 3, self.base_knobs)
            with _whole(base) as unfinished:
                marked = map(self.as_marked, records(other))
                train_base(marked, language=self.language).to_disk(unfinished)
        return base

    def as_marked(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record of the pipeline's own news, as it is marked there."""
        if record["meta"]["kind"] not in self.unmarked:
            return record
        return record | {"spans": [one for one in record["spans"] if one["label"] != "ORG"]}


@dataclass(frozen=True)
class RealSlice:
    """Documents of CoNLL-2003 and a pipeline, which are not part of this repository.

    pool, test: number of documents; `half`: tuning has the even ones, the story the odd ones
    """

    pool: int = 150
    test: int = 60
    half: int = 0

    @property
    def data(self) -> Path | None:
        """The folder that PRODIGY_AL_DATA names; None where there is none."""
        named = os.environ.get("PRODIGY_AL_DATA")
        return Path(named) if named and (Path(named) / REAL_POOL).exists() else None

    def part(self, *, final: bool, quick: bool) -> RealSlice:
        """Return the half for tuning or that of the story."""
        sized = replace(self, pool=20, test=12) if quick else self
        return replace(sized, half=int(final))

    def make(self, folder: Path) -> Path:
        """Return the folder of `pool.jsonl`, `test.jsonl` and `base`, as `Corpus.make` does."""
        if self.data is None:
            raise FileNotFoundError("PRODIGY_AL_DATA names no folder with CoNLL-2003")
        corpus = folder / f"slice-{_digest(repr(self))}"
        if not corpus.exists():
            with _whole(corpus) as unfinished:
                for name, source, size in (
                    ("pool", REAL_POOL, self.pool),
                    ("test", REAL_TEST, self.test),
                ):
                    lines = self._lines(self.data / source, size)
                    (unfinished / f"{name}.jsonl").write_text("".join(lines), encoding="utf8")
                shutil.copytree(self.data / REAL_BASE, unfinished / "base")
        return corpus

    def _lines(self, path: Path, size: int) -> Iterator[str]:
        with gzip.open(path, "rt", encoding="utf8") as file:
            by_document = groupby(file, key=lambda line: json.loads(line)["meta"]["doc"])
            whole = (list(lines) for _, lines in by_document)
            for lines in islice(whole, self.half, 2 * size, 2):
                yield from lines


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a folder to write to; it gets its name when all is written."""
    unfinished = folder.with_name(f"{folder.name}-unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    yield unfinished
    unfinished.rename(folder)


def _digest(made_of: str) -> str:
    """Return a name for what something is made of, the code that makes it included."""
    digest = sha256(made_of.encode())
    for path in sorted([*NEWS.glob("*.py"), *NEWS.glob("phrases/*.txt")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
