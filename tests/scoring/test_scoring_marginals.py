"""The laws that span marginals obey."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from prodigy_al.errors import ModelError, ParameterError
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import find_ner, stand_alone
from prodigy_al.scoring.lattice import Limits, build_lattice, forward
from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals
from prodigy_al.scoring.transitions import TransitionTable

MakeDocs = Callable[..., list[Doc]]
Spans = dict[tuple[int, int, str], float]


def spans_of(scored: SpanMarginals) -> Spans:
    keys = zip(scored.starts.tolist(), scored.ends.tolist(), scored.labels, strict=True)
    return dict(zip(keys, scored.probabilities.tolist(), strict=True))


def greedy_spans(scored: SpanMarginals) -> list[tuple[int, int, str]]:
    return [span for span, taken in zip(spans_of(scored), scored.greedy, strict=True) if taken]


def exact(nlp: Language) -> MarginalScorer:
    return MarginalScorer(nlp, floor=0, prune=0, max_length=None)


@pytest.mark.parametrize("options", [{}, {"temperature": 0.3}, {"prune": 0.9, "max_length": 1}])
def test_the_greedy_parse_is_spacys_own_whatever_the_options(
    nlp: Language, generated: MakeDocs, word_salad: MakeDocs, options: dict[str, Any]
) -> None:
    docs = generated(nlp, 150) + word_salad(nlp, [*range(40), 60])
    found = [greedy_spans(scored) for scored in MarginalScorer(nlp, **options).score(docs)]
    assert found == list(predict_entities(nlp, docs))
    assert sum(map(len, found)) > 150


def test_equal_scores_are_settled_as_spacy_settles_them(
    undecided: Language, word_salad: MakeDocs
) -> None:
    docs = word_salad(undecided, list(range(1, 20)))
    found = [greedy_spans(scored) for scored in MarginalScorer(undecided).score(docs)]
    assert found == list(predict_entities(undecided, docs))


def test_without_a_preference_all_allowed_actions_are_equally_likely(undecided: Language) -> None:
    docs = [Doc(undecided.vocab, words=["a"]), Doc(undecided.vocab, words=["a", "b"])]
    one, two = (spans_of(scored) for scored in exact(undecided).score(docs))
    assert one == pytest.approx({(0, 1, label): 1 / 4 for label in ("ORG", "PERSON", "PLACE")})
    # before "a": O, three U, three B; after O or U, before "b": O and three U
    assert two[0, 1, "ORG"] == pytest.approx(1 / 7)
    assert two[0, 2, "ORG"] == pytest.approx(1 / 7)
    assert two[1, 2, "ORG"] == pytest.approx(4 / 7 * 1 / 4)


def test_marginals_add_up_to_the_expected_number_of_entities(
    nlp: Language, word_salad: MakeDocs
) -> None:
    for scored in exact(nlp).score(word_salad(nlp, [0, 1, 5, 12, 30])):
        for label, expected in scored.expected.items():
            mine = [name == label for name in scored.labels]
            assert scored.probabilities[mine].sum() == pytest.approx(expected, abs=1e-9)


def test_a_token_is_in_at_most_one_entity(nlp: Language, word_salad: MakeDocs) -> None:
    docs = word_salad(nlp, [1, 6, 25])
    for doc, scored in zip(docs, exact(nlp).score(docs), strict=True):
        cover = np.zeros(len(doc))
        for (start, end, _), p in spans_of(scored).items():
            cover[start:end] += p
        assert cover.max() <= 1 + 1e-9


def test_no_entity_begins_on_white_space_or_crosses_a_sentence_start(nlp: Language) -> None:
    words = ["Ann", "\n", "Lee", "of", "Oslo", "Sea"]
    starts: list[bool | int | None] = [True, False, False, False, True, False]
    scored = exact(nlp).score([Doc(nlp.vocab, words=words, sent_starts=starts)])[0]
    assert 1 not in scored.starts
    assert all(end <= 4 for start, end, _ in spans_of(scored) if start < 4)
    assert {(0, 4), (4, 6)} <= set(zip(scored.starts.tolist(), scored.ends.tolist(), strict=True))


def test_following_fewer_entities_loses_no_probability(nlp: Language, word_salad: MakeDocs) -> None:
    docs = word_salad(nlp, [30, 0, 12])
    table = TransitionTable(find_ner(nlp), docs)
    limits = Limits(prune=0.2, max_length=3, floor=0.1, asked=np.ones(3, dtype=np.bool_))
    edges = build_lattice(table, temperature=2.0, limits=limits).edges
    arriving = forward(edges, table.bounds)[edges.starts] * edges.weights
    for end in (30, 42):
        assert arriving[edges.ends == end].sum() == pytest.approx(1.0)


def test_the_default_limits_change_no_marginal_much(nlp: Language, generated: MakeDocs) -> None:
    docs = generated(nlp, 100)
    for quick, slow in zip(MarginalScorer(nlp).score(docs), exact(nlp).score(docs), strict=True):
        wanted = spans_of(slow)
        assert all(abs(p - wanted[span]) < 2e-3 for span, p in spans_of(quick).items())


def test_a_doc_scores_alike_in_any_company_and_order(nlp: Language, word_salad: MakeDocs) -> None:
    docs = word_salad(nlp, [7, 0, 1, 19, 3, 11])
    alone = [exact(nlp).score([doc])[0] for doc in docs]
    backwards = exact(nlp).score(docs[::-1])[::-1]
    for one, other in zip(alone, backwards, strict=True):
        assert spans_of(one) == pytest.approx(spans_of(other), abs=1e-5)
        assert one.expected == pytest.approx(other.expected, abs=1e-5)


def test_spans_are_sorted_by_start_end_and_label(nlp: Language, word_salad: MakeDocs) -> None:
    for scored in MarginalScorer(nlp).score(word_salad(nlp, [5, 20])):
        assert list(spans_of(scored)) == sorted(spans_of(scored))


def test_only_asked_labels_are_returned_with_unchanged_marginals(
    plain: Language, generated: MakeDocs
) -> None:
    docs = generated(plain, 30)
    everything = MarginalScorer(plain).score(docs)
    asked = MarginalScorer(plain, ["PLACE", "ORG"]).score(docs)
    for full, part in zip(everything, asked, strict=True):
        wanted = {span: p for span, p in spans_of(full).items() if span[2] != "PERSON"}
        assert spans_of(part) == pytest.approx(wanted)
        assert list(part.expected) == ["ORG", "PLACE"]


def test_a_label_the_model_does_not_know_has_no_spans(plain: Language, generated: MakeDocs) -> None:
    for scored in MarginalScorer(plain, ["DISH"]).score(generated(plain, 3)):
        assert len(scored) == 0
        assert scored.expected == {"DISH": 0.0}


def test_a_label_never_trained_on_has_no_probability(
    listening: Language, generated: MakeDocs
) -> None:
    stand_alone(listening)
    docs = generated(listening, 20)
    before = exact(listening).score(docs)
    find_ner(listening).add_label("DISH")
    after = exact(listening).score(docs)
    assert after[0].expected["DISH"] == 0.0
    for old, new in zip(before, after, strict=True):
        assert spans_of(new) == pytest.approx(spans_of(old), abs=1e-6)


def test_the_floor_drops_unlikely_spans_but_none_of_the_greedy_parse(
    plain: Language, generated: MakeDocs
) -> None:
    for scored in MarginalScorer(plain, floor=0.7).score(generated(plain, 60)):
        assert ((scored.probabilities >= 0.7) | scored.greedy).all()


def test_entities_already_on_a_doc_are_ignored_and_kept(
    plain: Language, generated: MakeDocs
) -> None:
    doc = generated(plain, 1)[0]
    bare = doc.copy()
    doc.ents = [Span(doc, 0, 2, label="PLACE")]
    scorer = MarginalScorer(plain)
    assert spans_of(scorer.score([doc])[0]) == spans_of(scorer.score([bare])[0])
    assert list(predict_entities(plain, [doc])) == list(predict_entities(plain, [bare]))
    assert [(ent.start, ent.end, ent.label_) for ent in doc.ents] == [(0, 2, "PLACE")]


@pytest.mark.parametrize("words", [[], ["Acme"], ["\n"]])
def test_docs_of_no_or_one_token_are_scored(nlp: Language, words: list[str]) -> None:
    scored = exact(nlp).score([Doc(nlp.vocab, words=words)])[0]
    assert set(scored.expected) == {"ORG", "PERSON", "PLACE"}
    assert len(scored) == (3 if words == ["Acme"] else 0)


def test_no_docs_give_no_marginals(plain: Language) -> None:
    assert MarginalScorer(plain).score([]) == []


def test_a_pipeline_without_ner_gives_no_spans() -> None:
    blank = spacy.blank("en")
    scored = MarginalScorer(blank, ["ORG"]).score([blank("Acme met Ann."), blank("")])
    assert [(len(one), one.expected) for one in scored] == [(0, {"ORG": 0.0})] * 2


def test_a_recogniser_that_borrows_its_vectors_is_refused_until_it_owns_them(
    listening: Language, generated: MakeDocs
) -> None:
    docs = generated(listening, 50)
    with pytest.raises(ModelError, match="borrows token vectors from tok2vec"):
        MarginalScorer(listening)
    piped = listening.pipe(doc.copy() for doc in docs)
    whole = [[(e.start, e.end, e.label_) for e in doc.ents] for doc in piped]
    stand_alone(listening)
    assert [greedy_spans(scored) for scored in MarginalScorer(listening).score(docs)] == whole
    assert sum(map(len, whole)) > 50


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0.0}, "temperature 0.0: give a number above 0"),
        ({"temperature": float("nan")}, "temperature nan: give a number above 0"),
        ({"floor": 1.0}, "floor 1.0: give a probability"),
        ({"prune": -0.1}, "prune -0.1: give a probability"),
        ({"max_length": 0}, "max_length 0: give a number of tokens of at least 1"),
    ],
)
def test_options_out_of_range_are_refused(
    plain: Language, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        MarginalScorer(plain, **options)
