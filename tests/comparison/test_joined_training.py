"""A joined arm is trained as its answers are read, whichever datasets they stand in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from prodigy_al.comparison.measurements import Model
from prodigy_al.comparison.measuring import measure
from prodigy_al.comparison.planned_runs import whole_runs
from prodigy_al.training.answers import Answers, read_answers
from prodigy_al.training.finetune import write_training_folder
from prodigy_al.training.joining import join_answers
from prodigy_al.training.policies import POLICIES, ROBUST, Policy

Examples = list[dict[str, Any]]
VOCAB = spacy.blank("xx").vocab


def files(plan: Any, policy: str = "usual") -> dict[str, bytes]:
    """Compare, and return the contents of what was written for the last arm, by name."""
    measure(plan)
    folder = plan.artifacts(plan.arms[-1], policy).path
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name in ("train.spacy", "dev.spacy", "model")
    }


def trained_on(content: bytes) -> dict[str, tuple[object, ...]]:
    """Return what reference docs say, by text: of each token, and what is no entity."""

    def said(doc: Doc) -> tuple[object, ...]:
        rejected = [(s.start, s.end, s.label_) for s in doc.spans.get("incorrect_spans", ())]
        return [(t.ent_iob_, t.ent_type_) for t in doc], rejected

    return {doc.text: said(doc) for doc in DocBin().from_bytes(content).get_docs(VOCAB)}


@pytest.mark.parametrize("form", ["random", "teach"])
def test_halves_of_a_dataset_train_what_the_dataset_trains(opened: Any, simulated: Any, form: str):
    whole = simulated[f"news-{form}-0"]
    given = {"whole": whole, "first": whole[:20], "then": whole[20:]}
    plan = opened("whole,first+then", given, policies=["usual", "robust"])
    one, joined = plan.arms
    assert joined.train.items == one.train.items
    assert joined.train.form == one.train.form
    measured = measure(plan)
    for policy in ("usual", "robust"):
        predicted = measured.predictions[Model("first+then", policy)]
        assert predicted == measured.predictions[Model("whole", policy)]
        assert predicted != measured.predictions[Model(None, None)]
        folders = [plan.artifacts(arm, policy).path for arm in plan.arms]
        ours, theirs = ((one / "model" / "ner" / "model").read_bytes() for one in folders)
        assert ours == theirs
    # the later dev answers are not counted: their weights would be of another draw
    dev = len(joined.dev)
    assert 0 < dev < len(one.dev)
    assert joined.dev.items == one.dev.items[:dev]


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_each_text_is_written_as_its_own_dataset_has_it(
    opened: Any, simulated: Any, policy: Policy, tmp_path: Path
):
    given = {"b": simulated["news-random-0"], "c": simulated["news-teach-0"]}
    plan = opened("b,c,b+c", given)
    for arm in plan.arms:
        write_training_folder(tmp_path / arm.dataset, plan.base, arm.train, policy)
    of_b, of_c, mixed = (
        trained_on((tmp_path / arm.dataset / "train.spacy").read_bytes()) for arm in plan.arms
    )
    assert mixed == {**of_c, **of_b}
    assert len(mixed) < len(of_b) + len(of_c)  # some texts are in both
    known = all(iob for tokens, _ in of_c.values() for iob, _ in tokens)
    assert known == (policy.others == "outside")
    assert all(iob for tokens, _ in of_b.values() for iob, _ in tokens)


@pytest.mark.parametrize("policy", ["usual", "robust"])
def test_dev_answers_of_single_spans_change_nothing_that_is_trained(
    opened: Any, simulated: Any, policy: str
):
    given = {"b": simulated["news-random-0"], "c": simulated["news-teach-0"]}
    turned = {"accept": "reject", "reject": "accept", "ignore": "ignore"}
    given["d"] = [
        {**one, "answer": turned[one["answer"]]} if one["al"]["fold"] == "dev" else one
        for one in given["c"]
    ]
    given["e"] = [
        {**one, "answer": turned[one["answer"]]} if one["al"]["fold"] == "train" else one
        for one in given["c"]
    ]
    of_c, of_d, of_e = (
        files(opened(f"b+{name}", given, policies=[policy]), policy) for name in "cde"
    )
    assert of_c == of_d
    # of the train fold they do change it
    assert of_c["dev.spacy"] == of_e["dev.spacy"]
    assert of_c["train.spacy"] != of_e["train.spacy"]
    assert of_c["model/ner/model"] != of_e["model/ner/model"]


def test_a_text_known_whole_and_by_accepted_spans_alone_are_two_trainings(
    opened: Any, simulated: Any
):
    """The same spans: but of a whole segment all other tokens are outside."""
    plan = opened("b+c", {"b": simulated["news-random-0"], "c": simulated["news-teach-0"]})
    (arm,) = plan.arms
    other = replace(arm.train, single=frozenset(sorted(arm.train.single)[1:]))
    keys = {
        run.key("base")
        for train in (arm.train, other)
        for run in whole_runs(plan, {"b+c": train})
        if run.policy
    }
    assert len(keys) == 2


def test_the_mix_is_trained_with_the_settings_of_whole_segments():
    assert ROBUST.on("mixed") == ROBUST.on("full") != ROBUST.on("binary")
    assert all(policy.on("mixed") == policy for policy in POLICIES.values())


def answers(
    *examples: tuple[int, str, str, bool], form: str = "binary", name: str = "d"
) -> Answers:
    """Answers about texts of three words: (text, word, label, accepted)."""
    words = "Avel left Brint"
    return read_answers(
        [
            {
                "text": words,
                "tokens": [
                    {"text": word, "start": words.index(word), "end": words.index(word) + len(word)}
                    for word in words.split()
                ],
                "spans": [
                    {"start": words.index(word), "end": words.index(word) + len(word), "label": x}
                ],
                "answer": "accept" if accepted else "reject",
                "_view_id": "ner" if form == "binary" else "ner_manual",
                "_input_hash": text,
            }
            for text, word, x, accepted in examples
        ],
        ["ORG", "GPE"],
        dataset=name,
    )


def test_single_spans_of_two_datasets_are_put_together_and_the_later_overrules():
    earlier = answers((1, "Avel", "ORG", True), (2, "Avel", "ORG", True), (3, "Avel", "ORG", False))
    later = answers((1, "Brint", "ORG", True), (2, "Avel", "GPE", True), (3, "Avel", "ORG", False))
    found, in_both = join_answers([earlier, later], "both")
    assert (found.form, in_both, len(found)) == ("binary", 0, 3)
    assert [(item.accepted, item.rejected) for item in found.items] == [
        (((0, 1, "ORG"), (2, 3, "ORG")), ()),
        (((0, 1, "GPE"),), ()),
        ((), ((0, 1, "ORG"),)),
    ]
    assert (found.contradictions, found.repeats) == (1, 1)


def test_of_two_whole_segments_the_later_counts_and_both_go_before_single_spans():
    earlier = answers((1, "Avel", "ORG", True), (2, "Avel", "ORG", True), form="full")
    single = answers((1, "Brint", "ORG", True), (3, "Avel", "ORG", True))
    later = answers((1, "Brint", "GPE", True), (2, "Avel", "ORG", True), form="full")
    found, in_both = join_answers([earlier, single, later], "all")
    assert (found.form, in_both) == ("mixed", 1)
    assert [(item.input_hash, item.accepted) for item in found.items] == [
        (1, ((2, 3, "GPE"),)),
        (2, ((0, 1, "ORG"),)),
        (3, ((0, 1, "ORG"),)),
    ]
    assert [found.form_of(item) for item in found.items] == ["full", "full", "binary"]
    assert (found.contradictions, found.repeats) == (1, 1)
    assert found.counts == {"accept": 6, "reject": 0, "ignore": 0}
