"""Pools: scored in batches, in order, lazily."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from threadpoolctl import threadpool_info, threadpool_limits

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


def test_a_batch_holds_at_most_so_many_docs_and_tokens(
    plain: Language, word_salad: MakeDocs
) -> None:
    for length, sizes in ((10, [128, 128, 4]), (250, [8] * 32 + [4])):
        scorer = Watched(plain)
        list(score_pool(scorer, word_salad(plain, [length] * 260)))
        assert [len(batch) for batch in scorer.batches] == sizes


def test_batches_are_scored_with_one_thread(plain: Language, word_salad: MakeDocs) -> None:
    docs = word_salad(plain, [40] * 6)
    with threadpool_limits(1, user_api="blas"):
        alone = MarginalScorer(plain).score(docs)
    with threadpool_limits(2, user_api="blas"):
        pooled = list(score_pool(MarginalScorer(plain), docs))
        assert (
            max(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas") == 2
        )
    for one, other in zip(pooled, alone, strict=True):
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
