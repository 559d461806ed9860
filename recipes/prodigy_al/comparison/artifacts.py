"""An arm's files: its answers, the training's configuration and the pipeline that came out.

`STAMP`, a file beside them, says which run wrote them and how large they are, so that files of
another run, or only some of them, are noticed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from prodigy_al.comparison.run_cache import cannot_write
from prodigy_al.jobs.files import write_folder_atomically
from prodigy_al.training.answers import Answers

Files = Mapping[str, bytes]
"""Contents by path relative to the folder, parts joined by ``/``."""

STAMP = "run.json"
LONGEST = 60  # characters of a name: with its hash it fits into the 255 bytes of any file system


@dataclass(frozen=True)
class ArmArtifacts:
    """One arm's files under one policy.

    path: their folder, absolute
    dev: the arm's dev answers, which are one of the files
    """

    path: Path
    dev: Answers

    def holds(self, key: str) -> bool:
        """Return whether all files are there, and written by the run with this key."""
        try:
            stamp = json.loads((self.path / STAMP).read_bytes())
            sizes = {name: (self.path / name).stat().st_size for name in stamp["files"]}
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return bool(stamp == {"run": key, "files": sizes})

    def write(self, key: str, files: Files) -> None:
        """Write the files of a run in place of those that were there.

        Raises `ParameterError` where the folder cannot be written.
        """
        stamp = {"run": key, "files": {name: len(files[name]) for name in sorted(files)}}
        stamped = {**files, STAMP: json.dumps(stamp, indent=1).encode()}
        try:
            write_folder_atomically(self.path, stamped)
        except OSError as error:
            raise cannot_write(self.path.parents[2], self.path, error) from error


def read_files(folder: Path) -> Files:
    """Return all files in a folder and below it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def folder_name(dataset: str) -> str:
    """Return a file name that says the dataset's name; two datasets never share one.

    >>> folder_name("news-teach-0"), folder_name("Agence/été 2026")
    ('news-teach-0', 'Agence_été_2026-f6df3495')
    """
    name = re.sub(r"[^\w.-]|^\.|\.$", "_", dataset)[:LONGEST]
    return name if name == dataset else f"{name}-{sha256(dataset.encode()).hexdigest()[:8]}"
