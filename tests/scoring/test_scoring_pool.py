"""Pools: scored in batches, in order, lazily."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.ner.entities import predict_entities
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.pool import score_pool

MakeDocs = Callable[..., list[Doc]]


def test_batches_change_neither_order_nor_marginals(plain: Language, generated: MakeDocs) -> None:
    docs = generated(plain, 23)
    scorer = MarginalScorer(plain, floor=0)
    together = scorer.score(docs)
    batched = list(score_pool(scorer, iter(docs), batch_size=5, total=len(docs)))
    assert len(batched) == len(together)
    for one, other in zip(batched, together, strict=True):
        assert one.labels == other.labels
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)


def test_no_more_docs_are_read_than_the_batches_asked_for(
    plain: Language, generated: MakeDocs
) -> None:
    read = []

    def docs() -> Iterator[Doc]:
        for doc in generated(plain, 20):
            read.append(doc)
            yield doc

    scored = score_pool(MarginalScorer(plain), docs(), batch_size=4)
    next(scored)
    assert len(read) == 4


def test_nothing_is_drawn_where_there_is_no_terminal(
    plain: Language, generated: MakeDocs, capfd: pytest.CaptureFixture[str]
) -> None:
    list(score_pool(MarginalScorer(plain), generated(plain, 3)))
    assert capfd.readouterr() == ("", "")


def test_predicted_entities_are_what_the_whole_pipeline_sets(
    plain: Language, generated: MakeDocs
) -> None:
    docs = generated(plain, 40)
    predicted = list(predict_entities(plain, docs, batch_size=7))
    piped = plain.pipe(doc.copy() for doc in docs)
    assert predicted == [[(e.start, e.end, e.label_) for e in doc.ents] for doc in piped]
    assert not any(doc.ents for doc in docs)


def test_a_pipeline_without_ner_predicts_no_entities() -> None:
    blank = spacy.blank("en")
    assert list(predict_entities(blank, [blank("Acme"), blank("")])) == [[], []]
