"""Bad input through the real command line: one clear sentence, and nothing is written."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import spacy
from prodigy.components.db import connect
from prodigy.util import set_hashes

Example = dict[str, Any]


class Stage:
    """A folder with good and bad sources, pipelines and datasets, and the command line in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.database = connect("sqlite", {"path": str(self.home)})

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


@pytest.fixture(scope="module")
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
    stage.write("texts.txt", "Elkor Group fell .\nIt rained .\n")
    stage.write("half.jsonl", "".join(json.dumps(record) + "\n" for record in stage.pool[:300]))
    stage.write("in-the-way", "")


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


def store_datasets(stage: Stage) -> None:
    random, teach = stage.examples("news-random-0"), stage.examples("news-teach-0")
    stage.store("mixed", [*without_records(random), *without_records(teach)])
    stage.store("tampered", [{**e, "al": {**e["al"], "p": e["al"]["p"] / 2}} for e in random])
    stage.store("half-recorded", [*random[:20], *without_records(random[20:])])
    stage.store("single", random[:1])
    stage.store("spanless", [{**e, "spans": []} for e in random])
    stage.store("ignored", [{**e, "answer": "ignore"} for e in random])
    stage.store("empty", [])
    stage.store("binary", without_records(teach))
    stage.store("long", [e for e in random if len(e["tokens"]) >= 8])
    stage.store("contradicting", [*random, contradiction(random[0])])
    (stage.folder / "same.jsonl").write_text("".join(json.dumps(e) + "\n" for e in random))


def contradiction(example: Example) -> Example:
    """The same task answered again, a minute later and otherwise."""
    token = example["tokens"][0]
    span = {"start": token["start"], "end": token["end"], "label": "ORG"}
    spans = [] if example["spans"] else [span]
    return {**example, "spans": spans, "_timestamp": example["_timestamp"] + 60}


def without_records(examples: list[Example]) -> list[Example]:
    return [{k: v for k, v in e.items() if k != "al"} for e in examples]


ASK = ("al.random", "x", "base", "pool.jsonl", "-l", "ORG")
TEACH = ("al.teach", "x", "base", "pool.jsonl", "-l", "ORG")
RANKED = ("al.manual-ranked", "x", "base", "pool.jsonl", "-l", "ORG")
SIMULATE = ("al.simulate", "pool.jsonl", "base", "n", "-l", "ORG", "--budget", "20")


def ask(source: str, *more: str, model: str = "base", dataset: str = "x") -> tuple[str, ...]:
    return ("al.random", dataset, model, source, "-l", "ORG", *more)


def compare(datasets: str, *more: str, test: str = "test.jsonl") -> tuple[str, ...]:
    return ("al.compare", datasets, "base", "--test", test, "-l", "ORG", "--seeds", "1", *more)


BAD_INPUT = [
    # the model
    (ask("pool.jsonl", model="gone"), "No pipeline 'gone'"),
    (ask("pool.jsonl", model="no-pipeline"), "The pipeline in 'no-pipeline' cannot be loaded"),
    (ask("pool.jsonl", model="blank:klingon"), "'blank:klingon' names no language"),
    (ask("pool.jsonl", model="bare"), 'has no component "ner" (its components: sentencizer)'),
    (ask("pool.jsonl", model="beam"), 'instead of "beam_ner"'),
    (("al.random", "x", "blank:en", "pool.jsonl"), "say with --label"),
    ((*ASK, "--gpu-id", "99"), "No GPU 99"),
    # the source
    (ask("gone.jsonl"), "gone.jsonl"),
    (ask("empty.jsonl"), "holds no text"),
    (ask("-"), "holds no text"),
    (ask("broken.jsonl"), "line 2 of 'broken.jsonl' is not JSON", '{"text": "Elkor"'),
    (ask("latin.jsonl"), "line 2 of 'latin.jsonl' is not UTF-8"),
    (ask("textless.jsonl"), "record 2 of textless.jsonl has no `text`"),
    (ask("spanless.jsonl"), "record 2 of spanless.jsonl has a span without start, end or label"),
    (ask("news.parquet"), "'news.parquet'", "--loader"),
    (ask("pool.jsonl", "--loader", "xml"), "no loader is called 'xml'"),
    (ask("dataset:gone"), "'dataset:gone' names no dataset", "news-random-0"),
    # the options of the asking recipes
    ((*ASK, "--exclude", "gone"), "--exclude gone", "no such dataset"),
    ((*ASK, "--group-by", "gone"), "--group-by gone", "meta.gone"),
    ((*ASK, "--dev-share", "0.95"), "--dev-share 0.95 is out of range"),
    ((*RANKED, "--explore", "2"), "--explore 2.0 is out of range"),
    ((*RANKED, "--explore", "nan"), "--explore nan is out of range"),
    ((*RANKED, "--by", "best"), "--by best", "expected-errors"),
    ((*TEACH, "--rate", "0"), "--rate 0.0 is out of range"),
    ((*TEACH, "--block", "0"), "--block 0"),
    # the dataset
    (ask("pool.jsonl", dataset=""), "DATASET '' is no name"),
    (ask("pool.jsonl", dataset="news-ranked-0"), "'news-ranked-0' was begun with recipe ranked"),
    (ask("pool.jsonl", dataset="news-random-0", model="other"), "was begun with"),
    (ask("half.jsonl", dataset="news-random-0"), "was begun with"),
    (ask("pool.jsonl", dataset="mixed"), "dataset 'mixed' carries no `al` record"),
    # simulate
    ((*SIMULATE, "--arms", "best"), "--arms best", "there are teach, ranked"),
    ((*SIMULATE, "--seeds", "x"), "--seeds x"),
    ((*SIMULATE, "--seeds", "0"), "--seeds 0"),
    ((*SIMULATE, "--budget", "0"), "--budget 0"),
    ((*SIMULATE, "--error-rate", "2"), "--error-rate 2.0 is out of range"),
    ((*SIMULATE, "--dev-share", "-1"), "--dev-share -1.0 is out of range"),
    ((*SIMULATE, "--arms", "random,teach", "--explore", "2"), "--explore 2.0 is out of range"),
    ((*SIMULATE, "--label", "SHIP"), "--label SHIP", "gold span"),
    (("al.simulate", "texts.txt", "base", "n", "-l", "ORG"), "--label ORG", "gold span"),
    (("al.simulate", "-", "base", "n", "-l", "ORG"), "GOLD -", "give a file"),
    (("al.simulate", "pool.jsonl", "base", "", "-l", "ORG"), "'' is no name"),
    # compare: what is compared
    (compare("gone"), "DATASETS gone", "no such dataset"),
    (compare("old-*"), "DATASETS old-*", "no such dataset"),
    (compare("mixed"), "mixes 40 manual and 40 binary answers"),
    (compare("tampered"), "dataset 'tampered'", "recomputed it is"),
    (compare("half-recorded"), "20 of 40 answers carry no `al` record"),
    (compare("single"), "dataset 'single' has no usable answer in its"),
    (compare("spanless"), "nothing to learn from"),
    (compare("ignored"), "Dataset ignored has no answer that says anything about ORG"),
    (compare("empty"), "nothing to learn from"),
    (compare("news-random-0", "--label", "SHIP"), "--label SHIP", "there are: ORG"),
    # compare: the test set
    (compare("news-random-0", test="gone.jsonl"), "gone.jsonl"),
    (compare("news-random-0", test="empty.jsonl"), "--test empty.jsonl holds no text"),
    (compare("news-random-0", test="texts.txt"), "--test texts.txt has no gold span of ORG"),
    (compare("news-random-0", test="news-ranked-0"), "--test news-ranked-0", "no plain sample"),
    (compare("news-random-0", test="binary"), "--test binary holds binary answers"),
    (compare("long", test="same.jsonl"), "every training answer of dataset 'long'", "same.jsonl"),
    (compare("news-random-0", test="broken.jsonl"), "line 2 of 'broken.jsonl'"),
    # compare: options
    (compare("news-random-0", "--training", "best"), "--training best", "usual-outside"),
    (compare("news-random-0", "--seeds", "-1"), "--seeds -1"),
    (compare("news-random-0", "--workers", "-2"), "--workers -2"),
    (compare("news-random-0", "--output", "in-the-way"), "--output in-the-way"),
    # what the host answers for itself
    (("al.retrain",), "no recipe is called 'al.retrain'"),
    (("db-in", "x", "gone.jsonl"), "gone.jsonl"),
    (("db-in", "x", "broken.jsonl"), "line 2 of 'broken.jsonl' is not JSON"),
    (("db-in", "x", "empty.jsonl"), "'empty.jsonl' holds no record"),
    (("db-in", "", "pool.jsonl"), "needs a name"),
    (("db-out", "gone"), "no dataset is called 'gone'"),
    (("drop", "gone"), "no dataset is called 'gone'"),
    (("stats", "gone"), "no dataset is called 'gone'"),
]
ARGUMENT_SYNTAX = [
    (("al.compare", "news-random-0", "base"), "test"),
    ((*RANKED, "--explore", "much"), "--explore"),
    ((*RANKED, "--exploer", "1"), "--exploer"),
    (("al.random", "x"), "model"),
]


@pytest.mark.parametrize(
    ("arguments", "parts"), [(row[0], row[1:]) for row in BAD_INPUT], ids=lambda v: " ".join(v)
)
def test_bad_input_is_one_sentence_and_writes_nothing(
    stage: Stage, arguments: tuple[str, ...], parts: tuple[str, ...]
):
    before = stage.written()
    done = stage.run(*arguments)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for part in parts:
        assert part in done.stderr
    assert stage.written() == before


@pytest.mark.parametrize(("arguments", "named"), ARGUMENT_SYNTAX, ids=lambda v: str(v))
def test_wrong_arguments_are_named_and_write_nothing(
    stage: Stage, arguments: tuple[str, ...], named: str
):
    before = stage.written()
    done = stage.run(*arguments)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert named in done.stderr
    assert stage.written() == before


def test_contradicting_answers_are_kept_counted_and_shown(stage: Stage):
    shown = stage.done(*compare("contradicting", "--workers", "1", "--output", "contradicting"))
    report = json.loads((stage.folder / "contradicting" / "report.json").read_text())
    arm = report["arms"]["contradicting"]
    assert arm["answers"]["accept"] == 41
    assert arm["segments"] == 40
    assert arm["contradictions"] == 1
    assert "contradicting: 1 contradictions; the latest counts" in shown


def test_simulate_says_what_of_the_gold_no_answer_can_say(stage: Stage):
    text = "Elkor Group fell ."
    inside, whole = ({"start": s, "end": e, "label": "ORG"} for s, e in ((1, 4), (0, 11)))
    records = [
        {"text": f"{text} {i}", "spans": spans}
        for i, spans in enumerate([[inside], [whole], [whole], [whole, inside][:1]])
    ]
    records.append({"text": f"{text} 1", "spans": []})
    stage.write("odd.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    said = stage.done("al.simulate", "odd.jsonl", "base", "odd", "-l", "ORG", "--budget", "2",
                      "--arms", "random", "-U")  # fmt: skip
    assert "1 gold spans do not fall on token borders" in said
    assert "1 texts stand in the gold more than once with different spans" in said


@pytest.mark.parametrize("source", ["bad.jsonl", "bad.jsonl.gz"])
def test_skip_bad_goes_on_and_says_once_how_many(stage: Stage, source: str):
    said = stage.done("al.simulate", source, "base", source, "-l", "ORG", "--arms", "random",
                      "--skip-bad")  # fmt: skip
    assert said.count("bad records") == 1
    assert f"4 bad records of {source} are skipped; the first: line 2 is not JSON" in said
    assert [e["text"] for e in stage.examples(f"{source}-random-0")] == [stage.pool[0]["text"]]


@pytest.fixture
def write_lock(stage: Stage) -> Iterator[None]:
    """Another program in the middle of a write."""
    other = sqlite3.connect(stage.home / "prodigy.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.usefixtures("write_lock")
@pytest.mark.parametrize("arguments", [SIMULATE, ("db-in", "x", "pool.jsonl")])
def test_a_locked_database_is_one_sentence_after_the_timeout_of_the_settings(
    stage: Stage, arguments: tuple[str, ...]
):
    before = stage.written()
    settings = json.dumps({"db_settings": {"sqlite": {"timeout": 0.2}}})
    done = stage.run(*arguments, env={"PRODIGY_CONFIG_OVERRIDES": settings})
    assert done.returncode == 1
    assert "is locked by another program" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert stage.written() == before


FULL_DISK = """
import resource, sys
from recipe_host.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
main(sys.argv[1:])
"""


def test_a_full_disk_is_one_sentence_and_leaves_no_half_file(stage: Stage):
    """Files that may not grow beyond 1,000 bytes stand for the disk."""
    arguments = compare("news-random-0", "--workers", "1", "--output", "full")
    done = stage.run(*arguments, program=("-c", FULL_DISK))
    assert done.returncode == 1
    assert "--output full: finished runs cannot be kept in full/runs" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [path for path in (stage.folder / "full").rglob("*") if path.is_file()] == []
