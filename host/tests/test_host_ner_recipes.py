"""The built-in recipes for entities: as functions, as commands, and in a controller."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language

from recipe_host.connections import connect
from recipe_host.errors import RecipeError, SourceError
from recipe_host.ner_recipes import correct, manual, spans_manual, teach
from recipe_host.session import Controller

Marked = Callable[[Any], list[dict[str, Any]]]
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


def test_a_recipe_file_may_have_a_recipe_of_the_same_name(terminal: Terminal) -> None:
    Path("own.py").write_text(
        "import prodigy\n\n@prodigy.recipe('ner.teach')\ndef own(dataset):\n    '''Own.'''\n"
    )
    assert "Own." in terminal("ner.teach", "--help", "-F", "own.py").stdout


def test_manual_asks_about_all_texts_with_tokens_and_the_spans_they_have(marked: Marked) -> None:
    records = tasks()
    records[1]["spans"] = [{"start": 0, "end": 3, "label": "PERSON"}]
    components = manual("gold", "blank:en", jsonl("t.jsonl", records), label=["PERSON", "ORG"])
    asked = marked(components)
    assert [task["text"] for task in asked] == TEXTS
    assert [task["meta"]["doc"] for task in asked] == [f"d{i}" for i in range(len(TEXTS))]
    assert asked[1]["spans"] == [
        {"start": 0, "end": 3, "label": "PERSON", "token_start": 0, "token_end": 0}
    ]
    assert all(task["tokens"] for task in asked)
    assert components["config"]["labels"] == ["PERSON", "ORG"]
    assert {task["_view_id"] for task in connect().examples_of("gold")} == {"ner_manual"}
    again = manual("other", spacy.blank("en"), tasks(), label=["ORG"], exclude=["gold"])
    assert [task["text"] for task in marked(again)] == [TEXTS[1]]  # there it had a span


def test_manual_marks_what_patterns_match_beforehand() -> None:
    patterns = jsonl("p.jsonl", [{"label": "ORG", "pattern": [{"lower": "acme"}]}])
    components = manual(False, "blank:en", tasks(), patterns=patterns)
    asked = list(components["stream"])
    assert [task["text"] for task in asked] == TEXTS
    assert [(s["text"], s["label"]) for s in asked[0]["spans"]] == [("Acme", "ORG")] * 2
    assert "spans" not in asked[1]
    assert components["config"]["labels"] == ["ORG"]


def test_manual_by_characters_stores_no_tokens(marked: Marked) -> None:
    patterns = jsonl("p.jsonl", [{"label": "ORG", "pattern": "Acme"}])
    components = manual(
        "gold", "blank:en", tasks()[:1], None, ["ORG"], patterns, None, highlight_chars=True
    )
    (asked,) = marked(components)
    assert len(asked["tokens"]) == len(TEXTS[0])
    assert asked["spans"][0]["token_start"] == asked["spans"][0]["start"]
    (stored,) = connect().examples_of("gold")
    assert "tokens" not in stored
    assert "token_start" not in stored["spans"][0]


def test_manual_takes_the_labels_of_the_pipeline_or_says_that_there_are_none(
    nlp: Language,
) -> None:
    assert manual(False, nlp, tasks())["config"]["labels"] == ["ORG", "PERSON"]
    with pytest.raises(RecipeError, match="name them with --label"):
        manual(False, "blank:en", tasks())


def test_correct_shows_the_models_entities_each_text_once(nlp: Language, marked: Marked) -> None:
    components = correct("gold", nlp, [*tasks(), *tasks()], label=["ORG"])
    asked = marked(components)
    assert len({task["_input_hash"] for task in asked}) == len(asked) > len(TEXTS)
    for task in asked:
        doc = nlp(task["text"])
        expected = [(e.start_char, e.end_char) for e in doc.ents if e.label_ == "ORG"]
        assert [(span["start"], span["end"]) for span in task["spans"]] == expected
        assert {span["label"] for span in task["spans"]} <= {"ORG"}
    assert components["update"] is None
    assert marked(correct("gold", nlp, tasks(), label=["PERSON"])) == []  # whatever the spans


@pytest.mark.parametrize("labels", [["ORG", "PERSON"], ["ORG"]])
def test_correct_learns_from_accepted_answers(nlp: Language, labels: list[str]) -> None:
    text = "Zed works at Acme now."
    span = {"start": 13, "end": 17, "label": "ORG"}
    components = correct("gold", nlp, tasks(), label=labels, update=True)
    update = components["update"]
    assert update is not None
    before = nlp.get_pipe("ner").to_bytes()  # type: ignore[attr-defined]
    assert update([{"text": text, "spans": [span], "answer": "reject"}]) == 0.0
    assert nlp.get_pipe("ner").to_bytes() == before  # type: ignore[attr-defined]
    wrong = {"start": 4, "end": 9, "label": "ORG"}
    for _ in range(60):
        loss = update([{"text": text, "spans": [wrong], "answer": "accept"}])
    assert loss >= 0
    found = [(entity.text, entity.label_) for entity in nlp(text).ents]
    assert ("works", "ORG") in found
    # outside of what was marked there is nothing, if all labels of the model are asked for
    assert (("Acme", "ORG") in found) == (labels == ["ORG"])


def test_correct_names_components_that_are_not_there_or_cannot_learn(nlp: Language) -> None:
    with pytest.raises(RecipeError, match="no component 'finder'"):
        correct(False, nlp, tasks(), label=["ORG"], component="finder")
    rules = spacy.blank("en")
    rules.add_pipe("entity_ruler").add_patterns([{"label": "ORG", "pattern": "Acme"}])  # type: ignore[attr-defined]
    found = correct(False, rules, tasks()[:1], component="entity_ruler")["stream"]
    assert [span["label"] for task in found for span in task["spans"]] == ["ORG", "ORG"]
    with pytest.raises(RecipeError, match="cannot learn; leave out --update"):
        correct(False, rules, tasks(), component="entity_ruler", update=True)


def test_spans_by_hand_are_for_scripts_since_the_page_lacks_their_view() -> None:
    components = spans_manual(False, "blank:en", tasks(), label=["X"])
    assert components["view_id"] == "spans_manual"
    assert len(list(components["stream"])) == len(TEXTS)


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("ner.manual", "--highlight-chars"),
        ("ner.correct", "--component"),
    ],
)
def test_recipes_are_commands(words: str, option: str, terminal: Terminal) -> None:
    assert option in terminal(words, "--help").stdout
    assert (
        "cannot open source"
        in terminal(
            words, "news", *(["blank:en"] if "ner" in words else []), "no.jsonl", "--label", "X"
        ).stderr
    )
