"""Every kind of pipeline and language through all asking recipes, then simulated and compared."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.errors import ActiveLearningError
from prodigy_al.records import read_record
from prodigy_al.sampling.inclusion import verify_records

Make = Callable[..., Any]
Kinds = dict[str, dict[str, Any]]

RECIPES = ["al.teach", "al.manual-ranked", "al.random"]
KNOWING = ["listener", "new beside known", "right to left", "without spaces"]
UNKNOWING = ["blank", "new label"]


@pytest.mark.parametrize(
    ("kind", "recipe"),
    [(k, r) for k in KNOWING + UNKNOWING for r in RECIPES if k in KNOWING or r != "al.teach"],
)
def test_questions_are_sound_and_go_on_after_a_restart(
    kinds: Kinds, kind: str, recipe: str, start: Make, answers: Make
):
    chosen = kinds[kind]
    asked = answers(start(recipe, chosen), 8)
    asked += answers(start(recipe, chosen), 7)
    assert len({task["_task_hash"] for task in asked}) == len(asked) == 15
    for task in asked:
        text, tokens = task["text"], task["tokens"]
        assert all(text[t["start"] : t["end"]] == t["text"] for t in tokens)
        for span in task.get("spans", []):
            assert tokens[span["token_start"]]["start"] == span["start"]
            assert tokens[span["token_end"]]["end"] == span["end"]
            assert span["label"] in chosen["label"]
    records = [(task["_input_hash"], read_record(task)) for task in asked]
    assert verify_records(records) == 15
    assert all(0 < record.p <= 1 and math.isfinite(record.u) for _, record in records)


@pytest.mark.parametrize("kind", KNOWING)
def test_what_the_pipeline_knows_is_what_it_suggests(
    controller: Make, kinds: Kinds, kind: str, answers: Make, read_corpus: Make
):
    """A recogniser cut off from what it listens to finds nothing, and says nothing of it."""
    chosen = kinds[kind]
    ranked = controller(
        "al.manual-ranked", "x", chosen["model"], chosen["source"], label=["ORG"], suggest=True
    )
    suggested = [
        task["text"][span["start"] : span["end"]]
        for task in answers(ranked, 40)
        for span in task["spans"]
    ]
    gold = {
        record["text"][span["start"] : span["end"]]
        for record in read_corpus(Path(chosen["source"]))
        for span in record["spans"]
    }
    assert len(suggested) > 10
    assert sum(text in gold for text in suggested) > 0.7 * len(suggested)


@pytest.mark.parametrize("kind", UNKNOWING)
def test_where_nothing_is_known_every_segment_is_as_likely(
    kinds: Kinds, kind: str, start: Make, answers: Make
):
    asked = answers(start("al.manual-ranked", kinds[kind]), 30)
    records = [task["al"] for task in asked if task["al"]["fold"] == "train"]
    assert {(record["u"], record["p"]) for record in records} == {(0.0, 1 / records[0]["R"])}


@pytest.mark.parametrize("kind", UNKNOWING)
def test_teach_refuses_in_one_sentence_where_no_span_is_a_candidate(
    kinds: Kinds, kind: str, start: Make, answers: Make
):
    from prodigy.errors import RecipeError

    with pytest.raises((RecipeError, ActiveLearningError)):
        answers(start("al.teach", kinds[kind]), 1)


def test_teach_goes_past_blocks_without_a_candidate(controller: Make, kinds: Kinds, answers: Make):
    model, source = kinds["listener"]["model"], kinds["listener"]["source"]
    assert len(answers(controller("al.teach", "x", model, source, label=["ORG"], block=3), 20)) > 9


@pytest.mark.parametrize("kind", ["listener", "blank", "right to left", "without spaces"])
def test_simulated_answers_train_and_are_compared(
    home: Path, kinds: Kinds, kind: str, write_corpus: Make
):
    from prodigy_al.compare import compare
    from prodigy_al.simulate import simulate

    chosen = kinds[kind]
    arms = ["ranked", "random"] if kind == "blank" else ["teach", "ranked", "random"]
    budget = 130 if kind == "blank" else 40
    simulate(chosen["source"], chosen["model"], "news", label=["ORG"], arms=arms, budget=budget)
    lang = Path(chosen["source"]).stem
    test = write_corpus(home / "test.jsonl", lang, 30)
    compare(
        ["news-*"],
        chosen["model"],
        test=str(test),
        label=["ORG"],
        training=["usual"],
        seeds="0,",
        workers=1,
        output=home / "out",
    )
    report = json.loads((home / "out" / "report.json").read_text())
    assert set(report["arms"]) == {f"news-{arm}-0" for arm in arms}
    f1 = report["arms"]["news-random-0"]["runs"]["usual"]["test"]["f1"]
    assert f1 > 0.6
