"""Scores on disk: what a model says of a chunk of texts is worked out once on a machine.

Whoever starts `al.manual-ranked` again, or asks for another arm of the same source, need not wait
for the pool a second time, and a pool whose scoring was killed goes on where it was. A chunk is
named by the SHA-256 of everything that its scores depend on, which texts share it among them: so
what is read is what would be computed, to the last bit. No text is stored.

All of it is one SQLite file. A cache saves time and nothing else: where the file cannot be read or
written, scores are computed as if there were none.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, fields
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from platformdirs import user_cache_path
from threadpoolctl import threadpool_info

from prodigy_al.ner.pipelines import find_ner, has_ner
from prodigy_al.sampling.scored import SPAN
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.networks import has_halves
from prodigy_al.scoring.readings import Readings, Record

FOLDER = "PRODIGY_AL_CACHE"
"""The environment variable that names the folder; where it is empty there is no cache."""

LAYOUT = 4  # of what is stored, and how scores are worked out: raise it where either changes
MOST_BYTES = 2**30  # some millions of segments
PATIENCE = 5.0  # seconds to wait for another process that writes


@dataclass(frozen=True)
class ScoreCache:
    """The scores of one model, in a file that holds those of others as well.

    `model` is the SHA-256 of the scored pipeline (`ner.pipelines.pipeline_sha256`), which must not
    be trained meanwhile.
    """

    path: Path
    model: str

    def key(
        self, scorer: MarginalScorer, records: Sequence[Record], *, word_vectors: bool
    ) -> bytes | None:
        """Return the name of what `readings.read_records` returns; None where nothing can name it.

        Tokens of a record without its own follow from its text and the tokenizer, whose content is
        part of `model`: but for one of another package that cannot be saved.
        """
        if not hasattr(scorer.nlp.tokenizer, "to_bytes"):
            return None
        texts = [_tokens(one) if one.get("tokens") else one["text"] for one in records]
        settings = [*_settings(scorer), word_vectors]
        everything = [LAYOUT, self.model, settings, _machine(scorer), texts]
        return sha256(srsly.msgpack_dumps(everything)).digest()

    def read(self, key: bytes | None) -> Readings | None:
        """Return what is stored under a name, None where nothing is."""
        # the disk may give back other bytes than were written
        damaged = (ValueError, TypeError, LookupError)
        if key is not None:
            with suppress(sqlite3.Error, OSError, *damaged), self._open() as file:
                row = file.execute("SELECT scores FROM batches WHERE key = ?", (key,)).fetchone()
                if row is not None:
                    return _unpack(srsly.msgpack_loads(row[0]))
        return None

    def write(self, key: bytes | None, found: Readings) -> None:
        """Store what was read under a name."""
        if key is None:
            return
        with suppress(sqlite3.Error, OSError), self._open() as file:
            row = (key, srsly.msgpack_dumps(_pack(found)))
            file.execute("INSERT OR REPLACE INTO batches (key, scores) VALUES (?, ?)", row)

    @contextmanager
    def claimed(self, key: bytes | None) -> Iterator[None]:
        """Wait while another process or thread computes what has this name, then keep others out.

        Whoever is killed gives way. Nobody waits where a file system or Windows has no such locks.
        """
        with ExitStack() as at_end:
            if key is not None:
                with suppress(ImportError, OSError):
                    import fcntl

                    folder = self.path.parent / "locks"
                    folder.mkdir(parents=True, exist_ok=True)
                    file = at_end.enter_context((folder / key[:1].hex()).open("wb"))
                    fcntl.flock(file, fcntl.LOCK_EX)
            yield

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
    committee = ["members", scorer.members] if scorer.members else []
    return [labels, *numbers, scorer.embed, scorer.steps, *committee]


def _machine(scorer: MarginalScorer) -> list[Any]:
    """Return what the last bits of a score depend on."""
    model = find_ner(scorer.nlp).model if has_ner(scorer.nlp) else None
    ops = getattr(model, "ops", None)
    halves = ["halves"] if model is not None and has_halves(model) else []
    return [software(), getattr(ops, "name", None), getattr(ops, "use_blis", None), *halves]


@cache
def software() -> list[str]:
    """Return versions and BLAS kernels; looking for them takes some milliseconds.

    What else is loaded, such as the threads of scikit-learn, differs between processes and computes
    none of it.
    """
    versions = [f"{package} {version(package)}" for package in ("spacy", "thinc", "numpy")]
    blas = [one for one in threadpool_info() if one["user_api"] == "blas"]
    kernels = {f"{one['internal_api']} {one.get('architecture')}" for one in blas}
    return versions + sorted(kernels)


def _tokens(record: Record) -> list[Any]:
    """Return all that is read of a record's own tokens."""
    tokens: list[Mapping[str, Any]] = record["tokens"]
    return [[one["text"], one.get("ws", True), one["start"], one["end"]] for one in tokens]


def _pack(found: Readings) -> dict[str, Any]:
    columns = {field.name: getattr(found, field.name) for field in fields(found)}
    return {**columns, "labels": list(found.labels), "spans": found.spans.tobytes()}


def _unpack(stored: dict[str, Any]) -> Readings:
    """Return what was packed. Raises `ValueError` where its parts do not fit together."""
    labels, spans = tuple(stored["labels"]), np.frombuffer(stored["spans"], dtype=SPAN)
    found = Readings(**{**stored, "labels": labels, "spans": spans})
    if not len(spans) == len(found.lengths) == found.sizes.sum():
        raise ValueError
    return found
