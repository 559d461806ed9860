"""A small world for tests of the whole line: generated news with gold, and a base pipeline."""

from __future__ import annotations

import gc
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import HealthCheck, settings
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import fix_random_seed

sys.path.insert(0, str(Path(__file__).parent / "support"))

from grouped_entry_points import group_entry_points
from longest_first import pytest_collection_modifyitems
from small_pipelines import (
    EMBEDDING,
    listening_pipeline,
    named_examples,
    recogniser,
    recogniser_only,
)
from warm_commands import WarmCommands

__all__ = ["pytest_collection_modifyitems"]

os.environ["PRODIGY_AL_CACHE"] = ""  # no test takes the scores of another
group_entry_points()
# no test fails because others use the processor
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of what every garbage collection looks through."""
    gc.collect()
    gc.freeze()


ROOTS = ["Avel", "Brint", "Corv", "Dun", "Elk", "Forn", "Gar", "Hal", "Ister", "Jor", "Kest", "Lom"]
ENDS = ["or", "ec", "ax", "mere", "quist", "way", "den", "low", "ian", "vale"]
PLACES = ["Oslo", "Lima", "Turin", "Leeds", "Perth", "Quito"]
FIRST = ["Mara", "Joss", "Tevin", "Lyra", "Odo", "Pia"]
FRAMES = [
    "Shares of {o} fell in {g} .",
    "{p} left {o} for {o} last week .",
    "{o} and {o} agreed on a merger , said {p} .",
    "Rain is expected in {g} tomorrow .",
    "{g} beat {g} by two goals to one .",
    "{p} met {p} in {g} .",
    "The court in {g} fined {o} a million on Monday .",
    "Nothing else happened .",
]
SHAPES = ["{}", "{} Group", "{} Bank of {g}", "{} and Sons"]


def name(kind: str, rng: random.Random) -> str:
    made = rng.choice(ROOTS) + rng.choice(ENDS)
    if kind == "o":
        return rng.choice(SHAPES).format(made, g=rng.choice(PLACES))
    # people and places share the companies' sounds, so that a small model is often unsure
    return f"{rng.choice(FIRST)} {made}" if kind == "p" else rng.choice([*PLACES, made])


def segment(rng: random.Random, doc: str) -> dict[str, Any]:
    words: list[str] = []
    spans = []
    for part in rng.choice(FRAMES).split():
        if part.strip("{}") not in ("o", "p", "g"):
            words.append(part)
            continue
        parts = name(part[1], rng).split()
        label = {"o": "ORG", "p": "PERSON", "g": "PLACE"}[part[1]]
        spans.append((len(words), len(words) + len(parts), label))
        words.extend(parts)
    starts, text = [], ""
    for word in words:
        starts.append(len(text))
        text += f"{word} "
    tokens = [
        {"text": word, "start": start, "end": start + len(word), "id": i, "ws": i < len(words) - 1}
        for i, (word, start) in enumerate(zip(words, starts, strict=True))
    ]
    gold = [
        {
            "start": tokens[a]["start"],
            "end": tokens[b - 1]["end"],
            "token_start": a,
            "token_end": b - 1,
            "label": label,
        }
        for a, b, label in spans
    ]
    return {"text": text.strip(), "tokens": tokens, "spans": gold, "meta": {"doc": doc}}


def corpus(documents: int, seed: int) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    return [segment(rng, f"{seed}-{d}") for d in range(documents) for _ in range(5)]


def write_jsonl(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf8")
    return path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pool.jsonl (gold), test.jsonl (gold) and base/, a half-trained pipeline."""
    folder = tmp_path_factory.mktemp("world")
    write_jsonl(folder / "pool.jsonl", corpus(120, seed=1))
    write_jsonl(folder / "test.jsonl", corpus(40, seed=2))
    train_base(corpus(50, seed=3)).to_disk(folder / "base")
    return folder


@pytest.fixture(scope="session")
def make_base() -> Callable[..., Language]:
    """Train another base for the world: (epochs=, config=), of spaCy's own size by default."""
    return partial(train_base, corpus(50, seed=3), config={})


def train_base(
    records: list[dict[str, Any]], *, epochs: int = 9, config: dict[str, Any] | None = None
) -> spacy.Language:
    fix_random_seed(0)
    # without the exceptions of English, which take a quarter of a second whenever it is loaded
    nlp = spacy.blank("xx")
    # much smaller than spaCy's own, since tests train and score with it all the time
    small = EMBEDDING | {"width": 32, "depth": 2, "embed_size": 500}
    small_ner = recogniser(small, hidden_width=32)
    ner = nlp.add_pipe("ner", config=small_ner if config is None else config)
    examples = []
    for record in records:
        words = [token["text"] for token in record["tokens"]]
        gold = Doc(nlp.vocab, words=words)
        gold.set_ents(
            [
                Span(gold, s["token_start"], s["token_end"] + 1, label=s["label"])
                for s in record["spans"]
            ]
        )
        examples.append(Example(Doc(nlp.vocab, words=words), gold))
        for span in record["spans"]:
            ner.add_label(span["label"])
    nlp.initialize(lambda: examples)
    for _ in range(epochs):
        for start in range(0, len(examples), 16):
            nlp.update(examples[start : start + 16], drop=0.2)
    return nlp


@pytest.fixture(scope="session")
def plain() -> Language:
    """A pipeline of nothing but a tiny recogniser with three labels, trained until half sure."""
    return recogniser_only()


@pytest.fixture(scope="session")
def extra_tokens() -> Language:
    """The same, but its states show five tokens of the open entity."""
    return recogniser_only(extra_state_tokens=True)


@pytest.fixture(scope="session")
def make_recogniser() -> Callable[..., Language]:
    """Make another such pipeline: (updates=, **architecture)."""
    return recogniser_only


@pytest.fixture
def listening() -> Language:
    """A recogniser and a tagger that share their token vectors; a new one for each test."""
    return listening_pipeline()


@pytest.fixture
def listening_to_more() -> Language:
    """The same, but the recogniser's states show five tokens of the open entity."""
    return listening_pipeline(extra_state_tokens=True)


@pytest.fixture(scope="session")
def generated() -> Callable[..., list[Doc]]:
    """Make sentences like those that the tiny recognisers were trained on: (nlp, n, seed=)."""

    def make(nlp: Language, n: int, seed: int = 7) -> list[Doc]:
        return [example.predicted for example in named_examples(nlp, n, seed)]

    return make


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PRODIGY_HOME, also for processes that a test starts."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("PRODIGY_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture(scope="session")
def warm() -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Run a module such as prodigy in a process that need not import spaCy: (module, *args)."""
    commands = WarmCommands()
    yield commands.run
    commands.close()


@pytest.fixture
def prodigy(home: Path, warm: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command line as a user meets it, in a process of its own."""
    return partial(warm, "prodigy")


@pytest.fixture
def controller(home: Path) -> Iterator[Callable[..., Any]]:
    """Open a recipe and return its controller, as the host does for a page."""
    from prodigy.core import Controller

    opened: list[Any] = []

    def start(recipe: str, *args: Any, **options: Any) -> Any:
        (entry,) = entry_points(group="prodigy_recipes", name=recipe)
        opened.append(Controller.from_components(recipe, entry.load()(*args, **options)))
        return opened[-1]

    yield start
    for one in opened:
        one.close()  # what still measures would say so in the middle of another test


@pytest.fixture(scope="session")
def spacy_train() -> Callable[..., None]:
    """What a person types; the package is found through the path alone."""

    def run(config: Path, output: Path) -> None:
        command = [sys.executable, "-m", "spacy", "train", str(config), "--output", str(output)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
            check=False,
        )
        assert done.returncode == 0, done.stderr

    return run
