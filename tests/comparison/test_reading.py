"""What a dataset holds besides plain answers is counted and said."""

from __future__ import annotations

from typing import Any

import pytest

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.build import compare
from prodigy_al.report.schema import Reading
from prodigy_al.report.tables import render_tables
from prodigy_al.training.answers import read_answers


def with_flaws(answered: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add one contradiction, two repeats, three spans off tokens and four of another label."""
    flawed = [dict(example) for example in answered]
    with_spans = [e for e in flawed if e["spans"]]
    last = flawed[-1]["_timestamp"]
    for i, example in enumerate(flawed[:4]):
        example["spans"] = [*example["spans"], {"start": 0, "end": 1, "label": "OTHER"}]
        if i < 3:
            off = {"start": 1, "end": 2, "label": "ORG"}
            example["spans"] = [*example["spans"], off]
    changed = {**with_spans[-1], "spans": [], "_timestamp": last + 10, "_annotator_id": "bob"}
    again = [{**e, "_timestamp": last + 20} for e in with_spans[-3:-1]]
    return [{"_annotator_id": "ann", **e} for e in [*flawed, changed, *again]]


def test_what_was_met_is_in_the_report_and_on_the_terminal(plan: Any, arm: Any, examples: Any):
    report = compare(plan([arm("flawed", with_flaws(examples(60)))]))
    found = report.arms["flawed"]
    assert found.contradictions == 1
    assert found.reading == Reading(
        repeats=2,
        off_tokens=3,
        unasked=4,
        several_annotators=1,
        agreement=Unavailable(
            "the answers come from 1 document; at least 10 are needed to tell how much new text "
            "would differ"
        ),
    )
    assert (
        "flawed: contradictory answers: 1 (the latest counts); answers that repeat another: 2 "
        "(merged); spans off token borders: 3 (left out); spans of labels not asked for: 4 "
        "(left out); texts answered by several annotators: 1 (trained on the latest answer, "
        "measured by the mean of theirs).\n"
    ) in render_tables(report)


def test_a_plain_dataset_has_no_line(plan: Any, arm: Any, examples: Any):
    report = compare(plan([arm("plain", examples(40))]))
    assert not any(vars(report.arms["plain"].reading).values())
    assert "\nplain: contradictory" not in render_tables(report)
    assert "\nplain: answers" not in render_tables(report)


@pytest.mark.parametrize(
    ("verdicts", "repeats", "contradictions"),
    [
        (["accept"], 0, 0),
        (["accept", "accept", "accept"], 2, 0),
        (["accept", "reject"], 0, 1),
        (["accept", "reject", "reject"], 1, 1),
        (["accept", "ignore", "accept"], 1, 0),
    ],
)
def test_binary_answers_about_one_span_repeat_or_contradict(
    verdicts: list[str], repeats: int, contradictions: int, examples: Any
):
    """And one about another span of the same text does neither."""
    one = next(e for e in examples(20, "binary") if len(e["tokens"]) > 3)
    token = one["tokens"][-1]
    other = {**one, "spans": [{"start": token["start"], "end": token["end"], "label": "ORG"}]}
    answers = [{**one, "answer": verdict} for verdict in verdicts]
    found = read_answers([*answers, {**other, "answer": "reject"}], ["ORG"], dataset="d")
    assert (found.repeats, found.contradictions) == (repeats, contradictions)
