"""A segment that several people answered is one item with mean counts, whoever came last."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import spacy

from prodigy_al.comparison.arms import split_arms
from prodigy_al.comparison.effort import add_efforts, cut_to_seconds, measure_effort
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


def side_by_side(**more: Any) -> list[dict[str, Any]]:
    """Ann takes 20 s for each of six answers, Bob 10 s for each of twelve, at the same time."""
    own = [("ann", 20, 6), ("bob", 10, 12)]
    given = [
        answer(who, ACME, time=5000 + took * i, text=100 * took + i, _task_hash=100 * took + i)
        for who, took, count in own
        for i in range(1, count + 1)
    ]
    return [{**one, **more} for one in sorted(given, key=lambda one: one["_timestamp"])]


def test_seconds_are_those_of_all_who_answered_at_the_same_time():
    """Two minutes on the clock are four of work; a first answer counts as a typical one."""
    given = side_by_side()
    effort = measure_effort(read(*given), given)
    assert (effort.seconds_per_answer, effort.seconds) == (10, 5 * 20 + 11 * 10 + 2 * 10)
    both = add_efforts([effort, effort], [given, given])
    assert (both.seconds_per_answer, both.seconds) == (10, 2 * 230)


def test_a_cut_to_seconds_holds_what_all_had_answered_by_then():
    given = side_by_side()
    assert cut_to_seconds(given, 230) == given
    # Bob's first and Ann's, which count as typical, then Bob's second and third, Ann's second
    first = [(one["_annotator_id"], one["_timestamp"]) for one in cut_to_seconds(given, 40)]
    assert first == [("bob", 5010), ("ann", 5020), ("bob", 5020), ("bob", 5030)]
    assert len(cut_to_seconds(given, 39)) == 3


def test_a_break_is_one_of_a_single_person():
    """Ann is away for an hour, while Bob goes on."""
    given = [answer("ann", ACME, time=t, text=t) for t in (0, 10, 3610)]
    given += [answer("bob", ACME, time=60 * t, text=9000 + t) for t in range(61)]
    effort = measure_effort(read(*given), given)
    assert effort.seconds == (60 + 10 + 120) + (60 + 60 * 60)


def test_arms_of_a_trial_take_the_seconds_of_all_who_answered():
    turns: Counter[str] = Counter()
    given = []
    for one in side_by_side():
        arm = "ab"[turns[one["_annotator_id"]] % 2]
        turns[one["_annotator_id"]] += 1
        given.append({**one, "al": {"arm": arm, "trial": "a,b", "reused_from": None}})
    # of each arm three by Ann and six by Bob, the first of either counting as typical
    found = split_arms("t", given)
    seconds = {name: measure_effort(read(*own), own).seconds for name, own in found.items()}
    assert seconds == dict.fromkeys(("t/b", "t/a"), 2 * 20 + 5 * 10 + 2 * 10)
