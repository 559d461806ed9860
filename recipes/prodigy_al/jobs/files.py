"""Files and folders that are there as a whole or not at all, whenever the process is killed.

They are written beside their place, under a name that ends in ``.part``, and come into place by a
rename.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8, in place of one that is there.

    Raises `OSError` where it cannot be written; the file that is there stays as it was.
    """
    part = _part(path, "new")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(path)
    except OSError:
        with suppress(OSError):  # where the folder cannot be written to, nothing is to be removed
            part.unlink()
        raise


def write_folder_atomically(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder of files, named by their paths in it, in place of one that is there.

    A folder that is there is renamed before the new one is: a process that is killed in between
    leaves none. Raises `OSError` where it cannot be written.
    """
    new, old = _part(folder, "new"), _part(folder, "old")
    try:
        remove_parts(folder)
        for name, content in files.items():
            file = new / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        with suppress(FileNotFoundError):
            folder.rename(old)
        new.rename(folder)
    finally:
        remove_parts(folder)


def remove_parts(folder: Path) -> None:
    """Remove what is left beside a folder from writing it, also by a process that was killed."""
    for part in folder.parent.glob(f"{folder.name}.*.part"):
        shutil.rmtree(part, ignore_errors=True)


def _part(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.name}.{os.getpid()}.{kind}.part")
