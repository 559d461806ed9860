"""`data-to-spacy`: whole segments become files that spaCy trains on; single spans are refused."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.tokens import DocBin

Terminal = Callable[..., "subprocess.CompletedProcess[str]"]
Keep = Callable[..., None]


def answer(text: str, *words: str, label: str = "ORG", **keys: Any) -> dict[str, Any]:
    """An answer in which these words of a text are spans."""
    spans = [
        {"start": text.index(word), "end": text.index(word) + len(word), "label": label}
        for word in words
    ]
    return {"text": text, "spans": spans, "answer": "accept", "_view_id": "ner_manual", **keys}


@pytest.fixture
def keep(terminal: Terminal) -> Keep:
    """Store answers as a dataset."""

    def store(name: str, *answers: dict[str, Any]) -> None:
        lines = "".join(f"{json.dumps(one)}\n" for one in answers)
        assert terminal("db-in", name, "-", stdin=lines).returncode == 0

    return store


def written(path: str) -> dict[str, list[tuple[str, str]]]:
    """The texts of a file and their entities."""
    docs = DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
    return {doc.text: [(span.text, span.label_) for span in doc.ents] for doc in docs}


def test_whole_segments_become_files_that_spacy_trains_on(terminal: Terminal, keep: Keep) -> None:
    keep("news", *(answer(f"Avel{n} Ltd. fell on day {n}.", f"Avel{n} Ltd.") for n in range(10)))
    done = terminal("data-to-spacy", "out", "--ner", "news", "--eval-split", "0.3")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "out/train.spacy: 7 texts\n7 ORG\nout/dev.spacy: 3 texts\n3 ORG\n"
    train, dev = written("out/train.spacy"), written("out/dev.spacy")
    assert {**train, **dev} == {
        f"Avel{n} Ltd. fell on day {n}.": [(f"Avel{n} Ltd.", "ORG")] for n in range(10)
    }
    assert not train.keys() & dev.keys()
    docs = DocBin().from_disk("out/dev.spacy").get_docs(spacy.blank("en").vocab)
    assert all(token.ent_iob_ in "BIO" and token.ent_iob for doc in docs for token in doc)
    again = terminal("data-to-spacy", "again", "--ner", "news", "--eval-split", "0.3")
    assert again.returncode == 0
    assert written("again/dev.spacy") == dev
    spacy.blank("en").to_disk("base")
    assert terminal("data-to-spacy", "based", "--ner", "news", "-m", "base").returncode == 0
    assert len(written("based/dev.spacy")) == 2


def test_evaluation_datasets_are_dev_and_no_text_is_on_both_sides(
    terminal: Terminal, keep: Keep
) -> None:
    keep("news", answer("Avel fell.", "Avel"), answer("Brint rose.", "Brint"))
    keep("gold", answer("Brint rose.", "Brint"), answer("Corva sank."))
    done = terminal("data-to-spacy", "out", "--ner", "news,eval:gold")
    assert written("out/train.spacy") == {"Avel fell.": [("Avel", "ORG")]}
    assert written("out/dev.spacy") == {"Brint rose.": [("Brint", "ORG")], "Corva sank.": []}
    assert "left out: 1 texts of train that are in dev too\n" in done.stdout


def test_datasets_about_one_text_are_joined_and_the_latest_answer_of_each_counts(
    terminal: Terminal, keep: Keep
) -> None:
    text = "Avel of Lima hired Bo Li."
    keep("orgs", answer(text, "Lima"), answer(text, "Avel"), answer("Brint rose.", answer="reject"))
    keep(
        "places", answer(text, "Avel of Lima", "Lima", label="GPE"), answer("So.", answer="ignore")
    )
    keep("people", answer(text, "Bo Li", "ired", label="PERSON"))
    keep("gold", answer("Corva sank."))
    done = terminal("data-to-spacy", "out", "--ner", "orgs,places,people,eval:gold")
    entities = [("Avel", "ORG"), ("Lima", "GPE"), ("Bo Li", "PERSON")]
    assert written("out/train.spacy") == {text: entities}
    assert done.stdout.endswith(
        "left out: 1 rejected texts, 1 spans that overlap another one, 1 ignored texts, "
        "1 spans that do not begin and end with a token\n"
    )


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"_view_id": "ner"}, "not about all spans of a text (1 with view 'ner')"),
        ({"_view_id": "review", "view_id": "ner"}, "(1 with view 'ner')"),
        ({"_is_binary": True}, "(1 with view 'ner_manual')"),
        ({"_view_id": "choice"}, "(1 with view 'choice')"),
        ({"_view_id": None, "answer": "reject"}, "does not say how it was asked"),
    ],
)
def test_answers_about_single_spans_are_refused(
    terminal: Terminal, keep: Keep, keys: dict[str, Any], said: str
) -> None:
    keep("teach", answer("Avel fell.", "Avel", **keys))
    keep("news", answer("Brint rose.", "Brint"))
    done = terminal("data-to-spacy", "out", "--ner", "news,teach")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("✘ dataset 'teach' ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not Path("out").exists()


def test_reviewed_sets_and_gold_that_came_without_a_view_are_whole(
    terminal: Terminal, keep: Keep
) -> None:
    reviewed = answer("Avel fell.", "Avel", _view_id="review", view_id="ner_manual")
    gold = answer("Corva sank.", "Corva")
    del gold["_view_id"]
    keep("news", reviewed)
    keep("gold", gold)
    assert terminal("data-to-spacy", "out", "--ner", "news,eval:gold").returncode == 0
    assert written("out/train.spacy") == {"Avel fell.": [("Avel", "ORG")]}
    assert written("out/dev.spacy") == {"Corva sank.": [("Corva", "ORG")]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name datasets with --ner"),
        (["--ner", "gone"], "no dataset is called 'gone'; there are: news"),
        (["--ner", "news", "--eval-split", "1.5"], "--eval-split 1.5: give a share between 0 and"),
        (["--ner", "news"], "no accepted answer is left for train.spacy; nothing was written"),
        (["--ner", "eval:news"], "no accepted answer is left for train.spacy"),
        (["--ner", "news,eval:news", "-m", "gone"], "no spaCy pipeline is called 'gone'"),
        (["--ner", "odd"], "a span lacks start, end or label"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(
    terminal: Terminal, keep: Keep, words: list[str], said: str
) -> None:
    keep("news", answer("Avel fell.", "Avel"))
    if "odd" in words:
        keep("odd", {"text": "Avel fell.", "spans": [{"start": 0, "end": 4}]})
    done = terminal("data-to-spacy", "out", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path("out").exists()
