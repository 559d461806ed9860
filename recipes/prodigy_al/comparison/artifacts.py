"""Each arm's files: what was trained on and how, and the pipeline that came out.

A folder says in `STAMP` which run wrote it and how large its files are. It comes into place whole,
by a rename, so that a killed process leaves only names that end in ``.part``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from prodigy_al.comparison.run_cache import cannot_write
from prodigy_al.training.answers import Answers

Files = Mapping[str, bytes]
"""Contents by path relative to the folder, parts joined by ``/``."""

STAMP = "run.json"
LONGEST = 60  # characters of a name: with its hash it fits into the 255 bytes of any file system


@dataclass(frozen=True)
class ArmFolder:
    """Where one arm's files under one policy lie (absolute), and the dev answers among them."""

    path: Path
    dev: Answers

    def holds(self, run: str) -> bool:
        """Whether all files are there, and from the run of this key."""
        try:
            stamp = json.loads((self.path / STAMP).read_bytes())
            sizes = {name: (self.path / name).stat().st_size for name in stamp["files"]}
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return bool(stamp == {"run": run, "files": sizes})

    def write(self, run: str, files: Files) -> None:
        """Put the files of a run in place of what was there.

        Raises `OptionError` where the folder cannot be written to.
        """
        new, old = (self._part(what) for what in ("new", "old"))
        try:
            self._clear()
            for name, content in files.items():
                file = new / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            stamp = {"run": run, "files": {name: len(files[name]) for name in sorted(files)}}
            (new / STAMP).write_text(json.dumps(stamp, indent=1), encoding="utf8")
            with suppress(FileNotFoundError):
                self.path.rename(old)
            new.rename(self.path)
        except OSError as error:
            raise cannot_write(self.path.parents[2], self.path, error) from error
        finally:
            self._clear()

    def _part(self, what: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{os.getpid()}.{what}.part")

    def _clear(self) -> None:
        """Remove what a run leaves beside the folder, also one that was killed."""
        for part in self.path.parent.glob(f"{self.path.name}.*.part"):
            shutil.rmtree(part, ignore_errors=True)


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
