from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import spacy

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.comparison.controls import find_control
from prodigy_al.comparison.estimates import weighted_score
from prodigy_al.comparison.testset import read_test, remove_overlap
from prodigy_al.errors import AnswerError
from prodigy_al.evaluation.counts import Counts, scores
from prodigy_al.evaluation.estimators import Unavailable

NLP = spacy.blank("en")
TEXT = "Avelor Group left Oslo after a long and costly summer"


def example(number: int, text: str = TEXT, **more: Any) -> dict[str, Any]:
    tokens = [
        {"text": t.text, "start": t.idx, "end": t.idx + len(t), "id": t.i, "ws": True}
        for t in NLP.make_doc(text)
    ]
    return {
        "text": text,
        "tokens": tokens,
        "spans": [{"start": 0, "end": 12, "label": "ORG"}],
        "answer": "accept",
        "_view_id": "ner_manual",
        "_input_hash": number,
        "_timestamp": 1000 + 5 * number,
        **more,
    }


def arm(examples: list[dict[str, Any]], dataset: str = "d") -> Arm:
    return read_arm(dataset, examples, ["ORG"], tokenizer=NLP.make_doc)


def test_a_foreign_dataset_is_split_by_document():
    found = arm([example(i, meta={"doc": i // 5}) for i in range(100)])
    documents = [
        {found.groups[item.input_hash] for item in fold.items} for fold in (found.train, found.dev)
    ]
    assert documents[0].isdisjoint(documents[1])
    assert len(found.dev) == 25


def test_a_foreign_dataset_that_seldom_names_documents_is_split_by_text():
    """Under 95 %, a document would only be what of it happens to be named."""
    found = arm([example(i, meta={"doc": i // 40} if i % 10 else {}) for i in range(100)])
    assert found.groups == {i: str(i) for i in range(100)}
    nearly_all = arm([example(i, meta={"doc": i // 5} if i % 20 else {}) for i in range(100)])
    assert nearly_all.groups[19] == "doc=3"
    assert nearly_all.groups[20] == "20"


def test_simulated_seconds_are_known_to_be():
    answers = [example(i) for i in range(40)]
    assert not arm(answers).effort.simulated
    assert arm([*answers[1:], {**answers[0], "simulated": True}]).effort.simulated


def test_breaks_do_not_count_as_work():
    times = [0, 10, 20, 5000, 5010]
    found = arm([example(i, _timestamp=t) for i, t in enumerate(times)])
    assert found.effort.seconds_per_answer == 10
    assert found.effort.seconds == 10 + 10 + 120 + 10 + 10


def test_answers_without_times_have_no_seconds():
    examples = [example(i) for i in range(8)]
    for one in examples:
        del one["_timestamp"]
    assert arm(examples).effort.seconds is None


def test_test_segments_stand_for_themselves_also_where_a_text_is_repeated():
    test = read_test("t", [(7, example(7)), (7, example(7))], ["ORG"], tokenizer=NLP.make_doc)
    assert len(test.gold) == 2
    assert test.hashes == (7, 7)


def test_a_binary_test_set_is_refused():
    with pytest.raises(AnswerError, match="misses cannot be counted"):
        read_test("t", [(7, example(7, _view_id="ner"))], ["ORG"], tokenizer=NLP.make_doc)


def test_training_answers_that_stand_in_test_are_removed_but_short_ones_stay():
    short = "Avelor Group left Oslo"
    found = arm([example(i, TEXT if i % 2 else short) for i in range(40)])
    both = [(i, example(i, TEXT if i % 2 else short)) for i in range(10)]
    test = read_test("t", both, ["ORG"], tokenizer=NLP.make_doc)
    (train,), overlap = remove_overlap([found], test)
    gone = {i.input_hash for i in found.train.items} - {i.input_hash for i in train.items}
    assert gone == {i.input_hash for i in found.train.items} & {1, 3, 5, 7, 9}
    assert (overlap.segments, overlap.short) == (10, 5)
    assert overlap.removed == {"d": len(gone)}
    assert len(test.gold) == 10


def drawn(strategy: str, seed: int, salt: str, form: str = "full") -> Arm:
    view = "ner" if form == "binary" else "ner_manual"
    found = arm([example(i, _view_id=view) for i in range(12)], f"{strategy}-{seed}")
    fields = {**found.__dict__, "strategy": strategy, "seed": seed, "fold_salt": salt}
    return Arm(**fields)


def test_the_control_has_the_same_salt_and_form_and_the_nearest_seed():
    ranked = drawn("ranked", 3, "a")
    controls = [drawn("random", 0, "a"), drawn("random", 4, "a"), drawn("random", 3, "b")]
    found = find_control(ranked, [ranked, *controls])
    assert found is not None
    assert found.dataset == "random-4"
    teach = drawn("teach", 3, "a", "binary")
    binary = drawn("random-binary", 0, "a", "binary")
    assert find_control(teach, [*controls, binary]) is binary
    assert find_control(teach, controls).dataset == "random-4"
    assert find_control(controls[0], controls) is None


def test_missing_probabilities_are_unavailable_and_never_weight_one():
    found = arm([example(i) for i in range(40)])
    counts = Counts(*np.ones((3, len(found.dev))))
    assert weighted_score([counts], found) == Unavailable(
        "the answers carry no sampling probabilities"
    )
    assert scores(counts).f1 == 1.0
