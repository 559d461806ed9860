"""A dataset with several arms is compared arm by arm, each with the time that it took alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import spacy

from prodigy_al.comparison.arms import split_arms
from prodigy_al.comparison.effort import measure_effort
from prodigy_al.errors import AnswerError
from prodigy_al.training.answers import read_answers

NLP = spacy.blank("en")
Examples = list[dict[str, Any]]


def answer(
    number: int, arm: str, time: float | None, *, copied: bool = False, trial: str | None = "a,b"
) -> dict[str, Any]:
    record = {"arm": arm, "trial": trial, "reused_from": "elsewhere" if copied else None}
    made = {
        "text": f"text {number}",
        "spans": [],
        "answer": "accept",
        "_view_id": "ner_manual",
        "_input_hash": number,
        "_task_hash": number,
        "al": record,
    }
    return made if time is None else {**made, "_timestamp": time}


def seconds(examples: Any) -> float | None:
    answers = read_answers(examples, ["ORG"], dataset="d", tokenizer=NLP.make_doc)
    return measure_effort(answers, examples).seconds


def test_the_arms_of_a_trial_are_read_under_names_of_their_own():
    found = split_arms("t", [answer(1, "b", 0), answer(2, "a", 9), answer(3, "b", 20)])
    assert {name: [e["_input_hash"] for e in found[name]] for name in found} == {
        "t/b": [1, 3],
        "t/a": [2],
    }


def test_a_trial_of_which_one_arm_was_answered_keeps_its_names():
    assert list(split_arms("t", [answer(1, "b", 0)])) == ["t/b"]


def test_other_datasets_are_one_arm_as_they_are():
    plain = [answer(i, "a", 10 * i, trial=None) for i in range(3)]
    assert split_arms("d", plain) == {"d": plain}
    foreign = [{k: v for k, v in e.items() if k != "al"} for e in plain]
    assert split_arms("d", foreign) == {"d": foreign}


def test_an_arms_seconds_are_those_of_its_own_answers():
    """Answers of the other arm in between are no work of this one: 3 + 3 + 3, not 10 + 10 + 10."""
    arms = split_arms(
        "t", [answer(i, "ab"[i % 2], 10 * (i // 2) + (3 if i % 2 else 0)) for i in range(6)]
    )
    assert seconds(arms["t/b"]) == 3 + 3 + 3
    assert seconds(arms["t/a"]) == 7 + 7 + 7
    raw = [answer(i, "b", 10 * i + 3) for i in range(3)]
    assert seconds(raw) == 30


def test_a_copy_takes_what_its_original_took():
    originals = [answer(1, "a", 0), answer(2, "a", 4), answer(3, "a", 24), answer(4, "b", 30)]
    copies = [answer(2, "b", None, copied=True), answer(3, "b", None, copied=True)]
    found = split_arms("t", [*originals, *copies])["t/b"]
    times = [e["_timestamp"] for e in found]
    assert [b - a for a, b in pairwise(times)] == [4, 20]


def test_a_copy_from_another_dataset_takes_a_typical_answers_time():
    own = [answer(i, "a", 7 * i, trial=None) for i in range(3)]
    copies = [answer(i, "a", None, copied=True, trial=None) for i in (8, 9)]
    (found,) = split_arms("d", [*own, *copies]).values()
    assert seconds(found) == pytest.approx(5 * 7)
    assert seconds(own) == 3 * 7


def test_breaks_are_cut_before_the_time_is_divided():
    answers = [answer(0, "a", 0), answer(1, "b", 10), answer(2, "a", 5000), answer(3, "b", 5010)]
    assert seconds(split_arms("t", answers)["t/a"]) == 120 + 120  # its only gap is its typical one
    assert seconds(split_arms("t", answers)["t/b"]) == 10 + 10


def test_whole_segments_and_single_spans_in_one_dataset_are_refused_not_split():
    whole = answer(1, "random", 0, trial=None)
    span = {"start": 0, "end": 4, "label": "ORG"}
    single = answer(2, "teach", 9, trial=None) | {"_view_id": "ner", "spans": [span]}
    whole["al"]["unit"], single["al"]["unit"] = "segment", "candidate"
    found = split_arms("merged", [whole, single])
    assert list(found) == ["merged"]
    with pytest.raises(AnswerError, match="merged mixes 1 manual and 1 binary answers"):
        read_answers(found["merged"], ["ORG"], dataset="merged", tokenizer=NLP.make_doc)
