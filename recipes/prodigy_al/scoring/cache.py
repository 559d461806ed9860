"""Scores on disk: what a model says of a batch of docs is worked out once on a machine.

Whoever starts `al.manual-ranked` again, or asks for another arm of the same source, need not wait
for the pool a second time, and a pool whose scoring was killed goes on where it was. A batch is
named by the SHA-256 of everything that its scores depend on, which docs share it among them: so
what is read is what would be computed, to the last bit. No text is stored.

All of it is one SQLite file. A cache saves time and nothing else: where the file cannot be read or
written, scores are computed as if there were none.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from platformdirs import user_cache_path
from spacy.tokens import Doc
from threadpoolctl import threadpool_info

from prodigy_al.ner.pipelines import find_ner, has_ner
from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals
from prodigy_al.scoring.steps import GreedySteps

FOLDER = "PRODIGY_AL_CACHE"
"""The environment variable that names the folder; where it is empty there is no cache."""

LAYOUT = 2  # of what is stored, and how scores are worked out: raise it where either changes
MOST_BYTES = 2**30  # some millions of segments
# What a recogniser reads of a token: the features of spaCy's embedding layers, and its transitions.
READ: list[int | str] = [
    *("ORTH", "NORM", "PREFIX", "SUFFIX", "SHAPE"),
    *("SPACY", "IS_SPACE", "SENT_START"),
]
PATIENCE = 5.0  # seconds to wait for another process that writes


@dataclass(frozen=True)
class ScoreCache:
    """The scores of one model, in a file that holds those of others as well.

    `model` is the SHA-256 of the scored pipeline (`ner.pipelines.pipeline_sha256`), which must not
    be trained meanwhile.
    """

    path: Path
    model: str

    def score(self, scorer: MarginalScorer, batch: Sequence[Doc]) -> list[SpanMarginals]:
        """Return what `scorer.score` returns of the docs, computed only where it is not stored."""
        key = self._key(scorer, batch)
        found = self._read(key)
        if found is None:
            found = scorer.score(batch)
            self._write(key, found)
        return found

    def make_room(self, most_bytes: int = MOST_BYTES) -> None:
        """Drop the older half of all batches where the file is larger than `most_bytes`."""
        with suppress(sqlite3.Error, OSError):
            if self.path.stat().st_size <= most_bytes:
                return
            with self._open() as file:
                file.execute(
                    "DELETE FROM batches WHERE rowid < "
                    "(SELECT rowid FROM batches ORDER BY rowid "
                    "LIMIT 1 OFFSET (SELECT COUNT(*) / 2 FROM batches))"
                )
                file.execute("VACUUM")

    def _key(self, scorer: MarginalScorer, batch: Sequence[Doc]) -> bytes:
        tokens = [doc.to_array(READ) for doc in batch]  # of strings their hashes
        everything = [LAYOUT, self.model, _settings(scorer), _machine(scorer), tokens]
        return sha256(srsly.msgpack_dumps(everything)).digest()

    def _read(self, key: bytes) -> list[SpanMarginals] | None:
        # the disk may give back other bytes than were written
        damaged = (ValueError, TypeError, LookupError)
        with suppress(sqlite3.Error, OSError, *damaged), self._open() as file:
            row = file.execute("SELECT scores FROM batches WHERE key = ?", (key,)).fetchone()
            if row is not None:
                return _unpack(srsly.msgpack_loads(row[0]))
        return None

    def _write(self, key: bytes, scored: Sequence[SpanMarginals]) -> None:
        with suppress(sqlite3.Error, OSError), self._open() as file:
            row = (key, srsly.msgpack_dumps(_pack(scored)))
            file.execute("INSERT OR REPLACE INTO batches (key, scores) VALUES (?, ?)", row)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one statement: so any thread or process may, and none has to close it.

        A file that is no database is removed.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)) as file:
            try:
                # what a power cut takes is computed again
                file.execute("PRAGMA synchronous = OFF")
                file.execute("CREATE TABLE IF NOT EXISTS batches (key BLOB UNIQUE, scores BLOB)")
                yield file
            except sqlite3.OperationalError:  # busy, full, read-only
                raise
            except sqlite3.DatabaseError:
                self.path.unlink(missing_ok=True)
                raise


def find_cache(model: str) -> ScoreCache | None:
    """Return the cache of a pipeline's scores, None where there is no `cache_folder`."""
    folder = cache_folder()
    if folder is None:
        return None
    found = ScoreCache(folder / "scores.sqlite", model)
    found.make_room()
    return found


def cache_folder() -> Path | None:
    """Return the folder for caches, which need not exist; None where `PRODIGY_AL_CACHE` is empty.

    It is the one that the variable names, otherwise the user's.
    """
    folder = os.environ.get(FOLDER)
    if folder == "":
        return None
    return Path(folder or user_cache_path("prodigy-al"))


def _settings(scorer: MarginalScorer) -> list[Any]:
    labels = None if scorer.labels is None else sorted(scorer.labels)
    numbers = [scorer.temperature, scorer.floor, scorer.prune, scorer.max_length]
    return [labels, *numbers, scorer.embed, scorer.steps]


def _machine(scorer: MarginalScorer) -> list[Any]:
    """Return what the last bits of a score depend on."""
    ops = find_ner(scorer.nlp).model.ops if has_ner(scorer.nlp) else None
    return [software(), getattr(ops, "name", None), getattr(ops, "use_blis", None)]


@cache
def software() -> list[str]:
    """Return versions and BLAS kernels; looking for them takes some milliseconds."""
    versions = [f"{package} {version(package)}" for package in ("spacy", "thinc", "numpy")]
    kernels = {f"{one['internal_api']} {one.get('architecture')}" for one in threadpool_info()}
    return versions + sorted(kernels)


def _pack(scored: Sequence[SpanMarginals]) -> dict[str, Any]:
    """Return the scores of a batch as columns: one entry per span, or one row per doc."""
    names = sorted({label for one in scored for label in one.labels})
    place = {label: i for i, label in enumerate(names)}
    expected = sorted(scored[0].expected)
    embeddings = [one.embedding for one in scored if one.embedding is not None]
    steps = [one.steps for one in scored if one.steps is not None]
    return {
        "sizes": [len(one) for one in scored],
        "starts": np.concatenate([one.starts for one in scored]),
        "ends": np.concatenate([one.ends for one in scored]),
        "names": names,
        "labels": [place[label] for one in scored for label in one.labels],
        "p": np.concatenate([one.probabilities for one in scored]),
        "greedy": np.concatenate([one.greedy for one in scored]),
        "expected": expected,
        "counts": [[one.expected[label] for label in expected] for one in scored],
        "embeddings": np.stack(embeddings) if embeddings else None,
        "tokens": [len(one.entropies) for one in steps],
        "steps": np.hstack([one.columns for one in steps]) if steps else None,
    }


def _unpack(stored: dict[str, Any]) -> list[SpanMarginals]:
    bounds = np.cumsum([0, *stored["sizes"]]).tolist()
    labels = [stored["names"][place] for place in stored["labels"]]
    embeddings = stored["embeddings"]
    steps = _unpack_steps(stored) or [None] * len(stored["sizes"])
    return [
        SpanMarginals(
            stored["starts"][low:high],
            stored["ends"][low:high],
            tuple(labels[low:high]),
            stored["p"][low:high],
            stored["greedy"][low:high],
            dict(zip(stored["expected"], counts, strict=True)),
            None if embeddings is None else embeddings[i],
            steps[i],
        )
        for i, ((low, high), counts) in enumerate(
            zip(pairwise(bounds), stored["counts"], strict=True)
        )
    ]


def _unpack_steps(stored: dict[str, Any]) -> list[GreedySteps | None]:
    if stored["steps"] is None:
        return []
    whole = GreedySteps(*stored["steps"])
    return [
        whole.part(low, high) for low, high in pairwise(np.cumsum([0, *stored["tokens"]]).tolist())
    ]
