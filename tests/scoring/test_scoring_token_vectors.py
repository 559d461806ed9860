"""Token vectors are those of spaCy to rounding, whichever layers compute them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Model

from prodigy_al.ner.pipelines import find_ner, set_blas
from prodigy_al.scoring.token_vectors import ROWS, token_vectors

WORDS = ["Acme", "Corp.", "Ann", "acme", "of", "the", "met", "\n", "12", "Überlingen"]
LENGTHS = [0, 1, 2, 3, 7, 30] * 16  # 688 tokens
# numbers of the size of 3 differ by rounding: by 1e-5 on one processor, by 2.4e-5 on another. A
# variance that is wrong by 1e-3 makes 2e-3 of difference and more, a wrong neighbour more than 1
ROUNDING = {"atol": 5e-5, "rtol": 0}

HASHES = {"@architectures": "spacy.MultiHashEmbed.v2", "width": 16, "include_static_vectors": False}
HASHES |= {"attrs": ["NORM", "PREFIX", "SHAPE", "SPACY"], "rows": [50, 20, 20, 5]}
WINDOWS = {"@architectures": "spacy.MaxoutWindowEncoder.v2", "width": 16, "window_size": 1}
WINDOWS |= {"maxout_pieces": 3, "depth": 4}
MISH = {"@architectures": "spacy.MishWindowEncoder.v2", "width": 16, "window_size": 1, "depth": 2}
CHARACTERS = {
    "@architectures": "spacy.CharacterEmbed.v2",
    "width": 16,
    "rows": 50,
    "nM": 8,
    "nC": 4,
}
CHARACTERS |= {"include_static_vectors": False}


def tok2vec(embed: dict[str, Any], encode: dict[str, Any]) -> dict[str, Any]:
    return {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode}


def layer(name: str, **settings: Any) -> dict[str, Any]:
    return {"@layers": name, **settings}


USUAL = tok2vec(HASHES, WINDOWS)
EXPANDED = layer("with_array.v1", layer=layer("expand_window.v1", window_size=1), pad=1)
KNOWN = {
    "usual": USUAL,
    "one layer": tok2vec(HASHES, WINDOWS | {"depth": 1}),
    "two pieces": tok2vec(HASHES, WINDOWS | {"maxout_pieces": 2}),
    "wide windows": tok2vec(HASHES, WINDOWS | {"window_size": 2}),
    "word vectors": tok2vec(HASHES | {"include_static_vectors": True}, WINDOWS),
    "characters": tok2vec(CHARACTERS, WINDOWS),
    "windows at the end": layer("chain.v1", **{"*": {"first": USUAL, "then": EXPANDED}}),
    "side by side": layer("concatenate.v1", **{"*": {"one": USUAL, "other": USUAL}}),
}
LEFT_TO_SPACY = {
    "other layers": tok2vec(HASHES, MISH),
    # without room between docs, which see one another: so does spaCy's
    "no room": layer("chain.v1", **{"*": {"first": USUAL, "then": EXPANDED | {"pad": 0}}}),
}


def pipeline_of(config: dict[str, Any]) -> Language:
    """Make a pipeline with weights that are all of some size."""
    nlp = spacy.blank("en")
    rng = np.random.default_rng(0)
    for word in WORDS:
        nlp.vocab.set_vector(word, rng.normal(size=7).astype(np.float32))
    settings = {"@architectures": "spacy.TransitionBasedParser.v2", "state_type": "ner"}
    settings |= {"extra_state_tokens": False, "hidden_width": 8, "maxout_pieces": 2}
    settings |= {"use_upper": True, "nO": None, "tok2vec": config}
    nlp.add_pipe("ner", config={"model": settings}).add_label("ORG")
    nlp.initialize()
    for node in find_ner(nlp).model.walk():
        for name in node.param_names:
            if node.has_param(name):
                weights = node.get_param(name)
                noise = rng.normal(0, 0.3, weights.shape).astype(weights.dtype)
                node.set_param(name, weights + noise)
    return nlp


def make_docs(nlp: Language) -> list[Doc]:
    rng = np.random.default_rng(1)
    docs = []
    for length in LENGTHS:
        words = [str(word) for word in rng.choice(WORDS, length)]
        docs.append(Doc(nlp.vocab, words, spaces=(rng.random(length) < 0.7).tolist()))
    return docs


@contextmanager
def called(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note the names of the layers that compute."""
    names: list[str] = []
    for method in ("predict", "__call__"):
        own = getattr(Model, method)

        def noted(model: Any, *args: Any, own: Callable[..., Any] = own, **more: Any) -> Any:
            names.append(model.name)
            return own(model, *args, **more)

        monkeypatch.setattr(Model, method, noted)
    yield names
    monkeypatch.undo()


@pytest.mark.parametrize("use_blis", [False, True])
@pytest.mark.parametrize("name", [*KNOWN, *LEFT_TO_SPACY])
def test_they_are_spacys(name: str, use_blis: bool, monkeypatch: pytest.MonkeyPatch):
    nlp = pipeline_of({**KNOWN, **LEFT_TO_SPACY}[name])
    set_blas(nlp, use_blis=use_blis)
    docs, model = make_docs(nlp), find_ner(nlp).model.get_ref("tok2vec")
    assert sum(map(len, docs)) > ROWS
    before = nlp.to_bytes()
    expected = model.predict(docs)
    with called(monkeypatch) as names:
        found = token_vectors(model, docs)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, **ROUNDING)
    assert np.abs(expected).mean() > 0.1
    by_spacy = any("maxout" in one or "mish" in one for one in names)
    assert by_spacy == (name in LEFT_TO_SPACY)
    assert nlp.to_bytes() == before


def test_equal_words_pass_the_first_layers_once(monkeypatch: pytest.MonkeyPatch):
    nlp = pipeline_of(USUAL)
    seen: list[int] = []
    own = Model.predict

    def noted(model: Any, x: Any) -> Any:
        if model.name.startswith("ints-getitem"):
            seen.append(len(x))
        return own(model, x)

    monkeypatch.setattr(Model, "predict", noted)
    token_vectors(find_ner(nlp).model.get_ref("tok2vec"), make_docs(nlp))
    # with a space after it a word is another one to these tables
    assert seen == [2 * len(WORDS)]


def test_a_model_that_is_trained_in_between_is_read_again():
    nlp = pipeline_of(USUAL)
    docs, model = make_docs(nlp), find_ner(nlp).model.get_ref("tok2vec")
    before = token_vectors(model, docs)
    for node in model.walk():
        if node.name == "layernorm":
            node.set_param("G", node.get_param("G") * 2)
    after = token_vectors(model, docs)
    assert np.abs(after - before).max() > 0.1
    np.testing.assert_allclose(after, model.predict(docs), **ROUNDING)


def test_what_a_doc_says_does_not_depend_on_its_neighbours():
    nlp = pipeline_of(USUAL)
    docs, model = make_docs(nlp), find_ner(nlp).model.get_ref("tok2vec")
    alone = [token_vectors(model, [doc]) for doc in docs if len(doc)]
    np.testing.assert_allclose(token_vectors(model, docs), np.concatenate(alone), **ROUNDING)
