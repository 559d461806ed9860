"""A whole pool of texts, read chunk by chunk: on every core, and each chunk once on a machine."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from multiprocessing import current_process
from typing import Any, TypeVar

from joblib import cpu_count
from tqdm import tqdm

from prodigy_al.errors import ModelError
from prodigy_al.jobs.processes import Helpers, run_in_turn
from prodigy_al.ner.pipelines import find_ner, has_ner, load_pipeline, pipeline_sha256, set_blas
from prodigy_al.scoring.cache import ScoreCache
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.readings import Readings, Record, read_records

CHUNK = 512
"""Texts of a chunk: half a second or so, the most that a kill costs each process."""
WORTHWHILE = 2_000
"""Texts from which on other processes help. Each begins with a second of imports and of loading the
pipeline, in which this one scores some 800: with so few nothing is won, with these a third."""
PROCESSES = "PRODIGY_AL_PROCESSES"
"""The environment variable that says how many processes score, this one included; 0: all cores."""
REMEDY = f"what is scored is kept: run the same command again, with {PROCESSES}=1 on one core"

Item = TypeVar("Item")


@dataclass(frozen=True)
class Helping:
    """How other processes come by the pipeline: its name or path, its hash, how many may help.

    `sha256` is that of the pipeline in this process (`ner.pipelines.pipeline_sha256`).
    """

    name: str
    sha256: str
    processes: int

    @classmethod
    def on_all_cores(cls, name: str, sha256: str, *, cores: int | None = None) -> Helping | None:
        """Return how to use `cores` (None: all, or what `PROCESSES` says); None where it is one.

        It is one in a process that was started to work beside others: the cores are theirs too.
        """
        if current_process().name != "MainProcess":
            return None
        asked = os.environ.get(PROCESSES, "")
        cores = cores or (int(asked) if asked.isdecimal() and int(asked) else cpu_count())
        return cls(name, sha256, cores - 1) if cores > 1 else None


@dataclass(frozen=True)
class _Reader:
    """Reads chunks by a scorer, whatever process it is in, and each chunk once."""

    scorer: MarginalScorer
    cache: ScoreCache | None
    word_vectors: bool

    def __call__(self, records: Sequence[Record]) -> Readings:
        """Return what the scorer says of some records."""
        return self.find(records) or self.read(records)

    def find(self, records: Sequence[Record]) -> Readings | None:
        """Return it where it is in the cache."""
        return self.cache.read(self._key(records)) if self.cache else None

    def read(self, records: Sequence[Record]) -> Readings:
        """Compute it, and store it in the cache; take it there if another process was quicker."""
        if self.cache is None:
            return read_records(self.scorer, records, word_vectors=self.word_vectors)
        key = self._key(records)
        with self.cache.claimed(key):
            found = self.cache.read(key)
            if found is None:
                found = read_records(self.scorer, records, word_vectors=self.word_vectors)
                self.cache.write(key, found)
        return found

    def _key(self, records: Sequence[Record]) -> bytes | None:
        if self.cache is None:
            return None
        return self.cache.key(self.scorer, records, word_vectors=self.word_vectors)


def score_records(
    scorer: MarginalScorer,
    records: Iterable[Record],
    *,
    total: int,
    word_vectors: bool = False,
    progress: bool = True,
    label: str = "scoring",
    cache: ScoreCache | None = None,
    helping: Helping | None = None,
) -> Generator[Readings, None, None]:
    """Yield what a scorer says of each `CHUNK` of records (see `read_records`), in order.

    Records are read lazily; `total` is their number. What is in `cache` is not computed, and what
    is computed is stored there, chunk by chunk. `helping`: other processes compute too, where at
    least `WORTHWHILE` texts are left at the first that is not in the cache. Numbers are the same
    to the last bit. The bar, on stderr and only on a terminal, is called `label`.

    Raises `JobError` where a process that helps ends by itself, and `ModelError` where it finds
    another pipeline than this process has.
    """
    reader = _Reader(scorer, cache, word_vectors)
    found = _read_in_turn(reader, batched(records, CHUNK), total, helping)
    # disable=None is tqdm's "only on a terminal"
    disabled = None if progress else True
    with (
        closing(found),
        tqdm(total=total, unit=" segments", desc=label, disable=disabled) as bar,
    ):
        for one in found:
            yield one
            bar.update(len(one))


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in lists of `size`, the last of fewer; none is read ahead.

    >>> list(batched("abc", 2))
    [['a', 'b'], ['c']]
    """
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


def _read_in_turn(
    reader: _Reader, chunks: Iterator[list[Record]], left: int, helping: Helping | None
) -> Generator[Readings, None, None]:
    for records in chunks:
        found = reader.find(records)
        if found is None and helping and left >= WORTHWHILE:
            with _helpers(reader, helping) as helpers:
                yield from run_in_turn(chain([records], chunks), reader, helpers)
            return
        yield found or reader.read(records)
        left -= len(records)


def _helpers(reader: _Reader, helping: Helping) -> Helpers[list[Record], Readings]:
    scorer = reader.scorer
    model = find_ner(scorer.nlp).model if has_ner(scorer.nlp) else None
    use_blis = model is not None and bool(getattr(model.ops, "use_blis", True))
    of = (reader.cache, reader.word_vectors)
    make = partial(_make_reader, helping, scorer.settings, use_blis, *of)
    return Helpers(make, helping.processes, remedy=REMEDY)


def _make_reader(
    helping: Helping, settings: Mapping[str, Any], use_blis: bool, *of: Any
) -> _Reader:
    """Load the pipeline in a process that helps."""
    nlp = load_pipeline(helping.name)
    if pipeline_sha256(nlp) != helping.sha256:
        raise ModelError(
            f"the pipeline {helping.name!r} has changed since it was loaded; start again",
            model=helping.name,
        )
    set_blas(nlp, use_blis=use_blis)
    return _Reader(MarginalScorer(nlp, **settings), *of)
