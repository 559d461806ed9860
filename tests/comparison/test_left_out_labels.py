"""An answer about a label that is not compared is an answer, never a missing one."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import spacy
from prodigy.util import set_hashes

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.comparison.estimates import WeightedScore, weighted_score
from prodigy_al.evaluation.counts import Counts
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import build_frame
from prodigy_al.sampling.questions import Header, make_tasks
from prodigy_al.sampling.scored import Candidate, Scored
from prodigy_al.scoring.acquisition import expected_errors
from prodigy_al.training.answers import read_answers

NLP = spacy.blank("en")
HEADER = Header(model={}, scorer={}, source={}, segmentation="tokens")
DESIGN = SamplingDesign("teach", "candidate", block_size=100, rate=0.2)


def number_of(record: Any) -> int:
    return int(record["text"].split()[-1])


def is_hard(number: int) -> bool:
    return number % 2 == 0


def score(segments: Any) -> Any:
    """Hard texts have nine in ten candidates of ORG, easy ones one in ten."""
    for segment in segments:
        number = number_of(segment.record)
        is_org = (number // 2 % 10 == 0) != is_hard(number)
        label = "ORG" if is_org else "PERSON"
        p = 0.5 if is_hard(number) else 0.9
        yield Scored(round(p * (1 - p), 9), (Candidate(0, 5, label, p, greedy=True),))


def answered(task: dict[str, Any], *, ignore: int) -> dict[str, Any]:
    """Accept what is easy and every fifth of the hard; every `ignore`-th text is ignored."""
    number = number_of(task)
    right = not is_hard(number) or number // 2 % 5 == 1
    verdict = "accept" if right else "reject"
    if ignore and number // 4 % ignore == 0:
        verdict = "ignore"
    task = {**task, "answer": verdict, "_view_id": "ner"}
    return dict(json.loads(json.dumps(task)))


def stored(ignore: int = 0) -> list[dict[str, Any]]:
    """Answers to 400 questions about both labels, as a dataset holds them."""
    texts = ((i, {"text": f"Elkor fell by {i}", "meta": {"doc": i // 10}}) for i in range(2000))
    frame = build_frame(
        ((i, set_hashes(dict(record))["_input_hash"], record) for i, record in texts),
        dev_share=0.25,
        fold_salt="s",
    )
    draws = draw_questions(frame, DESIGN, score, acquisition=expected_errors)
    tasks = make_tasks(islice(draws, 400), DESIGN, HEADER, set_hashes)
    return [answered(task, ignore=ignore) for task in tasks]


def read(examples: list[dict[str, Any]], *labels: str) -> Arm:
    return read_arm("news", examples, labels, tokenizer=NLP.make_doc)


def weighted(arm: Arm, label: str) -> WeightedScore:
    """Weigh a model that predicts every span of `label` that it is asked about."""
    about = [item.accepted + item.rejected for item in arm.dev.items]
    predicted = [sum(span[2] == label for span in spans) for spans in about]
    gold = [sum(span[2] == label for span in item.accepted) for item in arm.dev.items]
    counts = Counts(*(np.array(part, dtype=np.float64) for part in (gold, predicted, gold)))
    found = weighted_score([counts], arm)
    assert isinstance(found, WeightedScore)
    return found


@pytest.mark.parametrize("label", ["ORG", "PERSON"])
@pytest.mark.parametrize("ignore", [0, 4])
def test_comparing_one_of_two_labels_keeps_the_share_of_missing_answers(label: str, ignore: int):
    examples = stored(ignore)
    missing = sum(e["answer"] == "ignore" and e["al"]["fold"] == "dev" for e in examples)
    assert bool(missing) == bool(ignore)
    alone, both = read(examples, label), read(examples, "ORG", "PERSON")
    assert len(alone.dev) < len(both.dev)
    assert weighted(alone, label).missing == weighted(both, label).missing == missing


@pytest.mark.parametrize("ignore", [0, 4])
def test_comparing_one_of_two_labels_weighs_it_as_comparing_both(ignore: int):
    """Taken for missing, the other label's answers reweight these by a lot."""
    examples = stored(ignore)
    alone, both = read(examples, "ORG"), read(examples, "ORG", "PERSON")
    for metric in ("f1", "precision", "recall"):
        expected = getattr(weighted(both, "ORG").found, metric).value
        assert getattr(weighted(alone, "ORG").found, metric).value == pytest.approx(expected)
    taken_for_missing = replace(alone, dev=replace(alone.dev, about_other_labels=frozenset()))
    precision = weighted(both, "ORG").found.precision.value
    off = weighted(taken_for_missing, "ORG").found.precision.value
    assert precision is not None
    assert off is not None
    assert off - precision > 0.1


def test_answers_about_other_labels_stay_known_in_every_part_of_a_dataset():
    examples = stored()
    answers = read_answers(examples, ["ORG"], dataset="news", tokenizer=NLP.make_doc)
    other = {e["_input_hash"] for e in examples if e["spans"][0]["label"] == "PERSON"}
    assert answers.about_other_labels == other
    assert not other & {item.input_hash for item in answers.items}
    one = min(other)
    assert answers.where(lambda key: key == one).about_other_labels == {one}
    assert answers.take([0]).about_other_labels == other
