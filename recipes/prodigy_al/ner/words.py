"""How many words a pipeline remembers while it reads a pool."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from spacy.language import Language
from spacy.vocab import Vocab

MOST_STRINGS = 100_000
"""Strings that a pipeline may remember, two or three for a word; later ones are forgotten. So many
take 40 MB, and twice as many 80; those of 30,000 news items are fewer."""


def few_words(of: Language | Vocab) -> AbstractContextManager[object]:
    """Forget at the end which words were met, where many are remembered and spaCy can.

    Every doc made within is of no use afterwards. Without it a pipeline remembers each word for
    ever: those of a million texts take more room than their scores.
    """
    vocab = of if isinstance(of, Vocab) else of.vocab
    if len(vocab.strings) < MOST_STRINGS or not hasattr(of, "memory_zone"):
        return nullcontext()
    zone: AbstractContextManager[object] = of.memory_zone()
    return zone
