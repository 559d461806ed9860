"""Frames on disk: a source that was read and cut once is not read again while it stays the same.

A frame is named by the SHA-256 of everything that it follows from: the bytes of the source, the
pipeline whose tokenizer cuts it, the options, the releases that take part. Its records lie beside
its columns and are read when they are asked about. Frames save time and nothing else: where they
cannot be read or written, sources are read as if there were none.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from prodigy_al.sampling.columns import GroupNames
from prodigy_al.sampling.frame import Frame
from prodigy_al.sampling.stored import StoredRecords
from prodigy_al.sampling.table import Columns, SegmentTable
from prodigy_al.scoring.cache import cache_folder

LAYOUT = 1  # of what is stored, and how frames are made: raise it where either changes
MOST_BYTES = 2**32
DAY = 86_400
PACKAGES = ("prodigy-al", "prodigy", "recipe-host", "spacy")
COLUMNS = ("inputs", "copies", "groups", "is_dev", "words", "marked")
NAMES = ("numbers", "named")


@dataclass(frozen=True)
class FramePlace:
    """Where a frame is kept: `path` without its suffix, None where it is not to be kept."""

    path: Path | None

    @classmethod
    def of(cls, source: Any, options: Mapping[str, Any]) -> FramePlace:
        """Return the place of the frame of a source, None where it is no file.

        `options` are all else that the frame follows from; `exclude` are input hashes.
        """
        folder, path = cache_folder(), Path(str(source))
        # also where it is no path at all, but a list as long as one cannot be
        with suppress(OSError, ValueError):
            if folder is None or not path.is_file():
                return cls(None)
            releases = [LAYOUT, *map(_version, PACKAGES)]
            file = [_digest(path), path.suffixes]
            told = json.dumps(
                [releases, file, sorted({**options, "exclude": sorted(options["exclude"])}.items())]
            )
            return cls(folder / "pools" / sha256(told.encode()).hexdigest()[:32])
        return cls(None)

    def new_store(self) -> StoredRecords:
        """Return an empty store, in the folder for caches or in that for temporary files.

        The latter may be in memory, and records of a large pool are not to be.
        """
        folder = cache_folder()
        if folder is not None:
            with suppress(OSError):
                (folder / "pools").mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds texts
                _make_room(folder / "pools")
                return StoredRecords(self.path and _part(self.path), folder=folder)
        return StoredRecords()

    def load(self) -> Frame | None:
        """Return the frame that is kept there, None where there is none that can be used."""
        if self.path is None:
            return None
        # the disk may give back other bytes than were written
        with suppress(OSError, ValueError, LookupError, TypeError):
            with np.load(self.path.with_suffix(".npz"), allow_pickle=False) as stored:
                columns = {name: stored[name] for name in (*COLUMNS, *NAMES, "offsets", "told")}
            records_at = self.path.with_suffix(".records")
            offsets = columns.pop("offsets")
            if records_at.stat().st_size != offsets[-1]:
                return None
            for path in (records_at, self.path.with_suffix(".npz")):
                os.utime(path)  # the last to be dropped
            return _frame(columns, StoredRecords(records_at, offsets=offsets))
        return None

    def keep(self, frame: Frame, store: StoredRecords) -> None:
        """Keep a frame whose records are in a store that `new_store` made."""
        table = frame.segments
        if self.path is None or store.path is None or not isinstance(table, SegmentTable):
            return
        names = table.columns.name
        if not isinstance(names, GroupNames):
            return
        with suppress(OSError):
            columns, part = table.columns, store.path.with_name(f"{store.path.name}.npz")
            told = [names.key, names.kind, frame.grouped_by, frame.sha256, frame.excluded]
            np.savez(
                part,
                offsets=store.offsets,
                told=np.array(json.dumps(told)),
                **{name: getattr(columns, name) for name in COLUMNS},
                **{name: getattr(names, name) for name in NAMES},
            )
            store.path.replace(self.path.with_suffix(".records"))
            part.replace(self.path.with_suffix(".npz"))


def _frame(columns: dict[str, Any], records: StoredRecords) -> Frame:
    key, kind, grouped_by, digest, excluded = json.loads(str(columns.pop("told")))
    names = {name: columns.pop(name) for name in NAMES}
    name = GroupNames(key, records, columns["inputs"], **names, kind=kind)
    table = SegmentTable(Columns(records=records, name=name, **columns))
    return Frame(table, grouped_by, digest, excluded)


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def _part(path: Path) -> Path:
    """Return a file that no other process writes."""
    return path.with_name(f"{path.name}-{os.getpid()}-{time.monotonic_ns()}.part")


def _make_room(folder: Path) -> None:
    """Drop what was used least lately of more than `MOST_BYTES`, and what a kill left behind."""
    files = sorted(
        ((found.stat().st_mtime, found.stat().st_size, found) for found in folder.iterdir()),
        reverse=True,
    )
    held = 0
    for used, size, found in files:
        held += size
        if held > MOST_BYTES or (".part" in found.name and used < time.time() - DAY):
            found.unlink(missing_ok=True)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
