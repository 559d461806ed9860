"""What answers say about a text, and what is refused."""

from __future__ import annotations

import pytest
import spacy

from prodigy_al.errors import AnswerError
from prodigy_al.training.answers import read_answers

TEXT = "Avelor Group hired Mara"
AVELOR, GROUP, BOTH, MARA = (0, 6, "ORG"), (7, 12, "ORG"), (0, 12, "ORG"), (19, 23, "ORG")


def read(*examples, labels=("ORG",), **more):
    return read_answers(examples, labels, dataset="news", **more)


def test_token_ends_are_exclusive_though_stored_ones_are_not(record):
    example = record(TEXT, [BOTH])
    example["spans"][0] |= {"token_start": 0, "token_end": 1}
    (item,) = read(example).items
    assert item.accepted == ((0, 2, "ORG"),)
    assert item.words == ("Avelor", "Group", "hired", "Mara")
    assert item.spaces == (True, True, True, False)


def test_rejected_full_and_ignored_answers_say_nothing_but_are_counted(record):
    answers = read(
        record(TEXT, [BOTH]),
        record("Mara left", [], "reject"),
        record("Joss left", [], "ignore"),
        record("Lyra left", [(0, 4, "ORG")], "ignore", "ner"),
    )
    assert len(answers) == 1
    assert answers.counts == {"accept": 1, "reject": 1, "ignore": 2}


def test_binary_answers_of_one_text_are_merged(record):
    answers = read(
        record(TEXT, [BOTH], "accept", "ner"),
        record(TEXT, [MARA], "reject", "ner"),
        record(TEXT, [GROUP], "reject", "ner"),
    )
    (item,) = answers.items
    assert answers.form == "binary"
    assert item.accepted == ((0, 2, "ORG"),)
    assert item.rejected == ((1, 2, "ORG"), (3, 4, "ORG"))
    assert answers.contradictions == 0


@pytest.mark.parametrize(("first", "second"), [("accept", "reject"), ("reject", "accept")])
def test_the_latest_verdict_on_a_span_wins_and_the_contradiction_is_counted(record, first, second):
    answers = read(
        record(TEXT, [BOTH], second, "ner", _timestamp=20),
        record(TEXT, [BOTH], first, "ner", _timestamp=10),
    )
    (item,) = answers.items
    winner = item.accepted if second == "accept" else item.rejected
    assert winner == ((0, 2, "ORG"),)
    assert len(item.accepted) + len(item.rejected) == 1
    assert answers.contradictions == 1


def test_without_timestamps_the_later_place_in_the_dataset_wins(record):
    (item,) = read(
        record(TEXT, [BOTH], "accept", "ner"), record(TEXT, [BOTH], "reject", "ner")
    ).items
    assert item.rejected
    assert not item.accepted


def test_of_two_overlapping_accepted_spans_the_latest_is_the_entity(record):
    answers = read(
        record(TEXT, [AVELOR], "accept", "ner", _timestamp=1),
        record(TEXT, [BOTH], "accept", "ner", _timestamp=2),
    )
    assert answers.items[0].accepted == ((0, 2, "ORG"),)
    assert answers.contradictions == 1


def test_repeating_an_answer_is_no_contradiction(record):
    twice = [record(TEXT, [BOTH], "accept", "ner")] * 2
    assert read(*twice).contradictions == 0
    assert read(*[record(TEXT, [BOTH])] * 2).contradictions == 0


def test_of_full_answers_that_differ_the_latest_wins(record):
    answers = read(
        record(TEXT, [BOTH], _timestamp=3),
        record(TEXT, [AVELOR], _timestamp=1),
        record(TEXT, [BOTH], _timestamp=2),
    )
    assert answers.items[0].accepted == ((0, 2, "ORG"),)
    assert answers.contradictions == 1


def test_spans_off_token_borders_are_dropped_and_counted(record):
    answers = read(record(TEXT, [(0, 3, "ORG"), BOTH]))
    assert answers.items[0].accepted == ((0, 2, "ORG"),)
    assert answers.off_tokens == 1


def test_spans_with_other_labels_are_dropped_and_counted(record):
    answers = read(record(TEXT, [BOTH, (19, 23, "PERSON")]))
    assert answers.items[0].accepted == ((0, 2, "ORG"),)
    assert answers.unasked == 1


def test_records_without_tokens_get_them_from_the_pipeline(record):
    example = record("Avelor's boss left.", [(0, 6, "ORG")])
    del example["tokens"]
    (item,) = read(example, tokenizer=spacy.blank("en").make_doc).items
    assert item.words == ("Avelor", "'s", "boss", "left", ".")
    assert item.spaces == (False, True, True, False, False)
    assert item.accepted == ((0, 1, "ORG"),)


def test_spaces_come_from_the_text_where_tokens_do_not_tell(record):
    example = record(TEXT, [])
    for token in example["tokens"]:
        del token["ws"]
    assert read(example).items[0].spaces == (True, True, True, False)


def test_items_can_be_taken_by_place_and_by_input_hash(record):
    answers = read(record("Mara left", []), record("Joss left", []), record("Lyra left", []))
    first, second, third = answers.items
    assert answers.take([2, 0]).items == (third, first)
    assert answers.where(lambda input_hash: input_hash != second.input_hash).items == (first, third)
    assert answers.take([0]).counts == answers.counts


def test_a_dataset_that_mixes_both_forms_is_refused(record):
    with pytest.raises(AnswerError, match="mixes 1 manual and 2 binary answers") as caught:
        read(
            record(TEXT, [BOTH]),
            record("Mara left", [(0, 4, "ORG")], "reject", "ner"),
            record("Joss left", [(0, 4, "ORG")], "accept", "ner"),
        )
    assert caught.value.dataset == "news"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"answer": "maybe"}, 'has the answer "maybe"'),
        ({"_view_id": "choice"}, 'in the view "choice"'),
        ({"_view_id": "ner", "spans": []}, "has 0 spans"),
        ({"_input_hash": None}, "has no _input_hash"),
        ({"text": None}, "has no text"),
        ({"tokens": None}, "has no tokens"),
        ({"spans": [{"start": 0, "label": "ORG"}]}, "without start, end or label"),
        ({"answer": "ignore"}, "has no answer that says anything about ORG"),
    ],
)
def test_unusable_records_are_named_in_one_sentence(record, change, says):
    with pytest.raises(AnswerError, match=says) as caught:
        read(record(TEXT, [BOTH]) | change)
    assert str(caught.value).count("\n") == 0


def test_overlapping_spans_in_a_full_answer_are_refused(record):
    with pytest.raises(AnswerError, match="overlapping spans"):
        read(record(TEXT, [AVELOR, BOTH]))


def test_records_are_left_as_they_were(record):
    example, copy = record(TEXT, [BOTH]), record(TEXT, [BOTH])
    read(example)
    assert example == copy


def without_view(example, **more):
    return {key: value for key, value in example.items() if key != "_view_id"} | more


def test_without_views_a_record_tells_binary_answers_from_whole_segments(record):
    """Read as whole segments, of two statements about one text only the later one would count."""
    binary = [without_view(record(TEXT, [s]), al={"unit": "candidate"}) for s in (BOTH, MARA)]
    answers = read(*binary)
    assert answers.form == "binary"
    assert answers.items[0].accepted == ((0, 2, "ORG"), (3, 4, "ORG"))
    whole = [without_view(example, al={"unit": "segment"}) for example in binary[:1]]
    assert read(*whole).form == "full"


def test_without_views_and_records_a_rejected_single_span_says_binary(record):
    examples = [
        without_view(record(TEXT, [BOTH])),
        without_view(record(TEXT, [MARA], "reject")),
        without_view(record("Mara left", [(0, 4, "ORG")])),
    ]
    answers = read(*examples)
    assert answers.form == "binary"
    assert len(answers) == 2
    assert answers.items[0].rejected == ((3, 4, "ORG"),)


@pytest.mark.parametrize("spans", [[], [BOTH, MARA]])
def test_without_views_and_records_no_span_or_several_say_whole_segments(record, spans):
    answers = read(
        without_view(record(TEXT, spans)), without_view(record("Mara left", [(0, 4, "ORG")]))
    )
    assert answers.form == "full"
    assert len(answers) == 2


def test_texts_that_nobody_answered_are_gold(record):
    examples = [
        without_view(record(TEXT, [BOTH])),
        without_view(record("Mara left", [(0, 4, "ORG")])),
    ]
    for example in examples:
        del example["answer"]
    assert read(*examples).form == "full"


@pytest.mark.parametrize(
    "others",
    [
        [("Mara left", [(0, 4, "ORG")], "accept")],
        [("Mara left", [(0, 4, "ORG")], "reject"), ("Joss left", [], "accept")],
    ],
    ids=["nothing tells", "both are told"],
)
def test_without_anything_that_tells_what_the_answers_are_they_are_refused(record, others):
    examples = [without_view(record(*one)) for one in [(TEXT, [BOTH], "accept"), *others]]
    says = r'dataset news .* add "_view_id": "ner_manual" .* or "_view_id": "ner"'
    with pytest.raises(AnswerError, match=says) as caught:
        read(*examples)
    assert str(caught.value).count("\n") == 0
    assert read(*examples, form="full").form == "full"


def test_where_some_answers_have_a_view_the_others_are_gold(record):
    answers = read(record(TEXT, [BOTH]), without_view(record("Mara left", [(0, 4, "ORG")])))
    assert answers.form == "full"
    assert len(answers) == 2
