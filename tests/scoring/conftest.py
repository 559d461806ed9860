"""Tiny recognisers, trained here on generated sentences until they are half sure."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import fix_random_seed

NAMES = {
    "ORG": ["Acme", "Acme Corp.", "Bank of Oslo", "United Mills of North Sea", "Ford"],
    "PERSON": ["Ann", "Ann Lee", "Bo", "Jo van der Berg", "Ford"],
    "PLACE": ["Oslo", "North Sea", "Berg", "Rio de Janeiro"],
}
FRAMES = [
    "{} met {} in {} .",
    "the head of {} said {} left {} \n again",
    "{} and {} , not {}",
    "ok {}",
]
WORDS = ["Acme", "Corp.", "Ann", "Lee", "Oslo", "North", "Sea", "Ford", "of", "the", "met", "\n"]
EMBEDDING = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "width": 24,
    "depth": 1,
    "embed_size": 300,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
    "pretrained_vectors": None,
}
LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 24, "upstream": "tok2vec"}


def sentence(rng: random.Random) -> tuple[list[str], list[tuple[int, int, str]]]:
    words: list[str] = []
    spans = []
    for part in rng.choice(FRAMES).split(" "):
        if part != "{}":
            words.append(part)
            continue
        label = rng.choice(sorted(NAMES))
        name = rng.choice(NAMES[label]).split(" ")
        spans.append((len(words), len(words) + len(name), label))
        words.extend(name)
    return words, spans


def examples(nlp: Language, n: int, seed: int) -> Iterator[Example]:
    rng = random.Random(seed)
    for _ in range(n):
        words, spans = sentence(rng)
        gold = Doc(nlp.vocab, words=words, tags=["NN" if w[0].isupper() else "XX" for w in words])
        ents = [Span(gold, start, end, label=label) for start, end, label in spans]
        gold.set_ents(ents, default="outside")
        yield Example(Doc(nlp.vocab, words=words), gold)


def recogniser(vectors: dict[str, Any], **architecture: Any) -> dict[str, Any]:
    model = {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 16,
        "maxout_pieces": 2,
        "use_upper": True,
        "tok2vec": vectors,
    }
    return {"model": model | architecture}


def trained(nlp: Language, updates: int = 30) -> Language:
    fix_random_seed(0)
    corpus = list(examples(nlp, 200, seed=0))
    optimizer = nlp.initialize(lambda: corpus)
    optimizer.learn_rate = 0.01
    rng = random.Random(1)
    for _ in range(updates):
        nlp.update(rng.sample(corpus, 8), sgd=optimizer)
    return nlp


def recogniser_only(**architecture: Any) -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("ner", config=recogniser(EMBEDDING, **architecture))
    return trained(nlp)


def listening_pipeline() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": EMBEDDING})
    tagger = {"@architectures": "spacy.Tagger.v2", "tok2vec": LISTENER}
    nlp.add_pipe("tagger", config={"model": tagger})
    nlp.add_pipe("ner", config=recogniser(LISTENER))
    return trained(nlp)


@pytest.fixture(scope="session")
def plain() -> Language:
    """A pipeline of nothing but a recogniser with three labels."""
    return recogniser_only()


@pytest.fixture(scope="session")
def extra_tokens() -> Language:
    """The same, but its states show five tokens of the open entity."""
    return recogniser_only(extra_state_tokens=True)


@pytest.fixture(scope="session")
def without_upper() -> Language:
    """The same with one layer less between tokens and actions."""
    return recogniser_only(use_upper=False)


@pytest.fixture
def listening() -> Language:
    """A recogniser and a tagger that share their token vectors; a new one for each test."""
    return listening_pipeline()


@pytest.fixture(params=["plain", "extra_tokens", "without_upper"])
def nlp(request: pytest.FixtureRequest) -> Language:
    """Each kind of recogniser in turn."""
    pipeline: Language = request.getfixturevalue(request.param)
    return pipeline


@pytest.fixture
def undecided() -> Language:
    """A recogniser that was never trained: all its actions score alike. New for each test."""
    nlp = spacy.blank("en")
    nlp.add_pipe("ner", config=recogniser(EMBEDDING))
    nlp.initialize(lambda: list(examples(nlp, 20, seed=0)))
    return nlp


@pytest.fixture(scope="session")
def generated() -> Callable[..., list[Doc]]:
    """A function that makes sentences like those the recognisers were trained on."""

    def make(nlp: Language, n: int, seed: int = 7) -> list[Doc]:
        return [example.predicted for example in examples(nlp, n, seed)]

    return make


@pytest.fixture(scope="session")
def word_salad() -> Callable[..., list[Doc]]:
    """A function that makes docs of random words, white space and sentence starts included."""

    def make(nlp: Language, lengths: list[int], seed: int = 11) -> list[Doc]:
        rng = random.Random(seed)
        docs = []
        for length in lengths:
            words = rng.choices(WORDS, k=length)
            starts: list[bool | int | None] = [rng.random() < 0.15 for _ in words]
            marked = starts if rng.random() < 0.5 else None
            docs.append(Doc(nlp.vocab, words=words, sent_starts=marked))
        return docs

    return make
