"""Pools: scored in batches, in order, lazily."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from threadpoolctl import threadpool_limits

from prodigy_al.ner.entities import predict_entities
from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals
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


class Watched(MarginalScorer):
    """Notes the tokens of each doc that it scores, batch by batch."""

    def score(self, docs: Sequence[Doc]) -> list[SpanMarginals]:
        self.batches = [*getattr(self, "batches", []), [len(doc) for doc in docs]]
        return super().score(docs)


def test_long_docs_make_smaller_batches_and_keep_their_order(
    plain: Language, word_salad: MakeDocs
) -> None:
    lengths = [10, 20, 30, 70, 250, 5, 99, 1]
    docs = word_salad(plain, lengths)
    scorer = Watched(plain, floor=0)
    scored = list(score_pool(scorer, iter(docs), batch_size=4, most_tokens=100))
    assert scorer.batches == [[10, 20, 30], [70], [250], [5], [99, 1]]
    for one, doc in zip(scored, docs, strict=True):
        (alone,) = MarginalScorer(plain, floor=0).score([doc])
        assert one.labels == alone.labels
        np.testing.assert_allclose(one.probabilities, alone.probabilities, atol=1e-5)


def test_docs_of_a_few_hundred_tokens_are_scored_in_batches_of_128(
    plain: Language, word_salad: MakeDocs
) -> None:
    docs = word_salad(plain, [250] * 130)
    scorer = Watched(plain)
    scored = list(score_pool(scorer, docs))
    assert [len(batch) for batch in scorer.batches] == [128, 2]
    with threadpool_limits(1, user_api="blas"):  # as there: more threads give other last bits
        by_number = [*scorer.score(docs[:128]), *scorer.score(docs[128:])]
    for one, other in zip(scored, by_number, strict=True):
        assert np.array_equal(one.probabilities, other.probabilities)


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
