from __future__ import annotations

from dataclasses import replace

import pytest

from prodigy_al.comparison.retention import (
    LabelRetention,
    Retention,
    count_overwritten,
    count_retained,
    measure_retention,
)
from prodigy_al.evaluation.counts import scores
from prodigy_al.training.answers import Answer, Answers

GOLD = Answers(
    "t",
    "full",
    ("ORG",),
    tuple(Answer(i, ("w",) * 9, (True,) * 9, ((0, 2, "ORG"),), ()) for i in range(2)),
    {},
)
PERSON, PLACE, ON_GOLD = (4, 5, "PERSON"), (6, 7, "PLACE"), (1, 3, "PERSON")


def test_an_unchanged_model_agrees_fully():
    found = measure_retention(GOLD, [{PERSON}, {PLACE}], [[{PERSON}, {PLACE}]])
    assert found.agreement_f1 == 1.0
    assert found.per_label["PERSON"] == LabelRetention(1, 1.0, 1.0)


def test_a_forgotten_label_shows():
    found = measure_retention(GOLD, [{PERSON}, {PLACE}], [[set(), {PLACE}], [{PERSON}, {PLACE}]])
    assert found.agreement_f1 == pytest.approx((2 / 3 + 1) / 2)
    assert found.per_label["PERSON"] == LabelRetention(1, 0.5, 0.5)


def test_changes_where_an_asked_label_stands_are_no_loss():
    found = measure_retention(GOLD, [{PERSON, ON_GOLD}, set()], [[{PERSON}, set()]])
    assert found.agreement_f1 == 1.0


def test_asked_labels_do_not_count():
    found = measure_retention(GOLD, [{PERSON}, set()], [[{PERSON, (4, 6, "ORG")}, {(0, 2, "ORG")}]])
    assert found.agreement_f1 == 1.0


def test_the_worst_label_stands_beside_the_total_where_the_base_has_enough_of_it():
    """The total hides what was lost of a rare label; one of a handful of spans says nothing."""
    many = replace(GOLD, items=tuple(Answer(i, ("w",) * 9, (True,) * 9, ()) for i in range(400)))
    before = [{(0, 1, "PERSON")} | ({(4, 5, "FAC")} if i < 20 else set()) for i in range(400)]
    before[0] = before[0] | {(6, 7, "RARE")}
    after = [spans - {(4, 5, "FAC"), (6, 7, "RARE")} for spans in before[:10]] + before[10:]
    found = measure_retention(many, before, [after])
    assert found.agreement_f1 > 0.98
    assert found.worst == "FAC"
    assert found.per_label["FAC"] == LabelRetention(20, 10.0, pytest.approx(2 / 3))
    assert found.per_label["RARE"].agreement_f1 == 0
    fewer = measure_retention(many.take(range(19)), before[:19], [after[:19]])
    assert fewer.worst is None


def test_a_base_without_other_labels_leaves_it_undefined():
    assert measure_retention(GOLD, [set(), set()], [[set(), set()]]) == Retention(None, {})


def test_agreement_is_counted_text_by_text():
    before, after = [{PERSON}, {PLACE, ON_GOLD}], [[{PERSON}, set()]]
    (counts,) = count_retained(GOLD, before, after)
    assert counts.gold.tolist() == [1, 1]
    assert counts.tp.tolist() == [1, 0]
    assert scores(counts).f1 == measure_retention(GOLD, before, after).agreement_f1


def test_an_asked_label_on_a_span_of_another_label_counts_once_and_not_where_gold_stands():
    before = [{PERSON, ON_GOLD}, {PLACE}]
    after = [[{(4, 6, "ORG"), (4, 5, "ORG"), (0, 2, "ORG")}, {PLACE}], [{PERSON}, {PLACE}]]
    assert count_overwritten(GOLD, before, after) == (2, 0.5)
