"""The marginals against a sum over every parse, found with spaCy's own states one by one."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.ner.pipelines import find_ner
from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals

Span = tuple[int, int, str]


class Parse(NamedTuple):
    state: Any
    probability: float
    spans: tuple[Span, ...]
    begun: int


def after(ner: Any, parse: Parse, action: str, probability: float) -> Parse:
    at = parse.state.B(0)
    state = parse.state.copy()
    ner.moves.apply_transition(state, action)
    begun = at if action[0] in "BU" else parse.begun
    closes = action[0] in "LU"
    spans = (*parse.spans, (begun, at + 1, action[2:])) if closes else parse.spans
    return Parse(state, parse.probability * probability, spans, begun)


def every_parse(ner: Any, doc: Doc, temperature: float) -> list[Parse]:
    names = [ner.moves.get_class_name(i) for i in range(ner.moves.n_moves)]
    model = ner.model.predict([doc])
    parses = [Parse(ner.moves.init_batch([doc])[0], 1.0, (), 0)]
    for _ in range(len(doc)):
        scores = model.predict([parse.state for parse in parses]).astype(np.float64) / temperature
        grown = []
        for parse, row in zip(parses, scores, strict=True):
            valid = [i for i, name in enumerate(names) if ner.moves.is_valid(parse.state, name)]
            p = np.exp(row[valid] - row[valid].max())
            for i, step in zip(valid, p / p.sum(), strict=True):
                grown.append(after(ner, parse, names[i], step))
        parses = grown
    return parses


def by_enumeration(ner: Any, doc: Doc, temperature: float) -> dict[Span, float]:
    sums: dict[Span, float] = defaultdict(float)
    for parse in every_parse(ner, doc, temperature):
        for span in parse.spans:
            sums[span] += parse.probability
    return sums


def spans_of(scored: SpanMarginals) -> dict[Span, float]:
    keys = zip(scored.starts.tolist(), scored.ends.tolist(), scored.labels, strict=True)
    return dict(zip(keys, scored.probabilities.tolist(), strict=True))


def exact(nlp: Language, temperature: float) -> MarginalScorer:
    return MarginalScorer(nlp, temperature=temperature, floor=0, prune=0, max_length=None)


def assert_agree(nlp: Language, docs: list[Doc], temperature: float) -> None:
    ner = find_ner(nlp)
    for doc, scored in zip(docs, exact(nlp, temperature).score(docs), strict=True):
        wanted = by_enumeration(ner, doc, temperature)
        assert spans_of(scored) == pytest.approx(wanted, abs=1e-6), doc.text


def test_marginals_are_sums_over_every_parse(
    plain: Language, word_salad: Callable[..., list[Doc]]
) -> None:
    lengths = random.Random(3).choices(range(1, 7), weights=[3, 4, 5, 4, 3, 1], k=200)
    assert_agree(plain, word_salad(plain, [*lengths, 6]), temperature=1.0)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_a_temperature_divides_every_step_of_every_parse(
    nlp: Language, word_salad: Callable[..., list[Doc]], temperature: float
) -> None:
    assert_agree(nlp, word_salad(nlp, [1, 2, 3, 3, 4, 4, 5, 5]), temperature)


def test_an_open_entity_shows_its_first_five_tokens_and_no_more(extra_tokens: Language) -> None:
    words = ["United", "Mills", "of", "North", "Sea", "Oslo", "Corp."]
    assert_agree(extra_tokens, [Doc(extra_tokens.vocab, words=words)], temperature=3.0)
