"""Where the records of a pool are kept while people are asked about them."""

from __future__ import annotations

from contextlib import suppress

from prodigy_al.sampling.stored import StoredRecords
from prodigy_al.scoring.cache import cache_folder


def new_store() -> StoredRecords:
    """Return an empty store in the folder for caches, or in that for temporary files.

    The latter may be in memory, and records of a large pool are not to be.
    """
    folder = cache_folder()
    if folder is not None:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            return StoredRecords(folder=folder)
    return StoredRecords()
