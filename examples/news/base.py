"""The pipelines that users start from, trained on the spot in seconds.

Both are small, and both are trained on documents that differ from the pool's as those of pretrained
pipelines do: another guideline, fewer organisations, no sports tables and no trade letter.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import fix_random_seed
from threadpoolctl import threadpool_limits

from news.knobs import PRETRAINED, Knobs
from news.mentions import LABELS
from news.words import WORDS
from prodigy_al.ner.pipelines import set_blas

PRETRAINING = replace(
    Knobs(),
    scheme=PRETRAINED,
    mix={"article": 3.0, "wire": 2.0, "match": 0.5},
    prevalence=0.2,
    blind=0.0,
)
"""The knobs of the documents that a base pipeline is to be trained on."""

Record = Mapping[str, Any]

_ENCODER = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "pretrained_vectors": None,
    "width": 64,
    "depth": 3,
    "embed_size": 1500,
    "window_size": 1,
    "maxout_pieces": 3,
    "subword_features": True,
}
_LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 64, "upstream": "*"}


def train_base(
    records: Iterable[Record], *, epochs: int = 6, seed: int = 0, language: str = "en"
) -> Language:
    """Return a pipeline with its own ``ner``, trained for `epochs` passes over the records.

    The same records and seed give the same pipeline on the same machine. `language` is spaCy's code
    of it: ``xx`` lacks the exceptions of English, which take a tenth of a second at each loading.
    """
    nlp = spacy.blank(language)
    nlp.add_pipe("ner", config={"model": _parser(_ENCODER)})
    return _train(nlp, records, epochs=epochs, seed=seed)


def train_shared(records: Iterable[Record], *, epochs: int = 6, seed: int = 0) -> Language:
    """Return a pipeline whose ``ner`` and ``tagger`` share one ``tok2vec``, as large ones do.

    The tagger tells function words, numbers, names and punctuation apart.
    """
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": _ENCODER})
    tagger = {"@architectures": "spacy.Tagger.v2", "tok2vec": _LISTENER}
    nlp.add_pipe("tagger", config={"model": tagger})
    nlp.add_pipe("ner", config={"model": _parser(_LISTENER)})
    return _train(nlp, records, epochs=epochs, seed=seed)


def read_doc(nlp: Language, record: Record) -> Doc:
    """Return the record as a doc with its own tokens and without entities."""
    tokens = record["tokens"]
    return Doc(nlp.vocab, [t["text"] for t in tokens], [t["ws"] for t in tokens])


def gold_doc(nlp: Language, record: Record) -> Doc:
    """Return the record as a doc with its gold entities, and a coarse tag on every token."""
    doc = read_doc(nlp, record)
    doc.set_ents(
        [
            Span(doc, span["token_start"], span["token_end"] + 1, span["label"])
            for span in record["spans"]
        ]
    )
    for token in doc:
        token.tag_ = _tag(token.text)
    return doc


def _tag(word: str) -> str:
    if not any(letter.isalnum() for letter in word):
        return "PUNCT"
    if any(letter.isdigit() for letter in word):
        return "NUM"
    if word.lower() in WORDS["function"]:
        return "FUNCTION"
    return "NAME" if word[0].isupper() else "WORD"


def _parser(encoder: dict[str, Any]) -> dict[str, Any]:
    return {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 48,
        "maxout_pieces": 2,
        "use_upper": True,
        "tok2vec": encoder,
    }


def _train(nlp: Language, records: Iterable[Record], *, epochs: int, seed: int) -> Language:
    examples = [Example(read_doc(nlp, record), gold_doc(nlp, record)) for record in records]
    for label in LABELS:
        nlp.get_pipe("ner").add_label(label)  # type: ignore[attr-defined]
    fix_random_seed(seed)
    with threadpool_limits(1):  # more threads change the last bits
        optimizer = nlp.initialize(_given(examples))
        set_blas(nlp, use_blis=False)
        order = random.Random(seed)
        for _ in range(epochs):
            for batch in _batches(order.sample(examples, len(examples))):
                nlp.update(batch, sgd=optimizer, drop=0.2)
    return nlp


def _given(examples: list[Example]) -> Callable[[], list[Example]]:
    return lambda: examples


def _batches(examples: list[Example], size: int = 12) -> Iterator[list[Example]]:
    for start in range(0, len(examples), size):
        yield examples[start : start + size]
