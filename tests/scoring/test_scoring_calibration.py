"""A temperature fitted on whole segments: what it finds, and what holds it back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.errors import ParameterError
from prodigy_al.scoring.calibration import (
    TEMPERATURES,
    TemperedSpans,
    fit_temperature,
    temper_spans,
)
from prodigy_al.scoring.marginals import DEFAULT_TEMPERATURE, MarginalScorer

MakeDocs = Callable[..., list[Doc]]


def planted(segments: int, temperature: float, seed: int = 0) -> TemperedSpans:
    """Spans of a model that is right as often as it says at one temperature, five a segment."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, 5 * segments)
    marginals = 1 / (1 + np.exp(-logits / TEMPERATURES[:, None]))
    right = rng.random(logits.size) < 1 / (1 + np.exp(-logits / temperature))
    return TemperedSpans(marginals, right, np.repeat(np.arange(segments), 5), segments)


@pytest.mark.parametrize("temperature", [0.8, 2.0, 3.1])
def test_the_temperature_that_made_the_spans_is_found(temperature: float) -> None:
    found = [fit_temperature(planted(2000, temperature, seed)) for seed in range(5)]
    assert np.mean(found) == pytest.approx(temperature, rel=0.05)


def test_without_a_segment_it_is_the_default() -> None:
    assert fit_temperature(planted(0, 1.0)) == pytest.approx(DEFAULT_TEMPERATURE)


def test_few_segments_are_held_to_the_default_and_many_are_not() -> None:
    far = 3.5
    few, many = (
        np.mean([fit_temperature(planted(n, far, seed)) for seed in range(30)]) for n in (3, 600)
    )
    assert DEFAULT_TEMPERATURE < few < 2.7
    assert many == pytest.approx(far, rel=0.05)


def test_it_stays_within_a_quarter_and_twice_the_default() -> None:
    assert fit_temperature(planted(2000, 0.1)) == pytest.approx(DEFAULT_TEMPERATURE / 4)
    assert fit_temperature(planted(2000, 30.0)) == pytest.approx(DEFAULT_TEMPERATURE * 2)


def joined(one: TemperedSpans, other: TemperedSpans) -> TemperedSpans:
    return TemperedSpans(
        np.hstack([one.marginals, other.marginals]),
        np.append(one.right, other.right),
        np.append(one.segments, other.segments + one.size),
        one.size + other.size,
    )


def test_segments_that_were_drawn_ten_times_as_often_count_a_tenth() -> None:
    drawn, population, unweighted = [], [], []
    for seed in range(10):
        sure, unsure = planted(1000, 1.5, seed), planted(1000, 3.0, seed + 100)
        population.append(fit_temperature(joined(sure, unsure)))
        sample = joined(sure, planted(100, 3.0, seed + 100))
        unweighted.append(fit_temperature(sample))
        drawn.append(fit_temperature(sample, np.repeat([1.0, 0.1], [1000, 100])))
    assert np.mean(drawn) == pytest.approx(np.mean(population), rel=0.05)
    assert np.mean(unweighted) < 0.8 * np.mean(population)


def test_weights_that_are_all_alike_change_nothing() -> None:
    spans = planted(50, 3.0)
    assert fit_temperature(spans, np.full(50, 0.02)) == pytest.approx(fit_temperature(spans))


def test_a_segment_that_had_no_chance_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"probabilities 0.0: every segment had a chance"):
        fit_temperature(planted(2, 2.0), np.array([0.5, 0.0]))


def test_spans_are_those_of_the_scorer_at_each_temperature_and_the_true_ones(
    plain: Language, generated: MakeDocs
) -> None:
    docs = generated(plain, 12)
    impossible = (0, len(docs[3]), "ORG")
    true = [[(e.start, e.end, e.label_) for e in doc.ents if e.label_ == "ORG"] for doc in docs]
    true[3] = [*true[3], impossible, (0, 1, "PERSON")]
    spans = temper_spans(plain, ["ORG"], docs, true)
    assert spans.size == 12
    assert spans.right.sum() == sum(map(len, true)) - 1  # nobody asked for a PERSON
    for k in (0, 8, 12):
        scorer = MarginalScorer(plain, ["ORG"], temperature=TEMPERATURES[k])
        for at, scored in enumerate(scorer.score(docs)):
            own = spans.marginals[k, spans.segments == at]
            listed = scored.probabilities[scored.probabilities >= 0.02]
            assert np.sort(own[own >= 0.02]) == pytest.approx(np.sort(listed), abs=1e-5)
    assert (spans.marginals[:, ~spans.right].max(axis=0) >= 0.02).all()


def test_no_docs_give_no_spans(plain: Language) -> None:
    spans = temper_spans(plain, ["ORG"], [], [])
    assert spans.marginals.shape == (len(TEMPERATURES), 0)
    assert fit_temperature(spans) == pytest.approx(DEFAULT_TEMPERATURE)
