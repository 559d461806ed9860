"""Small pipelines with a recogniser that has learned a little, and sentences to train them on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import fix_random_seed

NAMES = {
    "ORG": ["Acme", "Acme Corp.", "Bank of Oslo", "United Mills of North Sea", "Ford"],
    "PERSON": ["Ann", "Ann Lee", "Bo", "Jo van der Berg", "Ford"],
    "PLACE": ["Oslo", "North Sea", "Berg", "Rio de Janeiro"],
}
SENTENCES = [
    "{} met {} in {} .",
    "the head of {} said {} left {} \n again",
    "{} and {} , not {}",
    "ok {}",
]

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
BORROWED = {"@architectures": "spacy.Tok2VecListener.v1", "width": 24, "upstream": "tok2vec"}


def named_sentence(rng: random.Random) -> tuple[list[str], list[tuple[int, int, str]]]:
    words: list[str] = []
    spans = []
    for part in rng.choice(SENTENCES).split(" "):
        if part != "{}":
            words.append(part)
            continue
        label = rng.choice(sorted(NAMES))
        name = rng.choice(NAMES[label]).split(" ")
        spans.append((len(words), len(words) + len(name), label))
        words.extend(name)
    return words, spans


def named_examples(nlp: Language, n: int, seed: int) -> Iterator[Example]:
    rng = random.Random(seed)
    for _ in range(n):
        words, spans = named_sentence(rng)
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
    corpus = list(named_examples(nlp, 200, seed=0))
    optimizer = nlp.initialize(lambda: corpus)
    optimizer.learn_rate = 0.01
    rng = random.Random(1)
    for _ in range(updates):
        nlp.update(rng.sample(corpus, 8), sgd=optimizer)
    return nlp


def recogniser_only(updates: int = 30, **architecture: Any) -> Language:
    nlp = spacy.blank("xx")
    nlp.add_pipe("ner", config=recogniser(EMBEDDING, **architecture))
    return trained(nlp, updates)


def listening_pipeline(**architecture: Any) -> Language:
    nlp = spacy.blank("xx")
    nlp.add_pipe("tok2vec", config={"model": EMBEDDING})
    tagger = {"@architectures": "spacy.Tagger.v2", "tok2vec": BORROWED}
    nlp.add_pipe("tagger", config={"model": tagger})
    nlp.add_pipe("ner", config=recogniser(BORROWED, **architecture))
    return trained(nlp)
