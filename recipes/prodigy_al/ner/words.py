"""How many words a pipeline remembers while it reads a pool."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from spacy.language import Language

MOST_STRINGS = 2**18
"""Strings that a pipeline may remember, two or three for a word; later ones are forgotten."""


def few_words(nlp: Language) -> AbstractContextManager[object]:
    """Forget at the end which words were met, where the pipeline remembers many and spaCy can.

    Every doc made within is of no use afterwards. Without it a pipeline remembers each word for
    ever: those of a million texts take more room than their scores.
    """
    if len(nlp.vocab.strings) < MOST_STRINGS or not hasattr(nlp, "memory_zone"):
        return nullcontext()
    zone: AbstractContextManager[object] = nlp.memory_zone()
    return zone
