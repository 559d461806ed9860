"""A segment that several people answered is one item with mean counts, whoever came last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import spacy

from prodigy_al.comparison.matches import count_answers
from prodigy_al.comparison.runs import Run
from prodigy_al.comparison.testset import read_test
from prodigy_al.evaluation.counts import scores
from prodigy_al.training.answers import Answers, read_answers
from prodigy_al.training.truths import Truth

NLP = spacy.blank("en")
TEXT = "Acme and Brint left Oslo"
ACME, BRINT, OSLO = (0, 1, "ORG"), (2, 3, "ORG"), (4, 5, "ORG")
OFFSETS = {ACME: (0, 4), BRINT: (9, 14), OSLO: (20, 24)}


def answer(
    who: str | None, *spans: tuple[int, int, str], time: int = 1, text: int = 7, **more: Any
) -> dict[str, Any]:
    marked = [
        {"start": OFFSETS[span][0], "end": OFFSETS[span][1], "label": "ORG"} for span in spans
    ]
    record = {"text": TEXT, "spans": marked, "answer": "accept", "_view_id": "ner_manual"}
    record |= {"_input_hash": text, "_timestamp": time} | more
    return record if who is None else record | {"_annotator_id": who}


def read(*examples: dict[str, Any]) -> Answers:
    return read_answers(examples, ["ORG"], dataset="d", tokenizer=NLP.make_doc)


def counted(answers: Answers, *predicted: tuple[int, int, str]) -> tuple[float, float, float]:
    counts = count_answers(answers, [frozenset(predicted)] * len(answers))
    return float(counts.tp.sum()), float(counts.predicted.sum()), float(counts.gold.sum())


def test_two_who_disagree_count_by_their_mean_in_either_order():
    """By the latest alone, F1 would be 2/3 or 1 with the order of two clocks."""
    orders = [
        read(answer("ann", ACME, BRINT, time=1), answer("bob", ACME, time=2)),
        read(answer("ann", ACME, BRINT, time=2), answer("bob", ACME, time=1)),
    ]
    by_latest = []
    for found in orders:
        (item,) = found.items
        assert set(item.truths) == {Truth((ACME, BRINT)), Truth((ACME,))}
        assert counted(found, ACME) == (1.0, 1.0, 1.5)
        latest = replace(found, items=(replace(item, by_annotator=()),))
        by_latest.append(scores(count_answers(latest, [frozenset({ACME})])).f1)
    assert by_latest == [1.0, pytest.approx(2 / 3)]


def test_training_goes_on_with_the_latest_answer():
    (item,) = read(answer("ann", ACME, BRINT, time=2), answer("bob", ACME, time=1)).items
    assert item.accepted == (ACME, BRINT)


def test_what_one_person_corrects_is_no_second_opinion():
    found = read(answer("ann", ACME, BRINT, time=1), answer("ann", ACME, time=2))
    assert found.items[0].by_annotator == ()
    assert counted(found, ACME) == (1, 1, 1)
    corrected = read(
        answer("ann", BRINT, time=1), answer("bob", ACME, time=2), answer("ann", ACME, time=3)
    )
    assert set(corrected.items[0].truths) == {Truth((ACME,))}


def test_an_ignored_answer_is_no_opinion():
    found = read(answer("ann", ACME), answer("bob", BRINT, answer="ignore"))
    assert found.items[0].by_annotator == ()


def test_binary_answers_of_two_who_disagree_count_by_their_mean():
    def about(who: str, span: tuple[int, int, str], verdict: str, time: int) -> dict[str, Any]:
        return answer(who, span, time=time, answer=verdict, _view_id="ner")

    found = read(
        about("ann", ACME, "accept", 1),
        about("bob", ACME, "reject", 2),
        about("bob", OSLO, "accept", 3),
    )
    (item,) = found.items
    assert (item.accepted, item.rejected) == ((OSLO,), (ACME,))
    # of ann: right, one of one; of bob: one right and one wrong, of one
    assert counted(found, ACME, OSLO) == (1.0, 1.5, 1.0)


def test_segments_with_one_answer_count_as_before():
    found = read(
        answer("ann", ACME, text=1), answer("bob", ACME, text=1), answer("ann", BRINT, text=2)
    )
    counts = count_answers(found, [frozenset({ACME}), frozenset({ACME})])
    assert np.array([counts.tp, counts.predicted, counts.gold]).tolist() == [[1, 0], [1, 1], [1, 1]]


def test_the_test_set_has_one_segment_for_both_and_two_for_a_text_that_is_there_twice():
    both = [answer("ann", ACME, BRINT), answer("bob", ACME), answer("bob", OSLO, text=8)]
    test = read_test("t", [(e["_input_hash"], e) for e in both], ["ORG"], tokenizer=NLP.make_doc)
    assert (len(test.gold), test.hashes, test.ignored) == (2, (7, 8), 0)
    assert counted(test.gold, ACME) == (1.0, 2.0, 2.5)
    source = [answer(None, ACME), answer(None, ACME)]
    twice = read_test("t", [(7, e) for e in source], ["ORG"], tokenizer=NLP.make_doc)
    assert len(twice.gold) == 2
    ignored = [answer("ann", ACME), answer("bob", ACME, answer="ignore")]
    one = read_test("t", [(7, e) for e in ignored], ["ORG"], tokenizer=NLP.make_doc)
    assert (len(one.gold), one.ignored) == (1, 0)


def test_who_disagreed_repeats_no_training():
    found = read(answer("ann", ACME, BRINT, time=2), answer("bob", ACME, time=1))
    alone = read(answer("ann", ACME, BRINT, time=2))
    runs = [Run("base", (), "d", "usual", train=train) for train in (found, alone)]
    assert runs[0].key("sha") == runs[1].key("sha")


def test_the_same_spans_of_whole_segments_and_as_single_ones_are_two_trainings():
    train = read(answer("ann", ACME))
    single = replace(train, form="binary")
    runs = [Run("base", (), "d", "usual", train=each) for each in (train, single)]
    assert runs[0].key("sha") != runs[1].key("sha")
