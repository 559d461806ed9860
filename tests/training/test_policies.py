"""What each policy makes of the tokens that an answer does not mention."""

from __future__ import annotations

import pytest
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from prodigy_al.training.answers import read_answers
from prodigy_al.training.policies import INCORRECT_SPANS_KEY, POLICIES, to_docs

TEXT = "Avelor Group hired Mara"
MISSING, OUTSIDE = "", "O"


def reference(policy, *examples):
    (doc,) = to_docs(read_answers(examples, ["ORG"], dataset="d"), POLICIES[policy], Vocab())
    # as spaCy reads it: what a DocBin does not keep would be lost in training
    (doc,) = DocBin().from_bytes(DocBin(docs=[doc]).to_bytes()).get_docs(Vocab())
    return doc


@pytest.mark.parametrize("policy", POLICIES)
def test_full_answers_make_every_other_token_outside(policy, record):
    doc = reference(policy, record(TEXT, [(0, 12, "ORG")]))
    assert [token.ent_iob_ for token in doc] == ["B", "I", OUTSIDE, OUTSIDE]
    assert doc.text == TEXT


@pytest.mark.parametrize(("policy", "other"), [("usual", MISSING), ("usual-outside", OUTSIDE)])
def test_policies_differ_in_what_binary_answers_leave_open(policy, other, record):
    doc = reference(
        policy,
        record(TEXT, [(0, 12, "ORG")], "accept", "ner"),
        record(TEXT, [(19, 23, "ORG")], "reject", "ner"),
    )
    assert [token.ent_iob_ for token in doc] == ["B", "I", other, other]
    (rejected,) = doc.spans[INCORRECT_SPANS_KEY]
    assert (rejected.start, rejected.end, rejected.label_) == (3, 4, "ORG")


def test_a_text_without_rejected_spans_keeps_no_list_of_them(record):
    """Packing and unpacking an empty one takes a tenth of the time of writing and reading."""
    assert not reference("usual", record(TEXT, [(0, 12, "ORG")])).spans


def test_docs_come_in_the_order_of_the_items(full):
    docs = to_docs(full, POLICIES["usual"], Vocab())
    assert [[t.text for t in doc] for doc in docs] == [list(x.words) for x in full.items]


def test_settings_for_binary_answers_replace_the_others_only_where_given():
    usual, robust = POLICIES["usual"], POLICIES["robust"]
    assert usual.on("full") == usual.on("binary") == usual
    assert robust.on("full") == robust
    assert robust.on("binary").epochs == robust.binary_epochs != robust.epochs
    assert robust.on("binary").learn_rate == robust.binary_learn_rate != robust.learn_rate
