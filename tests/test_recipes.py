"""The three asking recipes, from a source file to stored answers, through the controller."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy

from prodigy_al.records import read_record
from prodigy_al.sampling.inclusion import verify_records
from prodigy_al.scoring import blas

RECIPES = [
    ("al.teach", {}),
    ("al.teach", {"strict": True}),
    ("al.teach", {"by": "least-confidence"}),
    ("al.manual-ranked", {}),
    ("al.manual-ranked", {"strict": True}),
    ("al.manual-ranked", {"by": "information-density"}),
    ("al.random", {}),
    ("al.random", {"binary": True}),
]
Start = Callable[..., Any]


def answers(controller: Any, n: int) -> list[dict[str, Any]]:
    given: list[dict[str, Any]] = []
    while len(given) < n:
        batch = controller.get_questions()[: n - len(given)]
        assert batch, "the stream ended early"
        controller.receive_answers([{**task, "answer": "accept"} for task in batch])
        given += batch
    return given


def stored(dataset: str) -> list[dict[str, Any]]:
    from prodigy.components.db import connect

    return list(connect().get_dataset_examples(dataset))


@pytest.mark.parametrize(("recipe", "options"), RECIPES)
def test_every_stored_answer_has_a_record_whose_key_recomputes(
    controller: Start, world: Path, recipe: str, options: dict[str, Any]
):
    ctrl = controller(
        recipe, "x", str(world / "base"), str(world / "pool.jsonl"), label=["ORG"], **options
    )
    answers(ctrl, 20)
    examples = stored("x")
    records = [(e["_input_hash"], read_record(e)) for e in examples]
    assert verify_records(records) == len(examples) == 20


@pytest.mark.parametrize(("recipe", "options"), RECIPES)
def test_a_restart_goes_on_in_the_same_order_and_asks_nothing_twice(
    controller: Start, world: Path, recipe: str, options: dict[str, Any]
):
    def start(dataset: str) -> Any:
        source = str(world / "pool.jsonl")
        return controller(recipe, dataset, str(world / "base"), source, label=["ORG"], **options)

    whole = [task["_task_hash"] for task in answers(start("whole"), 40)]
    first = [task["_task_hash"] for task in answers(start("parts"), 17)]
    rest = [task["_task_hash"] for task in answers(start("parts"), 23)]
    assert first + rest == whole
    assert len(set(whole)) == 40


def test_records_survive_an_export_and_import(controller: Start, prodigy, world: Path, home: Path):
    ctrl = controller(
        "al.teach", "x", str(world / "base"), str(world / "pool.jsonl"), label=["ORG"]
    )
    answers(ctrl, 30)
    exported = home / "x.jsonl"
    exported.write_text(prodigy("db-out", "x").stdout, encoding="utf8")
    assert prodigy("db-in", "y", exported).returncode == 0
    records = [(e["_input_hash"], read_record(e)) for e in stored("y")]
    assert verify_records(records) == 30


def test_keys_recompute_even_where_a_database_rounds_to_ten_decimals(
    controller: Start, world: Path
):
    import srsly

    ctrl = controller("al.manual-ranked", "x", str(world / "base"), str(world / "pool.jsonl"))
    answers(ctrl, 30)
    rounded = [srsly.json_loads(srsly.json_dumps(e)) for e in stored("x")]
    records = [(e["_input_hash"], read_record(e)) for e in rounded]
    assert rounded != stored("x")
    assert verify_records(records) == 30


def test_gold_never_reaches_the_page(controller: Start, world: Path):
    ctrl = controller("al.manual-ranked", "x", str(world / "base"), str(world / "pool.jsonl"))
    for task in ctrl.get_questions():
        assert not task.get("spans")


@pytest.mark.parametrize("recipe", ["al.manual-ranked", "al.random"])
def test_a_label_that_the_pipeline_does_not_know_is_said_with_the_nearest_one(
    controller: Start, world: Path, recipe: str, capsys: pytest.CaptureFixture[str]
):
    """Once per process, so each recipe gets a spelling of its own."""
    label = {"al.manual-ranked": "org", "al.random": "Org"}[recipe]
    controller(recipe, "x", str(world / "base"), str(world / "pool.jsonl"), label=[label])
    shown = capsys.readouterr()
    said = " ".join((shown.out + shown.err).split())
    assert f"knows no label '{label}'" in said
    assert "is it 'ORG'?" in said


@pytest.mark.parametrize("recipe", ["al.teach", "al.manual-ranked"])
def test_a_score_is_on_the_card_only_where_it_was_asked_for(
    controller: Start, world: Path, recipe: str
):
    base, source = str(world / "base"), str(world / "pool.jsonl")
    for show in (False, True):
        ctrl = controller(recipe, f"x{show}", base, source, label=["ORG"], show_score=show)
        for task in ctrl.get_questions():
            assert (set(task["meta"]) != {"doc"}) is show
            assert task["al"]["shown"]["score"] is show


def test_suggestions_are_the_models_own_spans_and_are_recorded(controller: Start, world: Path):
    base, source = str(world / "base"), str(world / "pool.jsonl")
    ctrl = controller("al.manual-ranked", "x", base, source, label=["ORG"], suggest=True)
    nlp = spacy.load(base)
    for task in ctrl.get_questions():
        found = {(e.start_char, e.end_char) for e in nlp(task["text"]).ents if e.label_ == "ORG"}
        assert {(s["start"], s["end"]) for s in task["spans"]} == found
        assert task["al"]["shown"]["suggestions"] is True


def test_the_score_that_teach_shows_is_the_spans_probability(controller: Start, world: Path):
    base, source = str(world / "base"), str(world / "pool.jsonl")
    asked = controller("al.teach", "t", base, source, label=["ORG"], show_score=True)
    teach = asked.get_questions()[0]
    assert teach["meta"]["p(ORG)"] == f"{teach['al']['span_p']:.2f}"


def test_texts_without_tokens_are_split_into_sentences_unless_told_otherwise(
    controller: Start, world: Path, tmp_path: Path
):
    source = tmp_path / "plain.jsonl"
    texts = [f"Garden {i} sold Elkor Group. Halvale bought it in Oslo." for i in range(12)]
    source.write_text("".join(json.dumps({"text": t}) + "\n" for t in texts), encoding="utf8")
    base = str(world / "base")
    split = answers(controller("al.random", "s", base, str(source), label=["ORG"]), 13)
    whole = controller("al.random", "w", base, str(source), label=["ORG"], unsegmented=True)
    assert {t["text"].endswith("Oslo.") and len(t["text"]) < 30 for t in split} == {True, False}
    assert {t["text"] for t in answers(whole, 12)} == set(texts)
    assert all(t["tokens"][-1]["text"] == "." for t in split)


def test_excluded_texts_are_not_asked_and_not_counted(controller: Start, world: Path):
    base, source = str(world / "base"), str(world / "pool.jsonl")
    first = answers(controller("al.random", "a", base, source), 30)
    (task, *_) = controller("al.random", "b", base, source, exclude=["a"], seed=7).get_questions()
    assert task["al"]["source"]["excluded"] == 30
    assert task["_input_hash"] not in {t["_input_hash"] for t in first}


def test_a_pipeline_that_knows_nothing_starts_as_random(controller: Start, world: Path):
    ctrl = controller(
        "al.manual-ranked", "x", "blank:en", str(world / "pool.jsonl"), label=["SHIP"]
    )
    train = [t["al"] for t in answers(ctrl, 20) if t["al"]["fold"] == "train"]
    assert {(record["u"], record["p"]) for record in train} == {(0.0, 1 / train[0]["R"])}


def test_keys_ask_what_is_uncertain_more_often_than_chance_does(controller: Start, world: Path):
    base, source = str(world / "base"), str(world / "pool.jsonl")

    def mean_score(dataset: str, **options: Any) -> float:
        asking = controller("al.manual-ranked", dataset, base, source, label=["ORG"], **options)
        asked = [task["al"] for task in answers(asking, 80)]
        return float(np.mean([record["u"] for record in asked if record["fold"] == "train"]))

    assert mean_score("ranked") > 1.2 * mean_score("even", explore=1.0)


def test_the_first_question_of_two_sessions_differs(controller: Start, world: Path):
    ctrl = controller("al.manual-ranked", "x", str(world / "base"), str(world / "pool.jsonl"))
    one, two = (ctrl.get_questions(f"x-{who}") for who in ("ann", "bo"))
    hashes = [task["_input_hash"] for task in one + two]
    assert len(set(hashes)) == len(hashes)
    keys = [t["al"]["key"] for t in one if t["al"]["fold"] == "train"]
    assert all(a < b for a, b in pairwise(keys))


def test_no_share_of_chance_is_refused_by_its_option_where_a_segment_could_not_be_asked(
    controller: Start, world: Path
):
    from prodigy_al.errors import OptionError

    base, source = str(world / "base"), str(world / "pool.jsonl")
    with pytest.raises(OptionError, match=r"^--explore 0\.0: \d+ of \d+ items score 0"):
        controller("al.manual-ranked", "x", base, source, explore=0.0).get_questions()


@pytest.mark.parametrize(("time_of_blis", "name"), [(0.5, "blis"), (2.0, "numpy")])
def test_records_name_the_matrix_product_that_scored(
    controller: Start, world: Path, monkeypatch: pytest.MonkeyPatch, time_of_blis: float, name: str
):
    monkeypatch.setattr(blas, "_measured", cache(blas._measured.__wrapped__))
    monkeypatch.setattr(blas, "time_of_blis", lambda: time_of_blis)
    ctrl = controller(
        "al.manual-ranked", "x", str(world / "base"), str(world / "pool.jsonl"), label=["ORG"]
    )
    assert {task["al"]["scorer"]["blas"] for task in ctrl.get_questions()} == {name}
