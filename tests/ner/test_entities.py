"""Predicting entities of many docs, however long they are."""

from __future__ import annotations

from collections.abc import Iterator

from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.ner.batches import MOST_TOKENS
from prodigy_al.ner.entities import predict_entities


def test_long_docs_are_not_all_held_at_once(plain: Language) -> None:
    """Memory goes with the tokens of a batch: three docs of 60 % of one are three batches."""
    words = ["word"] * (MOST_TOKENS * 6 // 10)
    read = []

    def docs() -> Iterator[Doc]:
        for number in range(3):
            read.append(number)
            yield Doc(plain.vocab, words=words)

    predicted = predict_entities(plain, docs())
    next(predicted)
    assert read == [0, 1]  # one ahead, which did not fit
    assert len(list(predicted)) == 2
