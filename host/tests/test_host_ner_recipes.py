"""The built-in recipes for entities: as functions, as commands, and in a controller."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from spacy.language import Language

from recipe_host.connections import connect
from recipe_host.errors import RecipeError, SourceError
from recipe_host.ner_recipes import teach
from recipe_host.recipes import get_recipe
from recipe_host.session import Controller

Terminal = Callable[..., "subprocess.CompletedProcess[str]"]
TEXTS = [
    f"{person} works at {company} now. {company} pays {person}."
    for person in ("Ann", "Bob", "Eve", "Sue", "Tim")
    for company in ("Acme", "Initech", "Globex", "Umbrella", "Hooli")
]
COMPANIES = {"Acme", "Initech", "Globex", "Umbrella", "Hooli"}


def tasks() -> list[dict[str, Any]]:
    return [{"text": text, "meta": {"doc": f"d{place}"}} for place, text in enumerate(TEXTS)]


def jsonl(name: str, records: list[dict[str, Any]]) -> str:
    Path(name).write_text("".join(json.dumps(record) + "\n" for record in records))
    return name


def answered(components: Any) -> Iterator[tuple[dict[str, Any], float | None]]:
    """Answer all questions about companies truly; yield each answer and what `update` returned."""
    results: list[float] = []
    inner = components["update"]
    components = {**components, "update": lambda batch: results.append(inner(batch))}
    with Controller.from_components("recipe", components) as ctrl:
        while batch := ctrl.get_questions():
            for task in batch:
                right = task["spans"][0]["text"] in COMPANIES
                task["answer"] = "accept" if right else "reject"
            ctrl.receive_answers(batch)
            yield from ((task, results[-1]) for task in batch)


def test_teach_asks_about_one_span_of_a_sentence_and_learns_from_each_batch(nlp: Language) -> None:
    done = list(answered(teach("news", nlp, tasks(), label=["ORG"])))
    assert all(len(task["spans"]) == 1 for task, _ in done)
    assert {task["spans"][0]["label"] for task, _ in done} == {"ORG"}
    assert {task["text"] for task, _ in done} <= {
        sentence for text in TEXTS for sentence in (text.split(". ")[0] + ".", text.split(". ")[1])
    }
    assert len({task["_task_hash"] for task, _ in done}) == len(done) > 20
    assert any(loss > 0 for _, loss in done)
    stored = connect().get_dataset_examples("news")
    assert [task["_task_hash"] for task in stored] == [task["_task_hash"] for task, _ in done]
    assert {task["_view_id"] for task in stored} == {"ner"}
    later = [task["spans"][0] for task, _ in done[len(done) // 2 :]]
    assert sum(span["text"] in COMPANIES for span in later) > len(later) / 3


def test_teach_keeps_the_document_of_a_sentence(nlp: Language) -> None:
    document = {task["text"]: task["meta"]["doc"] for task in tasks()}
    for task in teach(False, nlp, tasks())["stream"]:
        (whole,) = [text for text in document if task["text"] in text and len(text) > 20][:1] or [
            ""
        ]
        assert document[whole] in {name for text, name in document.items() if task["text"] in text}
        assert task["meta"]["score"] == task["spans"][0]["score"]


def test_teach_can_ask_about_whole_texts(nlp: Language) -> None:
    asked = {task["text"] for task in teach(False, nlp, tasks(), unsegmented=True)["stream"]}
    assert asked <= set(TEXTS)
    assert len(asked) > 5


def test_teach_reads_a_few_texts_ahead_and_no_more(nlp: Language) -> None:
    read = []

    def endless() -> Iterator[dict[str, Any]]:
        while True:
            read.append(len(read))
            yield {"text": TEXTS[len(read) % len(TEXTS)] + f" {len(read)}"}

    with Controller.from_components("r", teach(False, nlp, endless(), unsegmented=True)) as ctrl:
        assert len(ctrl.get_questions()) == 10
    assert len(read) <= 64


def test_teach_asks_about_what_patterns_match_in_turns_with_the_model(nlp: Language) -> None:
    patterns = jsonl("p.jsonl", [{"label": "VERB", "pattern": [{"lower": "pays"}]}])
    texts = [{"text": f"{name} pays a lot."} for name in ("Acme", "Ann", "Kim", "Lee")]
    asked = list(teach(False, nlp, texts, label=["VERB", "ORG"], patterns=patterns)["stream"])
    found = [task["spans"][0] for task in asked]
    assert {span["label"] for span in found} == {"VERB", "ORG"}
    matched = [span for span in found if "pattern" in span]
    assert {(span["text"], span["label"]) for span in matched} == {("pays", "VERB")}


def test_teach_learns_a_label_that_only_patterns_know(nlp: Language) -> None:
    patterns = jsonl("p.jsonl", [{"label": "VERB", "pattern": "pays"}])
    texts = [{"text": f"{name} pays {name} {place}."} for place in range(60) for name in ("A", "B")]
    components = teach(False, nlp, texts, patterns=patterns)
    suggested = []
    with Controller.from_components("r", components) as ctrl:
        while batch := ctrl.get_questions():
            suggested += [t for t in batch if "source" in t["spans"][0]]
            answers = [
                {**t, "answer": "accept" if t["spans"][0]["text"] == "pays" else "reject"}
                for t in batch
            ]
            ctrl.receive_answers(answers)
    assert "VERB" in {task["spans"][0]["label"] for task in suggested}


def test_teach_leaves_out_what_other_datasets_hold(nlp: Language) -> None:
    first = [task["_task_hash"] for task, _ in answered(teach("first", nlp, tasks()[:5]))]
    again = teach("second", nlp, tasks()[:5], exclude=["first"])
    assert not {task["_task_hash"] for task, _ in answered(again)} & set(first)


def test_teach_runs_as_a_command_and_says_what_it_is(learnt: Language, terminal: Terminal) -> None:
    shown = " ".join(terminal("ner.teach", "--help").stdout.split())
    assert "not Prodigy's own recipe" in shown
    assert "re-implementation" in shown
    learnt.to_disk("model")
    source = jsonl("texts.jsonl", tasks())
    done = terminal("ner.teach", "news", "model", source, "--label", "Org")
    assert done.returncode == 1
    assert "knows no label 'Org', so nothing would be asked; did you mean ORG?" in done.stderr
    done = terminal("ner.teach", "news", "blank:en", source)
    assert (done.returncode, done.stdout) == (1, "")
    assert "mark them by hand with ner.manual" in done.stderr
    done = terminal("ner.teach", "news", "en_no_such", source)
    assert "python -m spacy download" in done.stderr


def test_a_source_is_refused_before_the_pipeline_is_loaded() -> None:
    with pytest.raises(SourceError, match="cannot open source"):
        teach("news", "no_such_model", "missing.jsonl")
    with pytest.raises(RecipeError, match="no spaCy pipeline"):
        teach("news", "no_such_model", tasks())


def test_a_recipe_file_may_have_a_recipe_of_the_same_name() -> None:
    Path("own.py").write_text(
        "import prodigy\n\n@prodigy.recipe('ner.teach')\ndef own(dataset):\n    '''Own.'''\n"
    )
    assert get_recipe("ner.teach", "own.py").__doc__ == "Own."
