"""Records that stay on disk: a pool holds as little in memory as where each of them begins."""

from __future__ import annotations

import json
import os
import threading
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Protocol, overload

import numpy as np

from prodigy_al.arrays import IntArray
from prodigy_al.errors import SourceError

Record = Mapping[str, Any]


class Records(Protocol):
    """Where the records of a frame are kept: a list, or `StoredRecords`."""

    def append(self, record: dict[str, Any], /) -> None:
        """Add a record at the end."""

    def __getitem__(self, index: int, /) -> Record: ...
    def __len__(self) -> int: ...


class StoredRecords(Sequence[Record]):
    """Records in a file, one line of JSON each, read again whenever one is asked for.

    Without a `path` the file has no name, lies in `folder` (None: where temporary files do) and is
    gone with this object. `offsets` (n + 1,) say where the records of a file that is there begin.
    Pickled it is a list, since another process may be on another machine.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        folder: Path | None = None,
        offsets: IntArray | None = None,
    ) -> None:
        self.path = path
        self._file: IO[bytes]
        if path is None:
            self._file = TemporaryFile(dir=folder)  # noqa: SIM115  (closed with the object)
        else:
            self._file = path.open("rb" if offsets is not None else "w+b")
        self._offsets = array("q", [0] if offsets is None else offsets.tolist())
        self._lock = threading.Lock()
        self._at_end = False  # a seek writes what is in the buffer, each time

    def append(self, record: Mapping[str, Any]) -> None:
        """Add a record. Raises `SourceError` where it cannot be written, as on a full disk."""
        line = json.dumps(record).encode() + b"\n"
        with self._lock, self._writing():
            if not self._at_end:
                self._file.seek(0, os.SEEK_END)
            # not until it is written: a disk that is full leaves the file anywhere
            self._at_end = False
            self._file.write(line)
            self._at_end = True
        self._offsets.append(self._offsets[-1] + len(line))

    def flush(self) -> None:
        """Write what is still in memory. Raises `SourceError` as `append` does."""
        with self._lock, self._writing():
            self._file.flush()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SourceError(
                f"the texts of the source cannot be kept on disk ({error.strerror}): make room, or "
                "name another folder with PRODIGY_AL_CACHE"
            ) from error

    def __del__(self) -> None:
        """Close the file, which nobody else can: segments are asked about to the very end."""
        if hasattr(self, "_file"):
            self._file.close()

    @property
    def offsets(self) -> IntArray:
        """Return (n + 1,): where each record begins, and where the last one ends."""
        return np.array(self._offsets, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        begin, end = self._offsets[index], self._offsets[index + 1]
        with self._lock:
            self._at_end = False
            self._file.seek(begin)
            line = self._file.read(end - begin)
        record: Record = json.loads(line)
        return record

    def __reduce__(self) -> tuple[type[list[Record]], tuple[Iterable[Record]]]:
        """Return what pickles it: its records."""
        return list, (list(self),)
