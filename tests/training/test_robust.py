"""The robust policy learns what answers say, leaves the rest alone, and ships as plain spaCy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

from prodigy_al.errors import ModelError
from prodigy_al.ner.actions import Actions
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import find_ner, load_pipeline
from prodigy_al.ner.states import NOTHING_OPEN
from prodigy_al.training.answers import read_answers
from prodigy_al.training.finetune import fine_tune, write_training_folder
from prodigy_al.training.policies import POLICIES
from prodigy_al.training.robust.merge import merge
from prodigy_al.training.robust.states import score_states

ROBUST = POLICIES["robust"]
WORDS = ["Mara", "of", "Avelor", "Group", "hired", "\n", "Qzx-9", "in", "Corvax"]


def generated(nlp, n=40):
    rng = np.random.default_rng(0)
    drawn = [rng.choice(WORDS, rng.integers(1, 12)).tolist() for _ in range(n)]
    return [Doc(nlp.vocab, words=words) for words in drawn]


def entities(nlp, docs):
    docs = [Doc(nlp.vocab, words=[t.text for t in doc]) for doc in docs]
    return list(predict_entities(nlp, docs))


def probability_of_unit(nlp, words, label):
    """P(the first word alone is an entity of this label)."""
    ner = find_ner(nlp)
    actions = Actions.of(ner)
    closed = np.array([0]), np.array([NOTHING_OPEN])
    scores = score_states(ner.model, [Doc(nlp.vocab, words=words)], *closed)[0, actions.closed]
    odds = np.exp(scores.astype(float))
    return odds[actions.start(actions.labels.index(label), 1)] / odds.sum()


# The merged pipeline


def test_a_base_merged_with_itself_predicts_what_it_predicts(base):
    nlp = load_pipeline(base)
    merged = merge(base, find_ner(nlp), ["ORG"])
    assert any(entities(nlp, generated(nlp)))
    assert entities(merged, generated(nlp)) == entities(nlp, generated(nlp))


def test_only_the_scores_of_asked_labels_are_the_students(base, full):
    before, after = load_pipeline(base), fine_tune(base, full, ROBUST)
    scores = []
    for nlp in (before, after):
        tokens = np.arange(4)
        doc = Doc(nlp.vocab, words=["Corvax", "Group", "hired", "Mara"])
        states = tokens, np.full(4, NOTHING_OPEN)
        scores.append(score_states(find_ner(nlp).model, [doc], *states))
    names = list(find_ner(before).move_names)
    assert names == list(find_ner(after).move_names)
    kept = [i for i, name in enumerate(names) if not name.endswith("-ORG")]
    asked = [i for i, name in enumerate(names) if name.endswith("-ORG")]
    np.testing.assert_allclose(scores[1][:, kept], scores[0][:, kept], rtol=1e-4, atol=1e-4)
    assert np.abs(scores[1][:, asked] - scores[0][:, asked]).max() > 0.1


def test_the_base_half_of_the_merged_weights_is_the_bases_bit_for_bit(base, full):
    model, merged = (
        find_ner(nlp).model for nlp in (load_pipeline(base), fine_tune(base, full, ROBUST))
    )
    half = merged.get_ref("tok2vec").layers[0].layers[0]
    assert half.to_bytes() == model.get_ref("tok2vec").layers[0].to_bytes()
    hidden = model.get_ref("lower").get_dim("nO")
    weights = merged.get_ref("lower").get_param("W")
    np.testing.assert_array_equal(
        weights[:, :hidden, :, :hidden], model.get_ref("lower").get_param("W")
    )
    assert not weights[:, :hidden, :, hidden:].any()
    assert not weights[:, hidden:, :, :hidden].any()


def test_the_merged_pipeline_is_read_by_a_process_that_never_saw_this_package(
    tmp_path, base, full, gold
):
    nlp = fine_tune(base, full, ROBUST)
    nlp.to_disk(tmp_path)
    texts = [doc.text for doc in gold(nlp)]
    script = (
        "import importlib.metadata, json, sys\n"
        # as where this package is not installed: no module of it, none of its entry points
        "sys.modules['prodigy_al'] = None\n"
        "from importlib.metadata import EntryPoints, entry_points\n"
        "found = [e for group in entry_points().groups for e in entry_points(group=group)]\n"
        "others = EntryPoints(e for e in found if not e.value.startswith('prodigy_al'))\n"
        "importlib.metadata.entry_points = lambda **chosen: others.select(**chosen)\n"
        "import spacy\n"
        f"nlp = spacy.load({str(tmp_path)!r})\n"
        "print(json.dumps([[(e.start, e.end, e.label_) for e in nlp(t).ents]"
        f" for t in {texts!r}]))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], check=True, capture_output=True, env=environment
    )
    there = [[tuple(span) for span in spans] for spans in json.loads(done.stdout)]
    assert there == entities(nlp, gold(nlp))
    assert any(there)


def test_a_borrowed_encoder_and_its_other_listeners_do_not_change(listening_base, full, gold):
    before, after = spacy.load(listening_base), fine_tune(listening_base, full, ROBUST)
    for name in ("tok2vec", "tagger"):
        assert after.get_pipe(name).model.to_bytes() == before.get_pipe(name).model.to_bytes()
    for doc in gold(before):
        assert [t.tag_ for t in after(doc.text)] == [t.tag_ for t in before(doc.text)]
    assert after.pipe_names == before.pipe_names


# What it learns


def test_full_answers_move_the_asked_label_and_keep_the_others(base, full, gold):
    nlp = load_pipeline(base)
    people = [{span for span in spans if span[2] == "PERSON"} for spans in entities(nlp, gold(nlp))]
    relabelled = replace(
        full,
        items=tuple(
            # a scheme that conflicts with the base's: "Group" is not part of the name
            replace(x, accepted=tuple((a, a + 1, label) for a, _, label in x.accepted))
            for x in full.items
        ),
    )
    after = entities(fine_tune(base, relabelled, replace(ROBUST, epochs=20)), gold(nlp))
    found = [{span for span in spans if span[2] == "ORG"} for spans in after]
    expected = {tuple(i.words): set(i.accepted) for i in relabelled.items}
    assert found == [expected[tuple(t.text for t in doc)] for doc in gold(nlp)]
    assert [{span for span in spans if span[2] == "PERSON"} for spans in after] == people
    assert sum(map(len, people)) > 30


@pytest.mark.parametrize(("verdict", "rises"), [("accept", True), ("reject", False)])
def test_accepting_raises_and_rejecting_lowers_the_spans_probability(base, record, verdict, rises):
    words = ["Dunmere", "of", "Mara"]
    answer = record(" ".join(words), [(0, 7, "ORG")], verdict, "ner")
    answers = read_answers([answer], ["ORG"], dataset="one")
    before = probability_of_unit(load_pipeline(base), words, "ORG")
    after = probability_of_unit(fine_tune(base, answers, ROBUST), words, "ORG")
    assert 0.001 < before < 0.999
    assert (after > before) == rises
    assert after != before


def test_a_span_that_meets_a_rejected_one_trains(base, record):
    # spaCy's own training refuses a span that is gold and rejected (E868); here the latest wins,
    # and one that only overlaps a rejected one says two compatible things
    text = "Avelor Group fell"
    answers = read_answers(
        [
            record(text, [(0, 12, "ORG")], "accept", "ner"),
            record(text, [(0, 6, "ORG")], "reject", "ner"),
            record(text, [(7, 17, "ORG")], "reject", "ner"),
        ],
        ["ORG"],
        dataset="meeting",
    )
    nlp = fine_tune(base, answers, replace(ROBUST, binary_epochs=40))
    (spans,) = entities(nlp, [Doc(nlp.vocab, words=text.split())])
    assert (0, 2, "ORG") in spans


def test_a_label_that_the_base_does_not_know_is_learnt_beside_the_others(
    base, sentences, record, gold
):
    firms = [
        record(text, [(a, b, "FIRM") for a, b, label in spans if label == "ORG"])
        for text, spans in sentences
    ]
    answers = read_answers(firms, ["FIRM", "NEVER_SEEN"], dataset="firms")
    nlp = fine_tune(base, answers, replace(ROBUST, epochs=30))
    assert find_ner(nlp).labels == ("FIRM", "ORG", "PERSON")
    found = {span for spans in entities(nlp, gold(nlp)) for span in spans}
    assert {label for _, _, label in found} >= {"FIRM", "PERSON"}


@pytest.mark.parametrize("form", ["full", "binary"])
def test_an_empty_base_learns_from_either_form(form, request, gold):
    answers = request.getfixturevalue(form)
    nlp = fine_tune("blank:en", answers, replace(ROBUST, epochs=20, binary_epochs=20))
    found = [set(spans) for spans in entities(nlp, gold(nlp))]
    wanted = [
        {(e.start, e.end, e.label_) for e in doc.ents if e.label_ == "ORG"} for doc in gold(nlp)
    ]
    assert sum(len(a & b) for a, b in zip(found, wanted, strict=True)) > 20


def test_a_label_that_is_unknown_and_never_accepted_leaves_the_base_as_it_is(base, record, gold):
    answer = record("Mara left", [(0, 4, "CITY")], "reject", "ner")
    nlp = fine_tune(base, read_answers([answer], ["CITY"], dataset="none"), ROBUST)
    assert find_ner(nlp).labels == ("ORG", "PERSON")
    assert entities(nlp, gold(nlp)) == entities(load_pipeline(base), gold(nlp))


def test_a_base_without_a_layer_for_scores_is_refused(tmp_path, full):
    nlp = spacy.blank("en")
    nlp.add_pipe("ner", config={"model": {"use_upper": False}}).add_label("ORG")
    nlp.initialize()
    nlp.to_disk(tmp_path)
    with pytest.raises(ModelError, match="use_upper = true"):
        fine_tune(str(tmp_path), full, ROBUST)


# Reproducible


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(base, binary, digest):
    first = digest(fine_tune(base, binary, ROBUST, seed=3))
    np.random.random()  # what the caller draws in between must not matter
    assert digest(fine_tune(base, binary, ROBUST, seed=3)) == first
    assert digest(fine_tune(base, binary, ROBUST, seed=4)) != first


def test_spacy_train_saves_the_same_ordinary_pipeline_whatever_the_dev_set_says(
    tmp_path, base, binary, gold, digest, spacy_train
):
    config = write_training_folder(
        tmp_path, base, binary, ROBUST, seed=5, dev=gold(spacy.load(base))[:5]
    )
    spacy_train(config, tmp_path / "out")
    expected = digest(fine_tune(base, binary, ROBUST, seed=5))  # without any dev set
    for name in ("model-best", "model-last"):
        saved = spacy.load(tmp_path / "out" / name)
        assert saved.get_pipe_meta("ner").factory == "ner"
        assert digest(saved) == expected
