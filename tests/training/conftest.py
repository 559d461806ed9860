"""Small base pipelines, trained here on generated sentences, and records like Prodigy's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import fix_random_seed

from prodigy_al.ner.actions import Actions
from prodigy_al.ner.pipelines import find_ner, load_pipeline
from prodigy_al.training.answers import Answers, read_answers
from prodigy_al.training.policies import INCORRECT_SPANS_KEY

Spans = Sequence[tuple[int, int, str]]
Record = Callable[..., dict[str, Any]]

COMPANIES = ("Avelor", "Brintec", "Corvax", "Dunmere", "Elquist", "Fornway")
PEOPLE = ("Mara", "Joss", "Tevin", "Lyra")
TEMPLATES = (
    "{c} hired {p} last week .",
    "Shares of {c} Group fell after {p} left .",
    "{p} joined {c} in spring .",
    "Nothing happened in spring .",
)
ENCODER = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "pretrained_vectors": None,
    "width": 32,
    "depth": 2,
    "embed_size": 300,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
}
LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "*"}
PARSER = {
    "@architectures": "spacy.TransitionBasedParser.v2",
    "state_type": "ner",
    "extra_state_tokens": False,
    "hidden_width": 32,
    "maxout_pieces": 2,
    "use_upper": True,
}


def _sentences() -> list[tuple[str, Spans]]:
    found = []
    for i in range(48):
        company, person = COMPANIES[i % len(COMPANIES)], PEOPLE[i % len(PEOPLE)]
        text = TEMPLATES[i // 6 % len(TEMPLATES)].format(c=company, p=person)
        firm = f"{company} Group" if f"{company} Group" in text else company
        starts = [(text.find(name), name, x) for name, x in ((firm, "ORG"), (person, "PERSON"))]
        found.append((text, [(a, a + len(name), x) for a, name, x in starts if a >= 0]))
    return found


def _record(
    text: str, spans: Spans, answer: str = "accept", view: str = "ner_manual", **more: Any
) -> dict[str, Any]:
    tokens, start = [], 0
    for i, word in enumerate(text.split(" ")):
        end = start + len(word)
        tokens.append({"text": word, "start": start, "end": end, "id": i, "ws": end < len(text)})
        start = end + 1
    return {
        "text": text,
        "_input_hash": int(hashlib.sha256(text.encode()).hexdigest()[:7], 16),
        "tokens": tokens,
        "spans": [{"start": a, "end": b, "label": label} for a, b, label in spans],
        "answer": answer,
        "_view_id": view,
        **more,
    }


def _digest(nlp: Language) -> str:
    found = hashlib.sha256()
    for node in nlp.get_pipe("ner").model.walk():
        for name in node.param_names:
            found.update(node.get_param(name).tobytes())
    return found.hexdigest()


def _gold(nlp: Language) -> list[Doc]:
    found = []
    for text, spans in _sentences():
        doc = nlp.make_doc(text)
        doc.ents = [doc.char_span(a, b, label=x) for a, b, x in spans]
        for token in doc:
            token.tag_ = "N" if token.text[0].isupper() else "X"
        found.append(doc)
    return found


def _train(nlp: Language, folder: Path) -> str:
    fix_random_seed(0)
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in _gold(nlp)]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(12):
        for start in range(0, len(examples), 8):
            nlp.update(examples[start : start + 8], sgd=optimizer)
    nlp.to_disk(folder)
    return str(folder)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a pipeline that knows ORG and PERSON with an encoder of its own."""
    nlp = spacy.blank("xx")
    nlp.add_pipe("ner", config={"model": {**PARSER, "tok2vec": ENCODER}})
    return _train(nlp, tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def listening_base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a pipeline whose tagger and ner share one encoder."""
    nlp = spacy.blank("xx")
    nlp.add_pipe("tok2vec", config={"model": ENCODER})
    tagger = {"@architectures": "spacy.Tagger.v2", "tok2vec": LISTENER}
    nlp.add_pipe("tagger", config={"model": tagger})
    nlp.add_pipe("ner", config={"model": {**PARSER, "tok2vec": LISTENER}})
    return _train(nlp, tmp_path_factory.mktemp("listening"))


@pytest.fixture(scope="session")
def sentences() -> list[tuple[str, Spans]]:
    """Texts with the character offsets of ORG and PERSON."""
    return _sentences()


@pytest.fixture(scope="session")
def record() -> Record:
    """Make an answer as Prodigy stores one: (text, spans, answer, view, **more)."""
    return _record


@pytest.fixture(scope="session")
def digest() -> Callable[[Language], str]:
    """The sha256 of a pipeline's ner weights."""
    return _digest


@pytest.fixture(scope="session")
def gold() -> Callable[[Language], list[Doc]]:
    """The sentences as gold docs of a pipeline."""
    return _gold


@pytest.fixture(scope="session")
def full() -> Answers:
    """Full answers about ORG."""
    return read_answers([_record(*sentence) for sentence in _sentences()], ["ORG"], dataset="full")


@pytest.fixture(scope="session")
def binary() -> Answers:
    """Binary answers about ORG: every company accepted, every person rejected as one."""
    verdict = {"ORG": "accept", "PERSON": "reject"}
    examples = [
        _record(text, [(a, b, "ORG")], verdict[label], "ner")
        for text, spans in _sentences()
        for a, b, label in spans
    ]
    return read_answers(examples, ["ORG"], dataset="binary")


@pytest.fixture(scope="session")
def loaded(base: str) -> Language:
    """The base, loaded once: not for tests that change it."""
    return load_pipeline(base)


@pytest.fixture(scope="session")
def actions(loaded: Language) -> Actions:
    """The actions of the base's recogniser."""
    return Actions.of(find_ner(loaded))


@pytest.fixture(scope="session")
def reference() -> Callable[..., Doc]:
    """Make a partly annotated doc: (words, ents=, default=, rejected=) with token spans."""

    def make(
        words: str, *, ents: Spans = (), default: str = "missing", rejected: Spans = ()
    ) -> Doc:
        doc = Doc(spacy.blank("xx").vocab, words=words.split())
        doc.set_ents([Span(doc, *span) for span in ents], default=default)
        doc.spans[INCORRECT_SPANS_KEY] = [Span(doc, *span) for span in rejected]
        return doc

    return make
