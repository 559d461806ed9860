"""Every kind of pipeline and language through all asking recipes, then simulated and compared."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.training import Example
from spacy.util import fix_random_seed

from prodigy_al.errors import ActiveLearningError
from prodigy_al.records import read_record
from prodigy_al.sampling.inclusion import verify_records

Start = Callable[..., Any]
RECIPES = ["al.teach", "al.manual-ranked", "al.random"]
# Texts with one name or none, what the names are made of, and their shapes.
ENGLISH = (
    [
        "Shares of {} fell on Monday. It rained.",
        "The court fined {} a million.",
        "Nothing happened.",
    ],
    ["Avelor", "Brintec", "Corvax", "Dunmere", "Elkor"],
    ["{} Group", "{} Bank", "{}"],
)
ARABIC = (  # right to left
    [
        "أعلنت {} عن أرباحها يوم الاثنين. هل نزل المطر؟",
        "غرمت المحكمة {} مليون دينار.",
        "لم يحدث شيء.",
    ],
    ["النور", "الأمل", "الشرق", "البحر", "القمر"],
    ["شركة {}", "بنك {}", "مؤسسة {}"],
)
CHINESE = (  # without spaces
    ["{}的股价周一下跌。昨天下雨了。", "法院对{}罚款一百万元。", "什么也没有发生。"],
    ["星河", "海山", "东方", "明月", "长风"],
    ["{}公司", "{}银行", "{}集团"],
)
LANGUAGES = {"en": ENGLISH, "ar": ARABIC, "zh": CHINESE}


def write_corpus(path: Path, lang: str, size: int) -> Path:
    """Write `size` different texts with their gold names, which are called ORG."""
    frames, stems, shapes = LANGUAGES[lang]
    rng = random.Random(size)
    with path.open("w", encoding="utf-8") as file:
        for number in range(size):
            frame = rng.choice(frames)
            name = rng.choice(shapes).format(rng.choice(stems))
            text = f"{frame.format(name)} {number}"
            start = frame.find("{}")
            spans = [{"start": start, "end": start + len(name), "label": "ORG"}]
            file.write(json.dumps({"text": text, "spans": spans if start >= 0 else []}) + "\n")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def train(nlp: spacy.Language, records: list[dict[str, Any]], epochs: int = 9) -> spacy.Language:
    fix_random_seed(0)
    examples = []
    for record in records:
        doc = nlp.make_doc(record["text"])
        entities = [(span["start"], span["end"], span["label"]) for span in record["spans"]]
        gold: dict[str, Any] = {"entities": entities, "tags": ["X"] * len(doc)}
        examples.append(Example.from_dict(doc, gold))
    nlp.initialize(lambda: examples)
    for _ in range(epochs):
        for start in range(0, len(examples), 16):
            nlp.update(examples[start : start + 16])
    return nlp


LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"}


def with_listeners() -> spacy.Language:
    """A pipeline whose recogniser and tagger borrow the vectors of one component."""
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec")
    for name in ("tagger", "ner"):
        default = spacy.Language.get_factory_meta(name).default_config["model"]
        nlp.add_pipe(name, config={"model": {**default, "tok2vec": LISTENER}})
    return nlp


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Trained pipelines, each with a source in its language and what to ask for."""
    folder = tmp_path_factory.mktemp("kinds")
    made: dict[str, dict[str, Any]] = {}
    for lang in LANGUAGES:
        records = read(write_corpus(folder / f"{lang}-train.jsonl", lang, 80))
        nlp = with_listeners() if lang == "en" else spacy.blank(lang)
        if lang != "en":
            nlp.add_pipe("ner")
        train(nlp, records).to_disk(folder / lang)
        source = write_corpus(folder / f"{lang}.jsonl", lang, 100)
        made[lang] = {"model": str(folder / lang), "source": str(source), "label": ["ORG"]}
    return {
        "listener": made["en"],
        "blank": {**made["en"], "model": "blank:en"},
        "new label": {**made["en"], "label": ["SHIP"]},
        "new beside known": {**made["en"], "label": ["ORG", "SHIP"]},
        "right to left": made["ar"],
        "without spaces": made["zh"],
    }


KINDS = ["listener", "blank", "new label", "new beside known", "right to left", "without spaces"]
KNOWING = ["listener", "new beside known", "right to left", "without spaces"]


def answers(controller: Any, n: int) -> list[dict[str, Any]]:
    """Accept up to `n` questions, and return what was asked."""
    asked: list[dict[str, Any]] = []
    while len(asked) < n and (batch := controller.get_questions()[: n - len(asked)]):
        controller.receive_answers([{**task, "answer": "accept"} for task in batch])
        asked += batch
    return asked


def start(controller: Start, recipe: str, kind: dict[str, Any], dataset: str = "x") -> Any:
    return controller(recipe, dataset, kind["model"], kind["source"], label=kind["label"])


@pytest.mark.parametrize(
    ("kind", "recipe"),
    [(k, r) for k in KINDS for r in RECIPES if k in KNOWING or r != "al.teach"],
)
def test_questions_are_sound_and_go_on_after_a_restart(
    controller: Start, kinds: dict[str, dict[str, Any]], kind: str, recipe: str
):
    chosen = kinds[kind]
    asked = answers(start(controller, recipe, chosen), 8)
    asked += answers(start(controller, recipe, chosen), 7)
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
    controller: Start, kinds: dict[str, dict[str, Any]], kind: str
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
        for record in read(Path(chosen["source"]))
        for span in record["spans"]
    }
    assert len(suggested) > 10
    assert sum(text in gold for text in suggested) > 0.7 * len(suggested)


@pytest.mark.parametrize("kind", ["blank", "new label"])
def test_where_nothing_is_known_every_segment_is_as_likely(
    controller: Start, kinds: dict[str, dict[str, Any]], kind: str
):
    asked = answers(start(controller, "al.manual-ranked", kinds[kind]), 30)
    records = [task["al"] for task in asked if task["al"]["fold"] == "train"]
    assert {(record["u"], record["p"]) for record in records} == {(0.0, 1 / records[0]["R"])}


@pytest.mark.parametrize("kind", ["blank", "new label"])
def test_teach_refuses_in_one_sentence_where_no_span_is_a_candidate(
    controller: Start, kinds: dict[str, dict[str, Any]], kind: str
):
    from prodigy.errors import RecipeError

    with pytest.raises((RecipeError, ActiveLearningError)):
        answers(start(controller, "al.teach", kinds[kind]), 1)


def test_teach_goes_past_blocks_without_a_candidate(
    controller: Start, kinds: dict[str, dict[str, Any]]
):
    model, source = kinds["listener"]["model"], kinds["listener"]["source"]
    assert len(answers(controller("al.teach", "x", model, source, label=["ORG"], block=3), 20)) > 9


@pytest.mark.parametrize("kind", ["listener", "blank", "right to left", "without spaces"])
def test_simulated_answers_train_and_are_compared(
    home: Path, kinds: dict[str, dict[str, Any]], kind: str
):
    from prodigy.core import get_recipe

    chosen = kinds[kind]
    simulate, compare = get_recipe("al.simulate"), get_recipe("al.compare")
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
    learnt = report["arms"]["news-random-0"]["runs"]["usual"]["test"]["f1"]
    assert learnt > 0.6


POOLING = {"@layers": "reduce_mean.v1"}
TRANSFORMER = {
    "@architectures": "spacy-curated-transformers.BertTransformer.v1",
    "vocab_size": 100,
    "hidden_width": 32,
    "intermediate_width": 64,
    "num_attention_heads": 2,
    "num_hidden_layers": 1,
    "piece_encoder": {"@architectures": "spacy-curated-transformers.CharEncoder.v1"},
    "with_spans": {"@architectures": "spacy-curated-transformers.WithStridedSpans.v1"},
}
LAST_LAYER = {
    "@architectures": "spacy-curated-transformers.LastTransformerLayerListener.v1",
    "width": 32,
    "pooling": POOLING,
    "upstream": "*",
}


@pytest.fixture(scope="module")
def transformer(kinds: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A transformer of one small layer over characters, its weights drawn at random."""
    reason = "optional: needs spacy-curated-transformers and its PyTorch"
    pytest.importorskip("spacy_curated_transformers", reason=reason)
    if np.lib.NumpyVersion(np.__version__) >= "2.4.0":
        pytest.skip("spacy-curated-transformers 0.3 trains with NumPy before 2.4 only")
    folder = tmp_path_factory.mktemp("transformer")
    pieces = folder / "pieces.txt"
    pieces.write_text("\n".join(["[PAD]", "[CLS]", "[SEP]", "[UNK]", *map(chr, range(33, 127))]))
    nlp = spacy.blank("en")
    nlp.add_pipe("curated_transformer", config={"model": TRANSFORMER})
    default = spacy.Language.get_factory_meta("ner").default_config["model"]
    nlp.add_pipe("ner", config={"model": {**default, "tok2vec": LAST_LAYER}})
    loader = {"@model_loaders": "spacy-curated-transformers.CharEncoderLoader.v1"}
    nlp.config["initialize"]["components"]["curated_transformer"] = {
        "piecer_loader": {**loader, "path": str(pieces)}
    }
    records = read(Path(kinds["listener"]["source"]))
    train(nlp, records, epochs=30).to_disk(folder / "model")
    return str(folder / "model")


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_transformer_goes_through_all_recipes(
    controller: Start, kinds: dict[str, dict[str, Any]], transformer: str, recipe: str
):
    asked = answers(start(controller, recipe, {**kinds["listener"], "model": transformer}), 10)
    records = [(task["_input_hash"], read_record(task)) for task in asked]
    assert verify_records(records) == 10


def test_a_transformer_suggests_what_its_whole_pipeline_finds(
    controller: Start, kinds: dict[str, dict[str, Any]], transformer: str
):
    source, label = kinds["listener"]["source"], ["ORG"]
    ranked = controller("al.manual-ranked", "x", transformer, source, label=label, suggest=True)
    nlp = spacy.load(transformer)
    suggested = 0
    for task in answers(ranked, 30):
        found = {(ent.start_char, ent.end_char) for ent in nlp(task["text"]).ents}
        assert {(span["start"], span["end"]) for span in task["spans"]} == found
        suggested += len(found)
    assert suggested > 5
