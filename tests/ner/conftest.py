"""Pipelines of every kind and language, and how a test asks them questions."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import spacy
from small_pipelines import EMBEDDING
from spacy.training import Example
from spacy.util import fix_random_seed

Kind = dict[str, Any]

# Texts with one name or none, what the names are made of, and their shapes.
ENGLISH = (
    [
        "Shares of {} fell on Monday. It rained.",
        "The court fined {} a million.",
        "Nothing happened.",
    ],
    ["Avelor", "Brintec", "Corvax", "Dunmere", "Elkor"],
    ["{} Group", "{} Bank", "{}"],
)
ARABIC = (  # right to left
    [
        "أعلنت {} عن أرباحها يوم الاثنين. هل نزل المطر؟",
        "غرمت المحكمة {} مليون دينار.",
        "لم يحدث شيء.",
    ],
    ["النور", "الأمل", "الشرق", "البحر", "القمر"],
    ["شركة {}", "بنك {}", "مؤسسة {}"],
)
CHINESE = (  # without spaces
    ["{}的股价周一下跌。昨天下雨了。", "法院对{}罚款一百万元。", "什么也没有发生。"],
    ["星河", "海山", "东方", "明月", "长风"],
    ["{}公司", "{}银行", "{}集团"],
)
LANGUAGES = {"en": ENGLISH, "ar": ARABIC, "zh": CHINESE}


def _write_corpus(path: Path, lang: str, size: int) -> Path:
    """Write `size` different texts with their gold names, which are called ORG."""
    frames, stems, shapes = LANGUAGES[lang]
    rng = random.Random(size)
    with path.open("w", encoding="utf-8") as file:
        for number in range(size):
            frame = rng.choice(frames)
            name = rng.choice(shapes).format(rng.choice(stems))
            text = f"{frame.format(name)} {number}"
            start = frame.find("{}")
            spans = [{"start": start, "end": start + len(name), "label": "ORG"}]
            file.write(json.dumps({"text": text, "spans": spans if start >= 0 else []}) + "\n")
    return path


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _train(nlp: spacy.Language, records: list[dict[str, Any]], epochs: int = 18) -> spacy.Language:
    fix_random_seed(0)
    examples = []
    for record in records:
        doc = nlp.make_doc(record["text"])
        entities = [(span["start"], span["end"], span["label"]) for span in record["spans"]]
        gold: dict[str, Any] = {"entities": entities, "tags": ["X"] * len(doc)}
        examples.append(Example.from_dict(doc, gold))
    nlp.initialize(lambda: examples)
    for _ in range(epochs):
        for start in range(0, len(examples), 16):
            nlp.update(examples[start : start + 16])
    return nlp


# of spaCy's own architectures, much smaller: each is trained and scored with many times
SMALL = EMBEDDING | {"width": 48, "depth": 2, "embed_size": 500}
LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 48, "upstream": "tok2vec"}


def _with_listeners() -> spacy.Language:
    """A pipeline whose recogniser and tagger borrow the vectors of one component."""
    nlp = spacy.blank("xx")  # English is what "blank" loads, and its tokenizer is slow to make
    nlp.add_pipe("tok2vec", config={"model": SMALL})
    for name in ("tagger", "ner"):
        nlp.add_pipe(name, config={"model": _on(name, LISTENER)})
    return nlp


def _on(component: str, vectors: dict[str, Any]) -> dict[str, Any]:
    """The component's usual model, with other token vectors."""
    default = spacy.Language.get_factory_meta(component).default_config["model"]
    return {**default, "tok2vec": vectors}


@pytest.fixture(scope="session")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Trained pipelines, each with a source in its language and what to ask for."""
    folder = tmp_path_factory.mktemp("kinds")
    made: dict[str, dict[str, Any]] = {}
    for lang in LANGUAGES:
        records = _read(_write_corpus(folder / f"{lang}-train.jsonl", lang, 80))
        nlp = _with_listeners() if lang == "en" else spacy.blank(lang)
        if lang != "en":
            nlp.add_pipe("ner", config={"model": _on("ner", SMALL)})
        _train(nlp, records).to_disk(folder / lang)
        source = _write_corpus(folder / f"{lang}.jsonl", lang, 100)
        made[lang] = {"model": str(folder / lang), "source": str(source), "label": ["ORG"]}
    return {
        "listener": made["en"],
        "blank": {**made["en"], "model": "blank:en"},
        "new label": {**made["en"], "label": ["SHIP"]},
        "new beside known": {**made["en"], "label": ["ORG", "SHIP"]},
        "right to left": made["ar"],
        "without spaces": made["zh"],
    }


@pytest.fixture(scope="session")
def write_corpus() -> Callable[[Path, str, int], Path]:
    """Write a corpus in a language: (path, lang, size)."""
    return _write_corpus


@pytest.fixture(scope="session")
def read_corpus() -> Callable[[Path], list[dict[str, Any]]]:
    """Read the records of a corpus: (path)."""
    return _read


@pytest.fixture(scope="session")
def train() -> Callable[..., spacy.Language]:
    """Train a pipeline on records: (nlp, records, epochs=)."""
    return _train


@pytest.fixture
def answers() -> Callable[[Any, int], list[dict[str, Any]]]:
    """Accept up to `n` questions of a controller, and return what was asked: (controller, n)."""

    def accept(controller: Any, n: int) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = []
        while len(asked) < n and (batch := controller.get_questions()[: n - len(asked)]):
            controller.receive_answers([{**task, "answer": "accept"} for task in batch])
            asked += batch
        return asked

    return accept


@pytest.fixture
def start(controller: Callable[..., Any]) -> Callable[[str, Kind], Any]:
    """Start a recipe with a pipeline of a kind: (recipe, kind)."""

    def begin(recipe: str, kind: Kind) -> Any:
        return controller(recipe, "x", kind["model"], kind["source"], label=kind["label"])

    return begin
