"""Errors are planted as often as asked for, where they can be, and each says that it was."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from scipy import special

from prodigy_al.errors import ParameterError
from prodigy_al.records import SIMULATED
from prodigy_al.simulation.annotator import GoldAnnotator, GoldSpans
from prodigy_al.simulation.mistakes import KINDS, Borders, ErrorModel, rank_by_score

N = 1500
BORDERS = [(2 * i, 2 * i + 1) for i in range(8)]  # eight tokens of one character
Spans = frozenset[tuple[int, int, str]]


def span(first: int, last: int, label: str = "ORG") -> tuple[int, int, str]:
    return BORDERS[first][0], BORDERS[last][1], label


def world() -> dict[int, Spans]:
    """Texts with none, one or two spans, some of which leave no room beside them."""
    rng = random.Random(0)
    found = [(), (span(0, 7),), (span(1, 2),), (span(0, 1), span(2, 4)), (span(3, 3, "GPE"),)]
    return {n: frozenset(rng.choice(found)) for n in range(N)}


GOLD = GoldSpans(world(), 0)


def task(number: int, spans: Any = None, *, shown: bool = False) -> dict[str, Any]:
    tokens = [{"start": start, "end": end} for start, end in BORDERS]
    asked = {} if spans is None else {"spans": [dict(zip(KEYS, one, strict=True)) for one in spans]}
    record = {"shown": {"suggestions": shown, "score": False}}
    return {"text": "a " * 8, "tokens": tokens, "_input_hash": number, "al": record, **asked}


KEYS = ("start", "end", "label")


def annotator(kind: str, rate: float, seed: int = 5, **more: Any) -> GoldAnnotator:
    return GoldAnnotator(GOLD, ["ORG", "GPE"], ErrorModel(kind, rate, **more), seed=seed)


def said(answer: dict[str, Any]) -> Spans:
    return frozenset((one["start"], one["end"], one["label"]) for one in answer["spans"])


def questions(binary: bool) -> list[dict[str, Any]]:
    """A question about each text: whole, with suggestions in half of them, or about one span."""
    rng = random.Random(1)
    if not binary:
        return [task(n, [span(1, 2)] if n % 2 else None, shown=bool(n % 2)) for n in GOLD.spans]
    return [task(n, [rng.choice([span(1, 2), span(1, 3), span(0, 0), span(2, 4)])])
            for n in GOLD.spans]  # fmt: skip


def is_wrong(question: dict[str, Any], answer: dict[str, Any], binary: bool) -> bool:
    gold = GOLD.spans[question["_input_hash"]]
    if binary:
        return (answer["answer"] == "accept") != (said(question) <= gold)
    return said(answer) != gold


CASES = [(kind, binary) for kind in KINDS for binary in (False, True)]


@pytest.mark.parametrize(("kind", "binary"), CASES)
def test_of_the_answers_that_such_an_error_fits_the_asked_share_is_wrong(kind: str, binary: bool):
    asked = questions(binary)
    always, sometimes = annotator(kind, 1.0), annotator(kind, 0.3)
    fits = [one for one in asked if is_wrong(one, always.answer(one, binary=binary), binary)]
    wrong = sum(is_wrong(one, sometimes.answer(one, binary=binary), binary) for one in fits)
    n = len(fits)
    assert n > 100
    low, high = (special.bdtrik(tail, n, 0.3) for tail in (0.001, 0.999))
    assert low <= wrong <= high
    others = [one for one in asked if one not in fits]
    if kind != "random":
        assert others
    assert not any(is_wrong(one, sometimes.answer(one, binary=binary), binary) for one in others)


@pytest.mark.parametrize(("kind", "binary"), CASES)
def test_an_answer_says_which_error_it_holds_if_any(kind: str, binary: bool):
    sometimes = annotator(kind, 0.4)
    for one in questions(binary):
        answer = sometimes.answer(one, binary=binary)
        wrong = is_wrong(one, answer, binary)
        assert answer[SIMULATED]["error"] == (kind if wrong else None)


@pytest.mark.parametrize(("kind", "binary"), CASES)
def test_errors_depend_on_seed_and_text_and_not_on_the_order(kind: str, binary: bool):
    def answers(asked: list[dict[str, Any]], seed: int) -> dict[int, Any]:
        one_person = annotator(kind, 0.4, seed)
        found = [one_person.answer(one, binary=binary) for one in asked]
        return {one["_input_hash"]: (one["answer"], said(one)) for one in found}

    asked = questions(binary)
    shuffled = random.Random(2).sample(asked, len(asked))
    assert answers(asked, 5) == answers(shuffled, 5)
    assert answers(asked, 5) != answers(asked, 6)


@pytest.mark.parametrize(("kind", "binary"), CASES)
def test_a_higher_rate_keeps_the_mistakes_and_adds_some(kind: str, binary: bool):
    few, many = ({
        one["_input_hash"]
        for one in questions(binary)
        if annotator(kind, rate).answer(one, binary=binary)[SIMULATED]["error"]
    } for rate in (0.2, 0.5))  # fmt: skip
    assert few < many


def test_gold_and_questions_stay_as_they_were():
    before = world()
    for kind, binary in CASES:
        for one in questions(binary):
            annotator(kind, 1.0).answer(one, binary=binary)
    assert dict(GOLD.spans) == before
    assert questions(False) == questions(False)


def test_a_moved_border_is_off_by_one_token_and_touches_no_other_span():
    moved = list(Borders(BORDERS).moved([span(0, 1), span(2, 4), span(7, 7)]))
    assert moved == [
        [span(1, 1), span(2, 4), span(7, 7)],
        [span(0, 0), span(2, 4), span(7, 7)],
        [span(0, 1), span(3, 4), span(7, 7)],
        [span(0, 1), span(2, 3), span(7, 7)],
        [span(0, 1), span(2, 5), span(7, 7)],
        [span(0, 1), span(2, 4), span(6, 7)],
    ]


def test_a_single_span_one_token_off_is_accepted_and_any_other_is_not():
    borders, gold = Borders(BORDERS), {span(2, 4)}
    model = ErrorModel("boundary", 1.0)
    near = {span(1, 4), span(3, 4), span(2, 3), span(2, 5)}
    every = {span(a, b) for a in range(8) for b in range(a, 8)}
    assert {one for one in every if model.reverses(one, gold, borders)} == near
    assert not model.reverses(span(2, 5, "GPE"), gold, borders)


def test_who_is_anchored_errs_only_where_something_wrong_is_shown():
    person = annotator("anchored", 1.0)
    texts = {gold: n for n, gold in GOLD.spans.items()}
    company = texts[frozenset({span(1, 2)})]
    assert said(person.answer(task(company, [span(0, 0)], shown=True), binary=False)) == {
        span(0, 0)
    }
    assert said(person.answer(task(company, [], shown=True), binary=False)) == set()
    assert said(person.answer(task(company), binary=False)) == {span(1, 2)}
    assert person.answer(task(company, [span(1, 2)]), binary=True)["answer"] == "accept"
    assert person.answer(task(company, [span(0, 0)]), binary=True)["answer"] == "accept"


def test_errors_rise_with_the_score_and_are_as_many_over_the_pool():
    scores = dict(zip(GOLD.spans, np.random.default_rng(3).exponential(size=N), strict=True))
    ranks = rank_by_score(scores)
    person = annotator("random", 0.3, ranks=ranks)
    wrong = {
        n: person.answer(task(n), binary=False)[SIMULATED]["error"] is not None for n in GOLD.spans
    }
    by_score = sorted(wrong, key=scores.__getitem__)
    low, high = (special.bdtrik(tail, N, 0.3) for tail in (0.001, 0.999))
    assert low <= sum(wrong.values()) <= high
    quarters = [np.mean([wrong[n] for n in part]) for part in np.array_split(by_score, 4)]
    # the middle of each quarter is at 1/8, 3/8, 5/8 and 7/8 of the way to twice the rate
    assert quarters == pytest.approx([0.075, 0.225, 0.375, 0.525], abs=0.08)


def test_where_all_scores_are_equal_so_are_all_rates():
    model = ErrorModel("random", 0.2, rank_by_score(dict.fromkeys(range(7), 0.0)))
    assert {model.rate_of(n) for n in range(7)} == {0.2}
    assert model.rate_of(99) == 0.2  # a text that is not in the pool


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"kind": "typos"}, "errors"),
        ({"rate": -0.1}, "error_rate"),
        ({"rate": float("nan")}, "error_rate"),
        ({"rate": 0.6, "ranks": {}}, "error_rate"),
    ],
)
def test_errors_that_cannot_be_made_are_refused(options: dict[str, Any], name: str):
    with pytest.raises(ParameterError, match=f"^{name}"):
        ErrorModel(**options)
