"""Fine-tuning is reproducible, changes what it should and nothing else."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import spacy
from spacy.training.initialize import init_nlp
from spacy.util import load_config
from thinc.api import get_current_ops

from prodigy_al.errors import AnswerError, ModelError
from prodigy_al.jobs.run import run_jobs
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import stand_alone
from prodigy_al.training.answers import read_answers
from prodigy_al.training.finetune import fine_tune, write_training_folder
from prodigy_al.training.policies import INCORRECT_SPANS_KEY, POLICIES, to_docs
from prodigy_al.training.scorer import UsualCounts, usual_counts

USUAL = POLICIES["usual"]


def predicted(nlp, docs):
    stand_alone(nlp)
    return [set(spans) for spans in predict_entities(nlp, docs)]


def usual_of(nlp, references, labels=None) -> UsualCounts:
    return usual_counts(references, predicted(nlp, references), labels)


def initialized(tmp_path, base, answers):
    return init_nlp(load_config(write_training_folder(tmp_path, base, answers, USUAL)))


# Reproducible


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(base, full, digest):
    first = digest(fine_tune(base, full, USUAL, seed=3))
    np.random.random()  # what the caller draws in between must not matter
    assert digest(fine_tune(base, full, USUAL, seed=3)) == first
    assert digest(fine_tune(base, full, USUAL, seed=4)) != first


def test_worker_processes_train_the_weights_that_this_process_trains(base, full, digest):
    def train(seed):
        import hashlib

        from prodigy_al.training.finetune import fine_tune

        model = fine_tune(base, full, USUAL, seed=seed).get_pipe("ner").model
        found = hashlib.sha256()
        for node in model.walk():
            for name in node.param_names:
                found.update(node.get_param(name).tobytes())
        return found.hexdigest()

    here = [digest(fine_tune(base, full, USUAL, seed=seed)) for seed in (0, 1)]
    assert list(run_jobs(train, [0, 1], workers=2)) == here


def test_spacy_train_repeats_a_run_to_the_last_bit(tmp_path, base, full, gold, digest, spacy_train):
    config = write_training_folder(tmp_path, base, full, USUAL, seed=5, dev=gold(spacy.load(base)))
    spacy_train(config, tmp_path / "out")
    expected = digest(fine_tune(base, full, USUAL, seed=5))
    # a dev set is scored but selects nothing, so best and last are the same
    for name in ("model-best", "model-last"):
        assert digest(spacy.load(tmp_path / "out" / name)) == expected


def test_the_order_of_the_answers_does_not_matter(base, full, digest):
    turned = full.take(range(len(full) - 1, -1, -1))
    assert digest(fine_tune(base, turned, USUAL)) == digest(fine_tune(base, full, USUAL))


def test_the_callers_random_states_are_left_alone(base, full):
    random.seed(1)
    np.random.seed(1)
    states = random.getstate(), np.random.get_state()[1].tolist()
    fine_tune(base, full, replace(USUAL, epochs=1))
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states


def test_every_epoch_counts_so_the_last_weights_are_returned(base, full, digest):
    shorter = fine_tune(base, full, replace(USUAL, epochs=7))
    assert digest(shorter) != digest(fine_tune(base, full, USUAL))


# What it learns


def test_usual_training_learns_a_new_label_and_keeps_it_when_saved(
    tmp_path, base, sentences, record, gold
):
    firms = [
        record(text, [(a, b, "FIRM") for a, b, label in spans if label == "ORG"])
        for text, spans in sentences
    ]
    answers = read_answers(firms, ["FIRM", "NEVER_SEEN"], dataset="firms")
    nlp = fine_tune(base, answers, replace(USUAL, epochs=30))
    assert nlp.get_pipe("ner").labels == ("FIRM", "ORG", "PERSON")
    counts = usual_of(nlp, to_docs(answers, USUAL, nlp.vocab), ["FIRM"])
    known = sum(len(item.accepted) for item in answers.items)
    assert (counts.tp.sum(), counts.fp.sum(), counts.fn.sum()) == (known, 0, 0)
    nlp.to_disk(tmp_path)
    docs = gold(nlp)
    assert predicted(spacy.load(tmp_path), docs) == predicted(nlp, docs)


def test_no_action_is_masked_since_saving_would_lose_the_mask(tmp_path, base, record):
    one_token = read_answers([record("Avelor fell", [(0, 6, "FIRM")])], ["FIRM"], dataset="firms")
    model = initialized(tmp_path, base, one_token).get_pipe("ner").model
    assert model.attrs["unseen_classes"] == set()


def test_usual_training_on_full_answers_forgets_labels_that_were_not_asked(base, full, gold):
    before, after = spacy.load(base), fine_tune(base, full, replace(USUAL, epochs=30))
    assert usual_of(before, gold(before), ["PERSON"]).tp.sum() > 30
    assert usual_of(after, gold(after), ["PERSON"]).tp.sum() == 0
    assert usual_of(after, gold(after), ["ORG"]).fn.sum() == 0


def test_a_blank_pipeline_is_given_a_component(full):
    nlp = fine_tune("blank:en", full, replace(USUAL, epochs=20))
    assert nlp.get_pipe("ner").labels == ("ORG",)
    counts = usual_of(nlp, to_docs(full, USUAL, nlp.vocab), ["ORG"])
    assert counts.tp.sum() > 0
    assert counts.fp.sum() == counts.fn.sum() == 0


def test_the_tokens_of_the_answers_are_trained_on_whatever_the_tokenizer_says(base, record):
    example = record("AvelorGroup fell", [(6, 11, "FIRM")])
    example["tokens"] = [
        {"text": "Avelor", "start": 0, "end": 6, "id": 0, "ws": False},
        {"text": "Group", "start": 6, "end": 11, "id": 1, "ws": True},
        {"text": "fell", "start": 12, "end": 16, "id": 2, "ws": False},
    ]
    answers = read_answers([example], ["FIRM"], dataset="d")
    nlp = fine_tune(base, answers, replace(USUAL, epochs=60))
    assert predicted(nlp, to_docs(answers, USUAL, nlp.vocab)) == [{(1, 2, "FIRM")}]


def test_scratch_has_the_bases_architecture_and_none_of_its_weights(
    tmp_path, listening_base, full, gold, digest
):
    policy = replace(POLICIES["scratch"], epochs=80)
    nlp = fine_tune(listening_base, full, policy, seed=1, folder=tmp_path)
    assert nlp.get_pipe("ner").labels == ("ORG",)
    counts = usual_of(nlp, gold(nlp), ["ORG"])
    assert counts.tp.sum() > 3 * (counts.fp.sum() + counts.fn.sum())
    before = spacy.load(listening_base)
    stand_alone(before)
    tables = [
        [x.get_param("E") for x in each.get_pipe("ner").model.walk() if x.name == "hashembed"]
        for each in (before, nlp)
    ]
    assert [table.shape for table in tables[0]] == [table.shape for table in tables[1]]
    assert not any(np.isclose(a, b, atol=1e-3).mean() > 0.1 for a, b in zip(*tables, strict=True))
    assert digest(spacy.load(tmp_path / "model")) == digest(nlp)


# Rejected spans


def test_component_and_transitions_both_know_where_rejected_spans_are(tmp_path, base, binary):
    ner = initialized(tmp_path, base, binary).get_pipe("ner")
    assert ner.incorrect_spans_key == INCORRECT_SPANS_KEY
    assert ner.moves.neg_key == INCORRECT_SPANS_KEY


def test_training_with_rejected_spans_differs_from_training_without(base, binary, digest):
    without = replace(binary, items=tuple(replace(x, rejected=()) for x in binary.items))
    assert digest(fine_tune(base, binary, USUAL)) != digest(fine_tune(base, without, USUAL))


def test_a_span_accepted_and_rejected_trains_by_its_latest_answer(base, sentences, record, digest):
    text, ((start, end, _), *_rest) = sentences[0]
    both = [
        record(text, [(start, end, "ORG")], "reject", "ner"),
        record(text, [(start, end, "ORG")], "accept", "ner"),
    ]
    settled = read_answers(both, ["ORG"], dataset="both")
    plain = read_answers(both[1:], ["ORG"], dataset="both")
    assert digest(fine_tune(base, settled, USUAL)) == digest(fine_tune(base, plain, USUAL))


def test_binary_answers_never_say_what_is_outside_unless_the_policy_does(binary, gold):
    # a rejected span forbids only its own last action: from random weights, nearly all is ORG
    usual = fine_tune("blank:en", binary, replace(USUAL, epochs=20))
    outside = fine_tune("blank:en", binary, replace(POLICIES["usual-outside"], epochs=20))
    flooded = usual_of(usual, gold(usual), ["ORG"])
    told = usual_of(outside, gold(outside), ["ORG"])
    assert flooded.fp.sum() > 2 * flooded.tp.sum()
    assert told.fp.sum() < told.tp.sum() / 10


# Everything else stays as it was


def test_a_shared_encoder_and_its_other_listeners_do_not_change(listening_base, full, gold):
    before = spacy.load(listening_base)
    after = fine_tune(listening_base, full, USUAL)
    for name in ("tok2vec", "tagger"):
        assert after.get_pipe(name).model.to_bytes() == before.get_pipe(name).model.to_bytes()
    for doc in gold(before):
        assert [t.tag_ for t in after(doc.text)] == [t.tag_ for t in before(doc.text)]


def test_a_fine_tuned_listener_is_saved_with_an_encoder_of_its_own(
    tmp_path, listening_base, full, gold, digest
):
    nlp = fine_tune(listening_base, full, USUAL)
    assert not any(node.name == "tok2vec-listener" for node in nlp.get_pipe("ner").model.walk())
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert digest(loaded) == digest(nlp)
    assert predicted(loaded, gold(loaded)) == predicted(nlp, gold(nlp))


def test_no_copy_is_kept_for_rehearsal(tmp_path, base, full):
    assert initialized(tmp_path, base, full).get_pipe("ner")._rehearsal_model is None


def test_only_the_trained_component_leaves_the_shared_backend(tmp_path, base, full):
    shared = get_current_ops()
    blis = shared.use_blis
    ner = initialized(tmp_path, base, full).get_pipe("ner")
    assert {node.ops.use_blis for node in ner.model.walk()} == {False}
    assert get_current_ops() is shared
    assert shared.use_blis == blis


# Refused


def test_a_base_that_does_not_exist_is_refused(full):
    with pytest.raises(ModelError, match=r"no pipeline .no-such-model.") as caught:
        fine_tune("no-such-model", full, USUAL)
    assert caught.value.model == "no-such-model"


def test_a_base_without_ner_is_refused(tmp_path, full):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path)
    with pytest.raises(ModelError, match='no component "ner"'):
        fine_tune(str(tmp_path), full, USUAL)


def test_beam_ner_is_refused(tmp_path, full):
    nlp = spacy.blank("en")
    nlp.add_pipe("beam_ner", name="ner").add_label("ORG")
    nlp.initialize()
    nlp.to_disk(tmp_path)
    with pytest.raises(ModelError, match='instead of "beam_ner"'):
        fine_tune(str(tmp_path), full, USUAL)


def test_an_empty_selection_is_refused(base, full):
    with pytest.raises(AnswerError, match="leaves no text to train on"):
        fine_tune(base, full.take([]), USUAL)
