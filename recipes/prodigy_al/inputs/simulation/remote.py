"""What a machine without this one's files and database needs to answer the runs of a simulation.

A job on a cluster carries the source, the settings of Prodigy and the answers that are stored; it
works in a folder and a database of its own, and returns the new answers, which this machine stores.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from prodigy.components.db import connect

from prodigy_al.errors import ActiveLearningError, ModelError, OptionError
from prodigy_al.inputs.datasets import stored_examples
from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256
from prodigy_al.scoring.blas import BLAS, faster_blas
from prodigy_al.scoring.chunks import PROCESSES

DATASET = "dataset:"
HOME, NAMED_FILE, OVERRIDES = "PRODIGY_HOME", "PRODIGY_CONFIG", "PRODIGY_CONFIG_OVERRIDES"
SOFTWARE = ("prodigy-al", "spacy", "numpy")

Answer = dict[str, Any]


def read_settings() -> dict[str, Any]:
    """Return Prodigy's settings as files and environment give them, the later ones winning.

    Raises `ActiveLearningError` for a file or variable that is not JSON.
    """
    named, home = os.environ.get(NAMED_FILE), os.environ.get(HOME)
    folders = (Path(home) if home else Path.home() / ".prodigy", Path())
    files = [Path(named)] if named else [folder / "prodigy.json" for folder in folders]
    texts = {str(file): file.read_text("utf-8-sig") for file in files if file.is_file()}
    texts[OVERRIDES] = os.environ.get(OVERRIDES) or "{}"
    settings: dict[str, Any] = {}
    for place, text in texts.items():
        try:
            settings.update(json.loads(text))
        except (ValueError, TypeError) as error:
            raise ActiveLearningError(f"{place} is no JSON object: {error}") from error
    return settings


def require_shared_database() -> None:
    """Raise `OptionError` where other processes of this machine would write elsewhere."""
    settings = read_settings()
    sqlite = (settings.get("db_settings") or {}).get("sqlite") or {}
    if settings.get("db", "sqlite") == "sqlite" and sqlite.get("name") == ":memory:":
        raise OptionError(
            "--workers",
            None,
            "the database is in the memory of this process (db_settings in prodigy.json), and "
            "others cannot write to it; leave the option out, or name a file there",
        )


@dataclass(frozen=True)
class CarriedSource:
    """A source as `GOLD` names it: the bytes of its file, or the records of its dataset."""

    name: str
    content: bytes
    records: Sequence[Answer]

    @classmethod
    def read(cls, source: str) -> CarriedSource:
        """Read a source. Raises `OptionError` where it is neither a file nor a dataset."""
        if source.startswith(DATASET):
            return cls(source, b"", stored_examples(source.removeprefix(DATASET)))
        if not Path(source).is_file():
            raise OptionError(
                "GOLD", source, "workers of --engine can be sent a file or a dataset; give one"
            )
        return cls(source, Path(source).read_bytes(), ())

    def unpack(self, folder: Path) -> str:
        """Write the source there, a dataset into the database; return its name there."""
        if self.name.startswith(DATASET):
            store(self.name.removeprefix(DATASET), self.records)
            return self.name
        path = folder / Path(self.name).name
        path.write_bytes(self.content)
        return str(path)


@dataclass(frozen=True)
class JobInputs:
    """What every job of a simulation on a cluster carries.

    `settings` are Prodigy's, without its database; `sha256` is the pipeline's, `blas` the matrix
    product that scores, `software` the releases that take part.
    """

    source: CarriedSource
    model: str
    sha256: str
    settings: Mapping[str, Any]
    blas: str
    software: tuple[str, ...]

    @classmethod
    def read(cls, source: str, model: str) -> JobInputs:
        """Read all that there is to carry. Raises `OptionError` or `ModelError`."""
        own = {
            name: value
            for name, value in read_settings().items()
            if name not in ("db", "db_settings")
        }
        sha256 = pipeline_sha256(load_pipeline(model))
        return cls(CarriedSource.read(source), model, sha256, own, faster_blas(), _software())

    @contextmanager
    def unpacked(self, stored: Mapping[str, Sequence[Answer]]) -> Iterator[str]:
        """Make a folder and a database with everything in it; yield the name of the source there.

        `stored` are answers by dataset. Raises `ModelError` where this machine has another pipeline
        under the same name, or other releases, than the one that the job comes from.
        """
        if _software() != self.software or pipeline_sha256(load_pipeline(self.model)) != (
            self.sha256
        ):
            raise ModelError(
                f"the pipeline {self.model!r}, prodigy-al, spaCy or numpy is another there than "
                "here; install the same on the workers",
                model=self.model,
            )
        with TemporaryDirectory() as made, _working_in(Path(made), self.settings, self.blas):
            source = self.source.unpack(Path(made))
            for dataset, answers in stored.items():
                store(dataset, renamed(answers, {self.source.name: source}))
            yield source


def store(dataset: str, answers: Sequence[Answer]) -> None:
    """Add answers to a dataset, which is made if there is none, and to the sessions they name.

    Those of one session in a row are added together, or not at all.
    """
    database = connect()
    database.add_dataset(dataset)
    for session, given in groupby(answers, key=lambda one: one.get("_session_id")):
        if session is not None:
            database.add_dataset(session, session=True)
        database.add_examples(list(given), datasets=[dataset, *([session] if session else [])])


def renamed(answers: Sequence[Answer], names: Mapping[str, str]) -> list[Answer]:
    """Return the answers with the source of their records named otherwise."""
    return [_renamed(one, names) for one in answers]


def _renamed(answer: Answer, names: Mapping[str, str]) -> Answer:
    record = answer.get("al")
    source = record.get("source") if isinstance(record, Mapping) else None
    if not source or source["name"] not in names:
        return answer
    named = {**source, "name": names[source["name"]]}
    return {**answer, "al": {**answer["al"], "source": named}}


@contextmanager
def _working_in(folder: Path, settings: Mapping[str, Any], blas: str) -> Iterator[None]:
    """Let everything in this process and its children work in a folder, with these settings."""
    database = {"db": "sqlite", "db_settings": {"sqlite": {"name": "runs.db", "path": str(folder)}}}
    changes = {
        HOME: str(folder),
        OVERRIDES: json.dumps({**settings, **database}),
        BLAS: blas,
        PROCESSES: "1",  # the other cores are other workers'
    }
    before, where = dict(os.environ), Path.cwd()
    os.environ.update(changes)
    os.environ.pop(NAMED_FILE, None)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(where)
        os.environ.clear()
        os.environ.update(before)


def _software() -> tuple[str, ...]:
    return tuple(f"{package} {version(package)}" for package in SOFTWARE)
