"""Gold spans of a test set that nothing can match are counted, said and, if many, refused."""

from __future__ import annotations

from typing import Any

import pytest
import spacy

from prodigy_al.comparison.testset import TestSet, read_test
from prodigy_al.errors import AnswerError
from prodigy_al.report.build import compare
from prodigy_al.report.screen import render_screen
from prodigy_al.report.tables import render_tables

NLP = spacy.blank("en")
TEXT = "Avelor Group left Oslo"
GOOD, SHIFTED, REVERSED, OUTSIDE = (0, 12), (1, 13), (18, 12), (18, 40)


def record(*spans: tuple[int, int]) -> dict[str, Any]:
    return {"text": TEXT, "spans": [{"start": a, "end": b, "label": "ORG"} for a, b in spans]}


def read(*records: dict[str, Any], **more: Any) -> TestSet:
    return read_test("gold", list(enumerate(records)), ["ORG"], tokenizer=NLP.make_doc, **more)


@pytest.mark.parametrize("bad", [SHIFTED, REVERSED, OUTSIDE])
def test_more_than_two_in_a_hundred_are_refused_by_number_share_and_record(bad: tuple[int, int]):
    records = [*[record(GOOD)] * 47, record(bad), record(GOOD), record(bad)]
    says = r"--test gold: 2 of 50 gold spans \(4\.0 %\) are .* the first in record 48: .*--skip-bad"
    with pytest.raises(AnswerError, match=says) as caught:
        read(*records)
    assert caught.value.dataset == "gold"
    kept = read(*records, skip_bad=True)
    assert (kept.gold.off_tokens, len(kept.gold)) == (2, 50)
    assert sum(len(item.accepted) for item in kept.gold.items) == 48


def test_two_in_a_hundred_are_counted_and_used_without():
    test = read(*[record(GOOD)] * 49, record(SHIFTED))
    assert test.gold.off_tokens == 1
    assert test.first_unusable == 50


def test_the_record_is_that_of_the_source_where_texts_were_left_out():
    with pytest.raises(AnswerError, match="the first in record 8:"):
        read(record(GOOD), record(SHIFTED), numbers=[3, 7])


def test_a_test_set_without_any_usable_span_names_the_spans_and_not_the_label():
    with pytest.raises(AnswerError, match=r"2 of 2 gold spans \(100\.0 %\)"):
        read(record(SHIFTED), record(SHIFTED))
    with pytest.raises(AnswerError, match="has no gold span of ORG"):
        read(record(SHIFTED), record(SHIFTED), skip_bad=True)


def test_they_stand_in_the_report_and_above_the_tables(plan: Any, arm: Any, examples: Any):
    pool = examples(120)
    flawed = [*pool[60:]]
    flawed[0] = {**flawed[0], "spans": [{"start": 1, "end": 2, "label": "ORG"}]}
    test = read_test(
        "held-out",
        [(1000 + i, one) for i, one in enumerate(flawed)],
        ["ORG"],
        tokenizer=NLP.make_doc,
        skip_bad=True,
    )
    report = compare(plan([arm("news", pool[:60])], test=test))
    assert report.test.unusable_spans == 1
    line = (
        f"of the {report.test.gold_spans + 1} gold spans of test held-out, 1 is off token borders, "
        "reversed or outside the text and left out, the first in record 1: what a model finds in "
        "their place counts as wrong."
    )
    shown = render_tables(report)
    assert 0 <= shown.find(line) < shown.find("What was annotated")
    first = f"Check failed: 1 of {report.test.gold_spans + 1} gold spans unusable"
    assert first in render_screen(report).partition("F1 on test")[0]


def test_a_test_set_without_them_has_no_line(plan: Any, arm: Any, examples: Any):
    report = compare(plan([arm("news", examples(40))]))
    assert report.test.unusable_spans == 0
    assert "off token borders" not in render_tables(report)
