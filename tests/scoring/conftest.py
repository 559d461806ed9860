"""Further kinds of tiny recognisers, and docs that were never trained on."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from spacy.language import Language
from spacy.tokens import Doc

WORDS = ["Acme", "Corp.", "Ann", "Lee", "Oslo", "North", "Sea", "Ford", "of", "the", "met", "\n"]


@pytest.fixture(scope="session")
def without_upper(make_recogniser: Callable[..., Language]) -> Language:
    """A recogniser with one layer less between tokens and actions."""
    return make_recogniser(use_upper=False)


@pytest.fixture(params=["plain", "extra_tokens", "without_upper"])
def nlp(request: pytest.FixtureRequest) -> Language:
    """Each kind of recogniser in turn."""
    pipeline: Language = request.getfixturevalue(request.param)
    return pipeline


@pytest.fixture
def undecided(make_recogniser: Callable[..., Language]) -> Language:
    """A recogniser that was never trained: all its actions score alike. New for each test."""
    return make_recogniser(updates=0)


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
