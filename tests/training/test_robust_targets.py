"""What a reference doc says about the states of the recogniser."""

from __future__ import annotations

import numpy as np
from spacy.tokens import Doc

from prodigy_al.training.robust.losses import NO_START, UNKNOWN
from prodigy_al.training.robust.targets import read_targets


def test_full_answers_know_every_token(loaded, actions, reference):
    doc = reference("Zed Corvax Group fell", ents=[(1, 3, "ORG")], default="outside")
    (text,) = read_targets([doc], loaded, actions, ["ORG"])
    begins = actions.start(actions.labels.index("ORG"), 2)
    assert text.target.tolist()[:2] == [NO_START, begins]
    assert text.target.tolist()[3] == NO_START
    assert text.reached.tolist() == [True, True, False, True]
    assert text.known.tokens.tolist() == [2]
    assert text.known.closing.tolist() == [1.0]
    assert len(text.rejected) == 0


def test_an_accepted_span_says_that_nothing_runs_into_it_and_no_more(loaded, actions, reference):
    doc = reference("Zed Corvax Group fell", ents=[(1, 3, "ORG")])
    (text,) = read_targets([doc], loaded, actions, ["ORG"])
    org = actions.labels.index("ORG")
    assert text.target[[0, 3]].tolist() == [UNKNOWN, UNKNOWN]
    assert text.rejected.tolist() == [[0, 1, org, 0]]


def test_a_rejected_span_says_that_it_is_none_and_no_more(loaded, actions, reference):
    doc = reference("Zed Corvax Group fell", rejected=[(1, 3, "ORG")])
    (text,) = read_targets([doc], loaded, actions, ["ORG"])
    assert set(text.target.tolist()) == {UNKNOWN}
    assert text.rejected.tolist() == [[1, 3, actions.labels.index("ORG"), 1]]
    assert len(text.known.tokens) == 0


def test_what_the_base_finds_is_imitated_unless_an_answer_conflicts(loaded, actions, reference):
    words, firm = "Shares of Corvax Group fell", (2, 4, "ORG")
    (kept,) = read_targets([reference(words)], loaded, actions, ["PERSON"])
    assert (kept.imitated.tokens.tolist(), kept.imitated.starts.tolist()) == ([3], [2])
    assert not kept.reached[3]
    (asked,) = read_targets([reference(words, ents=[firm])], loaded, actions, ["ORG"])
    assert len(asked.imitated.tokens) == 0
    other = reference(words, ents=[(3, 4, "PERSON")])
    (conflict,) = read_targets([other], loaded, actions, ["PERSON"])
    assert len(conflict.imitated.tokens) == 0
    assert conflict.reached.all()


def test_no_entity_starts_on_white_space_or_goes_on_at_the_end(loaded, actions):
    doc = Doc(loaded.vocab, words=["Corvax", "\n", "fell"])
    (text,) = read_targets([doc], loaded, actions, ["ORG"])
    n = len(actions.labels)
    assert text.allowed[0].all()
    assert not text.allowed[1, 1:].any()
    assert not text.allowed[2, 1 : 1 + n].any()
    assert text.allowed[2, 1 + n :].all()
    assert text.allowed[:, 0].all()


def test_texts_read_together_have_the_targets_that_each_has_alone(loaded, actions, reference):
    references = [
        reference("Shares of Corvax Group fell after Mara left .", ents=[(5, 6, "PERSON")]),
        reference("fell"),
        reference("Mara joined", rejected=[(0, 1, "PERSON")]),
        reference("Shares of Corvax Group fell", default="outside"),
    ]
    together = read_targets(references, loaded, actions, ["PERSON"])
    assert [len(text.imitated.tokens) for text in together] == [1, 0, 0, 1]
    for one, text in zip(references, together, strict=True):
        (alone,) = read_targets([one], loaded, actions, ["PERSON"])
        np.testing.assert_allclose(text.base, alone.base, atol=1e-4)
        np.testing.assert_allclose(text.imitated.closing, alone.imitated.closing, atol=1e-4)
        for ours, theirs in zip(every_index(text), every_index(alone), strict=True):
            assert ours.tolist() == theirs.tolist()


def every_index(text):
    for states in (text.known, text.imitated):
        yield from (states.tokens, states.starts, states.labels)
    yield from (text.target, text.reached, text.allowed, text.rejected)
