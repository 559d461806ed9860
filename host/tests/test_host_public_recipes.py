"""Recipes in the style of public repositories run unchanged: as commands, and in a controller."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import spacy

import recipe_host
from recipe_host.connections import connect
from recipe_host.recipes import get_recipe
from recipe_host.session import Controller
from recipe_host.stream import Stream

RECIPES = Path(__file__).parent / "public_recipes"
TEXTS = ["Ann met Bob in Lima. It rained.", "Nothing happened.", "Acme fell in Oslo."]
# file: (recipe, a line of its help, an argument that its help names)
FILES = {
    "ner_manual": ("names.manual", "Mark names by hand.", "--label"),
    "ner_correct": ("names.correct", "Correct the names that a model finds.", "--update"),
    "textcat_choice": ("category.choice", "Choose among categories.", "--exclusive"),
    "mark": ("plain.mark", "Click through data, one decision per task.", "--view-id"),
    "sentences": ("sentences.ask", "Ask about sentences, each once.", "--min-length"),
    "arg_types": ("types.new", "Ask with everything that was given.", "--no-hide"),
    "tuple_types": ("types.old", "Store what was given as one example.", "--allow-reset"),
    "sorter": ("words.teach", "Ask about texts that the counter is unsure of.", "--wait"),
    "export": ("dataset.export", "Write texts and labels of a dataset to a file.", "--answer"),
    "callbacks": ("callbacks.all", "Ask, check every answer, and keep a log.", "dataset"),
}


@pytest.fixture
def source() -> str:
    Path("texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    return "texts.jsonl"


def recipe(file: str) -> Any:
    return get_recipe(FILES[file][0], RECIPES / f"{file}.py")


def controller(components: Any, **config: Any) -> Controller:
    return Controller.from_components("recipe", components, config)


def prodigy(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a module, with the host's `prodigy` on the path."""
    package = Path(recipe_host.__file__).parent
    path = os.pathsep.join([str(package.parent), str(package / "_fallback")])
    return subprocess.run(
        [sys.executable, "-m", "prodigy", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        timeout=60,
        check=False,
    )


def stored(dataset: str) -> list[dict[str, Any]]:
    return connect().get_dataset_examples(dataset)


def test_there_are_ten_and_each_is_in_the_table() -> None:
    assert {path.stem for path in RECIPES.glob("*.py")} == set(FILES)
    assert len(FILES) == 10


@pytest.mark.parametrize("file", FILES)
def test_help_shows_docstring_and_options(file: str) -> None:
    name, summary, option = FILES[file]
    done = prodigy(name, "-F", str(RECIPES / f"{file}.py"), "--help")
    assert done.returncode == 0, done.stderr
    assert summary in done.stdout
    assert option in done.stdout


def test_entities_by_hand_have_tokens_and_leave_out_other_datasets(source: str) -> None:
    seen = recipe("ner_manual")("first", "blank:en", source, label=["NAME"])
    with controller(seen, batch_size=1) as ctrl:
        (task,) = ctrl.get_questions()
        assert [token["text"] for token in task["tokens"]][:3] == ["Ann", "met", "Bob"]
        span = {"start": 0, "end": 3, "token_start": 0, "token_end": 0, "label": "NAME"}
        ctrl.receive_answers([{**task, "spans": [span], "answer": "accept"}])
    assert stored("first")[0]["spans"] == [span]
    with controller(recipe("ner_manual")("second", "blank:en", source, exclude=["first"])) as ctrl:
        assert [task["text"] for task in ctrl.get_questions()] == TEXTS[1:]
    by_character = recipe("ner_manual")(False, "blank:en", source, highlight_chars=True)
    assert len(next(iter(by_character["stream"]))["tokens"]) == len(TEXTS[0])


@pytest.fixture
def pipeline() -> str:
    nlp = spacy.blank("en")
    rules = nlp.add_pipe("entity_ruler")
    nlp.add_pipe("ner").add_label("NAME")
    nlp.initialize()
    rules.add_patterns([{"label": "NAME", "pattern": name} for name in ("Ann", "Bob")])
    rules.add_patterns([{"label": "PLACE", "pattern": "Lima"}])
    nlp.to_disk("pipeline")
    return "pipeline"


def test_a_models_entities_are_suggested_and_learnt_from(source: str, pipeline: str) -> None:
    components = recipe("ner_correct")("names", pipeline, source, label=["NAME"], update=True)
    with controller(components, batch_size=1) as ctrl:
        (task,) = ctrl.get_questions()
        names = [span["text"] for span in task["spans"] if span["text"] in ("Ann", "Bob", "Lima")]
        assert names == ["Ann", "Bob"]
        ctrl.receive_answers([{**task, "answer": "accept"}])
        assert ctrl.exclude_by == "input"
    assert recipe("ner_correct")("names", pipeline, source, label=["NAME"])["update"] is None


def test_options_to_choose_from(source: str) -> None:
    components = recipe("textcat_choice")("topics", source, label=["A", "B"], exclusive=True)
    with controller(components) as ctrl:
        assert ctrl.config["choice_style"] == "single"
        tasks = ctrl.get_questions()
        assert [option["id"] for option in tasks[0]["options"]] == ["A", "B"]
        ctrl.receive_answers([{**task, "accept": ["B"], "answer": "accept"} for task in tasks])
    assert [example["accept"] for example in stored("topics")] == [["B"]] * 3
    with controller(recipe("textcat_choice")("topics", source, label=["C"])) as ctrl:
        assert ctrl.get_questions() == []  # the same inputs, whatever the options


def test_decisions_are_counted_and_remembered(source: str) -> None:
    with controller(recipe("mark")("marks", source, label="GOOD"), batch_size=2) as ctrl:
        first, second = ctrl.get_questions()
        assert first["label"] == "GOOD"
        ctrl.receive_answers([{**first, "answer": "accept"}, {**second, "answer": "reject"}])
    meta = connect().get_meta("marks-summary")
    assert (meta["known"], meta["accept"], meta["reject"]) == (0, 1, 1)
    with controller(recipe("mark")("marks", source, label="GOOD")) as ctrl:
        assert [task["text"] for task in ctrl.get_questions()] == TEXTS[2:]


def test_wrappers_of_every_form_work_on_one_stream() -> None:
    texts = ["Ann sat up. Ann sat up. Lima sleeps.", "No.", "A cat sat."]
    components = recipe("sentences")(
        "sentences", spacy.blank("en"), [{"text": text} for text in texts]
    )
    assert isinstance(components["stream"], Stream)
    tasks = list(components["stream"])
    asked = [task["text"] for task in tasks]
    assert asked == ["Ann sat up.", "A cat sat."]
    assert [task["meta"]["rank"] for task in tasks] == [1, 2]
    assert all(task["tokens"] and task["_task_hash"] for task in tasks)


def test_newer_arguments_of_every_type_arrive(source: str) -> None:
    words = "-v classification -l A,B --weights 1,2.5 -n 3 --share 0.5 -s --no-hide -o out"
    words += " --style multiple -VV --either 7 --training.steps 9"
    seen = run_and_read("arg_types", "news", source, *words.split())
    assert seen == {
        "dataset": "news",
        "source": source,
        "view": "classification",
        "label": "['A', 'B']",
        "weights": "[1.0, 2.5]",
        "n": "3",
        "share": "0.5",
        "shuffle": "True",
        "hide": "False",
        "out": "out",
        "style": "Style.multiple",
        "verbose": "2",
        "either": "7",
        "_extra": "['--training.steps', '9']",
    }
    refused = prodigy("types.new", "x", source, "-v", "html", "-F", str(RECIPES / "arg_types.py"))
    assert refused.returncode == 1
    assert "html" in refused.stderr
    refused = prodigy("types.new", "x", source, "--share=2", "-F", str(RECIPES / "arg_types.py"))
    assert refused.stderr == "✘ --share 2.0 is out of range\nGive a number from 0 to 1.\n"


def test_every_loader_class_takes_a_path() -> None:
    from prodigy.components.loaders import CSV, JSON, JSONL, TXT

    contents = {JSONL: '{"text": "a"}', JSON: '[{"text": "a"}]', TXT: "a", CSV: "text\na\n"}
    for loader, content in contents.items():
        Path("file").write_text(content)
        assert list(loader("file")) == list(loader(Path("file"))) == [{"text": "a"}]


def run_and_read(file: str, *words: str) -> dict[str, Any]:
    """Parse a command line in this process and return what the recipe wrote into its first task."""
    from radicli import Radicli

    from recipe_host.arguments import command_of
    from recipe_host.recipes import find_recipe

    recipe(file)
    command = command_of(find_recipe(FILES[file][0]))
    components = command.func(**Radicli(prog="prodigy").parse(list(words), command))
    with controller(components) as ctrl:
        meta: dict[str, Any] = ctrl.get_questions()[0]["meta"]
        return meta


def test_older_arguments_with_every_converter_arrive(source: str) -> None:
    words = "news texts.jsonl 4 -l A,B -k 25% -n 3 -t 0.1 --title it -r --quiet"
    done = prodigy("types.old", *words.split(), "-F", str(RECIPES / "tuple_types.py"))
    assert done.returncode == 0, done.stderr
    (example,) = stored("news")
    given = {key: example[key] for key in example if not key.startswith("_") and key != "text"}
    assert given == {
        "dataset": "news",
        "source": source,
        "start": 4,
        "label": ["A", "B"],
        "keep": 0.25,
        "top_n": 3,
        "threshold": 0.1,
        "title": "it",
        "allow_reset": True,
        "quiet": True,
    }
    (plain,) = recipe("tuple_types")("other", Path(source))
    assert (plain["start"], plain["label"], plain["quiet"]) == (1, None, False)


def test_a_sorter_and_a_model_in_the_loop() -> None:
    texts = [f"{word} {i}" for i in range(6) for word in ("good", "bad")]
    components = recipe("sorter")("words", [{"text": text} for text in texts], wait=2)
    answered = []
    with controller(components) as ctrl:
        while tasks := ctrl.get_questions():
            answers = [
                {**t, "answer": "accept" if "good" in t["text"] else "reject"} for t in tasks
            ]
            assert ctrl.receive_answers(answers) == 0.5
            answered += [task["text"] for task in tasks]
    assert sorted(answered) == sorted(texts)
    late = [example["meta"]["score"] for example in stored("words")[-2:]]
    assert set(late) <= {0.0, 1.0}  # by then the model knows what is good


def test_a_command_that_asks_nothing() -> None:
    lines = '{"text": "a", "label": "X"}\n{"text": "b", "answer": "reject"}\n'
    Path("in.jsonl").write_text(lines)
    assert prodigy("db-in", "news", "in.jsonl").returncode == 0
    export = ("-F", str(RECIPES / "export.py"))
    done = prodigy("dataset.export", "news", "out.jsonl", *export)
    assert (done.returncode, Path("out.jsonl").read_text()) == (0, '{"text": "a", "label": "X"}\n')
    assert "Wrote 1 of 2 examples" in done.stdout
    assert prodigy("dataset.export", "news", "o", "-a", "ignore", *export).returncode == 1
    missing = prodigy("dataset.export", "old", "o", *export)
    assert missing.stderr == "✘ Can't find dataset 'old'\nKnown: news\n"


def test_every_callback_is_called_in_its_turn(source: str) -> None:
    from prodigy.errors import ProdigyError

    with recipe("callbacks")("news", source) as ctrl:
        (task,) = ctrl.get_questions()
        with pytest.raises(ProdigyError, match="Mark something, or reject"):
            ctrl.receive_answers([{**task, "answer": "accept"}])
        marked = {**task, "tokens": [], "spans": [{"start": 0, "end": 3, "label": "NAME"}]}
        assert ctrl.receive_answers([{**marked, "answer": "accept"}]) == 0.25
        assert ctrl.session_id == "news-log"
        jumped = ctrl.event_hooks["jump"](ctrl, text="Another text.")
        assert jumped["text"] == "Another text."
    (example,) = stored("news")
    assert (example["n_spans"], "tokens" in example) == (1, False)
    log = connect().get_meta("news.log")["log"]
    assert log == [["load", "news"], ["progress", 0], ["update", 1], ["progress", 1]]
