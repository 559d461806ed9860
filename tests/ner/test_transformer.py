"""A pipeline with a transformer through all asking recipes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy

from prodigy_al.records import read_record
from prodigy_al.sampling.inclusion import verify_records

Make = Callable[..., Any]
Kinds = dict[str, dict[str, Any]]

RECIPES = ["al.teach", "al.manual-ranked", "al.random"]
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
def transformer(
    kinds: Kinds, tmp_path_factory: pytest.TempPathFactory, read_corpus: Make, train: Make
) -> str:
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
    records = read_corpus(Path(kinds["listener"]["source"]))
    train(nlp, records, epochs=30).to_disk(folder / "model")
    return str(folder / "model")


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_transformer_goes_through_all_recipes(
    kinds: Kinds, transformer: str, recipe: str, start: Make, answers: Make
):
    asked = answers(start(recipe, {**kinds["listener"], "model": transformer}), 10)
    records = [(task["_input_hash"], read_record(task)) for task in asked]
    assert verify_records(records) == 10


def test_a_transformer_suggests_what_its_whole_pipeline_finds(
    controller: Make, kinds: Kinds, transformer: str, answers: Make
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
