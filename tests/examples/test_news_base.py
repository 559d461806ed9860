"""Pipelines trained on the spot: good on text like their own, worse on the pool and the letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from news import Knobs, documents, records
from news.base import PRETRAINING, gold_doc, read_doc, train_base, train_shared
from spacy.language import Language

from prodigy_al.evaluation.counts import Scores, count_matches, scores
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import borrowed_from, find_ner, load_pipeline, pipeline_sha256
from prodigy_al.scoring.marginals import MarginalScorer

Records = list[dict[str, Any]]


def made(n: int, seed: int, knobs: Knobs | None = None) -> Records:
    return list(records(documents(n, seed, knobs)))


@pytest.fixture(scope="module")
def base() -> Language:
    return train_base(made(120, 31, PRETRAINING), epochs=5)


@pytest.fixture(scope="module")
def letter() -> Records:
    return made(40, 33, Knobs(blind=1.0))


def measure(nlp: Language, found: Records, labels: Sequence[str] = ("ORG",)) -> Scores:
    gold = [[(s["token_start"], s["token_end"] + 1, s["label"]) for s in r["spans"]] for r in found]
    predicted = predict_entities(nlp, [read_doc(nlp, record) for record in found])
    asked = [[[s for s in spans if s[2] in labels] for spans in some] for some in (gold, predicted)]
    return scores(count_matches(*asked))


def test_the_base_has_something_to_learn_from_the_pool(base: Language) -> None:
    pool, own = measure(base, made(150, 32)), measure(base, made(80, 32, PRETRAINING))
    assert pool.f1 is not None
    assert own.f1 is not None
    assert 0.35 <= pool.f1 <= 0.8
    assert own.f1 > pool.f1 + 0.15


def test_the_base_is_sure_that_the_letter_names_no_firms(base: Language, letter: Records) -> None:
    usual = made(80, 34, replace(Knobs(), blind=0.0))

    def belief(found: Records) -> float:
        """Return the mean probability of the gold spans."""
        docs = [read_doc(base, record) for record in found]
        given = []
        for record, m in zip(found, MarginalScorer(base, ["ORG"]).score(docs), strict=True):
            spans = zip(m.starts.tolist(), m.ends.tolist(), m.probabilities.tolist(), strict=True)
            p = {(start, end): chance for start, end, chance in spans}
            gold = [span for span in record["spans"] if span["label"] == "ORG"]
            given += [p.get((s["token_start"], s["token_end"] + 1), 0.0) for s in gold]
        return mean(given)

    in_letter, elsewhere = measure(base, letter), measure(base, usual)
    assert in_letter.recall is not None
    assert elsewhere.recall is not None
    assert in_letter.recall < 0.1 < 0.3 < elsewhere.recall
    assert belief(letter) < 0.1 < 0.3 < belief(usual)


def test_the_same_records_and_seed_give_the_same_base() -> None:
    few = made(12, 35)
    one, same, other = (pipeline_sha256(train_base(few, epochs=1, seed=s)) for s in (0, 0, 1))
    assert one == same != other


def test_in_the_shared_pipeline_ner_and_tagger_listen(tmp_path: Path) -> None:
    nlp = train_shared(made(60, 36), epochs=4)
    assert borrowed_from(nlp) == ["tok2vec"]
    assert nlp.get_pipe("tok2vec").listening_components == ["tagger", "ner"]  # type: ignore[attr-defined]
    unseen = made(30, 37)
    gold = [token.tag_ for record in unseen for token in gold_doc(nlp, record)]
    found = [token.tag_ for record in unseen for token in nlp(read_doc(nlp, record))]
    assert sum(map(str.__eq__, gold, found)) / len(gold) > 0.9

    nlp.to_disk(tmp_path / "shared")
    alone = load_pipeline(str(tmp_path / "shared"))
    assert borrowed_from(alone) == []
    assert find_ner(alone).labels == ("ORG", "PERSON", "PLACE")
    people = measure(alone, unseen, ["PERSON"]).f1
    assert people is not None
    assert people > 0.3
