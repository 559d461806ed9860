"""A folder with good and bad input, and the command line in it."""

from __future__ import annotations

import gzip
import io
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import spacy
from prodigy.components.db import connect
from prodigy.util import set_hashes

Example = dict[str, Any]
MALFORMED: dict[str, Example] = {
    "meta-text": {"meta": "wire-0107"},
    "meta-list": {"meta": ["wire-0107"]},
    "surrogate": {"text": "Elkor \ud83d Group"},
    "tokens-text": {"tokens": "Elkor Group fell"},
    "tokens-words": {"tokens": ["Elkor", "Group", "fell"]},
    "spans-text": {"spans": "Elkor"},
    "long": {"text": "Elkor " * 200_000},
}


class Stage:
    """A folder with good and bad sources, pipelines and datasets, and the command line in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.database = connect("sqlite", {"path": str(self.home)})

    def refuse(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run a command that is to be refused, as `python -m prodigy` does but in this process.

        A hundred processes would each import spaCy first.
        """
        out, err, nothing = (io.TextIOWrapper(io.BytesIO(), encoding="utf8") for _ in range(3))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PRODIGY_HOME", str(self.home))
            patch.setattr(sys, "argv", ["prodigy", *args])
            patch.setattr(sys, "stdin", nothing)
            patch.chdir(self.folder)
            with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
                runpy.run_module("prodigy", run_name="__main__")
        for written in (out, err):
            written.seek(0)
        return subprocess.CompletedProcess(args, end.value.code, out.read(), err.read())

    def run(
        self,
        *args: str,
        env: Mapping[str, str] | None = None,
        program: tuple[str, ...] = ("-m", "prodigy"),
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *program, *args],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PRODIGY_HOME": str(self.home), **(env or {})},
            cwd=self.folder,
            timeout=120,
        )

    def done(self, *args: str) -> str:
        finished = self.run(*args)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    def write(self, name: str, content: str | bytes) -> None:
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def store(self, name: str, examples: list[Example]) -> None:
        self.database.add_dataset(name)
        self.database.add_examples([set_hashes(e) for e in examples], datasets=[name])

    def examples(self, name: str) -> list[Example]:
        return list(self.database.get_dataset_examples(name))

    @property
    def pool(self) -> list[Example]:
        with (self.folder / "pool.jsonl").open(encoding="utf8") as lines:
            return [json.loads(line) for line in lines]

    def written(self) -> dict[str, int]:
        """Every dataset, session and file, with its size; the database's own files aside."""
        stored = [*self.database.datasets, *self.database.sessions]
        sizes = {name: self.database.count_dataset(name) for name in stored}
        files = [p for p in self.folder.rglob("*") if p.is_file() and self.home not in p.parents]
        return sizes | {str(path): path.stat().st_size for path in files}


@pytest.fixture(scope="session")
def stage(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    made = Stage(tmp_path_factory.mktemp("errors"))
    for name in ("pool.jsonl", "test.jsonl", "base"):
        (made.folder / name).symlink_to(world / name)
    write_sources(made)
    write_pipelines(made.folder)
    made.done(
        "al.simulate", "pool.jsonl", "base", "news", "-l", "ORG", "--budget", "40",
        "--arms", "teach,ranked,random",
    )  # fmt: skip
    store_datasets(made)
    return made


def write_sources(stage: Stage) -> None:
    good = json.dumps(stage.pool[0]) + "\n"
    stage.write("empty.jsonl", "\n")
    stage.write("broken.jsonl", good + '{"text": "Elkor" \n')
    bad = good + '{"text": "Elkor" \n{"title": "Elkor"}\n"Elkor"\n{"text": "\\ud83d", "n": NaN}\n'
    stage.write("bad.jsonl", bad)
    stage.write("bad.jsonl.gz", gzip.compress(bad.encode()))
    stage.write("latin.jsonl", good.encode() + '{"text": "Société"}\n'.encode("latin-1"))
    stage.write("textless.jsonl", good + '{"title": "Elkor"}\n')
    stage.write("spanless.jsonl", good + '{"text": "Elkor", "spans": [{"label": "ORG"}]}\n')
    stage.write("news.parquet", good)
    for name, fields in MALFORMED.items():
        record = {"text": "Elkor Group fell", **fields}
        stage.write(f"{name}.jsonl", good + json.dumps(record) + "\n")
    stage.write("deep.jsonl", good + '{"text": "Elkor", "meta": ' + "[" * 5000 + "]" * 5000 + "}\n")
    whole = gzip.compress("".join(json.dumps(record) + "\n" for record in stage.pool).encode())
    stage.write("cut.jsonl.gz", whole[: len(whole) // 2])
    stage.write("texts.txt", "Elkor Group fell .\nIt rained .\n")
    stage.write("half.jsonl", "".join(json.dumps(record) + "\n" for record in stage.pool[:300]))
    stage.write("in-the-way", "")
    shifted = [{**record, "spans": [moved(s) for s in record["spans"]]} for record in stage.pool]
    stage.write("shifted.jsonl", "".join(json.dumps(record) + "\n" for record in shifted))
    span = {"start": 0, "label": "ORG"}
    beyond: list[Example] = [
        {"text": f"Elkor Group fell by {i} . It rained .", "spans": [{**span, "end": 11}]}
        for i in range(6)
    ]
    beyond[3]["spans"] = [{**span, "start": 19, "end": 99}]
    stage.write("beyond.jsonl", "".join(json.dumps(record) + "\n" for record in beyond))


def write_pipelines(folder: Path) -> None:
    (folder / "no-pipeline").mkdir()
    bare = spacy.blank("en")
    bare.add_pipe("sentencizer")
    bare.to_disk(folder / "bare")
    beam = spacy.blank("en")
    beam.add_pipe("beam_ner", name="ner").add_label("ORG")
    beam.initialize()
    beam.to_disk(folder / "beam")
    other = spacy.blank("en")
    other.add_pipe("ner").add_label("ORG")
    other.initialize()
    other.to_disk(folder / "other")
    flat = spacy.blank("en")
    flat.add_pipe("ner", config={"model": {"use_upper": False}}).add_label("ORG")
    flat.initialize()
    flat.to_disk(folder / "flat")


def store_datasets(stage: Stage) -> None:
    random, teach = stage.examples("news-random-0"), stage.examples("news-teach-0")
    stage.store("mixed", [*without_records(random), *without_records(teach)])
    stage.store("tampered", [{**e, "al": {**e["al"], "p": e["al"]["p"] / 2}} for e in random])
    stage.store("half-recorded", [*random[:20], *without_records(random[20:])])
    stage.store("single", random[:1])
    stage.store("trial", [{**e, "al": {**e["al"], "trial": "random,ranked"}} for e in random])
    for fold in ("train", "dev"):
        stage.store(f"{fold}-only", [e for e in random if e["al"]["fold"] == fold])
    stage.store("spanless", [{**e, "spans": []} for e in random])
    stage.store("ignored", [{**e, "answer": "ignore"} for e in random])
    stage.store("empty", [])
    stage.store("binary", without_records(teach))
    source = {**teach[0]["al"]["source"], "name": "old.jsonl", "sha256": "0" * 64}
    stage.store("elsewhere", [{**e, "al": {**e["al"], "source": source}} for e in teach])
    stage.store("salted", [{**e, "al": {**e["al"], "fold_salt": "other"}} for e in teach])
    stage.store("resized", [{**e, "al": {**e["al"], "N": e["al"]["N"] + 9}} for e in teach])
    asked = {**teach[0]["al"]["scorer"], "labels": ["ORG", "PLACE"]}
    stage.store("relabelled", [{**e, "al": {**e["al"], "scorer": asked}} for e in teach])
    accepted = [e for e in without_records(teach) if e["answer"] == "accept"]
    stage.store("untold", [{k: v for k, v in e.items() if k != "_view_id"} for e in accepted])
    stage.store("long", [e for e in random if len(e["tokens"]) >= 8])
    stage.store("contradicting", [*random, contradiction(random[0])])
    (stage.folder / "same.jsonl").write_text("".join(json.dumps(e) + "\n" for e in random))


def moved(span: Example) -> Example:
    """The same span, a character too far to the right."""
    return {**span, "start": span["start"] + 1, "end": span["end"] + 1}


def contradiction(example: Example) -> Example:
    """The same task answered again, a minute later and otherwise."""
    token = example["tokens"][0]
    span = {"start": token["start"], "end": token["end"], "label": "ORG"}
    spans = [] if example["spans"] else [span]
    return {**example, "spans": spans, "_timestamp": example["_timestamp"] + 60}


def without_records(examples: list[Example]) -> list[Example]:
    return [{k: v for k, v in e.items() if k != "al"} for e in examples]
