"""Pipelines: what loads, what is refused, and what their hash depends on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import NumpyOps

from prodigy_al.errors import ModelError
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import (
    borrowed_from,
    find_ner,
    has_ner,
    load_pipeline,
    pipeline_sha256,
    sentence_splitter,
    set_blas,
)
from prodigy_al.scoring.marginals import MarginalScorer

MakeDocs = Callable[..., list[Doc]]


def test_a_blank_pipeline_loads_and_has_no_ner() -> None:
    nlp = load_pipeline("blank:en")
    assert not has_ner(nlp)
    assert nlp.pipe_names == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_pipeline", "neither an installed package nor a folder"),
        ("blank:xx-unknown", "does not name a language"),
        ("", "neither an installed package nor a folder"),
    ],
)
def test_a_name_under_which_nothing_is_found_is_refused(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        load_pipeline(name)
    assert caught.value.model == name


def test_a_folder_that_holds_no_pipeline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_pipeline(str(tmp_path))


def test_a_pipeline_without_ner_is_refused_with_a_list_of_its_components(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path)
    with pytest.raises(ModelError, match="its components: sentencizer"):
        load_pipeline(str(tmp_path))


def test_a_beam_recogniser_is_refused(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("beam_ner", name="ner")
    find_ner(nlp).add_label("ORG")
    nlp.initialize()
    nlp.to_disk(tmp_path)
    with pytest.raises(ModelError, match="searches with a beam"):
        load_pipeline(str(tmp_path))


def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(ModelError, match="no GPU 99"):
        load_pipeline("blank:en", gpu_id=99)


def test_loading_detaches_the_ner_and_changes_no_prediction(
    listening: Language, generated: MakeDocs, tmp_path: Path
) -> None:
    docs = generated(listening, 40)
    listening.to_disk(tmp_path)
    loaded = load_pipeline(str(tmp_path))
    assert borrowed_from(listening) == ["tok2vec"]
    assert borrowed_from(loaded) == []
    before = list(listening.pipe(doc.copy() for doc in docs))
    again = list(loaded.pipe(Doc(loaded.vocab, words=[t.text for t in doc]) for doc in docs))
    assert [[t.tag_ for t in doc] for doc in again] == [[t.tag_ for t in doc] for doc in before]
    entities = [[(e.start, e.end, e.label_) for e in doc.ents] for doc in before]
    assert list(predict_entities(loaded, again)) == entities


def test_both_matrix_products_give_the_same_entities(plain: Language, generated: MakeDocs) -> None:
    docs = generated(plain, 60)
    found = []
    for use_blis in (True, False):
        set_blas(plain, use_blis=use_blis)
        nodes = find_ner(plain).model.walk()
        assert {n.ops.use_blis for n in nodes if isinstance(n.ops, NumpyOps)} == {use_blis}
        found.append(list(predict_entities(plain, docs)))
    assert found[0] == found[1]


def test_the_hash_does_not_change_with_what_was_read(plain: Language) -> None:
    before = pipeline_sha256(plain)
    strings = len(plain.vocab.strings)
    doc = plain.make_doc("Words nobody ever wrote: qwxyz, blorptang, zzyzxor.")
    MarginalScorer(plain).score([doc])
    list(predict_entities(plain, [doc]))
    assert len(plain.vocab.strings) > strings
    assert pipeline_sha256(plain) == before


def test_the_hash_survives_saving_and_loading(plain: Language, tmp_path: Path) -> None:
    plain.to_disk(tmp_path)
    assert pipeline_sha256(load_pipeline(str(tmp_path))) == pipeline_sha256(plain)


def test_the_hash_is_the_same_in_another_process(listening: Language, tmp_path: Path) -> None:
    listening.to_disk(tmp_path)
    code = (
        "import sys; from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256; "
        "sys.stdout.write(pipeline_sha256(load_pipeline(sys.argv[1])))"
    )
    path = os.pathsep.join(filter(None, sys.path))
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "123"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == pipeline_sha256(load_pipeline(str(tmp_path)))


def test_the_hash_changes_with_the_weights_and_with_the_labels(
    plain: Language, extra_tokens: Language, listening: Language
) -> None:
    hashes = [pipeline_sha256(plain), pipeline_sha256(extra_tokens), pipeline_sha256(listening)]
    weights = find_ner(listening).model.get_ref("upper")
    weights.set_param("b", weights.get_param("b") + 1)
    hashes.append(pipeline_sha256(listening))
    find_ner(listening).add_label("DISH")
    hashes.append(pipeline_sha256(listening))
    assert len(set(hashes)) == 5


def test_the_hash_of_a_pipeline_without_ner_tells_languages_apart() -> None:
    english, german = pipeline_sha256(spacy.blank("en")), pipeline_sha256(spacy.blank("de"))
    assert english != german
    assert english == pipeline_sha256(spacy.blank("en"))


def test_the_splitter_splits_sentences_and_keeps_the_tokens(plain: Language) -> None:
    splitter = sentence_splitter(plain)
    doc = splitter("Ann isn't in Oslo. Bo is.")
    assert [sent.text for sent in doc.sents] == ["Ann isn't in Oslo.", "Bo is."]
    assert splitter.tokenizer is plain.tokenizer
    assert doc.vocab is plain.vocab
    assert plain.pipe_names == ["ner"]
