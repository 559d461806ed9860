"""The generated news and the pipeline that a story begins with, made once and kept."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from demo import write_jsonl
from news import Knobs, documents, records
from news.base import PRETRAINING, train_base

NEWS = Path(__file__).resolve().parent.parent / "news"


@dataclass(frozen=True)
class Corpus:
    """How much news there is, how it is made, and what the pipeline is trained on.

    pool, test, base: number of documents, which are others in each
    knobs: how pool and test are made; `base_knobs`, how the news of the pipeline is
    world: seed of all documents; two worlds have no document in common
    """

    knobs: Knobs = Knobs()
    base_knobs: Knobs = PRETRAINING
    pool: int = 300
    test: int = 150
    base: int = 200
    world: int = 0

    def make(self, folder: Path) -> Path:
        """Return the folder of `pool.jsonl`, `test.jsonl` and `base`; make it if it is not there.

        It is never there in part.
        """
        corpus = folder / f"corpus-{self._digest()}"
        if corpus.exists():
            return corpus
        print("Making news, and a pipeline trained on other news ...", flush=True)
        unfinished = folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        pool, test, base = (10 * self.world + i for i in (1, 2, 3))
        write_jsonl(unfinished / "pool.jsonl", documents(self.pool, pool, self.knobs))
        write_jsonl(unfinished / "test.jsonl", documents(self.test, test, self.knobs))
        other = documents(self.base, base, self.base_knobs)
        train_base(records(other)).to_disk(unfinished / "base")
        return unfinished.rename(corpus)

    def _digest(self) -> str:
        """Return a name for all that the corpus is made of, the code that makes it included."""
        digest = sha256(repr(self).encode())
        for path in sorted([*NEWS.glob("*.py"), *NEWS.glob("phrases/*.txt")]):
            digest.update(path.read_bytes())
        return digest.hexdigest()[:12]
